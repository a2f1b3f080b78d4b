/* Kaufman's closed form of the Ising model on a periodic n x m square lattice (Phys. Rev. 76 (1949) 1232):
 *     Z = (2 sinh 2K)^(nm/2) / 2 * (prod 2 cosh(m g_odd / 2) + prod 2 sinh(m g_odd / 2)
 *                                 + prod 2 cosh(m g_even / 2) + prod 2 sinh(m g_even / 2)),   K = J / T,
 *     cosh g_k = cosh 2K coth 2K - cos(pi k / n),   g_0 = 2K + log tanh K (negative above the critical T).
 * To lose nothing anywhere, all is written in q = exp(-2K) and
 *     P = D^2 + w sin^2(pi k / 2n),   Q = (1 + q^2)^2 + w sin^2(pi k / 2n),
 *     D = 1 - 2q - q^2,   w = 4q (1 - q^2),
 * for which Q - P = w, tanh(g / 2) = sqrt(P / Q), and 2 sinh 2K exp(g) = (sqrt P + sqrt Q)^2 / 4q^2. */
#include "base/context_private.h"

#include <heatbath/exact.h>
#include <math.h>

static const double frozen = 100; /* K beyond which exp(-8K) is nothing */

/* A function of K with its first two derivatives. */
typedef struct jet {
    double value, first, second;
} jet;

static jet jet_root(jet p)
{
    double root = sqrt(p.value), first = p.first / (2 * root);

    return (jet){root, first, (p.second / 2 - first * first) / root};
}

/* The quantities of one k: growth = log(2 sinh 2K) + g, and g. */
typedef struct mode {
    jet growth, g;
} mode;

static mode mode_at(double coupling, double sine_squared, bool is_zero)
{
    const double q = exp(-2 * coupling), t = q * q;
    const jet d = {1 - 2 * q - t, 4 * q + 4 * t, -8 * q - 16 * t};
    const jet w = {-4 * q * expm1(-4 * coupling), -8 * q + 24 * q * t, 16 * q - 144 * q * t};
    const jet p = {d.value * d.value + w.value * sine_squared, 2 * d.value * d.first + w.first * sine_squared,
                   2 * d.first * d.first + 2 * d.value * d.second + w.second * sine_squared};
    const jet big = {(1 + t) * (1 + t) + w.value * sine_squared, -8 * t * (1 + t) + w.first * sine_squared,
                     32 * t * (1 + 2 * t) + w.second * sine_squared};
    const jet a = is_zero ? d : jet_root(p), b = jet_root(big);
    const double across = a.first * b.value - a.value * b.first;
    const double sum = fabs(a.value) + b.value, sign = a.value < 0 ? -1 : 1;
    const double slope = (sign * a.first + b.first) / sum;
    mode m;

    m.growth = (jet){2 * log(sum / 2) + 4 * coupling, 2 * slope + 4,
                     2 * (sign * a.second + b.second) / sum - 2 * slope * slope};
    m.g = (jet){sign * log(sum * sum / w.value), 2 * across / w.value,
                2 * (a.second * b.value - a.value * b.second) / w.value -
                    2 * across * w.first / (w.value * w.value)};
    return m;
}

/* Adds log(1 + s exp(-m g)), s = +-1, g > 0, and m / 2 times the growth: one factor of a product. */
static void add_factor(jet *product, const mode *k, double m, double s)
{
    double x = exp(-m * k->g.value), share = s * x / (1 + s * x);

    if (s < 0)
        share = 1 / -expm1(m * k->g.value); /* -x / (1 - x) */
    product->value += m / 2 * k->growth.value + log1p(s * x);
    product->first += m / 2 * k->growth.first - m * k->g.first * share;
    product->second += m / 2 * k->growth.second - m * k->g.second * share +
                       m * k->g.first * m * k->g.first * share * (1 - share);
}

/* One of the four terms: exp(log) * f. */
typedef struct term {
    jet log, f;
} term;

/* The sinh of k = 0 where it is small: it changes its sign at the critical point, so it stays outside the
 * logarithm. Its constant factor exp(|u|) goes in, u = m g / 2. */
