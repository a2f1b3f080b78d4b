/* Pairwise graphs made in a test: from edges, at random, lattices, trees. No error is handled: a test that
 * runs out of memory may crash. */
#ifndef HEATBATH_TEST_PAIRWISE_GRAPHS_H
#define HEATBATH_TEST_PAIRWISE_GRAPHS_H

#include "kernel/pairwise.h"
#include "random/stream.h"

#include <stdlib.h>
#include <string.h>

/* Edges as they come; sealed into rows when all are there. */
typedef struct test_graph {
    int32_t n;
    int64_t n_edges, room;
    int32_t *i, *j;
    double *coupling, *field;
    int64_t *row;
    int32_t *col;
    double *value;
    heat_pairwise view;
} test_graph;

static inline test_graph test_graph_begin(int32_t n)
{
    test_graph g = {.n = n};

    g.field = calloc((size_t)n + 1, sizeof *g.field);
    g.row = calloc((size_t)n + 2, sizeof *g.row);
    return g;
}

static inline void test_graph_add(test_graph *g, int32_t i, int32_t j, double coupling)
{
    if (g->n_edges == g->room) {
        g->room = 2 * g->room + 64;
        g->i = realloc(g->i, (size_t)g->room * sizeof *g->i);
        g->j = realloc(g->j, (size_t)g->room * sizeof *g->j);
        g->coupling = realloc(g->coupling, (size_t)g->room * sizeof *g->coupling);
    }
    g->i[g->n_edges] = i;
    g->j[g->n_edges] = j;
    g->coupling[g->n_edges++] = coupling;
}

/* Makes the view: rows sorted, repeated edges added up. */
static inline const heat_pairwise *test_graph_seal(test_graph *g, double offset, bool exact)
{
    int64_t *fill = calloc((size_t)g->n + 2, sizeof *fill), to = 0;

    g->col = calloc((size_t)g->n_edges * 2 + 1, sizeof *g->col);
    g->value = calloc((size_t)g->n_edges * 2 + 1, sizeof *g->value);
    for (int64_t e = 0; e < g->n_edges; e++) {
        fill[g->i[e] + 1]++;
        fill[g->j[e] + 1]++;
    }
    for (int32_t v = 0; v < g->n; v++)
        fill[v + 1] += fill[v];
    memcpy(g->row, fill, ((size_t)g->n + 1) * sizeof *fill);
    for (int64_t e = 0; e < g->n_edges; e++)
        for (int side = 0; side < 2; side++) {
            int32_t a = side ? g->j[e] : g->i[e], b = side ? g->i[e] : g->j[e];
            int64_t k = fill[a]++;
            for (; k > g->row[a] && g->col[k - 1] > b; k--) {
                g->col[k] = g->col[k - 1];
                g->value[k] = g->value[k - 1];
            }
            g->col[k] = b;
            g->value[k] = g->coupling[e];
        }
    for (int32_t v = 0; v < g->n; v++) { /* close up repeats */
        int64_t from = g->row[v], end = g->row[v + 1], start = to;
        for (; from < end; from++)
            if (to > start && g->col[to - 1] == g->col[from]) {
                g->value[to - 1] += g->value[from];
            } else {
                g->col[to] = g->col[from];
                g->value[to++] = g->value[from];
            }
        g->row[v] = start;
    }
    g->row[g->n] = to;
    free(fill);
    g->view = (heat_pairwise){.n = g->n,
                              .row = g->row,
                              .col = g->col,
                              .coupling = g->value,
                              .field = g->field,
                              .offset = offset,
                              .exact = exact,
                              .unit = 1};
    return &g->view;
}

static inline void test_graph_clear(test_graph *g)
{
    free(g->i);
    free(g->j);
    free(g->coupling);
    free(g->field);
    free(g->row);
    free(g->col);
    free(g->value);
    memset(g, 0, sizeof *g);
}

static inline double test_graph_energy(const heat_pairwise *g, const int8_t *s)
{
    double energy = g->offset;

    for (int32_t v = 0; v < g->n; v++) {
        energy -= g->field[v] * s[v];
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
            if (g->col[e] > v)
                energy -= heat_pairwise_coupling(g, e) * s[v] * s[g->col[e]];
    }
    return energy;
}

static inline double test_pm(heat_stream *r)
{
    return heat_stream_bits(r) & 1 ? 1 : -1;
}

/* nx x ny square lattice, vertex x * ny + y, couplings +-1 at random or all `coupling` where that is not 0.
 */
static inline test_graph test_graph_lattice(int32_t nx, int32_t ny, bool periodic, double coupling,
                                            uint64_t seed)
{
    test_graph g = test_graph_begin(nx * ny);
    heat_stream r;

    heat_stream_init(&r, seed, HEAT_PURPOSE_TEST, 0);
    for (int32_t x = 0; x < nx; x++)
        for (int32_t y = 0; y < ny; y++) {
            if (x + 1 < nx || periodic)
                test_graph_add(&g, x * ny + y, (x + 1) % nx * ny + y, coupling != 0 ? coupling : test_pm(&r));
            if (y + 1 < ny || periodic)
                test_graph_add(&g, x * ny + y, x * ny + (y + 1) % ny, coupling != 0 ? coupling : test_pm(&r));
        }
    return g;
}

#endif
