/* The trapezoidal rule in variables t in which the integrand falls off doubly exponentially, where its error
 * falls exponentially with the number of nodes (Takahasi and Mori, Publ. RIMS 9 (1974) 721; Trefethen and
 * Weideman, SIAM Review 56 (2014) 385):
 *
 *     x = c + s sinh t            on a line,
 *     x = a + s exp(t - exp(-t))  on a ray from a,
 *     x = a + (b - a) / (1 + exp(-pi sinh t))  between walls at a and b.
 *
 * First a coarse grid grows until nothing counts at its ends. Then its step is halved, and it is cut down to
 * what counts, until log Z stands still. Between two nodes a weight may be larger than at both: what may be
 * cut off is told by the weight and its slope. */
#include "exact/quadrature.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/elementary.h"
#include "model/smooth_rows.h"

#include <math.h>
#include <string.h>

enum { MOST = HEAT_QUADRATURE_DIMENSIONS, NODES_A_BLOCK = 256, LEVELS = 20, MOST_UNITS = 64 };
static const double first_step = 0.125, near_t = 4, a_little = 0.5, far_t = 28, wall_t = 3.75;
static const double negligible = -46; /* log of 1e-20 */
static const double cut_off = -60;
static const double digits = 1e-10, level_tail = 1e-9;
static const double most_points[MOST] = {1e6, 4e8, 4e8}; /* by the number of variables */
static const double pi = 3.14159265358979323846;

/* The largest log weight at a node of one variable, and what it may be within half a step. */
typedef struct mark {
    double here, near;
} mark;

static const mark no_mark = {-(double)INFINITY, -(double)INFINITY};

/* The nodes of one variable, t = step * (first + k). */
typedef struct axis {
    double lower, upper, centre, scale;
    double least, most; /* of t */
    int64_t first, n, room;
    double *x, *slope, *log_slope; /* [n] x, dx/dt, its log */
    mark *marks;                   /* [n] */
} axis;

/* Sums of exp(w - highest), w the log weight of a node, and of the energy less `from` and its square. */
typedef struct tally {
    double highest, sum, energy, square;
} tally;

typedef struct grid {
    const heat_smooth *view;
    double beta, step, from;
    axis axes[MOST];
    int64_t n_units; /* parts of the first of several variables */
    int64_t n_inner; /* nodes of the other variables together */
    tally *tallies;  /* [unit] */
    mark *marks;     /* [unit][n_inner], of each node of the other variables */
} grid;

bool heat_quadrature_fits(const heat_smooth *view)
{
    return view->n <= HEAT_QUADRATURE_DIMENSIONS;
}

double heat_quadrature_bytes(const heat_smooth *view)
{
    static const double of_node = 3 * sizeof(double) + sizeof(mark), of_mark = sizeof(mark);
    double nodes = pow(most_points[view->n - 1], 1.0 / view->n); /* of each variable, of a cube */

    return nodes * (view->n * of_node + (view->n - 1) * MOST_UNITS * of_mark);
}

static bool is_line(const axis *a)
{
    return isinf(a->lower) && isinf(a->upper);
}

static bool is_walled(const axis *a)
{
    return !isinf(a->lower) && !isinf(a->upper);
}

static void open_axis(const heat_smooth *view, int32_t i, axis *a)
{
    a->lower = view->lower == NULL ? -(double)INFINITY : view->lower[i];
    a->upper = view->upper == NULL ? (double)INFINITY : view->upper[i];
    a->centre = view->start == NULL ? 0 : view->start[i];
    a->scale = view->scale == NULL || !(view->scale[i] > 0) ? 1 : view->scale[i];
    a->most = is_walled(a) ? wall_t : near_t;
    a->least = -a->most;
}

static double node_of(const axis *a, double t, double *slope)
{
    double on, x;

    if (is_line(a)) {
        *slope = a->scale * cosh(t);
        return a->centre + a->scale * sinh(t);
    }
    if (!is_walled(a)) {
        x = a->scale * exp(t - exp(-t));
        *slope = x * (1 + exp(-t));
        return isinf(a->upper) ? a->lower + x : a->upper - x;
    }
    on = 1 / (1 + exp(-pi * sinh(t)));
    *slope = (a->upper - a->lower) * on * (1 - on) * pi * cosh(t);
    x = a->lower + (a->upper - a->lower) * on;
    return fmin(fmax(x, a->lower), a->upper);
}

static void close_axis(axis *a)
{
    heat_free(a->x);
    heat_free(a->slope);
    heat_free(a->log_slope);
    heat_free(a->marks);
}