static void put_small_sinh(term *t, const mode *zero, double m, double coupling)
{
    const double u = m / 2 * zero->g.value, first = m / 2 * zero->g.first, second = m / 2 * zero->g.second;
    const double scale = exp(-fabs(u)), sinh_2k = sinh(2 * coupling);

    t->log.value += m / 2 * log(2 * sinh_2k) + fabs(u);
    t->log.first += m / tanh(2 * coupling);
    t->log.second -= 2 * m / (sinh_2k * sinh_2k);
    t->f = (jet){2 * sinh(u) * scale, 2 * cosh(u) * first * scale,
                 2 * (cosh(u) * second + sinh(u) * first * first) * scale};
}

/* The four products over n modes. */
static void put_products(int32_t n, double m, double coupling, term terms[4])
{
    const double pi = 3.14159265358979323846;
    const mode zero = mode_at(coupling, 0, true);
    const double sign = zero.g.value < 0 ? -1 : 1;
    const mode upright = {zero.growth, {sign * zero.g.value, sign * zero.g.first, sign * zero.g.second}};

    for (int i = 0; i < 4; i++)
        terms[i] = (term){{0, 0, 0}, {1, 0, 0}};
    for (int32_t k = 1; k < 2 * n; k++) {
        double sine = sin(pi * k / (2.0 * n));
        mode at = mode_at(coupling, sine * sine, false);
        add_factor(&terms[k % 2 == 1 ? 0 : 2].log, &at, m, 1);
        add_factor(&terms[k % 2 == 1 ? 1 : 3].log, &at, m, -1);
    }
    add_factor(&terms[2].log, &upright, m, 1);
    if (m * upright.g.value < 1) {
        put_small_sinh(&terms[3], &zero, m, coupling);
    } else {
        terms[3].f.value = sign;
        add_factor(&terms[3].log, &upright, m, -1);
    }
}

/* log Z and its derivatives in K. The second is a sum of squares about the first, so that nothing cancels. */
static jet log_sum(const term terms[4])
{
    double largest = terms[0].log.value, z = 0, first = 0, second = 0;
    double weight[4];

    for (int i = 1; i < 4; i++)
        largest = fmax(largest, terms[i].log.value);
    for (int i = 0; i < 4; i++) {
        weight[i] = exp(terms[i].log.value - largest);
        z += weight[i] * terms[i].f.value;
        first += weight[i] * (terms[i].log.first * terms[i].f.value + terms[i].f.first);
    }
    first /= z;
    for (int i = 0; i < 4; i++) {
        const jet *f = &terms[i].f;
        double slope = terms[i].log.first - first;
        second +=
            weight[i] * (f->value * (terms[i].log.second + slope * slope) + 2 * f->first * slope + f->second);
    }
    return (jet){largest + log(z / 2), first, second / z};
}

heat_status heat_exact_square_ising(heat_context *ctx, int32_t lx, int32_t ly, double coupling,
                                    double temperature, double *log_z, double *energy, double *heat_capacity)
{
    const double bonds = 2.0 * lx * ly, k = fabs(coupling) / temperature;
    term terms[4];
    jet z;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (lx < 2 || ly < 2)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "a lattice of %d x %d: both lengths must be 2 or more", lx,
                         ly);
    if (!(temperature > 0 && temperature < (double)INFINITY) || !(fabs(coupling) < (double)INFINITY) ||
        !(k * bonds < 1e300))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "coupling %g at temperature %g: expected finite numbers, T > 0", coupling,
                         temperature);
    if (coupling < 0 && (lx % 2 != 0 || ly % 2 != 0))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "the closed form holds for a negative coupling on even lengths only, not %d x %d",
                         lx, ly);
    if (k > frozen) {
        z = (jet){bonds * k + log(2), bonds, 0};
    } else if (k < 1e-12) { /* no loop counts: every bond by itself */
        double square = bonds / 2 * ((lx == 2 ? 2 : 1) + (ly == 2 ? 2 : 1)); /* 2: a bond of twice J */
        z = (jet){bonds / 2 * log(2), square * k, square};
    } else {
        put_products(lx, ly, k, terms);
        z = log_sum(terms);
    }
    if (log_z != NULL)
        *log_z = z.value;
    if (energy != NULL)
        *energy = -fabs(coupling) * z.first;
    if (heat_capacity != NULL)
        *heat_capacity = k * k * z.second;
    return HEAT_OK;
}
