/* Integer units for the Potts kernel: exact where the numbers allow, else rounded. */
#include "sample/potts_graph.h"
#include "base/memory.h"
#include "kernel/lowest_bit.h"

#include <math.h>
#include <string.h>

static const double most_units = 0x1p25; /* of a field: see heat_potts_graph */

/* What has been seen of the graph's numbers. */
typedef struct numbers {
    int lowest_bit;
    double strongest; /* largest |h_i| + sum_j |J_ij| */
    int64_t most_neighbours;
} numbers;

static double largest_of(const double *value, int64_t count, int *lowest_bit)
{
    double largest = 0;

    for (int64_t k = 0; k < count; k++) {
        int bit = heat_lowest_bit(value[k]);
        *lowest_bit = bit < *lowest_bit ? bit : *lowest_bit;
        largest = fabs(value[k]) > largest ? fabs(value[k]) : largest;
    }
    return largest;
}

static heat_status look(heat_context *ctx, const heat_categorical *v, numbers *seen)
{
    int64_t size = (int64_t)v->q * v->q;
    double *largest = NULL; /* of each table */
    heat_status status = heat_alloc(ctx, v->n_tables, sizeof *largest, &largest);

    *seen = (numbers){.lowest_bit = 1100};
    if (status != HEAT_OK)
        return status;
    for (int64_t t = 0; t < v->n_tables && v->coupling == NULL; t++)
        largest[t] = largest_of(v->tables + t * size, size, &seen->lowest_bit);
    for (int32_t i = 0; i < v->n; i++) {
        double strength =
            v->field == NULL ? 0 : largest_of(v->field + (int64_t)i * v->q, v->q, &seen->lowest_bit);
        for (int64_t k = v->row[i]; k < v->row[i + 1]; k++)
            strength += v->coupling == NULL ? largest[v->table[k]]
                                            : largest_of(v->coupling + k, 1, &seen->lowest_bit);
        seen->strongest = strength > seen->strongest ? strength : seen->strongest;
        if (v->row[i + 1] - v->row[i] > seen->most_neighbours)
            seen->most_neighbours = v->row[i + 1] - v->row[i];
    }
    heat_free(largest);
    return HEAT_OK;
}

static void count_blurred(const double *value, int64_t count, double unit, int64_t *n_terms,
                          int64_t *n_blurred)
{
    for (int64_t k = 0; k < count; k++) {
        *n_terms += value[k] != 0;
        *n_blurred += value[k] != 0 && fabs(value[k]) < 16 * unit;
    }
}

/* True if at most one number in a hundred is so small that rounding to `unit` blurs it. */
static bool keeps_detail(const heat_categorical *v, double unit)
{
    int64_t n_terms = 0, n_blurred = 0;

    if (v->coupling != NULL)
        count_blurred(v->coupling, v->row[v->n], unit, &n_terms, &n_blurred);
    else
        count_blurred(v->tables, v->n_tables * v->q * v->q, unit, &n_terms, &n_blurred);
    if (v->field != NULL)
        count_blurred(v->field, (int64_t)v->n * v->q, unit, &n_terms, &n_blurred);
    return 100 * n_blurred <= n_terms;
}

static int32_t in_units(double value, double unit)
{
    return (int32_t)lrint(value / unit);
}

static heat_status fill_couplings(heat_context *ctx, const heat_categorical *v, heat_potts_units *u)
{
    int64_t count = v->row[v->n];
    int32_t *coupling = NULL;
    heat_status status = heat_alloc_unset(ctx, count, sizeof *coupling, &coupling);

    u->graph.coupling = coupling;
    for (int64_t k = 0; k < count && status == HEAT_OK; k++)
        coupling[k] = in_units(v->coupling[k], u->unit);
    return status;
}

/* Rows are sorted, so the ends in a row are met in its order as the rows of their other ends are read. */
static heat_status fill_across(heat_context *ctx, const heat_categorical *v, heat_potts_units *u)
{
    int64_t *across = NULL, *next = NULL;
    heat_status status = heat_alloc_unset(ctx, v->row[v->n], sizeof *across, &across);

    u->graph.across = across;
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, v->n, sizeof *next, &next);
    if (status != HEAT_OK)
        return status;
    memcpy(next, v->row, (size_t)v->n * sizeof *next);
    for (int32_t i = 0; i < v->n; i++)
        for (int64_t k = v->row[i]; k < v->row[i + 1]; k++)
            across[k] = v->table[next[v->col[k]]++];
    heat_free(next);
    return HEAT_OK;
}

static heat_status fill_tables(heat_context *ctx, const heat_categorical *v, heat_potts_units *u)
{
    int64_t q = v->q, stride = u->graph.stride;
    int32_t *tables = NULL;
    heat_status status = heat_alloc(ctx, v->n_tables, (size_t)(q * stride) * sizeof *tables, &tables);

    u->graph.tables = tables;
    if (status == HEAT_OK)
        status = fill_across(ctx, v, u);
    for (int64_t t = 0; t < v->n_tables && status == HEAT_OK; t++)
        for (int64_t a = 0; a < q; a++)
            for (int64_t b = 0; b < q; b++)
                tables[(t * q + b) * stride + a] = in_units(v->tables[(t * q + a) * q + b], u->unit);
    return status;
}

static heat_status fill(heat_context *ctx, const heat_categorical *v, heat_potts_units *u)
{
    int64_t q = v->q, stride = (q + 15) / 16 * 16;
    int32_t *field = NULL;
    heat_status status = heat_alloc(ctx, v->n, (size_t)stride * sizeof *field, &field);

    u->graph = (heat_potts_graph){.n = v->n,
                                  .q = v->q,
                                  .stride = (int32_t)stride,
                                  .row = v->row,
                                  .col = v->col,
                                  .table = v->table,
                                  .field = field};
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < v->n * q && v->field != NULL; k++)
        field[k / q * stride + k % q] = in_units(v->field[k], u->unit);
    return v->coupling != NULL ? fill_couplings(ctx, v, u) : fill_tables(ctx, v, u);
}

heat_status heat_potts_units_create(heat_context *ctx, const heat_categorical *view, double beta_max,
                                    heat_potts_units **out)
{
    heat_potts_units *u = NULL;
    numbers seen;
    double unit;
    bool rounded;
    heat_status status = look(ctx, view, &seen);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    unit = seen.lowest_bit == 1100 ? 1 : ldexp(1, seen.lowest_bit);
    rounded = !(seen.strongest <= most_units * unit);
    if (rounded) {
        if (seen.most_neighbours > 1 << 20)
            return HEAT_OK;
        unit = seen.strongest / (most_units - (double)seen.most_neighbours - 1);
        /* each of two sums of k roundings of at most unit / 2: six standard deviations, as if independent */
        if (!keeps_detail(view, unit) ||
            !(beta_max * unit * 6 * sqrt(((double)seen.most_neighbours + 1) / 6) <= 0x1p-12))
            return HEAT_OK;
    }
    status = heat_alloc(ctx, 1, sizeof *u, &u);
    if (status != HEAT_OK)
        return status;
    u->unit = unit;
    u->rounded = rounded;
    status = fill(ctx, view, u);
    if (status != HEAT_OK) {
        heat_potts_units_free(u);
        return status;
    }
    *out = u;
    return HEAT_OK;
}

void heat_potts_units_free(heat_potts_units *u)
{
    if (u == NULL)
        return;
    heat_free(u->graph.coupling);
    heat_free(u->graph.tables);
    heat_free(u->graph.across);
    heat_free(u->graph.field);
    heat_free(u);
}
