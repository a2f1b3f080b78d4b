/* Integer units for the lane kernel: exact where the couplings allow, else rounded, with the rest kept aside.
 */
#include "sample/lane_graph.h"
#include "base/memory.h"
#include "kernel/lowest_bit.h"
#include "sample/visit_order.h"

#include <math.h>

static const double most_units = 0x1p25; /* of a field: see heat_lane_graph */
static const double most_narrow_units =
    0x1p14 - 1;                         /* of a field, so that twice a coupling fits 16 bits too */
static const double most_bias = 0x1p-9; /* of an average, in standard deviations of what is averaged */

/* The largest |h_i| + sum_j |J_ij|, and the largest number of neighbours. */
static double strongest_field(const heat_pairwise *g, int64_t *most_neighbours)
{
    double strongest = 0;

    *most_neighbours = 0;
    for (int32_t i = 0; i < g->n; i++) {
        double strength = fabs(g->field[i]);
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            strength += fabs(heat_pairwise_coupling(g, k));
        strongest = strength > strongest ? strength : strongest;
        if (g->row[i + 1] - g->row[i] > *most_neighbours)
            *most_neighbours = g->row[i + 1] - g->row[i];
    }
    return strongest;
}

static int lower_of(int lowest, double value)
{
    int bit = heat_lowest_bit(value);

    return bit < lowest ? bit : lowest;
}

/* The largest power of two of which every coupling and field is a multiple. */
static double common_unit(const heat_pairwise *g)
{
    int lowest = 1100;

    for (int64_t k = 0; k < g->row[g->n] && g->units == NULL; k++)
        lowest = lower_of(lowest, g->coupling[k]);
    if (g->units != NULL && g->row[g->n] > 0)
        lowest = lower_of(lowest, g->unit);
    for (int32_t i = 0; i < g->n; i++)
        lowest = lower_of(lowest, g->field[i]);
    return lowest == 1100 ? 1 : ldexp(1, lowest);
}

static double smaller_of(double smallest, double value)
{
    return value != 0 && fabs(value) < smallest ? fabs(value) : smallest;
}

static bool is_multiple(double value, double unit)
{
    return nearbyint(value / unit) * unit == value;
}

/* The smallest coupling or field, if all others are whole multiples of it, as in glasses of +-J; else `unit`.
 */
static double smallest_unit(const heat_pairwise *g, double unit)
{
    double smallest = (double)INFINITY;
    bool fits = true;

    for (int64_t k = 0; k < g->row[g->n]; k++)
        smallest = smaller_of(smallest, heat_pairwise_coupling(g, k));
    for (int32_t i = 0; i < g->n; i++)
        smallest = smaller_of(smallest, g->field[i]);
    for (int64_t k = 0; k < g->row[g->n] && fits; k++)
        fits = is_multiple(heat_pairwise_coupling(g, k), smallest);
    for (int32_t i = 0; i < g->n && fits; i++)
        fits = is_multiple(g->field[i], smallest);
    return fits && isfinite(smallest) ? smallest : unit;
}

/* Couplings in units of the lanes: the model's own array where it is that, else a copy; without integers of
 * the model the kernel rounds as it goes. */
static heat_status choose_units(heat_context *ctx, const heat_pairwise *g, heat_lane_model *m)
{
    heat_status status;

    if (g->units == NULL)
        return HEAT_OK;
    m->graph.units = g->units;
    if (m->graph.unit == g->unit)
        return HEAT_OK;
    status = heat_alloc(ctx, g->row[g->n], sizeof *m->own_units, &m->own_units);
    m->graph.units = m->own_units;
    for (int64_t k = 0; k < g->row[g->n] && status == HEAT_OK; k++)
        m->own_units[k] = heat_lane_round(heat_pairwise_coupling(g, k), m->graph.per_unit);
    return status;
}

/* Couplings as the sweep adds them, for graphs that are not large. */
static heat_status double_units(heat_context *ctx, const heat_pairwise *g, heat_lane_model *m)
{
    heat_status status;

    if (!heat_lane_keeps_twice(g->n, g->row[g->n]))
        return HEAT_OK;
    status = heat_alloc(ctx, g->row[g->n], sizeof *m->twice, &m->twice);
    m->graph.twice = m->twice;
    for (int64_t k = 0; k < g->row[g->n] && status == HEAT_OK; k++)
        m->twice[k] = 2 * heat_lane_units(&m->graph, k);
    return status;
}

/* Rows of all pairs of a dense graph: in 16 bits where those hold every field, else where there are few. */
static heat_status spread_units(heat_context *ctx, const heat_pairwise *g, heat_lane_model *m, bool rounded)
{
    const int32_t stride = heat_lane_stride(g->n);
    bool is_narrow = m->is_dense && m->graph.is_narrow && !rounded;
    heat_status status;

    if (!is_narrow && heat_lane_keeps_rows(g->n, g->row[g->n])) {
        status = heat_alloc(ctx, (int64_t)g->n * stride, sizeof *m->wide, &m->wide);
        m->graph.wide = m->wide;
        for (int32_t i = 0; i < g->n && status == HEAT_OK; i++)
            for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
                m->wide[(int64_t)i * stride + g->col[k]] = 2 * heat_lane_units(&m->graph, k);
        return status;
    }
    if (!is_narrow)
        return HEAT_OK;
    status = heat_alloc(ctx, (int64_t)g->n * stride, sizeof *m->narrow, &m->narrow);
    m->graph.narrow = m->narrow;
    for (int32_t i = 0; i < g->n && status == HEAT_OK; i++)
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            m->narrow[(int64_t)i * stride + g->col[k]] = (int16_t)(2 * heat_lane_units(&m->graph, k));
    return status;
}

