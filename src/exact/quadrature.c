/* The trapezoidal rule in variables t in which the integrand falls off doubly exponentially, where its error
 * falls exponentially with the number of nodes (Takahasi and Mori, Publ. RIMS 9 (1974) 721; Trefethen and
 * Weideman, SIAM Review 56 (2014) 385):
 *
 *     x = c + s sinh t            on a line,
 *     x = a + s exp(t - exp(-t))  on a ray from a,
 *     x = a + (b - a) / (1 + exp(-pi sinh t))  between walls at a and b (quadrature_nodes.h).
 *
 * At a wall the weight may be a power of the distance d, and most of it nearer than doubles can say; so d is
 * carried as a logarithm, and nearer than some d0 the weight is w(d0) (d / d0)^p, p being found just outside.
 *
 * One variable after the other: at each node of the first the integral over the second is found to ten digits
 * by nodes of its own, and so on, so that valleys may be narrow and curved. On a line of nodes a coarse grid
 * grows until nothing counts at its ends. Then nodes are put between those that are there, as far as anything
 * counts, until log Z stands still. Between two nodes a weight may be larger than at both: what may be left
 * out is told by the weight and its slope. */
#include "exact/quadrature.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/quadrature_nodes.h"
#include "kernel/elementary.h"
#include "model/smooth_rows.h"

#include <math.h>

enum { MOST = HEAT_QUADRATURE_DIMENSIONS, NODES_A_BLOCK = 64, MOST_NODES = 1 << 20, AT_AN_EDGE = 4 };
static const double first_step = 0.125, near_t = 4, further = 1, a_little = 0.5, far_t = 28, wall_t = 3.75;
static const double furthest_in = 20; /* of t, to a wall */
static const double negligible = -46; /* log of 1e-20 */
static const double steep = 1;        /* of a log weight, in half of `further` */
static const double cut_off = -60, hopeless = -90;
static const double most_points = 4e8;                                       /* seconds */
static const double digits[MOST] = {1e-11, 1e-12, 1e-13}, level_tail = 1e-9; /* by variable */
static const double close_by = 5, most_share = 25;                           /* logs of shares of the whole */
/* An edge begins at this part of the numbers at a wall, which doubles round to parts of 2^-21 there, and at
 * this one of the scale where the wall is at 0; it stays within this part of the room. Up to `rounded` times
 * as far away what x was rounded by counts. */
static const double edge_part = 0x1p-32, edge_at_zero = 0x1p-64, part_of_room = 0x1p-22, least_part = 0x1p-48,
                    rounded = 0x1p14;
static const double deeper[] = {1, 0x1p-192, 0x1p-836}; /* edges at 0, one tried after the other */
static const double straight = 1e-11, straight_enough = 1e-3, edge_share = 3e-11;

typedef struct problem {
    const heat_smooth *view;
    double beta;
    int64_t threads;
    heat_node_map map[MOST];
} problem;

/* Nearer to a wall than d0 laws tell what stands there. */
typedef struct edge {
    double x, log_from;           /* where, and log d0; -infinity: there is no edge */
    heat_node_tally at;           /* what stands there */
    heat_wall_law weight, energy; /* of the log weight, and of the mean energy */
    double log_off;               /* log of what the integral may be off by */
} edge;

/* Nodes of one variable that are added together, t = first + k * apart. */
typedef struct range {
    double first, apart;
    int64_t n;
} range;

/* A line of nodes under way, the variables before its own standing still. */
typedef struct line {
    const problem *p;
    int32_t i;                    /* its variable */
    double x[MOST], whole;        /* log of what lines like this one add up to, as far as is known */
    double step, least, most;     /* of t: nodes stand this far apart, from least to most */
    double next_least, next_most; /* beyond these no more nodes are needed */
    double hope;                  /* the largest log weight that there may be */
    edge edges[2];
    heat_node_tally total;
    double n_points;
    int64_t room;
    double *here, *near; /* [node of a range] log weight there, and the largest that may be about it */
    double *tilt;        /* [node of a range] the slope of the log weight, with t */
    double end[2], beyond[2], inside[2]; /* log weights at the outermost nodes, and at some within */
    heat_node_tally *nodes;              /* [node of a range], of variables but the last */
    double *points;                      /* likewise: how many were evaluated */
    double *block, *energies, *gradients, *work;
} line;

bool heat_quadrature_fits(const heat_smooth *view)
{
    return view->n <= HEAT_QUADRATURE_DIMENSIONS;
}

