/* The nodes of a line, evaluated and taken up: of the last variable in blocks, of others a line each. */
#include "exact/quadrature_line.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/elementary.h"
#include "model/smooth_rows.h"

#include <math.h>

enum { MOST_HOLES = 2 }; /* places of nodes of a block */
static const double first_step = 0.125, near_t = 4, wall_t = 3.75;
static const double most_points = 4e8; /* seconds */
static const double far_below = -1e30; /* of log weights, from which no place is narrow enough to rise */
const double heat_line_too_steep = 4, heat_line_hopeless = -90;

/* Of few variables the first nodes may stand closer, and reach further, to meet narrow places far away. */
static void scan(heat_line *l)
{
    const int32_t n = l->p->view->n;

    l->step /= n == 1 ? 128 : n == 2 ? 2 : 1;
    if (n < 3 && !(heat_node_has_wall(&l->map, 0) && heat_node_has_wall(&l->map, 1)))
        l->most = n == 1 ? 16 : 8;
    if (n < 3 && !heat_node_has_wall(&l->map, 0) && !heat_node_has_wall(&l->map, 1))
        l->least = -l->most;
}

heat_status heat_line_open(heat_context *ctx, const heat_line_problem *p, int32_t i, heat_line *l)
{
    const heat_smooth *v = p->view;
    heat_status status = HEAT_OK;

    l->p = p;
    l->i = i;
    heat_line_lay(l, p->map[i].centre, p->map[i].scale);
    scan(l);
    l->edges[0].log_from = l->edges[1].log_from = -(double)INFINITY;
    if (i < v->n - 1)
        return HEAT_OK;
    status = heat_alloc(ctx, (int64_t)v->n * HEAT_LINE_BLOCK, sizeof *l->block, &l->block);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, HEAT_LINE_BLOCK, sizeof *l->energies, &l->energies);
    if (status == HEAT_OK && v->has_gradient)
        status = heat_alloc(ctx, (int64_t)v->n * HEAT_LINE_BLOCK, sizeof *l->gradients, &l->gradients);
    return status == HEAT_OK ? heat_alloc(ctx, v->n_work + 1, sizeof *l->work, &l->work) : status;
}

void heat_line_lay(heat_line *l, double c, double s)
{
    l->map = l->p->map[l->i];
    l->map.centre = c;
    l->map.scale = s;
    heat_line_relay(l);
}

void heat_line_relay(heat_line *l)
{
    l->is_walled = heat_node_has_wall(&l->map, 0) || heat_node_has_wall(&l->map, 1);
    l->log_scale = log(l->map.scale);
    l->step = first_step * (l->p->view->n == HEAT_QUADRATURE_DIMENSIONS ? 2 : 1);
    l->most = heat_node_has_wall(&l->map, 0) && heat_node_has_wall(&l->map, 1) ? wall_t : near_t;
    l->least = -l->most;
    l->total = l->every_other = heat_node_tally_empty();
    l->top.near = l->second = l->steep = -(double)INFINITY;
    l->n_promises = 0;
    l->is_coarse = true;
    l->tails[0].rate = l->tails[1].rate = 0;
}

heat_line_range heat_line_first(const heat_line *l)
{
    return (heat_line_range){
        .first = l->least, .apart = l->step, .n = (int64_t)((l->most - l->least) / l->step) + 1};
}

/* The arrays that a range takes. */
static void free_nodes(heat_line *l)
{
    heat_free(l->here);
    heat_free(l->near);
    heat_free(l->tilt);
    heat_free(l->nodes);
    heat_free(l->points);
    l->here = l->near = l->tilt = l->points = NULL;
    l->nodes = NULL;
    l->room = 0;
}

void heat_line_close(heat_line *l)
{
    free_nodes(l);
    heat_free(l->block);
    heat_free(l->energies);
    heat_free(l->gradients);
    heat_free(l->work);
}