/* Room for the nodes from `least` to `most`, and what they are. */
static heat_status fill_axis(heat_context *ctx, double step, axis *a)
{
    heat_status status = HEAT_OK;
    int64_t n;

    a->first = (int64_t)floor(a->least / step + 0.5);
    n = (int64_t)floor(a->most / step + 0.5) - a->first + 1;
    if (n > a->room) {
        double **arrays[] = {&a->x, &a->slope, &a->log_slope};
        close_axis(a);
        a->room = n;
        for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
            *arrays[k] = NULL;
        for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == HEAT_OK; k++)
            status = heat_alloc(ctx, n, sizeof **arrays[k], arrays[k]);
        a->marks = NULL;
        if (status == HEAT_OK)
            status = heat_alloc(ctx, n, sizeof *a->marks, &a->marks);
        if (status != HEAT_OK)
            return status;
    }
    a->n = n;
    for (int64_t k = 0; k < n; k++) {
        a->x[k] = node_of(a, step * (double)(a->first + k), &a->slope[k]);
        a->log_slope[k] = log(a->slope[k]);
        a->marks[k] = no_mark;
    }
    return HEAT_OK;
}

/* Adds one tally to another. */
static void join(tally *to, const tally *t)
{
    double highest = fmax(to->highest, t->highest), a, b;

    if (t->highest == -(double)INFINITY)
        return;
    a = heat_exp_negative(to->highest - highest);
    b = heat_exp_negative(t->highest - highest);
    if (to->highest == -(double)INFINITY)
        a = 0;
    to->sum = a * to->sum + b * t->sum;
    to->energy = a * to->energy + b * t->energy;
    to->square = a * to->square + b * t->square;
    to->highest = highest;
}

static void raise(mark *m, double here, double near)
{
    m->here = fmax(m->here, here);
    m->near = fmax(m->near, near);
}

/* Memory that a unit's blocks are evaluated in. */
typedef struct workplace {
    double *x, *energies, *gradients, *work;
} workplace;

static heat_status open_workplace(heat_context *ctx, const heat_smooth *view, workplace *p)
{
    heat_status status = heat_alloc(ctx, (int64_t)view->n * NODES_A_BLOCK, sizeof *p->x, &p->x);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, NODES_A_BLOCK, sizeof *p->energies, &p->energies);
    if (status == HEAT_OK && view->has_gradient)
        status = heat_alloc(ctx, (int64_t)view->n * NODES_A_BLOCK, sizeof *p->gradients, &p->gradients);
    return status == HEAT_OK ? heat_alloc(ctx, view->n_work + 1, sizeof *p->work, &p->work) : status;
}

static void close_workplace(workplace *p)
{
    heat_free(p->x);
    heat_free(p->energies);
    heat_free(p->gradients);
    heat_free(p->work);
}

/* How much larger the log weight may be within half a step of node `at`, lane c of the block: at the top of a
 * parabola that is no further off, half of what the slope says at most. */
static double rise_of(const grid *g, const workplace *p, const int64_t *at, int64_t c)
{
    double rise = 0;

    for (int32_t i = 0; i < g->view->n && p->gradients != NULL; i++)
        rise += fabs(p->gradients[i * NODES_A_BLOCK + c]) * g->axes[i].slope[at[i]];
    return isfinite(rise) ? 0.25 * g->step * g->beta * rise : 0;
}

/* Tallies nodes [first, first + n) of the last variable, the others being at `at`. */
static heat_status add_block(heat_context *worker, const grid *g, workplace *p, int64_t *at, int64_t first,
                             int64_t n, mark *const marks[], tally *t)
{
    const int32_t last = g->view->n - 1;
    const heat_smooth_block block = {.n_chains = n,
                                     .stride = NODES_A_BLOCK,
                                     .x = p->x,
                                     .energies = p->energies,
                                     .gradients = p->gradients,
                                     .work = p->work};
    tally own = {.highest = -(double)INFINITY};
    double log_outer = 0, weight[NODES_A_BLOCK];
    heat_status status;

    for (int32_t i = 0; i < last; i++) {
        log_outer += g->axes[i].log_slope[at[i]];
        for (int64_t c = 0; c < NODES_A_BLOCK; c++)
            p->x[i * NODES_A_BLOCK + c] = g->axes[i].x[at[i]];
    }
    for (int64_t c = 0; c < NODES_A_BLOCK; c++)
        p->x[last * NODES_A_BLOCK + c] = g->axes[last].x[first + (c < n ? c : n - 1)];
    status = heat_smooth_evaluate(worker, g->view, &block);
    for (int64_t c = 0; c < n && status == HEAT_OK; c++) {
        double near;
        weight[c] = log_outer + g->axes[last].log_slope[first + c] - g->beta * p->energies[c];
        own.highest = fmax(own.highest, weight[c]);
        at[last] = first + c;
        near = weight[c] + rise_of(g, p, at, c);
        for (int32_t i = 0; i <= last; i++)
            raise(&marks[i][at[i]], weight[c], near);
    }
    for (int64_t c = 0; c < n && status == HEAT_OK; c++) {
        double w = heat_exp_negative(weight[c] - own.highest), e = p->energies[c] - g->from;
        if (!(w > 0))
            continue; /* where the energy is infinite too */
        own.sum += w;
        own.energy += w * e;
        own.square += w * e * e;
    }
    if (status == HEAT_OK)
        join(t, &own);
    return status;
}

