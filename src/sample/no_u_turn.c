/* The no-U-turn sampler: a trajectory doubles, forwards or backwards, until it begins to turn back, and the
 * next state is drawn from all its points by their weights exp(-H / T). Hoffman and Gelman, J. Mach. Learn.
 * Res. 15 (2014) 1593; multinomial weights, biased to the later half, and the criterion by the sum of momenta
 * rho, p_left . rho <= 0 or p_right . rho <= 0, of Betancourt, arXiv:1701.02434, appendix A.
 *
 * From point to point goes a stride: one leap of the step e, or, where H then changes by more than T, 2, 4,
 * ... shorter ones of e / 2, e / 4, ..., the first of these ways on which H stays within T. Narrow places are
 * so crossed by short leaps and wide ones by long, as in the within-orbit adaptive sampler of Bou-Rabee,
 * Carpenter, Kleppe and Liu, arXiv:2506.18746. A trajectory must be the same from each of its points: a
 * stride whose way back would be a longer leap ends it, as a turn does.
 *
 * The doublings of a unit's chains go side by side, a leap at a time: a subtree is built leaf by leaf, and of
 * its left ends that may yet be asked for one a level is kept (Phan, Pradhan, Jankowiak, arXiv:1912.11554,
 * appendix A). */
#include "kernel/elementary.h"
#include "sample/sampling.h"
#include "sample/walk_motion.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 10, MOST_HALVINGS = 7, COUNT_OF_HALVED = 4 };

/* H may change by so many T within a stride. */
static const double tolerance = 1;

/* A sum of weights, exp(top) times `rest`. */
typedef struct weight {
    double top, rest;
} weight;

/* Of one chain, at the head of its part of the unit's tree; rows of n numbers follow. */
typedef struct tree {
    weight all, sub;
    double start;                /* H of the beginning */
    double energy, pick;         /* U of the state that is drawn so far, and of the subtree's */
    double total, total_of_pick; /* H there */
    double end[2];               /* H of the left and the right end */
    double odds;                 /* sum over strides that are a leap of min(1, exp(-change of H / T)) */
    int64_t n_leaps;
    int64_t n_strides, leaf; /* those that are no leap count more */
    int32_t depth;
    int8_t side; /* that grows: 1 right, -1 left */
    bool is_done, is_full;
    /* the stride under way */
    double low, high;           /* of H on it */
    double there, energy_there; /* where it ends: H and U */
    int32_t n_made;             /* leaps of it so far */
    int8_t halvings;            /* of the step */
    int8_t back;                /* of the way back that is tried; -1: it is on its way there */
} tree;

enum {
    LEFT_X,
    LEFT_P,
    LEFT_G,
    RIGHT_X,
    RIGHT_P,
    RIGHT_G,
    DRAWN_X,
    DRAWN_G,
    PICK_X,
    PICK_G,
    RHO,
    SUB_RHO,
    FROM_X, /* where a stride sets off */
    FROM_P,
    FROM_G,
    TO_X, /* where it ends */
    TO_P,
    TO_G,
    N_ROWS /* then of every level p and the sum so far */
};
enum { HEAD = (sizeof(tree) + 63) / 64 * 8 };

static int64_t lane_size(int32_t n, int depth)
{
    return HEAD + (int64_t)(N_ROWS + 2 * depth) * n;
}

int64_t heat_walk_tree_size(int32_t n, int64_t stride, int depth)
{
    return (lane_size(n, depth) * stride + 7) / 8 * 8;
}

typedef struct grower {
    const heat_chains *c;
    const heat_walk_store *s;
    heat_walk_unit *u;
    int64_t unit;
    int32_t n;
} grower;

static double *numbers_of(const grower *g, int64_t lane)
{
    return g->u->tree + lane * lane_size(g->n, DEPTH);
}

static tree *tree_of(const grower *g, int64_t lane)
{
    return (tree *)(void *)numbers_of(g, lane);
}

static double *row_of(const grower *g, int64_t lane, int row)
{
    return numbers_of(g, lane) + HEAD + (int64_t)row * g->n;
}

static void gather(const grower *g, int64_t lane, const double *from, int row)
{
    double *to = row_of(g, lane, row);

    for (int32_t i = 0; i < g->n; i++)
        to[i] = from[i * g->u->stride + lane];
}

static void scatter(const grower *g, int64_t lane, int row, double *to)
{
    const double *from = row_of(g, lane, row);

    for (int32_t i = 0; i < g->n; i++)
        to[i * g->u->stride + lane] = from[i];
}