double heat_quadrature_bytes(const heat_smooth *view)
{
    static const double node = sizeof(heat_node_tally) + 2 * sizeof(double);

    return MOST_NODES * node + 8.0 * NODES_A_BLOCK * (2.0 * view->n + 1) + 8.0 * (double)view->n_work;
}

static heat_status open_line(heat_context *ctx, const problem *p, int32_t i, line *l)
{
    const heat_smooth *v = p->view;
    heat_status status = HEAT_OK;

    l->p = p;
    l->i = i;
    l->step = first_step;
    l->most = heat_node_has_wall(&p->map[i], 0) && heat_node_has_wall(&p->map[i], 1) ? wall_t : near_t;
    l->least = -l->most;
    l->total = heat_node_tally_empty();
    l->edges[0].log_from = l->edges[1].log_from = -(double)INFINITY;
    if (i < v->n - 1)
        return HEAT_OK;
    status = heat_alloc(ctx, (int64_t)v->n * NODES_A_BLOCK, sizeof *l->block, &l->block);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, NODES_A_BLOCK, sizeof *l->energies, &l->energies);
    if (status == HEAT_OK && v->has_gradient)
        status = heat_alloc(ctx, (int64_t)v->n * NODES_A_BLOCK, sizeof *l->gradients, &l->gradients);
    return status == HEAT_OK ? heat_alloc(ctx, v->n_work + 1, sizeof *l->work, &l->work) : status;
}

static void close_line(line *l)
{
    heat_free(l->here);
    heat_free(l->near);
    heat_free(l->tilt);
    heat_free(l->nodes);
    heat_free(l->points);
    heat_free(l->block);
    heat_free(l->energies);
    heat_free(l->gradients);
    heat_free(l->work);
}

static heat_status reserve(heat_context *ctx, line *l, int64_t n)
{
    heat_status status = HEAT_OK;

    if (n <= l->room)
        return HEAT_OK;
    if (n > MOST_NODES)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "the integral of exp(-U/T) does not reach ten digits with %d nodes of variable %d",
                         MOST_NODES, l->i + 1);
    heat_free(l->here);
    heat_free(l->near);
    heat_free(l->tilt);
    heat_free(l->nodes);
    heat_free(l->points);
    l->here = NULL;
    l->tilt = NULL;
    l->near = NULL;
    l->nodes = NULL;
    l->points = NULL;
    l->room = 0;
    status = heat_alloc(ctx, n, sizeof *l->here, &l->here);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *l->near, &l->near);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *l->tilt, &l->tilt);
    if (status == HEAT_OK && l->block == NULL)
        status = heat_alloc(ctx, n, sizeof *l->nodes, &l->nodes);
    if (status == HEAT_OK && l->block == NULL)
        status = heat_alloc(ctx, n, sizeof *l->points, &l->points);
    if (status == HEAT_OK)
        l->room = n;
    return status;
}

static bool is_within_edge(const line *l, const heat_node *node)
{
    return node->wall >= 0 && node->log_near < l->edges[node->wall].log_from;
}

/* Where a node is evaluated. */
static double place_of(const line *l, const heat_node *node)
{
    return is_within_edge(l, node) ? l->edges[node->wall].x : node->x;
}

/* Takes what was found at the place of a node near a wall to the node itself. */
static void lean(const line *l, const heat_node *node, heat_node_tally *t)
{
    const edge *e = &l->edges[node->wall < 0 ? 0 : node->wall];
    double wall, log_place;

    if (node->wall < 0 || !(node->log_near < e->log_from + log(rounded)))
        return;
    wall = heat_node_get_wall(&l->p->map[l->i], node->wall);
    log_place = log(fabs(place_of(l, node) - wall));
    t->highest += heat_wall_law_get(&e->weight, log_place - e->log_from, node->log_near - e->log_from);
    t->energy += heat_wall_law_get(&e->energy, log_place - e->log_from, node->log_near - e->log_from);
}

/* Takes up node k of a range, whose tally is that of its place, without its own slope: its weight, how large
 * it may be halfway to the next nodes (at the top of a parabola that is no further off, half of what the
 * slope says), and what the ends know of it. */
