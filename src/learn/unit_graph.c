/* Lists of neighbours. Rows stand side by side: a coupling is read once for all of them, and sums are added
 * in the order of the list, whatever the machine. */
#include "learn/unit_graph.h"
#include "base/memory.h"

#include <string.h>

enum { LANES = HEAT_ROW_LANES };

/* Pairs are taken up by their smaller ends and then, of each unit, by their larger ones: two passes of a
 * counting sort. */
static heat_status list_neighbours(heat_context *ctx, int64_t n_edges, const int32_t *i, const int32_t *j,
                                   heat_unit_graph *g)
{
    int64_t *at = NULL, *by_first = NULL;
    heat_status status = heat_alloc(ctx, (int64_t)g->n + 1, sizeof *at, &at);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * n_edges, sizeof *by_first, &by_first);
    if (status != HEAT_OK)
        goto out;
    for (int64_t e = 0; e < n_edges; e++) {
        g->row[i[e] + 1]++;
        g->row[j[e] + 1]++;
    }
    for (int32_t k = 0; k < g->n; k++)
        g->row[k + 1] += g->row[k];
    memcpy(at, g->row, (size_t)g->n * sizeof *at);
    for (int64_t e = 0; e < n_edges; e++) { /* entry 2e: seen from i; 2e + 1: from j */
        by_first[at[i[e]]++] = 2 * e;
        by_first[at[j[e]]++] = 2 * e + 1;
    }
    memcpy(at, g->row, (size_t)g->n * sizeof *at);
    for (int64_t k = 0; k < 2 * n_edges; k++) { /* ends rise in k: each is put into the list of the other */
        int64_t e = by_first[k] / 2;
        int32_t end = by_first[k] % 2 == 0 ? i[e] : j[e], other = by_first[k] % 2 == 0 ? j[e] : i[e];
        g->edge[at[other]] = e;
        g->col[at[other]++] = end;
    }
out:
    heat_free(at);
    heat_free(by_first);
    return status;
}

heat_status heat_unit_graph_open(heat_context *ctx, int32_t n, int64_t n_edges, const int32_t *i,
                                 const int32_t *j, heat_unit_graph *g)
{
    heat_status status;

    *g = (heat_unit_graph){.n = n};
    status = heat_alloc(ctx, (int64_t)n + 1, sizeof *g->row, &g->row);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * n_edges, sizeof *g->col, &g->col);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * n_edges, sizeof *g->edge, &g->edge);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * n_edges, sizeof *g->w, &g->w);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *g->bias, &g->bias);
    return status == HEAT_OK ? list_neighbours(ctx, n_edges, i, j, g) : status;
}

void heat_unit_graph_close(heat_unit_graph *g)
{
    heat_free(g->row);
    heat_free(g->col);
    heat_free(g->edge);
    heat_free(g->w);
    heat_free(g->bias);
    *g = (heat_unit_graph){.n = 0};
}

void heat_unit_graph_set(heat_unit_graph *g, const double *weights, const double *biases)
{
    for (int64_t k = 0; k < g->row[g->n]; k++)
        g->w[k] = weights[g->edge[k]];
    memcpy(g->bias, biases, (size_t)g->n * sizeof *biases);
}

void heat_unit_graph_add_field(const heat_unit_graph *g, int64_t begin, int64_t end, const double *x,
                               double *field)
{
    double sum[LANES];

    memcpy(sum, field, sizeof sum);
    for (int64_t k = begin; k < end; k++) {
        const double w = g->w[k], *of = x + (int64_t)g->col[k] * LANES;
        for (int lane = 0; lane < LANES; lane++)
            sum[lane] += w * of[lane];
    }
    memcpy(field, sum, sizeof sum);
}

int64_t heat_unit_graph_split(const heat_unit_graph *g, int32_t of, int32_t unit)
{
    int64_t low = g->row[of], high = g->row[of + 1];

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (g->col[middle] < unit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