/* Where a chain is on its way, x, p and the gradient, into three rows, or from them. */
static void keep_place(const grower *g, int64_t lane, int row)
{
    gather(g, lane, g->u->new_x, row);
    gather(g, lane, g->u->momentum, row + 1);
    gather(g, lane, g->u->new_gradient, row + 2);
}

static void go_to_place(const grower *g, int64_t lane, int row)
{
    scatter(g, lane, row, g->u->new_x);
    scatter(g, lane, row + 1, g->u->momentum);
    scatter(g, lane, row + 2, g->u->new_gradient);
}

static void add_weight(weight *w, double top, double rest)
{
    if (top > w->top) {
        w->rest = w->rest * heat_exp_negative(w->top - top) + rest;
        w->top = top;
    } else {
        w->rest += rest * heat_exp_negative(top - w->top);
    }
}

/* a / b, at most 1. */
static double share_of(const weight *a, const weight *b)
{
    double apart = a->top - b->top;

    if (apart > 0)
        return a->rest >= b->rest * heat_exp_negative(-apart)
                   ? 1
                   : a->rest / (b->rest * heat_exp_negative(-apart));
    return fmin(1, a->rest * heat_exp_negative(apart) / b->rest);
}

/* Whether a stretch with these ends and this sum of momenta turns back; minus, from the sum, what is not of
 * the stretch. */
static bool turns(int32_t n, const double *p, const double *q, const double *rho, const double *less)
{
    double by_p = 0, by_q = 0;

    for (int32_t i = 0; i < n; i++) {
        double sum = less == NULL ? rho[i] : rho[i] - less[i] + p[i];
        by_p += p[i] * sum;
        by_q += q[i] * sum;
    }
    return !(by_p > 0 && by_q > 0);
}

/* --- strides --- */

/* Leaps of the step over 2^halvings from a place with this H: ahead, or back. */
static void try_way(const grower *g, int64_t lane, double h, int halvings, bool ahead)
{
    tree *t = tree_of(g, lane);

    t->low = t->high = h;
    t->n_made = 0;
    g->u->pace[lane] = (ahead ? t->side : -t->side) * ldexp(g->u->step[lane], -halvings);
}

static void begin_stride(const grower *g, int64_t lane, double h)
{
    tree *t = tree_of(g, lane);

    keep_place(g, lane, FROM_X);
    t->there = h;
    t->halvings = 0;
    t->back = -1;
    try_way(g, lane, h, 0, true);
}

static void finish(const grower *g, int64_t lane)
{
    tree_of(g, lane)->is_done = true;
    g->u->pace[lane] = 0;
}

/* A way on has been too coarse. */
static void halve(const grower *g, int64_t lane)
{
    tree *t = tree_of(g, lane);

    if (t->halvings == MOST_HALVINGS) {
        t->n_strides += COUNT_OF_HALVED;
        g->u->lost[lane] = 1;
        g->u->n_diverged[lane] += !heat_walk_adapts(g->c, g->unit);
        finish(g, lane);
        return;
    }
    go_to_place(g, lane, FROM_X);
    try_way(g, lane, t->there, ++t->halvings, true);
}

/* A way back has been too coarse, as it should; true if that was the last to try. */
static bool halve_back(const grower *g, int64_t lane)
{
    tree *t = tree_of(g, lane);

    go_to_place(g, lane, TO_X);
    if (++t->back == t->halvings) {
        g->u->new_energy[lane] = t->energy_there;
        return true;
    }
    try_way(g, lane, t->there, t->back, false);
    return false;
}

/* A leap has been made; true if with it the stride is complete, at new_x, `there` being its H. */
static bool end_leap(const grower *g, int64_t lane)
{
    const heat_walk_unit *u = g->u;
    tree *t = tree_of(g, lane);
    double h = u->new_energy[lane] + u->after[lane];
    bool is_near;

    t->n_leaps++;
    t->low = fmin(t->low, h);
    t->high = fmax(t->high, h);
    is_near = u->pace[lane] != 0 &&
              (t->high - t->low) * heat_walk_beta(g->c, g->unit * g->c->width + lane) <= tolerance;
    if (t->back >= 0 && !is_near)
        return halve_back(g, lane);
    if (!is_near) {
        halve(g, lane);
        return false;
    }
    if (++t->n_made < 1 << (t->back >= 0 ? t->back : t->halvings))
        return false;
    if (t->back >= 0) { /* it would come back another way */
        t->n_strides += COUNT_OF_HALVED;
        finish(g, lane);
        return false;
    }
    t->there = h;
    if (t->halvings == 0)
        return true;
    t->energy_there = u->new_energy[lane];
    keep_place(g, lane, TO_X);
    t->back = 0;
    try_way(g, lane, h, 0, false);
    return false;
}

