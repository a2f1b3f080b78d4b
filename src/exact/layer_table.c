/* Tables for the sums over a layer's states: padded arrays, factors of the odds, and the vectors whose
 * products keep within the range of doubles. */
#include "exact/layer_table.h"
#include "base/memory.h"
#include "kernel/scaled.h"

#include <math.h>

/* Odds from their largest down to exp(-690) are normal doubles; so are 2^-960 and what a group multiplies,
 * also times the square of an energy. */
static const double widest_odds = 690, widest_group = 960;

static const double nothing = -1e300; /* the bias of the padding */

static heat_status alloc_arrays(heat_context *ctx, int64_t n_bits, int64_t n_units, heat_layer_arrays *a)
{
    heat_status status = heat_alloc(ctx, n_bits * n_units, sizeof *a->weights, &a->weights);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_units, sizeof *a->bias, &a->bias);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_bits, sizeof *a->own, &a->own);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * n_bits, sizeof *a->own_factor, &a->own_factor);
    return status;
}

static heat_status alloc_factors(heat_context *ctx, int64_t n_bits, int64_t n_units, heat_layer_arrays *a)
{
    heat_status status = heat_alloc(ctx, 2 * n_bits * n_units, sizeof *a->factor, &a->factor);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_units, sizeof *a->ones, &a->ones);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_units, sizeof *a->shift, &a->shift);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_units, sizeof *a->rest, &a->rest);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_units / HEAT_LAYER_PAD, sizeof *a->groups, &a->groups);
    return status;
}

static void fill_arrays(const heat_layered *l, heat_layer_arrays *a)
{
    int64_t n_units = a->table.n_units;
    const double *own = a->bits_are_hidden ? l->hidden_bias : l->visible_bias;
    const double *bias = a->bits_are_hidden ? l->visible_bias : l->hidden_bias;

    for (int64_t i = 0; i < n_units; i++)
        a->bias[i] = i < a->n_real ? bias[i] : nothing;
    for (int64_t j = 0; j < a->table.n_bits; j++) {
        a->own[j] = own[j];
        a->own_factor[2 * j] = scaled_exp(-a->table.beta * own[j]);
        a->own_factor[2 * j + 1] = scaled_exp(a->table.beta * own[j]);
        for (int64_t i = 0; i < a->n_real; i++)
            a->weights[j * n_units + i] =
                l->scale * l->weights[a->bits_are_hidden ? i * l->n_hidden + j : j * l->n_hidden + i];
    }
}

/* The extremes of beta x_i. */
static void range_of(const heat_layer_arrays *a, int64_t i, double *low, double *high)
{
    *low = *high = a->bias[i];
    for (int64_t j = 0; j < a->table.n_bits; j++) {
        double w = a->weights[j * a->table.n_units + i];
        *(w < 0 ? low : high) += w;
    }
    *low *= a->table.beta;
    *high *= a->table.beta;
}

/* True if all odds keep within the range. */
static bool is_narrow(const heat_layer_arrays *a)
{
    for (int64_t i = 0; i < a->n_real; i++) {
        double low, high;
        range_of(a, i, &low, &high);
        if (!(fmax(0, high) - low <= widest_odds))
            return false;
    }
    return true;
}

/* Vectors side by side whose products cannot leave the range make a group. A factor is between exp(-s_i) and
 * 2, of odds without the shift between 1 and 2 exp(s_i). */
static void make_groups(heat_layer_arrays *a)
{
    double used = 0;
    int32_t n_vectors = a->table.n_units / HEAT_LAYER_PAD, n = 0;

    for (int32_t v = 0; v < n_vectors; v++) {
        double bits = 1;
        for (int32_t i = v * HEAT_LAYER_PAD; i < (v + 1) * HEAT_LAYER_PAD && i < a->n_real; i++)
            bits = fmax(bits, 1 + a->shift[i] / log(2));
        if (v > 0 && used + bits > widest_group) {
            a->groups[n++] = v;
            used = 0;
        }
        used += bits;
    }
    a->groups[n++] = n_vectors;
    a->table.n_groups = n;
}

static void fill_factors(heat_layer_arrays *a)
{
    int64_t n_units = a->table.n_units;
    double beta = a->table.beta;

    a->table.is_plain = true;
    for (int64_t i = 0; i < n_units; i++) {
        double low, high;
        a->ones[i] = a->rest[i] = 1;
        if (i >= a->n_real)
            continue;
        range_of(a, i, &low, &high);
        a->shift[i] = high > 0 ? high : 0;
        a->rest[i] = heat_exp_negative(-a->shift[i]);
        a->shift_sum += a->shift[i];
        a->table.is_plain = a->table.is_plain && a->shift[i] <= widest_odds;
    }
    for (int64_t j = 0; j < a->table.n_bits; j++)
        for (int64_t i = 0; i < n_units; i++) {
            double y = beta * a->weights[j * n_units + i], small = heat_exp_negative(-fabs(y));
            a->factor[2 * j * n_units + i] = y > 0 ? small : 1 / small;
            a->factor[(2 * j + 1) * n_units + i] = y > 0 ? 1 / small : small;
        }
    make_groups(a);
}

heat_status heat_layer_arrays_init(heat_context *ctx, const heat_layered *l, double beta, bool direct,
                                   heat_layer_arrays *a)
{
    heat_layer_table *t = &a->table;
    heat_status status;

    *a = (heat_layer_arrays){.bits_are_hidden = l->n_hidden <= l->n_visible};
    a->n_real = a->bits_are_hidden ? l->n_visible : l->n_hidden;
    t->n_bits = a->bits_are_hidden ? l->n_hidden : l->n_visible;
    t->n_units = (a->n_real + 2 * HEAT_LAYER_PAD - 1) / (2 * HEAT_LAYER_PAD) * (2 * HEAT_LAYER_PAD);
    t->beta = beta;
    status = alloc_arrays(ctx, t->n_bits, t->n_units, a);
    if (status != HEAT_OK)
        return status;
    fill_arrays(l, a);
    t->is_multiplicative = !direct && t->n_bits >= 2 && is_narrow(a);
    if (t->is_multiplicative) {
        status = alloc_factors(ctx, t->n_bits, t->n_units, a);
        if (status != HEAT_OK)
            return status;
        fill_factors(a);
    }
    t->weights = a->weights;
    t->bias = a->bias;
    t->own = a->own;
    t->own_factor = a->own_factor;
    t->factor = a->factor;
    t->ones = a->ones;
    t->shift = a->shift;
    t->rest = a->rest;
    t->groups = a->groups;
    return HEAT_OK;
}

void heat_layer_arrays_clear(heat_layer_arrays *a)
{
    heat_free(a->weights);
    heat_free(a->bias);
    heat_free(a->own);
    heat_free(a->own_factor);
    heat_free(a->factor);
    heat_free(a->ones);
    heat_free(a->shift);
    heat_free(a->rest);
    heat_free(a->groups);
    *a = (heat_layer_arrays){0};
}
