/* The body of potentials.h, included once for each instruction set with POTENTIALS_ISA set to its name, and
 * compiled a second time for floats, with HEAT_SINGLE. Lanes are chains; sums run in the order of the
 * variables. */
#include "kernel/lane_reals.h"
#include "kernel/potentials.h"

#define POTENTIALS_JOIN_(a, b) a##b
#define POTENTIALS_JOIN(a, b) POTENTIALS_JOIN_(a, b)
#define POTENTIALS_TEXT_(a) #a
#define POTENTIALS_TEXT(a) POTENTIALS_TEXT_(a)
#ifdef HEAT_SINGLE
#define heat_smooth_block heat_single_block
#define heat_potential_kernel heat_potential_single_kernel
#define POTENTIALS_KERNEL POTENTIALS_JOIN(heat_potentials_single_, POTENTIALS_ISA)
#else
#define POTENTIALS_KERNEL POTENTIALS_JOIN(heat_potentials_, POTENTIALS_ISA)
#endif

/* Variable i of the chains from c on. */
#define AT(array, i) (*(vec *)(uintptr_t)((array) + (int64_t)(i)*b->stride + c))
/* One pass over the chains of block b. */
#define EACH_VECTOR                                                                                          \
    int64_t c = 0;                                                                                           \
    c < b->n_chains;                                                                                         \
    c += VEC_LANES

/* U = (x^2 - 1)^2 and its derivatives. */
VEC_FN vec well(vec x, vec *slope, vec *curvature)
{
    vec w = x * x - 1.0;

    *slope = 4.0 * x * w;
    *curvature = 12.0 * x * x - 4.0;
    return w * w;
}

static heat_status double_well(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx, (void)self;
    for (EACH_VECTOR) {
        vec slope, curvature;
        AT(b->energies, 0) = well(AT(b->x, 0), &slope, &curvature);
        if (b->gradients != NULL)
            AT(b->gradients, 0) = slope;
    }
    return HEAT_OK;
}

static heat_status double_well_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx, (void)self;
    for (EACH_VECTOR) {
        vec slope, curvature;
        well(AT(b->x, 0), &slope, &curvature);
        AT(b->products, 0) = curvature * AT(b->directions, 0);
    }
    return HEAT_OK;
}

/* sum[k] = sum_j rows[k][j] (x_j - centre_j): rows at a time whose sums do not wait for each other. */
VEC_FN void along_rows(const heat_smooth_block *b, int64_t c, int32_t n, const double *rows, const real *x,
                       const double *centre, vec sum[HEAT_GAUSSIAN_ROWS])
{
    const double *row1 = rows + n, *row2 = row1 + n, *row3 = row2 + n;
    vec sum0 = ALL(0.0), sum1 = sum0, sum2 = sum0, sum3 = sum0;

    for (int32_t j = 0; j < n; j++) {
        vec off = AT(x, j) - R(centre[j]);
        sum0 += R(rows[j]) * off;
        sum1 += R(row1[j]) * off;
        sum2 += R(row2[j]) * off;
        sum3 += R(row3[j]) * off;
    }
    sum[0] = sum0;
    sum[1] = sum1;
    sum[2] = sum2;
    sum[3] = sum3;
}

static heat_status gaussian(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const heat_potential_numbers *p = self;

    (void)ctx;
    for (EACH_VECTOR) {
        vec energy = ALL(0.0);
        for (int32_t i = 0; i < p->n; i += HEAT_GAUSSIAN_ROWS) {
            vec slope[HEAT_GAUSSIAN_ROWS];
            along_rows(b, c, p->n, p->precision + (int64_t)i * p->n, b->x, p->mean, slope);
            for (int k = 0; k < HEAT_GAUSSIAN_ROWS && i + k < p->n; k++) {
                energy += slope[k] * (AT(b->x, i + k) - R(p->mean[i + k]));
                if (b->gradients != NULL)
                    AT(b->gradients, i + k) = slope[k];
            }
        }
        AT(b->energies, 0) = 0.5 * energy;
    }
    return HEAT_OK;
}