static heat_status reserve(heat_context *ctx, heat_line *l, int64_t n)
{
    double **arrays[] = {&l->here, &l->near, &l->tilt, &l->points};
    const int n_arrays = l->block == NULL ? 4 : 3; /* of the last variable each node is one evaluation */
    heat_status status;

    if (n <= l->room)
        return HEAT_OK;
    if (n > HEAT_LINE_MOST_NODES)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "the integral of exp(-U/T) does not reach ten digits with %d nodes of variable %d",
                         HEAT_LINE_MOST_NODES, l->i + 1);
    free_nodes(l);
    status = heat_alloc(ctx, n, sizeof *l->nodes, &l->nodes);
    for (int k = 0; k < n_arrays && status == HEAT_OK; k++)
        status = heat_alloc(ctx, n, sizeof **arrays[k], arrays[k]);
    if (status == HEAT_OK)
        l->room = n;
    return status;
}

double heat_line_log_counts(const heat_line *l)
{
    return fmax(l->whole, heat_node_tally_log(&l->total) + log(l->step));
}

static double width_of(const heat_line_panel *panel)
{
    return panel->to - panel->from;
}

/* Most nodes of lines without walls stand at multiples of a part of t. */
static heat_node find_node_at(const heat_line *l, double t)
{
    const double place = fabs(t) * HEAT_TABLE_A_UNIT;
    const heat_line_problem *p = l->p;
    int64_t k;

    if (l->is_walled || !(place < HEAT_TABLE_NODES))
        return heat_node_find(&l->map, t);
    k = (int64_t)place;
    if ((double)k != place)
        return heat_node_find(&l->map, t);
    return (heat_node){.x = l->map.centre + (t < 0 ? -1 : 1) * l->map.scale * p->sinh_at[k],
                       .log_slope = l->log_scale + p->log_cosh_at[k],
                       .direction = 1,
                       .wall = -1};
}

heat_node heat_line_node(const heat_line *l, const heat_line_range *r, int64_t k)
{
    const heat_line_panel *panel = r->panels == NULL ? NULL : &r->panels[k / HEAT_PANEL_NODES];

    if (panel == NULL)
        return find_node_at(l, r->first + (double)k * r->apart);
    return heat_node_find(&l->map,
                          panel->from + width_of(panel) * 0.5 * (1 + l->p->gauss_at[k % HEAT_PANEL_NODES]));
}

/* Takes up node k of a range, whose tally is that of its place, without its own slope: its weight, how large
 * it may be halfway to the next nodes (at the top of a parabola that is no further off, half of what the
 * slope says), and what the ends know of it. */
static void take_node(heat_line *l, const heat_line_range *r, int64_t k, const heat_node *node,
                      heat_node_tally *t)
{
    heat_line_panel *panel = r->panels == NULL ? NULL : &r->panels[k / HEAT_PANEL_NODES];
    const double apart = panel == NULL ? r->apart : 4 * width_of(panel) / HEAT_PANEL_NODES;
    double tilt, rise;

    tilt = heat_line_is_within_edge(l, node)
               ? (l->edges[node->wall].weight.power + 1) * exp(node->log_slope - node->log_near) *
                     (node->wall ? -1 : 1)
               : -l->p->beta * t->gradient[l->i] * exp(node->log_slope);
    tilt *= node->direction;
    rise = 0.25 * apart * fabs(tilt);
    heat_line_lean(l, node, t);
    t->highest += node->log_slope;
    l->nodes[k] = *t;
    l->here[k] = heat_node_tally_log(t);
    if (!isfinite(rise) || !(l->here[k] > fmax(l->whole, l->total.highest) + far_below))
        rise = 0;
    l->near[k] = l->here[k] + rise;
    l->tilt[k] = isfinite(tilt) ? tilt : 0;
    if (rise > heat_line_too_steep)
        l->steep = fmax(l->steep, l->near[k]);
    if (rise > heat_line_too_steep && panel == NULL)
        heat_line_note_promise(l, &(heat_line_promise){r->first + (double)k * apart, l->here[k], fabs(tilt)});
}

/* Every other node of the coarsest grid, all of which stand at multiples of its step. */
static void gather_every_other(heat_line *l, const heat_line_range *r, int64_t first, int64_t n)
{
    heat_node_tally *t = &l->every_other;
    const int64_t begin = first + ((int64_t)llround(r->first / r->apart) + first) % 2;

    for (int64_t k = begin < first ? begin + 2 : begin; k < first + n; k += 2) {
        if (!(l->here[k] > -(double)INFINITY))
            continue;
        if (l->here[k] > t->highest) {
            t->sum *= heat_exp_negative(t->highest - l->here[k]);
            t->highest = l->here[k];
        }
        t->sum += heat_exp_negative(l->here[k] - t->highest);
    }
}

