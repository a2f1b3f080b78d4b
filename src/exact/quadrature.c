/* The trapezoidal rule in variables t in which the integrand falls off doubly exponentially, where its error
 * falls exponentially with the number of nodes (Takahasi and Mori, Publ. RIMS 9 (1974) 721; Trefethen and
 * Weideman, SIAM Review 56 (2014) 385):
 *
 *     x = c + s sinh t            on a line,
 *     x = a + s exp(t - exp(-t))  on a ray from a,
 *     x = a + (b - a) / (1 + exp(-pi sinh t))  between walls at a and b (quadrature_nodes.h).
 *
 * At a wall the weight may be a power of the distance d, and most of it nearer than doubles can say; so d is
 * carried as a logarithm, and nearer than some d0 the weight is w(d0) (d / d0)^p, p being found just outside
 * (quadrature_edges.c). A power of x far out is a geometric series of nodes (quadrature_ends.c).
 *
 * One variable after the other: at each node of the first the integral over the second is found to ten digits
 * by nodes of its own, and so on, so that valleys may be narrow and curved. On a line of nodes a coarse grid
 * grows until nothing counts at its ends; where all that counts is narrow, it is laid anew about that
 * (quadrature_centre.c). Then nodes are put between those that are there, as far as anything counts, until
 * log Z stands still. Between two nodes a weight may be larger than at both: what may be left out is told by
 * the weight and its slope. Where nodes between nodes come to no end, they are laid where it takes more
 * (quadrature_panels.c), and so they are where they step over a well that is known (quadrature_places.c). */
#include "base/context_private.h"
#include "exact/quadrature_line.h"
#include "model/smooth_rows.h"

#include <math.h>

enum { MANY_NODES = 256, TOO_MANY_NODES = 4096, NEXT_DOUBLES = 64, MOST_TURNS = 32, MOST_SIDES = 6 };
static const double further = 1, a_little = 0.5;
static const double digits[HEAT_QUADRATURE_DIMENSIONS] = {1e-11, 1e-12, 1e-13}; /* by variable */
static const double close_by = 5, most_share = 8; /* logs of shares of the whole */
static const double by_chance = 30, nearly = 1e-7;
static const double slowly = 0.02; /* what an error becomes with twice as many nodes */
static const double nearly_zero = 0x1p-900, part_of_room = 0x1p-20;
static const double narrow = 20; /* log of how much narrower the whole may be than what nodes are laid for */

bool heat_quadrature_fits(const heat_smooth *view)
{
    return view->n <= HEAT_QUADRATURE_DIMENSIONS;
}

double heat_quadrature_bytes(const heat_smooth *view)
{
    static const double node = sizeof(heat_node_tally) + 4 * sizeof(double);

    return HEAT_LINE_MOST_NODES * node + 8.0 * HEAT_LINE_BLOCK * (2.0 * view->n + 1) +
           8.0 * (double)view->n_work;
}

static bool is_hopeless(const heat_line *l)
{
    return l->i > 0 && !(l->hope + log(l->step) > l->whole + heat_line_hopeless);
}

/* What lies beyond the ends of a range that was added. */
static heat_status extend(heat_context *ctx, heat_line *l, const heat_line_range *r, double by)
{
    heat_line_judge(l, r);
    if (is_hopeless(l) && isfinite(fmax(l->beyond[0], l->beyond[1])))
        return HEAT_OK;
    return heat_line_extend(ctx, l, by);
}

static heat_status add_and_extend(heat_context *ctx, heat_line *l, const heat_line_range *r, double by)
{
    heat_status status = heat_line_add(ctx, l, r);

    return status != HEAT_OK || heat_halted(ctx) ? status : extend(ctx, l, r, by);
}

/* The first nodes of a line. */
static heat_status begin(heat_context *ctx, heat_line *l)
{
    bool moved = false;
    heat_line_range r = heat_line_first(l);
    heat_status status = heat_line_add(ctx, l, &r);

    if (status == HEAT_OK && !heat_halted(ctx))
        status = heat_line_widen(ctx, l, &r, &moved);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    r = heat_line_first(l);
    if (moved)
        return add_and_extend(ctx, l, &r, further);
    status = extend(ctx, l, &r, further);
    if (status == HEAT_OK && !heat_halted(ctx) && !is_hopeless(l))
        status = heat_line_centre(ctx, l, &moved);
    if (status != HEAT_OK || !moved)
        return status;
    r = heat_line_first(l);
    return add_and_extend(ctx, l, &r, further);
}

/* The error of a line's log: the less it adds to the whole, the larger. */
static double allowed(const heat_line *l, double log_z)
{
    double share = l->whole - fmax(l->hope, log_z) - log(l->step) - close_by;

    return digits[l->i] * (1 + fabs(log_z)) * (l->i > 0 ? exp(fmin(fmax(share, 0), most_share)) : 1);
}