static heat_status gaussian_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const heat_potential_numbers *p = self;

    (void)ctx;
    for (EACH_VECTOR)
        for (int32_t i = 0; i < p->n; i += HEAT_GAUSSIAN_ROWS) {
            vec product[HEAT_GAUSSIAN_ROWS];
            along_rows(b, c, p->n, p->precision + (int64_t)i * p->n, b->directions, p->zero, product);
            for (int k = 0; k < HEAT_GAUSSIAN_ROWS && i + k < p->n; k++)
                AT(b->products, i + k) = product[k];
        }
    return HEAT_OK;
}

/* One of the four terms of muller-brown: A exp(a u^2 + b u v + c v^2), u = x - x0, v = y - y0. */
typedef struct hill {
    real height, a, b, c, x0, y0;
} hill;

static const hill hills[4] = {
    {-200, -1, 0, -10, 1, 0},
    {-100, -1, 0, -10, 0, 0.5},
    {-170, -6.5, 11, -6.5, -0.5, 1.5},
    {15, R(0.7), R(0.6), R(0.7), -1, 1},
};

/* The term, and the logarithmic slopes of it. */
VEC_FN vec hill_at(const hill *h, vec x, vec y, vec *dx, vec *dy)
{
    vec u = x - h->x0, v = y - h->y0;

    *dx = 2 * h->a * u + h->b * v;
    *dy = h->b * u + 2 * h->c * v;
    return h->height * vec_exp(0.5 * (*dx * u + *dy * v));
}

static heat_status muller_brown(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx, (void)self;
    for (EACH_VECTOR) {
        vec energy = ALL(0.0), along_x = energy, along_y = energy;
        for (int k = 0; k < 4; k++) {
            vec dx, dy, term = hill_at(&hills[k], AT(b->x, 0), AT(b->x, 1), &dx, &dy);
            energy += term;
            along_x += term * dx;
            along_y += term * dy;
        }
        AT(b->energies, 0) = energy;
        if (b->gradients != NULL) {
            AT(b->gradients, 0) = along_x;
            AT(b->gradients, 1) = along_y;
        }
    }
    return HEAT_OK;
}

static heat_status muller_brown_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx, (void)self;
    for (EACH_VECTOR) {
        vec xx = ALL(0.0), xy = xx, yy = xx, p = AT(b->directions, 0), q = AT(b->directions, 1);
        for (int k = 0; k < 4; k++) {
            const hill *h = &hills[k];
            vec dx, dy, term = hill_at(h, AT(b->x, 0), AT(b->x, 1), &dx, &dy);
            xx += term * (dx * dx + 2 * h->a);
            xy += term * (dx * dy + h->b);
            yy += term * (dy * dy + 2 * h->c);
        }
        AT(b->products, 0) = xx * p + xy * q;
        AT(b->products, 1) = xy * p + yy * q;
    }
    return HEAT_OK;
}

/* U = sum_i (1 - x_i)^2 + 100 (x_(i+1) - x_i^2)^2 of n variables */
VEC_FN heat_status rosenbrock_of(const heat_smooth_block *b, const int32_t n)
{
    const int64_t stride = b->stride, n_chains = b->n_chains;
    real *const gradients = b->gradients, *const energies = b->energies;
    const real *const rows = b->x;

    for (int64_t c = 0; c < n_chains; c += VEC_LANES) {
        vec energy = ALL(0.0), before = energy; /* the slope along x_i of the term before */
        vec x = VEC(rows + c, 0);
        for (int32_t i = 0; i + 1 < n; i++) {
            vec next = VEC(rows + (i + 1) * stride + c, 0), rest = 1.0 - x, off = next - x * x;
            energy += rest * rest + 100.0 * off * off;
            if (gradients != NULL)
                VEC(gradients + i * stride + c, 0) = before - 2.0 * rest - 400.0 * x * off;
            before = 200.0 * off;
            x = next;
        }
        if (gradients != NULL)
            VEC(gradients + (n - 1) * stride + c, 0) = before;
        VEC(energies + c, 0) = energy;
    }
    return HEAT_OK;
}

static heat_status rosenbrock(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const int32_t n = ((const heat_potential_numbers *)self)->n;

    (void)ctx;
    return n == 2 ? rosenbrock_of(b, 2) : rosenbrock_of(b, n);
}