/* All nodes of the last variable, the others being at `at`. */
static heat_status add_line(heat_context *worker, const grid *g, workplace *p, int64_t *at,
                            mark *const marks[], tally *t)
{
    const int64_t n = g->axes[g->view->n - 1].n;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < n && status == HEAT_OK; k += NODES_A_BLOCK)
        status = add_block(worker, g, p, at, k, n - k < NODES_A_BLOCK ? n - k : NODES_A_BLOCK, marks, t);
    return status;
}

static heat_status add_unit(heat_context *worker, void *arg, int64_t unit)
{
    grid *g = arg;
    const int32_t n = g->view->n;
    const int64_t outer = n > 1 ? g->axes[0].n : 1, middle = n > 2 ? g->axes[1].n : 1;
    const int64_t first = outer * unit / g->n_units, end = outer * (unit + 1) / g->n_units;
    mark *marks[MOST] = {g->axes[0].marks}, *own = g->marks + unit * g->n_inner;
    int64_t at[MOST] = {0};
    workplace p = {0};
    heat_status status = open_workplace(worker, g->view, &p);

    for (int64_t k = 0; k < g->n_inner; k++)
        own[k] = no_mark;
    for (int32_t i = 1; i < n; own += g->axes[i++].n)
        marks[i] = own;
    g->tallies[unit] = (tally){.highest = -(double)INFINITY};
    for (int64_t k = first * middle; k < end * middle && status == HEAT_OK && !heat_halted(worker); k++) {
        at[0] = k / middle;
        at[1] = n > 2 ? k % middle : 0;
        status = add_line(worker, g, &p, at, marks, &g->tallies[unit]);
    }
    close_workplace(&p);
    return status;
}

static double count_points(const grid *g)
{
    double n = 1;

    for (int32_t i = 0; i < g->view->n; i++)
        n *= (double)g->axes[i].n;
    return n;
}

/* Sums over the grid, and marks its nodes; a halted sum is of no use. */
static heat_status add_up(heat_context *ctx, grid *g, int64_t threads, tally *total)
{
    const int32_t n = g->view->n;
    heat_status status = HEAT_OK;

    *total = (tally){.highest = -(double)INFINITY};
    for (int32_t i = 0; i < n && status == HEAT_OK; i++)
        status = fill_axis(ctx, g->step, &g->axes[i]);
    if (status != HEAT_OK)
        return status;
    g->n_units = n == 1 ? 1 : g->axes[0].n < MOST_UNITS ? g->axes[0].n : MOST_UNITS;
    g->n_inner = 0;
    for (int32_t i = 1; i < n; i++)
        g->n_inner += g->axes[i].n;
    status = heat_alloc(ctx, g->n_units, sizeof *g->tallies, &g->tallies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, g->n_units * g->n_inner + 1, sizeof *g->marks, &g->marks);
    if (status == HEAT_OK)
        status = heat_parallel_for(ctx, heat_model_is_thread_safe(g->view->model) ? threads : 1, g->n_units,
                                   add_unit, g);
    for (int64_t u = 0; u < g->n_units && status == HEAT_OK && !heat_halted(ctx); u++) {
        const mark *own = g->marks + u * g->n_inner;
        join(total, &g->tallies[u]);
        for (int32_t i = 1; i < n; own += g->axes[i++].n)
            for (int64_t k = 0; k < g->axes[i].n; k++)
                raise(&g->axes[i].marks[k], own[k].here, own[k].near);
    }
    heat_free(g->tallies);
    heat_free(g->marks);
    g->tallies = NULL;
    g->marks = NULL;
    return status;
}

/* Cuts an axis down to the nodes that count, and one more at each end. */
static void cut(double step, double highest, axis *a)
{
    int64_t low = 0, high = a->n - 1;

    while (low < high && !(a->marks[low].near - highest > cut_off))
        low++;
    while (high > low && !(a->marks[high].near - highest > cut_off))
        high--;
    if (low > 0)
        a->least = step * (double)(a->first + low - 1);
    if (high < a->n - 1)
        a->most = step * (double)(a->first + high + 1);
}