static void take_node(line *l, const range *r, int64_t k, const heat_node *node, heat_node_tally *t)
{
    double tilt, rise;

    tilt = is_within_edge(l, node) ? (l->edges[node->wall].weight.power + 1) *
                                         exp(node->log_slope - node->log_near) * (node->wall ? -1 : 1)
                                   : -l->p->beta * t->gradient[l->i] * exp(node->log_slope);
    tilt *= node->direction;
    rise = 0.25 * r->apart * fabs(tilt);
    lean(l, node, t);
    t->highest += node->log_slope;
    l->here[k] = heat_node_tally_log(t);
    l->near[k] = l->here[k] + (isfinite(rise) ? rise : 0);
    l->tilt[k] = isfinite(tilt) ? tilt : 0;
    heat_node_tally_join(&l->total, t);
}

static heat_node node_at(const line *l, const range *r, int64_t k)
{
    return heat_node_find(&l->p->map[l->i], r->first + (double)k * r->apart);
}

/* Nodes [first, first + n) of a range of the last variable. */
static heat_status add_block(heat_context *worker, line *l, const range *r, int64_t first, int64_t n)
{
    const int32_t last = l->i;
    const heat_smooth_block block = {.n_chains = n,
                                     .stride = NODES_A_BLOCK,
                                     .x = l->block,
                                     .energies = l->energies,
                                     .gradients = l->gradients,
                                     .work = l->work};
    heat_node nodes[NODES_A_BLOCK];
    heat_status status;

    for (int32_t i = 0; i < last; i++)
        for (int64_t c = 0; c < NODES_A_BLOCK; c++)
            l->block[i * NODES_A_BLOCK + c] = l->x[i];
    for (int64_t c = 0; c < NODES_A_BLOCK; c++) {
        nodes[c] = node_at(l, r, first + (c < n ? c : n - 1));
        l->block[last * NODES_A_BLOCK + c] = place_of(l, &nodes[c]);
    }
    status = heat_smooth_evaluate(worker, l->p->view, &block);
    for (int64_t c = 0; c < n && status == HEAT_OK; c++) {
        heat_node_tally t = {.highest = -l->p->beta * l->energies[c], .sum = 1, .energy = l->energies[c]};
        for (int32_t i = 0; i <= last && l->gradients != NULL; i++)
            t.gradient[i] = l->gradients[i * NODES_A_BLOCK + c];
        take_node(l, r, first + c, &nodes[c], &t);
    }
    l->n_points += (double)n;
    return status;
}

typedef struct nodes_at_once {
    line *l;
    const range *r;
} nodes_at_once;

static heat_status run_line(heat_context *worker, line *l, double *error);

/* The integral over the variables after this line's, which is at x; `whole`: log of what such integrals add
 * up to. */
static heat_status sum_beyond(heat_context *worker, const line *l, double x, double whole,
                              heat_node_tally *sum, double *n_points)
{
    line inner = {.whole = whole};
    double error;
    heat_status status = open_line(worker, l->p, l->i + 1, &inner);

    for (int32_t i = 0; i < l->i; i++)
        inner.x[i] = l->x[i];
    inner.x[l->i] = x;
    if (status == HEAT_OK)
        status = run_line(worker, &inner, &error);
    *sum = inner.total;
    *n_points = inner.n_points;
    close_line(&inner);
    return status;
}

/* Node k of a range of a variable that is not the last. */
static heat_status find_node(heat_context *worker, void *arg, int64_t k)
{
    const nodes_at_once *a = arg;
    line *l = a->l;
    const heat_node node = node_at(l, a->r, k);

    l->points[k] = 0;
    if (is_within_edge(l, &node)) {
        l->nodes[k] = l->edges[node.wall].at;
        return HEAT_OK;
    }
    return sum_beyond(worker, l, node.x,
                      fmax(l->whole, heat_node_tally_log(&l->total) + log(l->step)) - node.log_slope,
                      &l->nodes[k], &l->points[k]);
}

/* Adds a range of nodes. The first variable's are shared among threads. */
static heat_status add_range(heat_context *ctx, line *l, const range *r)
{
    nodes_at_once a = {l, r};
    heat_status status = reserve(ctx, l, r->n);

    for (int64_t k = 0; k < r->n && status == HEAT_OK && l->block != NULL && !heat_halted(ctx);
         k += NODES_A_BLOCK)
        status = add_block(ctx, l, r, k, r->n - k < NODES_A_BLOCK ? r->n - k : NODES_A_BLOCK);
    if (l->block != NULL || status != HEAT_OK)
        return status;
    if (l->i == 0)
        status = heat_parallel_for(ctx, l->p->threads, r->n, find_node, &a);
    for (int64_t k = 0; k < r->n && status == HEAT_OK && l->i > 0 && !heat_halted(ctx); k++)
        status = find_node(ctx, &a, k);
    for (int64_t k = 0; k < r->n && status == HEAT_OK && !heat_halted(ctx); k++) {
        const heat_node node = node_at(l, r, k);
        take_node(l, r, k, &node, &l->nodes[k]);
        l->n_points += l->points[k];
    }
    if (status == HEAT_OK && l->n_points > most_points)
        status =
            heat_fail(ctx, HEAT_ERROR_UNABLE,
                      "the integral of exp(-U/T) does not reach ten digits with %g evaluations", most_points);
    return status;
}