/* --- the tree --- */

/* The next doubling of a chain sets off from one end. */
static void begin_doubling(const grower *g, int64_t lane, double uniform)
{
    tree *t = tree_of(g, lane);

    t->side = uniform < 0.5 ? -1 : 1;
    t->leaf = 0;
    t->is_full = false;
    t->sub = (weight){-(double)INFINITY, 0};
    memset(row_of(g, lane, SUB_RHO), 0, (size_t)g->n * sizeof(double));
    go_to_place(g, lane, t->side > 0 ? RIGHT_X : LEFT_X);
    begin_stride(g, lane, t->end[t->side > 0]);
}

static void plant(const grower *g, int64_t lane)
{
    const heat_walk_unit *u = g->u;
    tree *t = tree_of(g, lane);

    *t = (tree){.all = {0, 1}, .start = u->energy[lane] + u->before[lane], .energy = u->energy[lane]};
    t->total = t->start;
    u->lost[lane] = 0;
    t->end[0] = t->end[1] = t->start;
    for (int side = LEFT_X; side <= RIGHT_X; side += RIGHT_X - LEFT_X) {
        gather(g, lane, u->x, side);
        gather(g, lane, u->momentum, side + 1);
        gather(g, lane, u->gradient, side + 2);
    }
    gather(g, lane, u->x, DRAWN_X);
    gather(g, lane, u->gradient, DRAWN_G);
    gather(g, lane, u->momentum, RHO);
}

/* Of the subtrees that end with leaf k, those of two leaves and more, whether one turns back; of a leaf that
 * may begin one, keeps its end. */
static bool subtree_turns(const grower *g, int64_t lane, int64_t k)
{
    int level = __builtin_popcountll((uint64_t)k >> 1), first;
    double *p = row_of(g, lane, N_ROWS + 2 * level);

    if (k % 2 == 0) {
        gather(g, lane, g->u->momentum, N_ROWS + 2 * level);
        memcpy(p + g->n, row_of(g, lane, SUB_RHO), (size_t)g->n * sizeof *p);
        return false;
    }
    gather(g, lane, g->u->momentum, N_ROWS + 2 * DEPTH - 2); /* a level that no leaf reaches */
    first = level - __builtin_ctzll(~(uint64_t)k) + 1;
    for (; level >= first; level--, p -= 2 * g->n)
        if (turns(g->n, p, row_of(g, lane, N_ROWS + 2 * DEPTH - 2), row_of(g, lane, SUB_RHO), p + g->n))
            return true;
    return false;
}

/* A stride has brought a chain to a new leaf. */
static void add_leaf(const grower *g, int64_t lane, double uniform)
{
    heat_walk_unit *u = g->u;
    tree *t = tree_of(g, lane);
    double gain = -heat_walk_beta(g->c, g->unit * g->c->width + lane) * (t->there - t->start);
    double *rho = row_of(g, lane, SUB_RHO);

    t->n_strides += t->halvings == 0 ? 1 : COUNT_OF_HALVED;
    t->odds += t->halvings == 0 ? heat_exp_negative(fmin(0, gain)) : 0;
    add_weight(&t->sub, gain, 1);
    for (int32_t i = 0; i < g->n; i++)
        rho[i] += u->momentum[i * u->stride + lane];
    if (uniform < share_of(&(weight){gain, 1}, &t->sub)) {
        gather(g, lane, u->new_x, PICK_X);
        gather(g, lane, u->new_gradient, PICK_G);
        t->pick = u->new_energy[lane];
        t->total_of_pick = t->there;
    }
    if (subtree_turns(g, lane, t->leaf)) {
        finish(g, lane);
        return;
    }
    t->is_full = ++t->leaf == (int64_t)1 << t->depth;
    if (!t->is_full)
        begin_stride(g, lane, t->there);
}

