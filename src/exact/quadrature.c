/* The trapezoidal rule in variables t in which the integrand falls off doubly exponentially, where its error
 * falls exponentially with the number of nodes (Takahasi and Mori, Publ. RIMS 9 (1974) 721; Trefethen and
 * Weideman, SIAM Review 56 (2014) 385):
 *
 *     x = c + s sinh t            on a line,
 *     x = a + s exp(t - exp(-t))  on a ray from a,
 *     x = a + (b - a) / (1 + exp(-pi sinh t))  between walls at a and b.
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
#include "kernel/elementary.h"
#include "model/smooth_rows.h"

#include <math.h>

enum { MOST = HEAT_QUADRATURE_DIMENSIONS, NODES_A_BLOCK = 64, MOST_NODES = 1 << 20 };
static const double first_step = 0.125, near_t = 4, further = 1, a_little = 0.5, far_t = 28, wall_t = 3.75;
static const double negligible = -46; /* log of 1e-20 */
static const double cut_off = -60, hopeless = -90;
static const double digits[MOST] = {1e-11, 1e-12, 1e-13}, level_tail = 1e-9; /* by variable */
static const double close_by = 5, most_share = 25;                           /* logs of shares of the whole */
static const double pi = 3.14159265358979323846;

/* Weights exp(w - highest) of nodes, added up, and what they weigh: the energy, its squared distance from the
 * mean, summed, and the gradient. */
typedef struct tally {
    double highest, sum, energy, square;
    double gradient[MOST];
} tally;

static const tally nothing = {.highest = -(double)INFINITY};

typedef struct problem {
    const heat_smooth *view;
    double beta;
    int64_t threads;
    double lower[MOST], upper[MOST], centre[MOST], scale[MOST];
} problem;

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
    tally total;
    double n_points;
    int64_t room;
    double *here, *near; /* [node of a range] log weight there, and the largest that may be about it */
    double *tilt;        /* [node of a range] the slope of the log weight, with t */
    double end[2], beyond[2], inside[2]; /* log weights at the outermost nodes, and at some within */
    tally *nodes;                        /* [node of a range], of variables but the last */
    double *points;                      /* likewise: how many were evaluated */
    double *block, *energies, *gradients, *work;
} line;

bool heat_quadrature_fits(const heat_smooth *view)
{
    return view->n <= HEAT_QUADRATURE_DIMENSIONS;
}

double heat_quadrature_bytes(const heat_smooth *view)
{
    static const double node = sizeof(tally) + 2 * sizeof(double);

    return MOST_NODES * node + 8.0 * NODES_A_BLOCK * (2.0 * view->n + 1) + 8.0 * (double)view->n_work;
}

static bool is_line(const problem *p, int32_t i)
{
    return isinf(p->lower[i]) && isinf(p->upper[i]);
}

static bool is_walled(const problem *p, int32_t i)
{
    return !isinf(p->lower[i]) && !isinf(p->upper[i]);
}

static double node_of(const problem *p, int32_t i, double t, double *slope)
{
    const double low = p->lower[i], high = p->upper[i], scale = p->scale[i];
    double on, x;

    if (is_line(p, i)) {
        *slope = scale * cosh(t);
        return p->centre[i] + scale * sinh(t);
    }
    if (!is_walled(p, i)) {
        x = scale * exp(t - exp(-t));
        *slope = x * (1 + exp(-t));
        return isinf(high) ? low + x : high - x;
    }
    on = 1 / (1 + exp(-pi * sinh(t)));
    *slope = (high - low) * on * (1 - on) * pi * cosh(t);
    return fmin(fmax(low + (high - low) * on, low), high);
}