/* Adds up nodes that were taken up. */
static void gather(heat_line *l, const heat_line_range *r, int64_t first, int64_t n)
{
    const int64_t at_once = r->panels == NULL ? HEAT_LINE_BLOCK : HEAT_PANEL_NODES;

    if (l->is_coarse)
        gather_every_other(l, r, first, n);
    for (int64_t k = first; k < first + n; k += at_once) {
        const int64_t count = first + n - k < at_once ? first + n - k : at_once;
        heat_line_panel *panel = r->panels == NULL ? NULL : &r->panels[k / HEAT_PANEL_NODES];
        heat_node_tally_gather(panel == NULL ? &l->total : &panel->sum, count, l->nodes + k,
                               panel == NULL ? NULL : l->p->gauss_log_share);
        if (panel != NULL)
            panel->sum.highest += log(0.5 * width_of(panel));
    }
}

/* A place or two at which U is no number, as log(abs(x)) and abs(x)/x at 0, is a hole; more are an error. */
static heat_status evaluate(heat_context *ctx, heat_line *l, const heat_smooth_block *b)
{
    const heat_error_text before = ctx->error;
    const heat_status status = heat_smooth_evaluate(ctx, l->p->view, b);
    double hole = 0;
    int n = 0;

    for (int64_t c = 0; c < b->n_chains && status == HEAT_ERROR_CALLBACK; c++) {
        const bool is_hole = !(b->energies[c] > -(double)INFINITY);
        bool has_slope = true;
        for (int32_t i = 0; i < l->p->view->n && b->gradients != NULL; i++)
            has_slope &= !isnan(b->gradients[i * b->stride + c]);
        for (int32_t i = 0; i < l->p->view->n && b->gradients != NULL && (is_hole || !has_slope); i++)
            b->gradients[i * b->stride + c] = 0;
        if (is_hole)
            b->energies[c] = (double)NAN;
        if (is_hole || !has_slope)
            n += n == 0 || b->x[l->i * b->stride + c] != hole;
        if (is_hole || !has_slope)
            hole = b->x[l->i * b->stride + c];
    }
    if (status != HEAT_ERROR_CALLBACK || n == 0 || n > MOST_HOLES)
        return status;
    ctx->error = before;
    l->has_hole = true;
    return HEAT_OK;
}

/* Nodes [first, first + n) of a range of the last variable. */
static heat_status add_block(heat_context *worker, heat_line *l, const heat_line_range *r, int64_t first,
                             int64_t n)
{
    const int32_t last = l->i;
    const heat_smooth_block block = {.n_chains = n,
                                     .stride = HEAT_LINE_BLOCK,
                                     .x = l->block,
                                     .energies = l->energies,
                                     .gradients = l->gradients,
                                     .work = l->work};
    heat_node nodes[HEAT_LINE_BLOCK];
    heat_status status;

    for (int32_t i = 0; i < last; i++)
        for (int64_t c = 0; c < HEAT_LINE_BLOCK; c++)
            l->block[i * HEAT_LINE_BLOCK + c] = l->x[i];
    for (int64_t c = 0; c < HEAT_LINE_BLOCK; c++) {
        nodes[c] = heat_line_node(l, r, first + (c < n ? c : n - 1));
        l->block[last * HEAT_LINE_BLOCK + c] = heat_line_place(l, &nodes[c]);
    }
    status = evaluate(worker, l, &block);
    for (int64_t c = 0; c < n && status == HEAT_OK; c++) {
        heat_node_tally t = {.highest = -l->p->beta * l->energies[c], .sum = 1, .energy = l->energies[c]};
        const bool is_hole = isnan(l->energies[c]);
        if (is_hole)
            t = heat_node_tally_empty();
        for (int32_t i = 0; i <= last && l->gradients != NULL; i++)
            t.gradient[i] = l->gradients[i * HEAT_LINE_BLOCK + c];
        take_node(l, r, first + c, &nodes[c], &t);
        if (is_hole)
            l->tilt[first + c] = (double)NAN;
    }
    if (status == HEAT_OK)
        gather(l, r, first, n);
    l->n_points += (double)n;
    return status;
}

