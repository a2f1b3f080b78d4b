/* Integer units for the lane kernel: exact where the couplings allow, else rounded, with the rest kept aside.
 */
#include "sample/lane_graph.h"
#include "base/memory.h"

#include <math.h>

static const double most_units = 0x1p25; /* of a field: see heat_lane_graph */

/* The largest |h_i| + sum_j |J_ij|, and the largest number of neighbours. */
static double strongest_field(const heat_pairwise *g, int64_t *most_neighbours)
{
    double strongest = 0;

    *most_neighbours = 0;
    for (int32_t i = 0; i < g->n; i++) {
        double strength = fabs(g->field[i]);
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            strength += fabs(g->coupling[k]);
        strongest = strength > strongest ? strength : strongest;
        if (g->row[i + 1] - g->row[i] > *most_neighbours)
            *most_neighbours = g->row[i + 1] - g->row[i];
    }
    return strongest;
}

static void lower_unit(int *exponent, double value)
{
    int e;
    int64_t mantissa;

    if (value == 0)
        return;
    mantissa = (int64_t)ldexp(frexp(fabs(value), &e), 53);
    e += __builtin_ctzll((uint64_t)mantissa) - 53;
    *exponent = e < *exponent ? e : *exponent;
}

/* The largest power of two of which every coupling and field is a multiple. */
static double common_unit(const heat_pairwise *g)
{
    int exponent = 1000;

    for (int64_t k = 0; k < g->row[g->n]; k++)
        lower_unit(&exponent, g->coupling[k]);
    for (int32_t i = 0; i < g->n; i++)
        lower_unit(&exponent, g->field[i]);
    return exponent == 1000 ? 1 : ldexp(1, exponent);
}

static heat_status alloc_arrays(heat_context *ctx, const heat_pairwise *g, bool rounded, heat_lane_model *m,
                                int32_t **twice, int32_t **upward, float **residual_twice,
                                float **residual_upward)
{
    heat_status status = heat_alloc(ctx, g->row[g->n], sizeof **twice, twice);

    m->graph.twice = *twice;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n, sizeof **upward, upward);
    m->graph.upward = *upward;
    if (status != HEAT_OK || !rounded)
        return status;
    status = heat_alloc(ctx, g->row[g->n], sizeof **residual_twice, residual_twice);
    m->graph.residual_twice = *residual_twice;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n, sizeof **residual_upward, residual_upward);
    m->graph.residual_upward = *residual_upward;
    return status;
}

static heat_status fill(heat_context *ctx, const heat_pairwise *g, bool rounded, heat_lane_model *m)
{
    int32_t *twice = NULL, *upward = NULL;
    float *residual_twice = NULL, *residual_upward = NULL;
    heat_status status = alloc_arrays(ctx, g, rounded, m, &twice, &upward, &residual_twice, &residual_upward);

    if (status != HEAT_OK)
        return status;
    for (int32_t i = 0; i < g->n; i++) {
        int32_t sum = (int32_t)lrint(g->field[i] / m->unit);
        double rest = g->field[i] - sum * m->unit;
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
            int32_t coupling = (int32_t)lrint(g->coupling[k] / m->unit);
            double lost = g->coupling[k] - coupling * m->unit;
            twice[k] = 2 * coupling;
            sum += coupling;
            rest += g->col[k] > i ? lost : 0;
            if (rounded)
                residual_twice[k] = (float)(2 * lost);
        }
        upward[i] = sum;
        if (rounded)
            residual_upward[i] = (float)rest;
    }
    return HEAT_OK;
}

/* True if at most one coupling or field in a hundred is so small that rounding to `unit` blurs it. */
static bool keeps_detail(const heat_pairwise *g, double unit)
{
    int64_t n_terms = 0, n_blurred = 0;

    for (int64_t k = 0; k < g->row[g->n]; k++) {
        n_terms += g->coupling[k] != 0;
        n_blurred += g->coupling[k] != 0 && fabs(g->coupling[k]) < 16 * unit;
    }
    for (int32_t i = 0; i < g->n; i++) {
        n_terms += g->field[i] != 0;
        n_blurred += g->field[i] != 0 && fabs(g->field[i]) < 16 * unit;
    }
    return 100 * n_blurred <= n_terms;
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
        unit = strongest / (most_units - (double)most_neighbours); /* room for the rounding of each term */
        /* k roundings of at most unit / 2 each, as good as independent: six standard deviations of their sum
         */
        if (most_neighbours > 1 << 20 || !keeps_detail(g, unit) ||
            !(beta_max * unit * 2 * 6 * sqrt(((double)most_neighbours + 1) / 12) <= 0x1p-12))
            return HEAT_OK;
    }
    status = heat_alloc(ctx, 1, sizeof *m, &m);
    if (status != HEAT_OK)
        return status;
    m->unit = unit;
    m->graph = (heat_lane_graph){.n = g->n, .row = g->row, .col = g->col};
    status = fill(ctx, g, rounded, m);
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
    heat_free(m->graph.twice);
    heat_free(m->graph.upward);
    heat_free(m->graph.residual_twice);
    heat_free(m->graph.residual_upward);
    heat_free(m);
}
