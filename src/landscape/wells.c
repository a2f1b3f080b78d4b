/* A grid of places x = c + s sinh t in every variable, evenly in t, as those of the quadrature are, which lie
 * between them. Places that are lower than all their neighbours begin quenches. */
#include "landscape/wells.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "landscape/quench.h"
#include "model/smooth_rows.h"
#include "stats/cholesky.h"

#include <math.h>
#include <string.h>

enum {
    LEAST_VARIABLES = 2,
    MOST_VARIABLES = 3,
    A_SIDE_OF_TWO = 512,
    A_SIDE_OF_THREE = 96,
    BLOCK = 64,
    PARTS = 32, /* that threads share */
    MOST_STARTS = 400,
    NEWTON_STEPS = 12,
    MOST_WELLS = 100
};
static const double reach_of_two = 8, reach_of_three = 5; /* of t */
static const double same_place = 1e-5;                    /* scales */
static const double regular = 1e-12;                      /* of pivots of Hessians */

typedef struct grid {
    const heat_smooth *view;
    int64_t side, n_nodes;
    double *at[MOST_VARIABLES]; /* [side] of each variable */
    double *energies;           /* [node], those of the last variable together */
} grid;

/* Places of one variable; between two walls evenly. */
static void lay_side(const heat_smooth *v, int32_t i, int64_t side, double *at)
{
    const double low = v->lower == NULL ? -(double)INFINITY : v->lower[i];
    const double high = v->upper == NULL ? (double)INFINITY : v->upper[i];
    const double middle = v->start == NULL ? 0 : v->start[i],
                 reach = v->n == 2 ? reach_of_two : reach_of_three;
    const double scale = v->scale == NULL || !(v->scale[i] > 0) ? 1 : v->scale[i];

    for (int64_t k = 0; k < side; k++) {
        const double part = ((double)k + 0.5) / (double)side, t = reach * (2 * part - 1);
        at[k] = isfinite(low) && isfinite(high) ? low + (high - low) * part
                : isfinite(low)                 ? low + scale * exp(t)
                : isfinite(high)                ? high - scale * exp(-t)
                                                : middle + scale * sinh(t);
    }
}

static heat_status open_grid(heat_context *ctx, const heat_smooth *view, grid *g)
{
    heat_status status = HEAT_OK;

    *g = (grid){.view = view, .side = view->n == 2 ? A_SIDE_OF_TWO : A_SIDE_OF_THREE, .n_nodes = 1};
    for (int32_t i = 0; i < view->n && status == HEAT_OK; i++) {
        g->n_nodes *= g->side;
        status = heat_alloc(ctx, g->side, sizeof *g->at[i], &g->at[i]);
        if (status == HEAT_OK)
            lay_side(view, i, g->side, g->at[i]);
    }
    return status == HEAT_OK ? heat_alloc(ctx, g->n_nodes, sizeof *g->energies, &g->energies) : status;
}

static void close_grid(grid *g)
{
    for (int32_t i = 0; i < MOST_VARIABLES; i++)
        heat_free(g->at[i]);
    heat_free(g->energies);
}

static void find_node(const grid *g, int64_t node, double *x)
{
    for (int32_t i = g->view->n - 1; i >= 0; i--, node /= g->side)
        x[i] = g->at[i][node % g->side];
}

/* Energies of nodes from `first` on; where there is none, infinity. */
static heat_status weigh_block(heat_context *worker, const grid *g, int64_t first, int64_t n, double *x,
                               double *work)
{
    const heat_error_text before = worker->error;
    double *energies = x + (int64_t)g->view->n * BLOCK;
    const heat_smooth_block block = {
        .n_chains = n, .stride = BLOCK, .x = x, .energies = energies, .work = work};
    heat_status status;

    for (int64_t c = 0; c < BLOCK; c++) {
        double node[MOST_VARIABLES];
        find_node(g, first + (c < n ? c : n - 1), node);
        for (int32_t i = 0; i < g->view->n; i++)
            x[i * BLOCK + c] = node[i];
        energies[c] = (double)INFINITY;
    }
    status = heat_smooth_evaluate(worker, g->view, &block);
    if (status == HEAT_ERROR_CALLBACK) {
        worker->error = before;
        status = HEAT_OK;
    }
    for (int64_t c = 0; c < n; c++)
        g->energies[first + c] = energies[c] > -(double)INFINITY ? energies[c] : (double)INFINITY;
    return status;
}

