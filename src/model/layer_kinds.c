/* The rows of the table of layer kinds. */
#include "model/layer_kinds.h"
#include "kernel/elementary.h"

#include <math.h>
#include <string.h>

static const double log_2pi = 1.8378770664093454836;

/* log(1 + exp(x)). */
static double softplus(double x)
{
    return fmax(0, x) + log1p(heat_exp_negative(-fabs(x)));
}

/* --- 0 and 1 --- */

static double binary_log_sum(const heat_unit_layer *l, double beta, const double *field)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++)
        sum += softplus(beta * field[i]);
    return sum;
}

static void binary_means(const heat_unit_layer *l, double beta, const double *field, double *mean,
                         double *square)
{
    (void)square;
    for (int32_t i = 0; i < l->n; i++)
        mean[i] = heat_sigmoid(beta * field[i]);
}

static double binary_best(const heat_unit_layer *l, const double *field, double *values)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++) {
        sum += fmax(0, field[i]);
        if (values != NULL)
            values[i] = field[i] > 0;
    }
    return sum;
}

static void binary_draw(const heat_unit_layer *l, double beta, const double *field, heat_stream *stream,
                        double *values)
{
    for (int32_t i = 0; i < l->n; i++)
        values[i] = heat_stream_uniform(stream) < heat_sigmoid(beta * field[i]);
}

/* --- -1 and +1 --- */

static double spin_log_sum(const heat_unit_layer *l, double beta, const double *field)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++)
        sum += softplus(2 * beta * field[i]) - beta * field[i];
    return sum;
}

static void spin_means(const heat_unit_layer *l, double beta, const double *field, double *mean,
                       double *square)
{
    (void)square;
    for (int32_t i = 0; i < l->n; i++)
        mean[i] = 2 * heat_sigmoid(2 * beta * field[i]) - 1;
}

static double spin_best(const heat_unit_layer *l, const double *field, double *values)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++) {
        sum += fabs(field[i]);
        if (values != NULL)
            values[i] = field[i] < 0 ? -1 : 1;
    }
    return sum;
}

static void spin_draw(const heat_unit_layer *l, double beta, const double *field, heat_stream *stream,
                      double *values)
{
    for (int32_t i = 0; i < l->n; i++)
        values[i] = heat_stream_uniform(stream) < heat_sigmoid(2 * beta * field[i]) ? 1 : -1;
}

/* --- q values --- */

static int32_t place_of_highest(int32_t q, const double *field)
{
    int32_t at = 0;

    for (int32_t a = 1; a < q; a++)
        at = field[a] > field[at] ? a : at;
    return at;
}

static double highest(int32_t q, const double *field)
{
    return field[place_of_highest(q, field)];
}

static double potts_log_sum(const heat_unit_layer *l, double beta, const double *field)
{
    double log_sum = 0;

    for (int32_t i = 0; i < l->n; i++, field += l->q) {
        double most = highest(l->q, field), sum = 0;
        for (int32_t a = 0; a < l->q; a++)
            sum += heat_exp_negative(beta * (field[a] - most));
        log_sum += beta * most + log(sum);
    }
    return log_sum;
}

static void potts_means(const heat_unit_layer *l, double beta, const double *field, double *mean,
                        double *square)
{
    (void)square;
    for (int32_t i = 0; i < l->n; i++, field += l->q, mean += l->q) {
        double most = highest(l->q, field), sum = 0;
        for (int32_t a = 0; a < l->q; a++)
            sum += mean[a] = heat_exp_negative(beta * (field[a] - most));
        for (int32_t a = 0; a < l->q; a++)
            mean[a] /= sum;
    }
}

static double potts_best(const heat_unit_layer *l, const double *field, double *values)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++, field += l->q) {
        int32_t at = place_of_highest(l->q, field);
        sum += field[at];
        if (values != NULL)
            values[i] = at;
    }
    return sum;
}

static void potts_draw(const heat_unit_layer *l, double beta, const double *field, heat_stream *stream,
                       double *values)
{
    double weight[HEAT_MOST_STATES];

    for (int32_t i = 0; i < l->n; i++, field += l->q) {
        double most = highest(l->q, field), left = 0;
        int32_t a = 0;
        for (int32_t b = 0; b < l->q; b++)
            left += weight[b] = heat_exp_negative(beta * (field[b] - most));
        left *= heat_stream_uniform(stream);
        while (a < l->q - 1 && !(left < weight[a]))
            left -= weight[a++];
        values[i] = a;
    }
}

/* --- any number: mean f/a, variance 1/(beta a) --- */

static double gaussian_log_sum(const heat_unit_layer *l, double beta, const double *field)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++)
        sum += (beta * field[i] * field[i] / l->precision[i] + log_2pi - log(beta * l->precision[i])) / 2;
    return sum;
}

static void gaussian_means(const heat_unit_layer *l, double beta, const double *field, double *mean,
                           double *square)
{
    for (int32_t i = 0; i < l->n; i++) {
        mean[i] = field[i] / l->precision[i];
        if (square != NULL)
            square[i] = mean[i] * mean[i] + 1 / (beta * l->precision[i]);
    }
}

static double gaussian_best(const heat_unit_layer *l, const double *field, double *values)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++) {
        sum += field[i] * field[i] / l->precision[i] / 2;
        if (values != NULL)
            values[i] = field[i] / l->precision[i];
    }
    return sum;
}

static void gaussian_draw(const heat_unit_layer *l, double beta, const double *field, heat_stream *stream,
                          double *values)
{
    for (int32_t i = 0; i < l->n; i++)
        values[i] = field[i] / l->precision[i] + heat_stream_normal(stream) / sqrt(beta * l->precision[i]);
}