/* A subtree is whole: it joins the trajectory, which goes on if it does not turn back. */
static void join(const grower *g, int64_t lane, double uniform)
{
    tree *t = tree_of(g, lane);
    int end = t->side > 0 ? RIGHT_X : LEFT_X;
    double *rho = row_of(g, lane, RHO), *sub = row_of(g, lane, SUB_RHO);
    size_t row = (size_t)g->n * sizeof(double);

    if (uniform < share_of(&t->sub, &t->all)) {
        memcpy(row_of(g, lane, DRAWN_X), row_of(g, lane, PICK_X), row);
        memcpy(row_of(g, lane, DRAWN_G), row_of(g, lane, PICK_G), row);
        t->energy = t->pick;
        t->total = t->total_of_pick;
    }
    add_weight(&t->all, t->sub.top, t->sub.rest);
    keep_place(g, lane, end);
    t->end[t->side > 0] = t->there;
    for (int32_t i = 0; i < g->n; i++)
        rho[i] += sub[i];
    if (++t->depth == DEPTH || turns(g->n, row_of(g, lane, LEFT_P), row_of(g, lane, RIGHT_P), rho, NULL))
        finish(g, lane);
}

/* Chains whose subtree is whole take it in and set off again. Numbers are drawn for all. */
static void join_full(const grower *g)
{
    const double *uniform;
    bool any = false;

    for (int64_t lane = 0; lane < g->u->n_chains; lane++)
        any = any || (tree_of(g, lane)->is_full && !tree_of(g, lane)->is_done);
    if (!any)
        return;
    uniform = heat_walk_take_uniforms(g->s, g->u);
    for (int64_t lane = 0; lane < g->u->n_chains; lane++)
        if (tree_of(g, lane)->is_full && !tree_of(g, lane)->is_done)
            join(g, lane, uniform[lane]);
    uniform = heat_walk_take_uniforms(g->s, g->u);
    for (int64_t lane = 0; lane < g->u->n_chains; lane++)
        if (tree_of(g, lane)->is_full && !tree_of(g, lane)->is_done)
            begin_doubling(g, lane, uniform[lane]);
}

static bool some_grow(const grower *g)
{
    for (int64_t lane = 0; lane < g->u->n_chains; lane++)
        if (!tree_of(g, lane)->is_done)
            return true;
    return false;
}

static heat_status grow(heat_context *worker, const grower *g)
{
    heat_walk_lanes lanes = heat_walk_lanes_new(g->s, g->u);

    while (some_grow(g)) {
        const double *uniform;
        heat_status status = heat_walk_leap(worker, g->c, g->unit);
        if (status != HEAT_OK)
            return status;
        g->s->kernel->kinetic(&lanes, g->u->after);
        uniform = heat_walk_take_uniforms(g->s, g->u);
        for (int64_t lane = 0; lane < g->u->n_chains; lane++)
            if (!tree_of(g, lane)->is_done && end_leap(g, lane))
                add_leaf(g, lane, uniform[lane]);
        join_full(g);
    }
    return HEAT_OK;
}

static heat_status sweep(heat_context *worker, heat_chains *c, int64_t unit)
{
    heat_walk_store *s = c->store;
    const grower g = {c, s, &s->units[unit], unit, c->n};
    heat_status status = heat_walk_find_steps(worker, c, unit);
    const double *uniform;

    if (status != HEAT_OK)
        return status;
    heat_walk_set_off(c, unit);
    uniform = heat_walk_take_uniforms(s, g.u);
    for (int64_t lane = 0; lane < g.u->n_chains; lane++) {
        plant(&g, lane);
        begin_doubling(&g, lane, uniform[lane]);
    }
    status = grow(worker, &g);
    if (status != HEAT_OK)
        return status;
    for (int64_t lane = 0; lane < g.u->n_chains; lane++) {
        const tree *t = tree_of(&g, lane);
        scatter(&g, lane, DRAWN_X, g.u->x);
        scatter(&g, lane, DRAWN_G, g.u->gradient);
        g.u->energy[lane] = t->energy;
        g.u->total[lane] = t->total;
        g.u->odds[lane] = t->odds / (double)t->n_strides;
        g.u->depth[lane] = t->depth;
        g.u->leaps[lane] = (double)t->n_leaps;
    }
    heat_walk_end_sweep(c, unit);
    return HEAT_OK;
}

const heat_walk_move heat_walk_nuts = {
    .target = 0.9, .refined = 1, .needs_gradient = true, .tree_depth = DEPTH, .sweep = sweep};

const heat_engine heat_engine_nuts = {
    .name = "nuts", .layout = &heat_layout_walks, .walk = &heat_walk_nuts, .run = heat_sampling_run_chains};