/* One part of the nodes. */
static heat_status weigh_part(heat_context *worker, void *arg, int64_t k)
{
    const grid *g = arg;
    const int64_t from = g->n_nodes * k / PARTS, to = g->n_nodes * (k + 1) / PARTS;
    double *x = NULL, *work = NULL;
    heat_status status = heat_alloc(worker, (int64_t)(g->view->n + 1) * BLOCK, sizeof *x, &x);

    if (status == HEAT_OK)
        status = heat_alloc(worker, g->view->n_work + 1, sizeof *work, &work);
    for (int64_t first = from; first < to && status == HEAT_OK && !heat_halted(worker); first += BLOCK)
        status = weigh_block(worker, g, first, to - first < BLOCK ? to - first : BLOCK, x, work);
    heat_free(x);
    heat_free(work);
    return status;
}

/* Whether a node is lower than its neighbours, diagonal ones too; of level ones the first is. */
static bool is_lowest(const grid *g, int64_t node)
{
    const int32_t n = g->view->n;
    const int64_t at_last = node % g->side, n_near = n == 2 ? 9 : 27;
    const double here = g->energies[node];

    if (!isfinite(here) || (at_last > 0 && !(here < g->energies[node - 1])) ||
        (at_last < g->side - 1 && !(here <= g->energies[node + 1])))
        return false;
    for (int64_t near = 0; near < n_near; near++) {
        int64_t part = near, rest = node, stride = 1, other = node;
        bool is_inside = true;
        for (int32_t i = 0; i < n; i++, part /= 3, rest /= g->side, stride *= g->side) {
            const int64_t at = rest % g->side + part % 3 - 1;
            is_inside &= at >= 0 && at < g->side;
            other += (part % 3 - 1) * stride;
        }
        if (is_inside && (other < node ? !(here < g->energies[other]) : !(here <= g->energies[other])))
            return false;
    }
    return true;
}

/* Puts a number among the `most` lowest, each with its key, in rising order; *count grows until then. */
static void keep(int64_t most, double key, int64_t number, double *keys, int64_t *numbers, int64_t *count)
{
    int64_t at = *count;

    for (; at > 0 && key < keys[at - 1]; at--)
        if (at < most) {
            keys[at] = keys[at - 1];
            numbers[at] = numbers[at - 1];
        }
    if (at < most) {
        keys[at] = key;
        numbers[at] = number;
    }
    *count += *count < most;
}

static bool is_known(const heat_landscape *l, const heat_wells *w, const double *x)
{
    const int32_t n = l->view->n;

    for (int64_t k = 0; k < w->count; k++) {
        bool same = true;
        for (int32_t i = 0; i < n && same; i++)
            same = fabs(w->x[k * n + i] - x[i]) <= same_place * (l->scale[i] + fabs(x[i]));
        if (same)
            return true;
    }
    return false;
}