/* Adds one tally to another. */
static void join(tally *to, const tally *t)
{
    const double highest = fmax(to->highest, t->highest);
    double a, b, part, apart;

    if (t->highest == -(double)INFINITY)
        return;
    a = to->highest == -(double)INFINITY ? 0 : heat_exp_negative(to->highest - highest);
    b = heat_exp_negative(t->highest - highest);
    if (a == 0)
        *to = *t;
    if (a == 0 || b == 0)
        return;
    part = b * t->sum / (a * to->sum + b * t->sum);
    apart = t->energy - to->energy;
    to->sum = a * to->sum + b * t->sum;
    to->square = a * to->square + b * t->square + apart * apart * part * (1 - part) * to->sum;
    to->energy += part * apart;
    for (int32_t i = 0; i < MOST; i++)
        to->gradient[i] += part * (t->gradient[i] - to->gradient[i]);
    to->highest = highest;
}

static double log_of(const tally *t)
{
    return t->sum > 0 ? t->highest + log(t->sum) : -(double)INFINITY;
}

static heat_status open_line(heat_context *ctx, const problem *p, int32_t i, line *l)
{
    const heat_smooth *v = p->view;
    heat_status status = HEAT_OK;

    l->p = p;
    l->i = i;
    l->step = first_step;
    l->most = is_walled(p, i) ? wall_t : near_t;
    l->least = -l->most;
    l->total = nothing;
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

/* Takes up node k of a range, whose tally is without its own slope: its weight, how large it may be halfway
 * to the next nodes (at the top of a parabola that is no further off, half of what the slope says), and what
 * the ends know of it. */
static void take_node(line *l, const range *r, int64_t k, double slope, tally *t)
{
    const double tilt = -l->p->beta * t->gradient[l->i] * slope, rise = 0.25 * r->apart * fabs(tilt);

    t->highest += log(slope);
    l->here[k] = log_of(t);
    l->near[k] = l->here[k] + (isfinite(rise) ? rise : 0);
    l->tilt[k] = isfinite(tilt) ? tilt : 0;
    join(&l->total, t);
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
    double slope[NODES_A_BLOCK];
    heat_status status;

    for (int32_t i = 0; i < last; i++)
        for (int64_t c = 0; c < NODES_A_BLOCK; c++)
            l->block[i * NODES_A_BLOCK + c] = l->x[i];
    for (int64_t c = 0; c < NODES_A_BLOCK; c++) {
        int64_t k = first + (c < n ? c : n - 1);
        l->block[last * NODES_A_BLOCK + c] = node_of(l->p, last, r->first + (double)k * r->apart, &slope[c]);
    }
    status = heat_smooth_evaluate(worker, l->p->view, &block);
    for (int64_t c = 0; c < n && status == HEAT_OK; c++) {
        tally t = {.highest = -l->p->beta * l->energies[c], .sum = 1, .energy = l->energies[c]};
        for (int32_t i = 0; i <= last && l->gradients != NULL; i++)
            t.gradient[i] = l->gradients[i * NODES_A_BLOCK + c];
        take_node(l, r, first + c, slope[c], &t);
    }
    l->n_points += (double)n;
    return status;
}

typedef struct nodes_at_once {
    line *l;
    const range *r;
} nodes_at_once;

static heat_status run_line(heat_context *worker, line *l, double *error);

/* The integral over the variables after node k of a range of one that is not the last. */
static heat_status find_node(heat_context *worker, void *arg, int64_t k)
{
    const nodes_at_once *a = arg;
    line *l = a->l, inner = {.n_points = 0};
    double slope, error;
    heat_status status = open_line(worker, l->p, l->i + 1, &inner);

    for (int32_t i = 0; i < l->i; i++)
        inner.x[i] = l->x[i];
    inner.x[l->i] = node_of(l->p, l->i, a->r->first + (double)k * a->r->apart, &slope);
    inner.whole = fmax(l->whole, log_of(&l->total) + log(l->step)) - log(slope);
    if (status == HEAT_OK)
        status = run_line(worker, &inner, &error);
    l->nodes[k] = inner.total;
    l->points[k] = inner.n_points;
    close_line(&inner);
    return status;
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
        double slope;
        node_of(l->p, l->i, r->first + (double)k * r->apart, &slope);
        take_node(l, r, k, slope, &l->nodes[k]);
        l->n_points += l->points[k];
    }
    return status;
}