static heat_status rosenbrock_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const int32_t n = ((const heat_potential_numbers *)self)->n;

    (void)ctx;
    for (EACH_VECTOR) {
        vec before = ALL(0.0);
        for (int32_t i = 0; i + 1 < n; i++) {
            vec x = AT(b->x, i), next = AT(b->x, i + 1), v = AT(b->directions, i);
            vec tilt = AT(b->directions, i + 1) - 2.0 * x * v; /* of x_(i+1) - x_i^2 */
            AT(b->products, i) = before + 2.0 * v - 400.0 * (x * tilt + v * (next - x * x));
            before = 200.0 * tilt;
        }
        AT(b->products, n - 1) = before;
    }
    return HEAT_OK;
}

/* What a stiffness exp(-c x) of the other n - 1 variables y adds, exp(-c x) |y|^2 / 2, here over |y|^2 / 2.
 * Finite where it would overflow, which is far from where any chain is. */
VEC_FN vec stiffness(vec x, real rate)
{
    return vec_exp(vec_min(-rate * x, ALL(REAL_EXP_MOST)));
}

VEC_FN vec square_of_others(const heat_smooth_block *b, int64_t c, int32_t n)
{
    vec sum = ALL(0.0);

    for (int32_t i = 1; i < n; i++)
        sum += AT(b->x, i) * AT(b->x, i);
    return sum;
}

/* U = V(x) + exp(-c x) |y|^2 / 2, of which V and V' are given. */
VEC_FN void neck(const heat_smooth_block *b, int64_t c, int32_t n, real rate, vec energy, vec slope)
{
    vec stiff = stiffness(AT(b->x, 0), rate), pull = 0.5 * stiff * square_of_others(b, c, n);

    AT(b->energies, 0) = energy + pull;
    if (b->gradients == NULL)
        return;
    AT(b->gradients, 0) = slope - rate * pull;
    for (int32_t i = 1; i < n; i++)
        AT(b->gradients, i) = stiff * AT(b->x, i);
}

VEC_FN void neck_multiply(const heat_smooth_block *b, int64_t c, int32_t n, real rate, vec curvature)
{
    vec stiff = stiffness(AT(b->x, 0), rate), v = AT(b->directions, 0), sum;

    sum = (curvature + R(0.5) * rate * rate * stiff * square_of_others(b, c, n)) * v;
    for (int32_t i = 1; i < n; i++) {
        vec y = AT(b->x, i), along = AT(b->directions, i);
        sum -= rate * stiff * y * along;
        AT(b->products, i) = stiff * (along - rate * y * v);
    }
    AT(b->products, 0) = sum;
}

/* V = x^2 / 18 + (n - 1) x / 2, c = 1. Neal, Ann. Stat. 31 (2003) 705, section 8. */
static heat_status funnel(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const int32_t n = ((const heat_potential_numbers *)self)->n;
    const real tilt = R(0.5 * (n - 1));

    (void)ctx;
    for (EACH_VECTOR) {
        vec x = AT(b->x, 0);
        neck(b, c, n, 1, x * x / 18.0 + tilt * x, x / 9.0 + tilt);
    }
    return HEAT_OK;
}

static heat_status funnel_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx;
    for (EACH_VECTOR)
        neck_multiply(b, c, ((const heat_potential_numbers *)self)->n, 1, ALL(1.0 / 9.0));
    return HEAT_OK;
}

/* V = (x^2 - 1)^2. */
static heat_status basins(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const heat_potential_numbers *p = self;

    (void)ctx;
    for (EACH_VECTOR) {
        vec slope, curvature, energy = well(AT(b->x, 0), &slope, &curvature);
        neck(b, c, p->n, R(p->rate), energy, slope);
    }
    return HEAT_OK;
}

static heat_status basins_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const heat_potential_numbers *p = self;

    (void)ctx;
    for (EACH_VECTOR) {
        vec slope, curvature;
        well(AT(b->x, 0), &slope, &curvature);
        neck_multiply(b, c, p->n, R(p->rate), curvature);
    }
    return HEAT_OK;
}