/* An end of a grid that counts still is moved on, if it can; *grows is set if it was. */
static heat_status move_end(heat_context *ctx, double highest, double further, int32_t i, bool is_upper,
                            axis *a, bool *grows)
{
    const bool is_far = is_upper ? !is_walled(a) : is_line(a);
    const int64_t end = is_upper ? a->n - 1 : 0, inside = is_upper ? end - end / 4 : a->n / 4;
    double *t = is_upper ? &a->most : &a->least;

    if (!is_far || !(a->marks[end].here - highest > negligible))
        return HEAT_OK;
    if (fabs(*t) < far_t) {
        *t = is_upper ? fmin(*t + further, far_t) : fmax(*t - further, -far_t);
        *grows = true;
        return HEAT_OK;
    }
    if (a->marks[end].here >= a->marks[inside].here - level_tail)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "the integral of exp(-U/T) diverges: it does not fall off with variable %d", i + 1);
    return heat_fail(ctx, HEAT_ERROR_UNABLE,
                     "exp(-U/T) falls off too slowly with variable %d to be summed up", i + 1);
}

/* Moves the ends that count; *grows tells whether there were any. */
static heat_status move_ends(heat_context *ctx, grid *g, double highest, double further, bool *grows)
{
    heat_status status = HEAT_OK;

    *grows = false;
    for (int32_t i = 0; i < g->view->n && status == HEAT_OK; i++) {
        status = move_end(ctx, highest, further, i, false, &g->axes[i], grows);
        if (status == HEAT_OK)
            status = move_end(ctx, highest, further, i, true, &g->axes[i], grows);
    }
    return status;
}

/* Sums over the grid, which grows by steps of `further` as far as anything counts. */
static heat_status settle(heat_context *ctx, grid *g, double further, int64_t threads, heat_quadrature *out,
                          tally *total)
{
    const int32_t n = g->view->n;
    bool grows = true;
    heat_status status = HEAT_OK;

    while (grows && status == HEAT_OK) {
        status = add_up(ctx, g, threads, total);
        out->n_points += count_points(g);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        if (total->highest == -(double)INFINITY)
            return heat_fail(ctx, HEAT_ERROR_UNABLE, "the energy is infinite wherever it was looked at");
        status = move_ends(ctx, g, total->highest, further, &grows);
        if (status == HEAT_OK && grows && count_points(g) > most_points[n - 1])
            status = heat_fail(ctx, HEAT_ERROR_UNABLE, "exp(-U/T) spreads too far to be summed up");
    }
    return status;
}

static double log_of(const grid *g, const tally *t)
{
    return t->highest + log(t->sum) + g->view->n * log(g->step);
}

/* Halves the step until log Z stands still. */
static heat_status refine(heat_context *ctx, grid *g, int64_t threads, heat_quadrature *out, tally *total)
{
    const int32_t n = g->view->n;
    double log_z = log_of(g, total);

    for (int level = 0; !(out->error <= digits * (1 + fabs(log_z))); level++) {
        double before = log_z;
        heat_status status;
        g->from += total->energy / total->sum;
        for (int32_t i = 0; i < n; i++)
            cut(g->step, total->highest, &g->axes[i]);
        g->step /= 2;
        if (level == LEVELS || ldexp(count_points(g), n) > most_points[n - 1])
            return heat_fail(ctx, HEAT_ERROR_UNABLE,
                             "the integral of exp(-U/T) does not reach ten digits with %.1g nodes",
                             most_points[n - 1]);
        status = settle(ctx, g, a_little, threads, out, total);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        log_z = log_of(g, total);
        out->error = fabs(log_z - before);
    }
    out->log_z = log_z;
    return HEAT_OK;
}

heat_status heat_quadrature_run(heat_context *ctx, const heat_smooth *view, double beta, int64_t threads,
                                heat_quadrature *out)
{
    grid g = {.view = view, .beta = beta, .step = first_step};
    tally total;
    heat_status status;

    *out = (heat_quadrature){(double)NAN, (double)NAN, (double)NAN, (double)INFINITY, 0};
    for (int32_t i = 0; i < view->n; i++)
        open_axis(view, i, &g.axes[i]);
    status = settle(ctx, &g, near_t, threads, out, &total);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = refine(ctx, &g, threads, out, &total);
    if (status == HEAT_OK && !heat_halted(ctx)) {
        double mean = total.energy / total.sum;
        out->mean_energy = g.from + mean;
        out->energy_variance = fmax(0, total.square / total.sum - mean * mean);
    }
    for (int32_t i = 0; i < view->n; i++)
        close_axis(&g.axes[i]);
    return status;
}
