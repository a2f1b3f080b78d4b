/* The pseudo-likelihood of real numbers: of a Gaussian visible unit given the others, hidden units summed
 * out,
 *
 *     log p(x | others) = b x - a x^2 / 2 + sum_j log z_j(f_j + W_ij x) - log of the integral over x of that,
 *
 * f the fields of the others. Next to Gaussian hidden units it is normal, of precision a - sum_j W_ij^2 /
 * A_j; else a grid's sum is the integral (exact/unit_grid.h). The weight of the row is the same above and
 * below: what its statistics are less than their means here is the slope. */
#include "base/memory.h"
#include "exact/unit_grid.h"
#include "learn/unit_parts.h"
#include "stats/log_sum.h"

#include <math.h>
#include <string.h>

static const double log_2pi = 1.8378770664093454836, least_share = 1e-18;

/* One unit given the others: log of the integral, and means under p(x, h | others). */
typedef struct conditional {
    double log_integral, mean, square;
    double *hidden, *pair; /* [h] of psi and x psi */
    double *field, *part;  /* [h] without the unit; work space */
    double *term;          /* of the nodes */
    int64_t capacity;
} conditional;

static void clear(conditional *c)
{
    heat_free(c->hidden);
    heat_free(c->pair);
    heat_free(c->field);
    heat_free(c->part);
    heat_free(c->term);
}

static heat_status init(heat_context *ctx, int64_t width, conditional *c)
{
    double **arrays[] = {&c->hidden, &c->pair, &c->field, &c->part};
    heat_status status = HEAT_OK;

    *c = (conditional){.term = NULL};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == HEAT_OK; k++)
        status = heat_alloc(ctx, width, sizeof **arrays[k], arrays[k]);
    return status;
}

/* Both layers are Gaussian. */
static bool integrate_normal(const heat_unit_layers *u, int32_t i, conditional *c)
{
    const double *w = u->weights + (int64_t)i * u->hidden.n, *a = u->hidden.precision;
    double precision = u->visible.precision[i], field = u->visible.bias[i];

    for (int32_t j = 0; j < u->hidden.n; j++) {
        precision -= w[j] * w[j] / a[j];
        field += w[j] * c->field[j] / a[j];
    }
    if (!(precision > 1e-13 * u->visible.precision[i]))
        return false;
    c->mean = field / precision;
    c->square = c->mean * c->mean + 1 / precision;
    c->log_integral = u->hidden.kind->log_sum(&u->hidden, 1, c->field) + field * c->mean / 2 +
                      (log_2pi - log(precision)) / 2;
    for (int32_t j = 0; j < u->hidden.n; j++) {
        c->hidden[j] = (c->field[j] + w[j] * c->mean) / a[j];
        c->pair[j] = (c->field[j] * c->mean + w[j] * c->square) / a[j];
    }
    return true;
}

/* Node x of unit i: fields of the hidden units, and the log of its density without what norms it. */
static double visit(const heat_unit_layers *u, int32_t i, double x, conditional *c)
{
    int64_t h = heat_unit_layer_width(&u->hidden);
    const double *w = u->weights + i * h;

    for (int64_t j = 0; j < h; j++)
        c->part[j] = c->field[j] + w[j] * x;
    return u->visible.bias[i] * x - u->visible.precision[i] * x * x / 2 +
           u->hidden.kind->log_sum(&u->hidden, 1, c->part);
}

static heat_status integrate_grid(heat_context *ctx, const heat_unit_layers *u, int32_t i, bool wants_means,
                                  double *mean, conditional *c, bool *exists)
{
    int64_t h = heat_unit_layer_width(&u->hidden);
    heat_unit_layers one = *u;
    heat_unit_nodes nodes;
    double sum;
    heat_status status;

    one.visible.n = 1;
    one.visible.bias += i;
    one.visible.precision += i;
    one.hidden.bias = c->field;
    one.weights += i * h;
    *exists = heat_unit_grid_find(&one, true, 0, 1, &nodes);
    if (!*exists)
        return HEAT_OK;
    status = heat_grow(ctx, nodes.count, sizeof *c->term, &c->capacity, &c->term);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < nodes.count; k++)
        c->term[k] = visit(u, i, nodes.low + nodes.step * (double)k, c);
    sum = heat_log_sum_exp(nodes.count, c->term);
    c->log_integral = sum + log(nodes.step);
    c->mean = c->square = 0;
    memset(c->hidden, 0, (size_t)h * sizeof *c->hidden);
    memset(c->pair, 0, (size_t)h * sizeof *c->pair);
    for (int64_t k = 0; k < nodes.count && wants_means; k++) {
        double x = nodes.low + nodes.step * (double)k, p = exp(c->term[k] - sum);
        if (!(p > least_share))
            continue;
        visit(u, i, x, c);
        u->hidden.kind->means(&u->hidden, 1, c->part, mean, NULL);
        c->mean += p * x;
        c->square += p * x * x;
        for (int64_t j = 0; j < h; j++) {
            c->hidden[j] += p * mean[j];
            c->pair[j] += p * x * mean[j];
        }
    }
    return HEAT_OK;
}