/* What a range says of one of its ends. Where the weight rises towards it a valley begins beyond it, however
 * deep: in t a parabola far away rises faster and faster. */
static void mark_end(line *l, const range *r, int upper)
{
    const int64_t end = upper ? r->n - 1 : 0, inside = upper ? end - end / 4 : end + r->n / 4;
    const double rise = (upper ? 0.5 : -0.5) * further * l->tilt[end];

    l->end[upper] = l->here[end];
    l->inside[upper] = l->here[inside];
    l->beyond[upper] = rise > steep ? (double)INFINITY : l->here[end] + fmax(0, rise);
}

/* What a range says of its ends, and of where no more nodes are needed: beyond the first and the last that
 * may count, and one to each side. */
static void judge(line *l, const range *r)
{
    const double floor = heat_node_tally_log(&l->total) + cut_off;
    int64_t low = 0, high = r->n - 1;

    l->hope = heat_node_tally_log(&l->total);
    for (int64_t k = 0; k < r->n; k++)
        l->hope = fmax(l->hope, l->near[k]);
    mark_end(l, r, 0);
    mark_end(l, r, 1);
    for (int upper = 0; upper < 2; upper++)
        if (isfinite(l->beyond[upper]))
            l->hope = fmax(l->hope, l->beyond[upper]);
    while (low < high && !(l->near[low] > floor))
        low++;
    while (high > low && !(l->near[high] > floor))
        high--;
    l->next_least = low == 0 ? l->least : r->first + (double)(low - 1) * r->apart;
    l->next_most = high == r->n - 1 ? l->most : r->first + (double)(high + 1) * r->apart;
}

static heat_status refuse_end(heat_context *ctx, const line *l, int upper)
{
    if (l->end[upper] >= l->inside[upper] - level_tail)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "the integral of exp(-U/T) diverges: it does not fall off with variable %d",
                         l->i + 1);
    return heat_fail(ctx, HEAT_ERROR_UNABLE,
                     "exp(-U/T) falls off too slowly with variable %d to be summed up", l->i + 1);
}

/* Goes on beyond an end as long as it counts, `by` at a time. */
static heat_status extend(heat_context *ctx, line *l, double by, int upper)
{
    const heat_node_map *m = &l->p->map[l->i];
    const bool is_ray = heat_node_has_wall(m, 0) != heat_node_has_wall(m, 1); /* its wall is where t begins */
    const double far = (is_ray ? !upper : heat_node_has_wall(m, upper)) ? furthest_in : far_t;
    heat_status status = HEAT_OK;

    while (status == HEAT_OK && !heat_halted(ctx) &&
           l->beyond[upper] - heat_node_tally_log(&l->total) > negligible) {
        double *end = upper ? &l->most : &l->least;
        range r = {.apart = l->step, .n = (int64_t)(by / l->step)};
        if (fabs(*end) >= far)
            return refuse_end(ctx, l, upper);
        r.first = upper ? *end + l->step : *end - by;
        status = add_range(ctx, l, &r);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        *end += upper ? by : -by;
        for (int64_t k = 0; k < r.n; k++)
            l->hope = fmax(l->hope, l->near[k]);
        mark_end(l, &r, upper);
        *(upper ? &l->next_most : &l->next_least) = *end;
    }
    return status;
}

static bool is_hopeless(const line *l)
{
    return l->i > 0 && !(l->hope + log(l->step) > l->whole + hopeless);
}

/* A range, and what lies beyond its ends. */
static heat_status add_and_extend(heat_context *ctx, line *l, const range *r, double by)
{
    heat_status status = add_range(ctx, l, r);

    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    judge(l, r);
    if (is_hopeless(l) && isfinite(fmax(l->beyond[0], l->beyond[1])))
        return HEAT_OK;
    status = extend(ctx, l, by, 0);
    return status == HEAT_OK ? extend(ctx, l, by, 1) : status;
}