/* What a range says of one of its ends: of a valley that begins beyond it too, by its slope. */
static void mark_end(line *l, const range *r, int upper)
{
    const int64_t end = upper ? r->n - 1 : 0, inside = upper ? end - end / 4 : end + r->n / 4;

    l->end[upper] = l->here[end];
    l->inside[upper] = l->here[inside];
    l->beyond[upper] = l->here[end] + fmax(0, (upper ? 0.5 : -0.5) * further * l->tilt[end]);
}

/* What a range says of its ends, and of where no more nodes are needed: beyond the first and the last that
 * may count, and one to each side. */
static void judge(line *l, const range *r)
{
    const double floor = log_of(&l->total) + cut_off;
    int64_t low = 0, high = r->n - 1;

    l->hope = log_of(&l->total);
    for (int64_t k = 0; k < r->n; k++)
        l->hope = fmax(l->hope, l->near[k]);
    mark_end(l, r, 0);
    mark_end(l, r, 1);
    l->hope = fmax(l->hope, fmax(l->beyond[0], l->beyond[1]));
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
    const bool is_open = upper ? !is_walled(l->p, l->i) : is_line(l->p, l->i);
    heat_status status = HEAT_OK;

    while (is_open && status == HEAT_OK && !heat_halted(ctx) &&
           l->beyond[upper] - log_of(&l->total) > negligible) {
        double *end = upper ? &l->most : &l->least;
        range r = {.apart = l->step, .n = (int64_t)(by / l->step)};
        if (fabs(*end) >= far_t)
            return refuse_end(ctx, l, upper);
        r.first = upper ? *end + l->step : *end - by;
        status = add_range(ctx, l, &r);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        *end += upper ? by : -by;
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
    if (is_hopeless(l))
        return HEAT_OK;
    status = extend(ctx, l, by, 0);
    return status == HEAT_OK ? extend(ctx, l, by, 1) : status;
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
    heat_status status = add_and_extend(ctx, l, &r, further);
    double log_z = log_of(&l->total);

    *error = (double)INFINITY;
    while (status == HEAT_OK && !heat_halted(ctx) && !is_hopeless(l) && !(*error <= allowed(l, log_z))) {
        double before = log_z + log(l->step);
        l->least = l->next_least;
        l->most = l->next_most;
        r = (range){l->least + l->step / 2, l->step, (int64_t)((l->most - l->least) / l->step + 0.5)};
        l->step /= 2;
        status = add_and_extend(ctx, l, &r, a_little);
        log_z = log_of(&l->total);
        *error = fabs(log_z + log(l->step) - before);
    }
    l->total.highest += log(l->step);
    return status;
}

/* Log of what is surely less than the whole: of one node, the middle one. */
static heat_status find_middle(heat_context *ctx, const problem *p, double *whole)
{
    double x[MOST], energy, slope;
    heat_status status;

    *whole = 0;
    for (int32_t i = 0; i < p->view->n; i++) {
        x[i] = node_of(p, i, 0, &slope);
        *whole += log(slope);
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
        p.lower[i] = view->lower == NULL ? -(double)INFINITY : view->lower[i];
        p.upper[i] = view->upper == NULL ? (double)INFINITY : view->upper[i];
        p.centre[i] = view->start == NULL ? 0 : view->start[i];
        p.scale[i] = view->scale == NULL || !(view->scale[i] > 0) ? 1 : view->scale[i];
    }
    status = find_middle(ctx, &p, &l.whole);
    if (status == HEAT_OK)
        status = open_line(ctx, &p, 0, &l);
    if (status == HEAT_OK)
        status = run_line(ctx, &l, &out->error);
    if (status == HEAT_OK && !heat_halted(ctx) && !(l.total.sum > 0))
        status = heat_fail(ctx, HEAT_ERROR_UNABLE, "the energy is infinite wherever it was looked at");
    if (status == HEAT_OK && !heat_halted(ctx)) {
        out->log_z = log_of(&l.total);
        out->mean_energy = l.total.energy;
        out->energy_variance = l.total.square / l.total.sum;
        out->n_points = l.n_points;
    }
    close_line(&l);
    return status;
}