/* Whether Newton's steps from x, which are cheap, lead to a well that is known. */
static heat_status leads_to_known(heat_context *ctx, heat_landscape *l, const heat_wells *w,
                                  const double *start, bool *known)
{
    const int32_t n = l->view->n;
    double x[MOST_VARIABLES], gradient[MOST_VARIABLES], hessian[MOST_VARIABLES * MOST_VARIABLES];
    heat_status status = HEAT_OK;

    *known = false;
    memcpy(x, start, (size_t)n * sizeof *x);
    for (int k = 0; k < NEWTON_STEPS && w->count > 0 && status == HEAT_OK && !*known; k++) {
        double energy;
        status = heat_landscape_evaluate(ctx, l, x, &energy, gradient);
        if (status == HEAT_OK)
            status = heat_landscape_curve(ctx, l, x, hessian);
        if (status != HEAT_OK || heat_cholesky_factor(n, hessian, regular) < n)
            return status;
        heat_cholesky_solve(n, hessian, gradient);
        for (int32_t i = 0; i < n; i++)
            x[i] -= gradient[i];
        heat_landscape_confine(l, x);
        *known = is_known(l, w, x);
    }
    return status;
}

/* The well that a quench from x, which is moved, leads to, if it is a new one. */
static heat_status follow(heat_context *ctx, heat_landscape *l, double *x, heat_wells *w)
{
    const heat_error_text before = ctx->error;
    const int32_t n = l->view->n;
    heat_quench q = {.x = x};
    bool known;
    heat_status status = leads_to_known(ctx, l, w, x, &known);

    if (status == HEAT_OK && known)
        return HEAT_OK;
    if (status == HEAT_OK || status == HEAT_ERROR_CALLBACK)
        status = heat_quench_run(ctx, l, &q);
    if (status == HEAT_OK && q.is_minimum && !is_known(l, w, x)) {
        status = heat_landscape_curve(ctx, l, x, w->hessian + w->count * n * n);
        memcpy(w->x + w->count * n, x, (size_t)n * sizeof *x);
        w->energy[w->count] = q.energy;
        w->count += status == HEAT_OK;
    }
    if (status == HEAT_ERROR_CALLBACK || status == HEAT_ERROR_UNDEFINED || status == HEAT_ERROR_UNABLE) {
        ctx->error = before;
        status = HEAT_OK;
    }
    return status;
}

static heat_status open_wells(heat_context *ctx, int32_t n, heat_wells *w)
{
    heat_status status = heat_alloc(ctx, (int64_t)MOST_WELLS * n, sizeof *w->x, &w->x);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, MOST_WELLS, sizeof *w->energy, &w->energy);
    return status == HEAT_OK ? heat_alloc(ctx, (int64_t)MOST_WELLS * n * n, sizeof *w->hessian, &w->hessian)
                             : status;
}

static heat_status follow_all(heat_context *ctx, const grid *g, heat_wells *w)
{
    double keys[MOST_STARTS], x[MOST_VARIABLES];
    int64_t starts[MOST_STARTS], count = 0;
    heat_landscape l = {.view = NULL};
    heat_status status = open_wells(ctx, g->view->n, w);

    for (int64_t node = 0; node < g->n_nodes; node++)
        if (is_lowest(g, node))
            keep(MOST_STARTS, g->energies[node], node, keys, starts, &count);
    if (status == HEAT_OK)
        status = heat_landscape_open(ctx, g->view, &l);
    for (int64_t k = 0; k < count && w->count < MOST_WELLS && status == HEAT_OK && !heat_halted(ctx); k++) {
        find_node(g, starts[k], x);
        status = follow(ctx, &l, x, w);
    }
    heat_landscape_close(&l);
    return status;
}

heat_status heat_wells_find(heat_context *ctx, const heat_smooth *view, int64_t threads, heat_wells *wells)
{
    grid g;
    heat_status status;

    if (view->n < LEAST_VARIABLES || view->n > MOST_VARIABLES)
        return HEAT_OK;
    status = open_grid(ctx, view, &g);
    if (status == HEAT_OK)
        status = heat_parallel_for(ctx, heat_model_is_thread_safe(view->model) ? threads : 1, PARTS,
                                   weigh_part, &g);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = follow_all(ctx, &g, wells);
    close_grid(&g);
    return status;
}

void heat_wells_close(heat_wells *wells)
{
    heat_free(wells->x);
    heat_free(wells->energy);
    heat_free(wells->hessian);
}