/* The integral over the variables after this line's, which is at x; `whole`: log of what such integrals add
 * up to. */
static heat_status sum_beyond(heat_context *worker, const heat_line *l, double x, double whole,
                              heat_node_tally *sum, double *n_points)
{
    heat_line inner = {.whole = whole};
    double error;
    heat_status status = heat_line_open(worker, l->p, l->i + 1, &inner);

    for (int32_t i = 0; i < l->i; i++)
        inner.x[i] = l->x[i];
    inner.x[l->i] = x;
    if (status == HEAT_OK)
        status = heat_line_run(worker, &inner, &error);
    *sum = inner.total;
    *n_points = inner.n_points;
    heat_line_close(&inner);
    return status;
}

typedef struct nodes_at_once {
    heat_line *l;
    const heat_line_range *r;
} nodes_at_once;

/* Node k of a range of a variable that is not the last. */
static heat_status find_node(heat_context *worker, void *arg, int64_t k)
{
    const nodes_at_once *a = arg;
    heat_line *l = a->l;
    const heat_node node = heat_line_node(l, a->r, k);

    l->points[k] = 0;
    if (heat_line_is_within_edge(l, &node)) {
        l->nodes[k] = l->edges[node.wall].at;
        return HEAT_OK;
    }
    return sum_beyond(worker, l, node.x, heat_line_log_counts(l) - node.log_slope, &l->nodes[k],
                      &l->points[k]);
}

heat_status heat_line_add(heat_context *ctx, heat_line *l, const heat_line_range *r)
{
    nodes_at_once a = {l, r};
    heat_status status = reserve(ctx, l, r->n);

    for (int64_t k = 0; k < r->n && status == HEAT_OK && l->block != NULL && !heat_halted(ctx);
         k += HEAT_LINE_BLOCK)
        status = add_block(ctx, l, r, k, r->n - k < HEAT_LINE_BLOCK ? r->n - k : HEAT_LINE_BLOCK);
    if (l->block != NULL || status != HEAT_OK)
        return status;
    if (l->i == 0)
        status = heat_parallel_for(ctx, l->p->threads, r->n, find_node, &a);
    for (int64_t k = 0; k < r->n && status == HEAT_OK && l->i > 0 && !heat_halted(ctx); k++)
        status = find_node(ctx, &a, k);
    for (int64_t k = 0; k < r->n && status == HEAT_OK && !heat_halted(ctx); k++) {
        const heat_node node = heat_line_node(l, r, k);
        heat_node_tally t = l->nodes[k];
        take_node(l, r, k, &node, &t);
        l->n_points += l->points[k];
    }
    if (status == HEAT_OK && !heat_halted(ctx))
        gather(l, r, 0, r->n);
    if (status == HEAT_OK && l->n_points > most_points)
        status =
            heat_fail(ctx, HEAT_ERROR_UNABLE,
                      "the integral of exp(-U/T) does not reach ten digits with %g evaluations", most_points);
    return status;
}

/* What stands at x of the last variable. */
static heat_status look(heat_context *ctx, heat_line *l, double x, heat_node_tally *t)
{
    const heat_smooth_block block = {.n_chains = 1,
                                     .stride = HEAT_LINE_BLOCK,
                                     .x = l->block,
                                     .energies = l->energies,
                                     .gradients = l->gradients,
                                     .work = l->work};
    heat_status status;

    for (int32_t i = 0; i <= l->i; i++)
        for (int64_t c = 0; c < HEAT_SMOOTH_LANES; c++)
            l->block[i * HEAT_LINE_BLOCK + c] = i < l->i ? l->x[i] : x;
    status = evaluate(ctx, l, &block);
    *t = (heat_node_tally){.highest = -l->p->beta * l->energies[0], .sum = 1, .energy = l->energies[0]};
    for (int32_t i = 0; i <= l->i && l->gradients != NULL; i++)
        t->gradient[i] = l->gradients[i * HEAT_LINE_BLOCK];
    return status;
}

heat_status heat_line_weigh(heat_context *ctx, heat_line *l, double x, heat_node_tally *t)
{
    double n_points = 1;
    heat_status status =
        l->block != NULL ? look(ctx, l, x, t) : sum_beyond(ctx, l, x, -(double)INFINITY, t, &n_points);

    l->n_points += n_points;
    return status;
}