/* A row at hand: what its sites have in common. */
typedef struct site_sums {
    const heat_unit_layers *layers;
    const double *values, *field, *mean; /* of the row; fields and means of the hidden units given it */
    double log_sum;                      /* of the hidden units */
    double *scratch;                     /* [h] */
    double *sums, *turned;               /* statistics; [h] what hidden means are more than in the row */
} site_sums;

/* What the conditional of site i adds; -infinity where it has no integral. */
static heat_status add_site(heat_context *ctx, heat_unit_learner *self, const site_sums *s, int32_t i,
                            double factor, conditional *c, double *value)
{
    const heat_unit_layers *u = s->layers;
    int64_t v = u->visible.n, h = heat_unit_layer_width(&u->hidden);
    double *of_visible = s->sums + v * h, *of_precision = of_visible + v + h;
    double x = s->values[i], a = u->visible.precision[i];
    const double *w = u->weights + i * h;
    bool exists;
    heat_status status = HEAT_OK;

    for (int64_t j = 0; j < h; j++)
        c->field[j] = s->field[j] - w[j] * x;
    if (u->hidden.kind->layer == HEAT_LAYER_GAUSSIAN)
        exists = integrate_normal(u, i, c);
    else
        status = integrate_grid(ctx, u, i, factor != 0, s->scratch, c, &exists);
    if (status != HEAT_OK || !exists) {
        *value = -(double)INFINITY;
        return status;
    }
    *value += u->visible.bias[i] * x - a * x * x / 2 + s->log_sum - c->log_integral - log(self->deviation[i]);
    of_visible[i] += factor * (c->mean - x);
    if (!self->is_constant[i])
        of_precision[i] -= factor * a * (c->square - x * x) / 2;
    for (int64_t j = 0; j < h; j++) {
        s->turned[j] += factor * (c->hidden[j] - s->mean[j]);
        s->sums[i * h + j] += factor * (c->pair[j] - x * c->hidden[j]);
    }
    return HEAT_OK;
}

heat_status heat_unit_learner_add_sites(heat_context *ctx, const heat_learner *l, const void *row,
                                        int64_t n_sites, const int32_t *sites, double weight, double *value,
                                        double *sum)
{
    heat_unit_learner *self = l->self;
    const heat_unit_layers *u = heat_unit_learner_layers(l);
    int64_t v = u->visible.n, h = heat_unit_layer_width(&u->hidden);
    double part = (double)v / (double)n_sites, *turned = self->sums + v * h + v, total = 0;
    site_sums s = {u, self->values, self->field, self->hidden_mean, 0, NULL, self->sums, turned};
    conditional c;
    heat_status status = init(ctx, h, &c);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, h, sizeof *s.scratch, &s.scratch);
    if (status != HEAT_OK)
        goto out;
    heat_unit_learner_read_row(l, row, 0, self->values);
    heat_units_find_hidden_fields(u, self->values, self->field);
    u->hidden.kind->means(&u->hidden, 1, self->field, self->hidden_mean, NULL);
    s.log_sum = u->hidden.kind->log_sum(&u->hidden, 1, self->field);
    memset(self->sums, 0, (size_t)l->n_parameters * sizeof *self->sums);
    for (int64_t k = 0; k < n_sites && status == HEAT_OK && isfinite(total); k++)
        status = add_site(ctx, self, &s, sites[k], sum == NULL ? 0 : weight * part, &c, &total);
    if (value != NULL)
        *value = part * total;
    if (status != HEAT_OK || sum == NULL)
        goto out;
    for (int64_t i = 0; i < v; i++)
        for (int64_t j = 0; j < h; j++)
            self->sums[i * h + j] += self->values[i] * turned[j];
    heat_unit_learner_centre(self, self->sums);
    for (int64_t a = 0; a < l->n_parameters; a++)
        sum[a] += self->sums[a];
out:
    heat_free(s.scratch);
    clear(&c);
    return status;
}