/* Minus the log density of mu, tau, eta_1 ... eta_8 and the data y_j ~ N(mu + tau eta_j, sigma_j), with
 * mu ~ N(0, 5), tau ~ half-Cauchy(0, 5), eta_j ~ N(0, 1). Rubin, J. Educ. Stat. 6 (1981) 377. */
enum { SCHOOLS = 8 };
static const real effects[SCHOOLS] = {28, 8, -3, 7, -1, 1, 18, 12};
static const real variances[SCHOOLS] = {225, 100, 256, 121, 81, 121, 100, 324};
/* sum_j log sigma_j + 17/2 log 2 pi + log 5 - log(2 / (5 pi)) */
#define SCHOOLS_CONSTANT 39.26160958479631

static heat_status eight_schools(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx, (void)self;
    for (EACH_VECTOR) {
        vec mu = AT(b->x, 0), tau = AT(b->x, 1), pull = ALL(0.0), turn = pull, energy;
        energy = mu * mu / 50.0 + vec_log(1.0 + tau * tau / 25.0) + R(SCHOOLS_CONSTANT);
        for (int j = 0; j < SCHOOLS; j++) {
            vec eta = AT(b->x, 2 + j), off = effects[j] - mu - tau * eta, slope = off / variances[j];
            energy += 0.5 * (off * slope + eta * eta);
            pull += slope;
            turn += slope * eta;
            if (b->gradients != NULL)
                AT(b->gradients, 2 + j) = eta - slope * tau;
        }
        AT(b->energies, 0) = energy;
        if (b->gradients != NULL) {
            AT(b->gradients, 0) = mu / 25.0 - pull;
            AT(b->gradients, 1) = 2.0 * tau / (25.0 + tau * tau) - turn;
        }
    }
    return HEAT_OK;
}

static heat_status eight_schools_multiply(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    (void)ctx, (void)self;
    for (EACH_VECTOR) {
        vec mu = AT(b->x, 0), tau = AT(b->x, 1), along_mu = AT(b->directions, 0);
        vec along_tau = AT(b->directions, 1), pull = ALL(0.0), turn = pull, tail = 25.0 + tau * tau;
        for (int j = 0; j < SCHOOLS; j++) {
            vec eta = AT(b->x, 2 + j), along = AT(b->directions, 2 + j);
            vec slope = (effects[j] - mu - tau * eta) / variances[j];
            vec change = (along_mu + along_tau * eta + tau * along) / variances[j]; /* of -slope */
            pull += change;
            turn += change * eta - slope * along;
            AT(b->products, 2 + j) = along + change * tau - slope * along_tau;
        }
        AT(b->products, 0) = along_mu / 25.0 + pull;
        AT(b->products, 1) = turn + 2.0 * along_tau * (25.0 - tau * tau) / (tail * tail);
    }
    return HEAT_OK;
}

const heat_potential_kernel POTENTIALS_KERNEL = {
    .isa = POTENTIALS_TEXT(POTENTIALS_ISA),
    .evaluate =
        {
            [HEAT_POTENTIAL_DOUBLE_WELL] = double_well,
            [HEAT_POTENTIAL_GAUSSIAN] = gaussian,
            [HEAT_POTENTIAL_MULLER_BROWN] = muller_brown,
            [HEAT_POTENTIAL_ROSENBROCK] = rosenbrock,
            [HEAT_POTENTIAL_FUNNEL] = funnel,
            [HEAT_POTENTIAL_BASINS] = basins,
            [HEAT_POTENTIAL_EIGHT_SCHOOLS] = eight_schools,
        },
    .multiply =
        {
            [HEAT_POTENTIAL_DOUBLE_WELL] = double_well_multiply,
            [HEAT_POTENTIAL_GAUSSIAN] = gaussian_multiply,
            [HEAT_POTENTIAL_MULLER_BROWN] = muller_brown_multiply,
            [HEAT_POTENTIAL_ROSENBROCK] = rosenbrock_multiply,
            [HEAT_POTENTIAL_FUNNEL] = funnel_multiply,
            [HEAT_POTENTIAL_BASINS] = basins_multiply,
            [HEAT_POTENTIAL_EIGHT_SCHOOLS] = eight_schools_multiply,
        },
};