/* What the variables after this one's add up to at x, or what stands there. */
static heat_status weigh(heat_context *ctx, line *l, double x, heat_node_tally *t)
{
    const double beta = l->p->beta;
    double n_points = 1, at[MOST], energy;
    heat_status status;

    for (int32_t i = 0; i < l->i; i++)
        at[i] = l->x[i];
    at[l->i] = x;
    if (l->block == NULL) {
        status = sum_beyond(ctx, l, x, -(double)INFINITY, t, &n_points);
    } else {
        status = heat_smooth_evaluate_rows(ctx, l->p->view, 1, at, &energy, NULL);
        *t = (heat_node_tally){.highest = -beta * energy, .sum = 1, .energy = energy};
    }
    l->n_points += n_points;
    return status;
}

/* An edge that begins at a distance; *doubt becomes the error of its power. */
static heat_status find_edge(heat_context *ctx, line *l, int upper, double from, edge *e, double *doubt)
{
    const double wall = heat_node_get_wall(&l->p->map[l->i], upper);
    double log_near[AT_AN_EDGE], weight[AT_AN_EDGE], energy[AT_AN_EDGE];

    for (int k = AT_AN_EDGE - 1; k >= 0; k--) {
        heat_status status;
        e->x = wall + (upper ? -1 : 1) * ldexp(from, 2 * k);
        status = weigh(ctx, l, e->x, &e->at);
        if (status != HEAT_OK)
            return status;
        log_near[k] = log(fabs(e->x - wall));
        weight[k] = heat_node_tally_log(&e->at);
        energy[k] = e->at.energy;
    }
    e->log_from = log_near[0];
    e->weight = heat_wall_law_find(log_near, weight);
    e->energy = heat_wall_law_find(log_near, energy);
    *doubt = fabs(e->weight.power - heat_wall_law_find(log_near + 1, weight + 1).power) +
             0x1p-51 * (1 + fabs(weight[0]));
    return HEAT_OK;
}

/* What an edge says of the integral at its wall. */
static heat_status judge_edge(heat_context *ctx, line *l, int upper, double doubt)
{
    edge *e = &l->edges[upper];
    const double there = heat_node_tally_log(&e->at) + e->log_from;

    if (e->weight.power <= -1 + doubt && doubt < straight_enough)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "the integral of exp(-U/T) diverges at the %s wall of variable %d",
                         upper ? "upper" : "lower", l->i + 1);
    e->log_off = there + log(doubt) - 2 * log(fmin(1, 1 + e->weight.power));
    if (!(e->weight.power > -1)) /* a peak that is narrower than the edge: it may be straight to its top */
        e->log_off = there + fabs(e->weight.power);
    if (!(e->weight.power > -1) || !isfinite(e->energy.power))
        e->weight = e->energy = (heat_wall_law){0, 0};
    if (isnan(e->log_off))
        e->log_off = there;
    return HEAT_OK;
}

/* Where an edge begins: far enough from the wall for doubles to tell places apart. */
static double edge_begins(const heat_node_map *m, double wall)
{
    if (wall == 0)
        return fmin(edge_at_zero * m->scale, part_of_room * heat_node_get_room(m));
    return fmax(fmin(edge_part * fabs(wall), part_of_room * heat_node_get_room(m)), least_part * fabs(wall));
}

/* The edge at a wall, if there is one; at 0 as near as it takes for the weight to be a power, or as it can be
 * had. */
static heat_status open_edge(heat_context *ctx, line *l, int upper)
{
    const heat_node_map *m = &l->p->map[l->i];
    const double wall = heat_node_get_wall(m, upper), from = edge_begins(m, wall);
    const size_t tries = wall == 0 ? sizeof deeper / sizeof *deeper : 1;
    heat_error_text before = ctx->error;
    double doubt = (double)INFINITY;
    heat_status status = HEAT_OK;

    if (!heat_node_has_wall(m, upper))
        return HEAT_OK;
    for (size_t k = 0; k < tries && status == HEAT_OK && !heat_halted(ctx) && !(doubt <= straight); k++) {
        edge next = {.log_off = 0};
        double its_doubt;
        status = find_edge(ctx, l, upper, from * deeper[k], &next, &its_doubt);
        if (status == HEAT_OK) {
            l->edges[upper] = next;
            doubt = its_doubt;
        } else if (k > 0) {
            ctx->error = before;
            status = HEAT_OK;
            break;
        }
    }
    return status != HEAT_OK || heat_halted(ctx) ? status : judge_edge(ctx, l, upper, doubt);
}

/* Whether edges leave the digits wanted. Where they do not, the numbers that U has in doubles do not define
 * the integral. */
