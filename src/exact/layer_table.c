/* Tables for the sums over a layer's states: padded arrays, factors of the odds, and the vectors whose
 * products keep within the range of doubles. */
#include "exact/layer_table.h"
#include "base/memory.h"
#include "kernel/scaled.h"

#include <math.h>

/* Odds from their largest down to exp(-690) are normal doubles; so are 2^-960 and what a group multiplies,
 * also times the square of an energy. */
static const double widest_odds = 690, widest_group = 960;

/* The same of floats, which are normal from exp(-87) to exp(88). */
static const double widest_single = 80, widest_single_group = 120;

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
        status = heat_alloc(ctx, n_units, sizeof *a->bits, &a->bits);
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

/* Vectors side by side whose products cannot leave the range in any lane make a group; returns how many there
 * are. */
static int32_t make_groups(const heat_layer_arrays *a, int32_t lanes, double widest, int32_t *groups)
{
    double used[2 * HEAT_LAYER_PAD] = {0};
    int32_t n = 0;

    for (int32_t v = 0; v < a->table.n_units / lanes; v++) {
        bool is_full = false;
        for (int32_t l = 0; l < lanes; l++)
            is_full |= v > 0 && used[l] + a->bits[v * lanes + l] > widest;
        if (is_full)
            groups[n++] = v;
        for (int32_t l = 0; l < lanes; l++)
            used[l] = (is_full ? 0 : used[l]) + a->bits[v * lanes + l];
    }
    groups[n++] = a->table.n_units / lanes;
    return n;
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
        a->bits[i] =
            1 + a->shift[i] / log(2); /* between exp(-s_i) and 2, or without the shift 1 and 2 exp(s_i) */
        a->shift_sum += a->shift[i];
        a->table.is_plain = a->table.is_plain && a->shift[i] <= widest_odds;
    }
    for (int64_t j = 0; j < a->table.n_bits; j++)
        for (int64_t i = 0; i < n_units; i++) {
            double y = beta * a->weights[j * n_units + i], small = heat_exp_negative(-fabs(y));
            a->factor[2 * j * n_units + i] = y > 0 ? small : 1 / small;
            a->factor[(2 * j + 1) * n_units + i] = y > 0 ? 1 / small : small;
        }
    a->table.n_groups = make_groups(a, HEAT_LAYER_PAD, widest_group, a->groups);
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

heat_status heat_layer_arrays_add_singles(heat_context *ctx, heat_layer_arrays *a)
{
    heat_layer_table *t = &a->table;
    int64_t n = 2 * (int64_t)t->n_bits * t->n_units;
    heat_status status;

    if (!t->is_plain)
        return HEAT_OK;
    for (int64_t i = 0; i < a->n_real; i++) {
        double low, high;
        range_of(a, i, &low, &high);
        if (!(high <= widest_single && low >= -widest_single))
            return HEAT_OK;
        a->bits[i] = log1p(exp(high)) / log(2);
    }
    status = heat_alloc(ctx, n, sizeof *a->single, &a->single);
    if (status == HEAT_OK)
        status =
            heat_alloc(ctx, t->n_units / (2 * HEAT_LAYER_PAD), sizeof *a->single_groups, &a->single_groups);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < n; k++)
        a->single[k] = (float)a->factor[k];
    t->n_single_groups = make_groups(a, 2 * HEAT_LAYER_PAD, widest_single_group, a->single_groups);
    t->single = a->single;
    t->single_groups = a->single_groups;
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
    heat_free(a->bits);
    heat_free(a->groups);
    heat_free(a->single);
    heat_free(a->single_groups);
    *a = (heat_layer_arrays){0};
}