/* The fields where all neighbours are up. */
static heat_status fill(heat_context *ctx, const heat_pairwise *g, bool rounded, heat_lane_model *m)
{
    heat_lane_graph *lanes = &m->graph;
    heat_status status = heat_alloc(ctx, g->n, sizeof *m->upward, &m->upward);

    if (status == HEAT_OK && rounded)
        status = heat_alloc(ctx, g->n, sizeof *m->residual_upward, &m->residual_upward);
    if (status != HEAT_OK)
        return status;
    lanes->upward = m->upward;
    lanes->residual_upward = m->residual_upward;
    for (int32_t i = 0; i < g->n; i++) {
        int32_t sum = heat_lane_round(g->field[i], lanes->per_unit);
        double rest = g->field[i] - sum * lanes->unit;
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
            double coupling = heat_pairwise_coupling(g, k);
            int32_t units = heat_lane_round(coupling, lanes->per_unit);
            sum += units;
            rest += g->col[k] > i ? coupling - units * lanes->unit : 0;
        }
        m->upward[i] = sum;
        if (rounded)
            m->residual_upward[i] = (float)rest;
    }
    return HEAT_OK;
}

static heat_status choose_order(heat_context *ctx, const heat_pairwise *g, heat_lane_model *m)
{
    heat_status status;

    if (m->is_dense) /* every site waits for every other */
        return HEAT_OK;
    status = heat_visit_order_create(ctx, g, &m->order);
    m->graph.order = m->order;
    m->graph.is_scattered = heat_visit_is_scattered(g);
    return status;
}

/* True if at most one coupling or field in a hundred is so small that rounding to `unit` blurs it. */
static bool keeps_detail(const heat_pairwise *g, double unit)
{
    int64_t n_terms = 0, n_blurred = 0;

    for (int64_t k = 0; k < g->row[g->n]; k++) {
        n_terms += heat_pairwise_coupling(g, k) != 0;
        n_blurred += heat_pairwise_coupling(g, k) != 0 && fabs(heat_pairwise_coupling(g, k)) < 16 * unit;
    }
    for (int32_t i = 0; i < g->n; i++) {
        n_terms += g->field[i] != 0;
        n_blurred += g->field[i] != 0 && fabs(g->field[i]) < 16 * unit;
    }
    return 100 * n_blurred <= n_terms;
}

/* The standard deviation, over states, of the energy that rounding to `unit` loses: a sum of as many terms of
 * random signs as there are couplings and fields, each uniform within half a unit. */
static double rounding_spread(const heat_pairwise *g, double unit)
{
    return unit * sqrt(((double)g->row[g->n] / 2 + g->n) / 12);
}

heat_status heat_lane_model_create(heat_context *ctx, const heat_pairwise *g, double beta_max,
                                   heat_lane_model **out)
{
    int64_t most_neighbours;
    double strongest = strongest_field(g, &most_neighbours), unit = common_unit(g);
    bool rounded = !(strongest <= most_units * unit);
    heat_lane_model *m = NULL;
    heat_status status;

    *out = NULL;
    if (rounded) {
        unit = smallest_unit(g, unit);
        rounded = !(strongest <= most_units * unit);
    }
    if (rounded) {
        unit = strongest / (most_units - (double)most_neighbours); /* room for the rounding of each term */
        if (most_neighbours > 1 << 20 || !keeps_detail(g, unit) ||
            !(beta_max * rounding_spread(g, unit) <= most_bias))
            return HEAT_OK;
    }
    if (!(unit >= 0x1p-1000)) /* 1 / unit must be a number too */
        return HEAT_OK;
    status = heat_alloc(ctx, 1, sizeof *m, &m);
    if (status != HEAT_OK)
        return status;
    m->graph = (heat_lane_graph){.pairs = *g, .unit = unit, .per_unit = 1 / unit};
    m->graph.is_narrow = strongest <= most_narrow_units * unit;
    m->is_dense = heat_lane_is_dense(g->n, g->row[g->n]);
    status = choose_units(ctx, g, m);
    if (status == HEAT_OK)
        status = double_units(ctx, g, m);
    if (status == HEAT_OK)
        status = spread_units(ctx, g, m, rounded);
    if (status == HEAT_OK)
        status = fill(ctx, g, rounded, m);
    if (status == HEAT_OK)
        status = choose_order(ctx, g, m);
    if (status != HEAT_OK) {
        heat_lane_model_free(m);
        return status;
    }
    *out = m;
    return HEAT_OK;
}

void heat_lane_model_free(heat_lane_model *m)
{
    if (m == NULL)
        return;
    heat_free(m->own_units);
    heat_free(m->twice);
    heat_free(m->narrow);
    heat_free(m->wide);
    heat_free(m->upward);
    heat_free(m->residual_upward);
    heat_free(m->order);
    heat_free(m);
}