static heat_status check_edges(heat_context *ctx, const line *l)
{
    const double whole = heat_node_tally_log(&l->total), counts = fmax(whole, l->whole);

    for (int upper = 0; upper < 2; upper++)
        if (heat_node_has_wall(&l->p->map[l->i], upper) &&
            l->edges[upper].log_off > counts + log(edge_share * (1 + fabs(whole))))
            return heat_fail(
                ctx, HEAT_ERROR_UNDEFINED,
                "exp(-U/T) is too steep at the %s wall of variable %d to be summed to ten digits",
                upper ? "upper" : "lower", l->i + 1);
    return HEAT_OK;
}

/* The error of a line's log: the less it adds to the whole, the larger. */
static double allowed(const line *l, double log_z)
{
    double share = l->whole - fmax(l->hope, log_z) - log(l->step) - close_by;

    return digits[l->i] * (1 + fabs(log_z)) * (l->i > 0 ? exp(fmin(fmax(share, 0), most_share)) : 1);
}

/* The whole of a line: leaves the integral in its tally, and in *error what the last nodes changed of its
 * log.
 */
static heat_status run_line(heat_context *ctx, line *l, double *error)
{
    range r = {l->least, l->step, (int64_t)((l->most - l->least) / l->step) + 1};
    double log_z;
    heat_status status = open_edge(ctx, l, 0);

    if (status == HEAT_OK)
        status = open_edge(ctx, l, 1);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = add_and_extend(ctx, l, &r, further);
    log_z = heat_node_tally_log(&l->total);
    *error = (double)INFINITY;
    while (status == HEAT_OK && !heat_halted(ctx) && !is_hopeless(l) && !(*error <= allowed(l, log_z))) {
        double before = log_z + log(l->step);
        l->least = l->next_least;
        l->most = l->next_most;
        r = (range){l->least + l->step / 2, l->step, (int64_t)((l->most - l->least) / l->step + 0.5)};
        l->step /= 2;
        status = add_and_extend(ctx, l, &r, a_little);
        log_z = heat_node_tally_log(&l->total);
        *error = fabs(log_z + log(l->step) - before);
    }
    l->total.highest += log(l->step);
    return status != HEAT_OK || heat_halted(ctx) || is_hopeless(l) ? status : check_edges(ctx, l);
}

/* Log of what is surely less than the whole: of one node, the middle one. */
static heat_status find_middle(heat_context *ctx, const problem *p, double *whole)
{
    double x[MOST], energy;
    heat_status status;

    *whole = 0;
    for (int32_t i = 0; i < p->view->n; i++) {
        const heat_node node = heat_node_find(&p->map[i], 0);
        x[i] = node.x;
        *whole += node.log_slope;
    }
    status = heat_smooth_evaluate_rows(ctx, p->view, 1, x, &energy, NULL);
    *whole -= p->beta * energy;
    return status;
}

heat_status heat_quadrature_run(heat_context *ctx, const heat_smooth *view, double beta, int64_t threads,
                                heat_quadrature *out)
{
    problem p = {.view = view, .beta = beta, .threads = heat_model_is_thread_safe(view->model) ? threads : 1};
    line l = {.n_points = 0};
    heat_status status;

    *out = (heat_quadrature){(double)NAN, (double)NAN, (double)NAN, (double)INFINITY, 0};
    for (int32_t i = 0; i < view->n; i++) {
        p.map[i].lower = view->lower == NULL ? -(double)INFINITY : view->lower[i];
        p.map[i].upper = view->upper == NULL ? (double)INFINITY : view->upper[i];
        p.map[i].centre = view->start == NULL ? 0 : view->start[i];
        p.map[i].scale = view->scale == NULL || !(view->scale[i] > 0) ? 1 : view->scale[i];
    }
    status = find_middle(ctx, &p, &l.whole);
    if (status == HEAT_OK)
        status = open_line(ctx, &p, 0, &l);
    if (status == HEAT_OK)
        status = run_line(ctx, &l, &out->error);
    if (status == HEAT_OK && !heat_halted(ctx) && !(l.total.sum > 0))
        status = heat_fail(ctx, HEAT_ERROR_UNABLE, "the energy is infinite wherever it was looked at");
    if (status == HEAT_OK && !heat_halted(ctx)) {
        out->log_z = heat_node_tally_log(&l.total);
        out->mean_energy = l.total.energy;
        out->energy_variance = l.total.square / l.total.sum;
        out->n_points = l.n_points;
    }
    close_line(&l);
    return status;
}
