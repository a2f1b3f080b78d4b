/* For every distribution q of the hidden units
 *
 *     log sum_h exp(-E(v, h)) >= <-E>_q + H(q),
 *
 * and the best q of independent units has <h_i> = sigmoid(b_i + sum_j w_ij <x_j>). Going there unit by unit
 * the bound never falls. It is one of the many maxima that it may have, and a bound wherever it stops.
 * Salakhutdinov and Hinton, AISTATS 2009, section 2. */
#include "learn/mean_field.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/elementary.h"

#include <math.h>

enum { LANES = HEAT_ROW_LANES, MOST_SWEEPS = 100 };
static const double small_change = 1e-4;

typedef struct bounding {
    const heat_mean_field *field;
    const int64_t *split; /* [n_units] first neighbour that is not visible */
    double *bound, *mean;
} bounding;

/* A block of rows under way. */
typedef struct block {
    const bounding *b;
    int64_t first, n_rows;
    double *x;    /* [unit][lane] means */
    double *base; /* [unit][lane] fields of what is held */
    double *free; /* [visible][lane] 1 where a value is missing; NULL: none is */
} block;

static double entropy(double on)
{
    return (on > 0 ? -on * log(on) : 0) + (on < 1 ? -(1 - on) * log(1 - on) : 0);
}

/* Lanes beyond the last row repeat it. */
static int64_t row_of(const block *k, int lane)
{
    return k->first + (lane < k->n_rows ? lane : k->n_rows - 1);
}

static void take_rows(block *k)
{
    const heat_mean_field *f = k->b->field;

    for (int32_t i = 0; i < f->graph->n; i++)
        for (int lane = 0; lane < LANES; lane++) {
            const int64_t at = row_of(k, lane) * f->stride + i;
            const bool is_free = i >= f->n_visible || (k->free != NULL && f->missing[at]);
            k->x[i * LANES + lane] = is_free ? 0.5 : f->rows[at] == 1;
            if (i < f->n_visible && k->free != NULL)
                k->free[i * LANES + lane] = is_free;
        }
}

/* What does not change: the bias, and where no value is missing what visible units add. */
static void find_base(block *k)
{
    const heat_mean_field *f = k->b->field;
    const heat_unit_graph *g = f->graph;

    for (int32_t i = 0; i < g->n; i++) {
        double *base = k->base + (int64_t)i * LANES;
        for (int lane = 0; lane < LANES; lane++)
            base[lane] = g->bias[i];
        if (k->free == NULL && i >= f->n_visible)
            heat_unit_graph_add_field(g, g->row[i], k->b->split[i], k->x, base);
    }
}

static void find_field(const block *k, int32_t i, double *field)
{
    const heat_unit_graph *g = k->b->field->graph;

    for (int lane = 0; lane < LANES; lane++)
        field[lane] = k->base[(int64_t)i * LANES + lane];
    heat_unit_graph_add_field(g, k->free == NULL ? k->b->split[i] : g->row[i], g->row[i + 1], k->x, field);
}

static bool is_held(const block *k, int32_t i)
{
    bool any = i >= k->b->field->n_visible;

    for (int lane = 0; lane < LANES && !any && k->free != NULL; lane++)
        any = k->free[i * LANES + lane] > 0;
    return !any;
}

/* Every free unit once; returns the largest change of a mean. */
static double sweep(block *k)
{
    const int32_t n_visible = k->b->field->n_visible, n = k->b->field->graph->n;
    double most = 0;

    for (int32_t i = k->free == NULL ? n_visible : 0; i < n; i++) {
        double field[LANES], *x = k->x + (int64_t)i * LANES;
        if (is_held(k, i))
            continue;
        find_field(k, i, field);
        for (int lane = 0; lane < LANES; lane++) {
            double on = heat_sigmoid(field[lane]), change = fabs(on - x[lane]);
            if (i < n_visible && !(k->free[i * LANES + lane] > 0))
                continue;
            most = change > most ? change : most;
            x[lane] = on;
        }
    }
    return most;
}

static void settle(const block *k)
{
    const heat_mean_field *f = k->b->field;
    const heat_unit_graph *g = f->graph;
    double sum[LANES] = {0};

    for (int32_t i = 0; i < g->n; i++) {
        const double *x = k->x + (int64_t)i * LANES;
        double pairs[LANES] = {0};
        heat_unit_graph_add_field(g, g->row[i], g->row[i + 1], k->x, pairs);
        for (int lane = 0; lane < LANES; lane++)
            sum[lane] += x[lane] * (g->bias[i] + pairs[lane] / 2) + entropy(x[lane]);
    }
    for (int lane = 0; lane < k->n_rows; lane++) {
        k->b->bound[k->first + lane] = sum[lane];
        for (int32_t i = 0; i < g->n && k->b->mean != NULL; i++)
            k->b->mean[(k->first + lane) * g->n + i] = k->x[(int64_t)i * LANES + lane];
    }
}

static heat_status bound_block(heat_context *worker, void *arg, int64_t unit)
{
    const bounding *b = arg;
    const heat_mean_field *f = b->field;
    int64_t first = unit * LANES, left = f->n_rows - first, n = (int64_t)f->graph->n * LANES;
    block k = {.b = b, .first = first, .n_rows = left < LANES ? left : LANES};
    heat_status status = heat_alloc_unset(worker, n, sizeof *k.x, &k.x);

    if (status == HEAT_OK)
        status = heat_alloc_unset(worker, n, sizeof *k.base, &k.base);
    if (status == HEAT_OK && f->missing != NULL)
        status = heat_alloc(worker, (int64_t)f->n_visible * LANES, sizeof *k.free, &k.free);
    if (status == HEAT_OK) {
        take_rows(&k);
        find_base(&k);
        for (int s = 0; s < MOST_SWEEPS && sweep(&k) > small_change && !heat_halted(worker); s++)
            ;
        settle(&k);
    }
    heat_free(k.x);
    heat_free(k.base);
    heat_free(k.free);
    return status;
}

heat_status heat_mean_field_bound(heat_context *ctx, const heat_mean_field *f, double *bound, double *mean)
{
    bounding b = {.field = f, .bound = bound, .mean = mean};
    int64_t *split = NULL;
    heat_status status = heat_alloc(ctx, f->graph->n, sizeof *split, &split);

    for (int64_t r = 0; r < f->n_rows; r++)
        bound[r] = (double)NAN;
    for (int32_t i = 0; i < f->graph->n && status == HEAT_OK; i++)
        split[i] = heat_unit_graph_split(f->graph, i, f->n_visible);
    b.split = split;
    if (status == HEAT_OK)
        status = heat_parallel_for(ctx, f->threads, (f->n_rows + LANES - 1) / LANES, bound_block, &b);
    heat_free(split);
    return status;
}