/* Whether an error is small, and not by chance: the one before was too, or it falls as it should where nodes
 * are enough, from one to its square. Of three variables the inner ones are believed what their errors will
 * be next. */
static bool is_close(const heat_line *l, double error, double before, double enough)
{
    if (l->i > 0 && l->p->view->n == HEAT_QUADRATURE_DIMENSIONS && error < nearly && before < 1 &&
        error <= pow(before, 1.5) && pow(error, 1.6) <= enough)
        return true;
    return error <= enough && (before <= by_chance * enough || (before < 1 && error <= pow(before, 1.5)));
}

/* True if nothing that counts may hide between two nodes, as far as their slopes tell. */
static bool is_open(const heat_line *l, double log_z)
{
    return !l->has_hole && !(l->steep > log_z + log(allowed(l, log_z)));
}

/* The double next to t's x at which the weight is largest, or which is a hole. */
static heat_status find_place(heat_context *ctx, heat_line *l, double t, double *place)
{
    double x = heat_node_find(&l->map, t).x, best = -(double)INFINITY;
    heat_status status = HEAT_OK;

    *place = 0;
    if (fabs(x) < nearly_zero * l->map.scale)
        return HEAT_OK;
    *place = x;
    for (int turn = 0; turn < MOST_TURNS && status == HEAT_OK && !heat_halted(ctx); turn++) {
        const double from = *place;
        for (int upper = 0; upper < 2; upper++) {
            x = from;
            for (int k = 0; k < NEXT_DOUBLES && status == HEAT_OK; k++) {
                heat_node_tally at;
                double weight;
                x = nextafter(x, upper ? (double)INFINITY : -(double)INFINITY);
                l->has_hole = false;
                status = heat_line_weigh(ctx, l, x, &at);
                weight = l->has_hole ? (double)INFINITY : heat_node_tally_log(&at);
                *place = weight > best ? x : *place;
                best = fmax(best, weight);
            }
        }
        if (*place == from || best == (double)INFINITY)
            break;
    }
    return status;
}

/* The whole of a line to both sides of a place that is singular, as of a wall. */
static heat_status run_sides(heat_context *ctx, heat_line *l, double t, double *error)
{
    heat_node_tally sum = heat_node_tally_empty();
    double place = 0;
    heat_status status = find_place(ctx, l, t, &place);

    *error = 0;
    for (int upper = 0; upper < 2 && status == HEAT_OK && !heat_halted(ctx); upper++) {
        heat_line side = {.whole = l->whole, .depth = l->depth + 1};
        double its_error = 0;
        status = heat_line_open(ctx, l->p, l->i, &side);
        side.map = l->map;
        *(upper ? &side.map.lower : &side.map.upper) = place;
        for (int32_t i = 0; i < l->i; i++)
            side.x[i] = l->x[i];
        heat_line_relay(&side);
        if (status == HEAT_OK)
            status = heat_line_run(ctx, &side, &its_error);
        heat_node_tally_join(&sum, &side.total);
        *error += its_error;
        l->n_points += side.n_points;
        heat_line_close(&side);
    }
    l->total = sum;
    return status;
}

/* Whether a place is no wall's, of which edges tell more than panels. */
static bool is_far_from_walls(const heat_line *l, double t)
{
    const heat_node node = heat_node_find(&l->map, t);

    return node.wall < 0 || node.log_near > log(part_of_room * heat_node_get_room(&l->map));
}

/* The whole of a line by panels. */
static heat_status run_panels(heat_context *ctx, heat_line *l, double log_z, double *error)
{
    heat_node_tally sum;
    double singular;
    heat_status status;

    heat_line_reach_places(l);
    l->least = l->next_least;
    l->most = l->next_most;
    if (l->i > 0)
        log_z = fmax(log_z, l->whole + heat_line_hopeless); /* what is less counts no more */
    status = heat_line_run_panels(ctx, l, log_z, allowed(l, log_z - log(l->step)), &sum, error, &singular);
    l->total = sum;
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    if (isnan(singular))
        return heat_line_check_edges(ctx, l);
    if (l->depth == MOST_SIDES || !is_far_from_walls(l, singular))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "the integral of exp(-U/T) does not reach ten digits: it is singular at places of "
                         "variable %d",
                         l->i + 1);
    return run_sides(ctx, l, singular, error);
}

/* Whether nodes between nodes come to no end: they are many, and their error falls as a power of their number
 * at best. `last`: the errors before, the latest first. */
static bool is_slow(const heat_line *l, int64_t n, const double *last)
{
    if (n <= MANY_NODES || heat_node_has_wall(&l->map, 0) || heat_node_has_wall(&l->map, 1))
        return n > TOO_MANY_NODES;
    return n > TOO_MANY_NODES || (last[0] > slowly * last[1] && last[1] > slowly * last[2]);
}