/* --- any number from 0 on: the same, cut off below 0 --- */

enum { TERMS = 60 };

/* Laplace's continued fraction of the normal tail, phi(y) / Phi(-y) = y + t1, t1 = 1/(y + t2), t2 = 2/(y +
 * 3/(y
 * + ...)): far below 0 the mean is s t1 and the mean square s^2 t1 t2, with nothing that cancels. */
static double tail_fraction(double y, double *second)
{
    double tail = 0;

    for (int k = TERMS; k > 1; k--)
        tail = k / (y + tail);
    *second = tail;
    return 1 / (y + tail);
}

/* log(Phi(z) / phi(z)). */
static double log_half(double z)
{
    double second;

    if (z < -3)
        return -log(-z + tail_fraction(-z, &second));
    return log1p(-0.5 * erfc(z * 0.70710678118654752440)) + z * z / 2 + log_2pi / 2;
}

static double relu_log_sum(const heat_unit_layer *l, double beta, const double *field)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++) {
        double inverse = sqrt(beta * l->precision[i]);
        sum += log_half(beta * field[i] / inverse) - log(inverse);
    }
    return sum;
}

static void relu_means(const heat_unit_layer *l, double beta, const double *field, double *mean,
                       double *square)
{
    for (int32_t i = 0; i < l->n; i++) {
        double s = 1 / sqrt(beta * l->precision[i]), z = beta * field[i] * s, first, second;
        if (z < -3) {
            first = tail_fraction(-z, &second);
            second *= first;
        } else {
            first = z + exp(-log_half(z));
            second = 1 + z * first;
        }
        mean[i] = s * first;
        if (square != NULL)
            square[i] = s * s * second;
    }
}

static double relu_best(const heat_unit_layer *l, const double *field, double *values)
{
    double sum = 0;

    for (int32_t i = 0; i < l->n; i++) {
        double up = fmax(0, field[i]);
        sum += up * up / l->precision[i] / 2;
        if (values != NULL)
            values[i] = up / l->precision[i];
    }
    return sum;
}

/* From 0 on by the nearer of two ways: a normal number until it is not negative, or an exponential one that
 * is accepted (Robert, Stat. Comput. 5 (1995) 121). NaN of NaN; far out the numbers that do not differ. */
static double draw_half(double z, heat_stream *stream)
{
    const double far = 1e8;
    double y = -z, rate, x, miss;

    if (!(fabs(z) < far))
        return z < 0 ? -log(1 - heat_stream_uniform(stream)) / y : z;
    if (z > -0.5) {
        do
            x = z + heat_stream_normal(stream);
        while (!(x >= 0));
        return x;
    }
    rate = (y + sqrt(y * y + 4)) / 2;
    do {
        x = y - log(1 - heat_stream_uniform(stream)) / rate;
        miss = x - rate;
    } while (!(heat_stream_uniform(stream) < heat_exp_negative(-miss * miss / 2)));
    return x - y;
}

static void relu_draw(const heat_unit_layer *l, double beta, const double *field, heat_stream *stream,
                      double *values)
{
    for (int32_t i = 0; i < l->n; i++) {
        double s = 1 / sqrt(beta * l->precision[i]);
        values[i] = s * draw_half(beta * field[i] * s, stream);
    }
}

/* --- the table --- */

static const heat_layer_kind kinds[] = {
    {HEAT_LAYER_BINARY, "binary", 2, false, binary_log_sum, binary_means, binary_best, binary_draw},
    {HEAT_LAYER_SPIN, "spin", 2, false, spin_log_sum, spin_means, spin_best, spin_draw},
    {HEAT_LAYER_POTTS, "potts", 0, false, potts_log_sum, potts_means, potts_best, potts_draw},
    {HEAT_LAYER_GAUSSIAN, "gaussian", -1, true, gaussian_log_sum, gaussian_means, gaussian_best,
     gaussian_draw},
    {HEAT_LAYER_RELU, "relu", -1, true, relu_log_sum, relu_means, relu_best, relu_draw},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

const heat_layer_kind *heat_layer_kind_get(heat_layer layer)
{
    for (int k = 0; k < N_KINDS; k++)
        if (kinds[k].layer == layer)
            return &kinds[k];
    return NULL;
}

const char *heat_layer_name(heat_layer layer)
{
    const heat_layer_kind *kind = heat_layer_kind_get(layer);

    return kind == NULL ? "unknown" : kind->name;
}

bool heat_layer_find(const char *name, heat_layer *layer)
{
    for (int k = 0; k < N_KINDS; k++)
        if (strcmp(kinds[k].name, name) == 0) {
            *layer = kinds[k].layer;
            return true;
        }
    return false;
}

int32_t heat_unit_layer_states(const heat_unit_layer *l)
{
    return l->kind->n_states > 0 ? l->kind->n_states : l->kind->n_states == 0 ? l->q : 0;
}

bool heat_unit_has_value(const heat_unit_layer *l, double x)
{
    switch (l->kind->layer) {
    case HEAT_LAYER_SPIN:
        return x == -1 || x == 1;
    case HEAT_LAYER_BINARY:
    case HEAT_LAYER_POTTS:
        return x >= 0 && x < heat_unit_layer_states(l) && x == floor(x);
    case HEAT_LAYER_RELU:
        return x >= 0 && isfinite(x);
    default:
        return isfinite(x);
    }
}

double heat_unit_feature(const heat_unit_layer *l, double x, int32_t *place)
{
    *place = l->q > 1 ? (int32_t)x : 0;
    return l->q > 1 ? 1 : x;
}