heat_status heat_line_run(heat_context *ctx, heat_line *l, double *error)
{
    heat_node_tally all;
    heat_line_range r = {.n = 0};
    bool missed = false;
    double log_z, last[2] = {(double)INFINITY, (double)INFINITY};
    heat_status status = heat_line_open_edges(ctx, l);

    if (status == HEAT_OK && !heat_halted(ctx))
        status = begin(ctx, l);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = heat_line_find_missed(ctx, l, &missed);
    all = heat_line_with_tails(l, &l->every_other, 2 * l->step);
    *error = heat_node_tally_log(&all) + log(2);
    all = heat_line_with_tails(l, &l->total, l->step);
    log_z = heat_node_tally_log(&all);
    *error = fabs(*error - log_z);
    l->is_coarse = false;
    if (status == HEAT_OK && !heat_halted(ctx) && missed)
        return run_panels(ctx, l, log_z + log(l->step), error);
    while (status == HEAT_OK && !heat_halted(ctx) && !is_hopeless(l) &&
           !(is_close(l, *error, last[0], allowed(l, log_z)) && is_open(l, log_z))) {
        const double before = log_z + log(l->step), errors[3] = {*error, last[0], last[1]};
        r = (heat_line_range){.first = l->next_least + l->step / 2,
                              .apart = l->step,
                              .n = (int64_t)((l->next_most - l->next_least) / l->step + 0.5)};
        if (is_slow(l, r.n, errors))
            return run_panels(ctx, l, log_z + log(l->step), error);
        l->least = l->next_least;
        l->most = l->next_most;
        l->step /= 2;
        heat_line_recall(l);
        last[1] = last[0];
        last[0] = *error;
        status = add_and_extend(ctx, l, &r, a_little);
        all = heat_line_with_tails(l, &l->total, l->step);
        log_z = heat_node_tally_log(&all);
        *error = fabs(log_z + log(l->step) - before);
    }
    l->total = all;
    l->total.highest += log(l->step);
    return status != HEAT_OK || heat_halted(ctx) || is_hopeless(l) ? status : heat_line_check_edges(ctx, l);
}

/* Log of what is less than the whole, by experience: of one node, the middle one, and much less than that. */
static heat_status find_middle(heat_context *ctx, const heat_line_problem *p, double *whole)
{
    const heat_error_text before = ctx->error;
    double x[HEAT_QUADRATURE_DIMENSIONS], energy;
    heat_status status;

    *whole = -narrow;
    for (int32_t i = 0; i < p->view->n; i++) {
        const heat_node node = heat_node_find(&p->map[i], 0);
        x[i] = node.x;
        *whole += node.log_slope;
    }
    status = heat_smooth_evaluate_rows(ctx, p->view, 1, x, &energy, NULL);
    if (status == HEAT_ERROR_CALLBACK) { /* a hole, or what others will find too */
        ctx->error = before;
        *whole = -(double)INFINITY;
        return HEAT_OK;
    }
    *whole -= p->beta * energy;
    return status;
}

heat_status heat_quadrature_run(heat_context *ctx, const heat_smooth *view, double beta,
                                const heat_quadrature_places *places, int64_t threads, heat_quadrature *out)
{
    heat_line_problem p = {
        .view = view, .beta = beta, .threads = heat_model_is_thread_safe(view->model) ? threads : 1};
    heat_line l = {.n_points = 0};
    heat_status status;

    *out = (heat_quadrature){(double)NAN, (double)NAN, (double)NAN, (double)INFINITY, 0};
    for (int32_t i = 0; i < view->n; i++) {
        p.map[i].lower = view->lower == NULL ? -(double)INFINITY : view->lower[i];
        p.map[i].upper = view->upper == NULL ? (double)INFINITY : view->upper[i];
        p.map[i].centre = view->start == NULL ? 0 : view->start[i];
        p.map[i].scale = view->scale == NULL || !(view->scale[i] > 0) ? 1 : view->scale[i];
    }
    heat_line_set_tables(&p);
    status = heat_line_open_places(ctx, places, &p);
    if (status == HEAT_OK)
        status = find_middle(ctx, &p, &l.whole);
    if (status == HEAT_OK)
        status = heat_line_open(ctx, &p, 0, &l);
    if (status == HEAT_OK)
        status = heat_line_run(ctx, &l, &out->error);
    if (status == HEAT_OK && !heat_halted(ctx) && !(l.total.sum > 0))
        status = heat_fail(ctx, HEAT_ERROR_UNABLE, "the energy is infinite wherever it was looked at");
    if (status == HEAT_OK && !heat_halted(ctx)) {
        out->log_z = heat_node_tally_log(&l.total);
        out->mean_energy = l.total.energy;
        out->energy_variance = l.total.square / l.total.sum;
        out->n_points = l.n_points;
    }
    heat_line_close(&l);
    heat_line_close_places(&p);
    return status;
}
