/* The flow by the embedded pair of Bogacki and Shampine (Appl. Math. Lett. 2 (1989) 321), every lane with a
 * step of its own; a lane that has arrived takes up the next point. Where (x - x_k)' H grad U > 0 the flow
 * lowers the lift (x - x_k)' H (x - x_k) / 2: so it ends in x_k from wherever that holds all the way in,
 * which is looked at along many directions (its reach). What is slow to arrive is quenched. */
#include "landscape/gradient_flow.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "model/smooth_rows.h"
#include "random/stream.h"
#include "stats/cholesky.h"
#include "stats/eigen.h"

#include <math.h>
#include <string.h>

enum { LANES = 32, MOST_STEPS = 400, DIRECTIONS = 64, SHELLS = 400 };
static const double part_of_gap = 1e-4;  /* the tolerance, of the least distance between two minima */
static const double first_reach = 1e-10; /* of the energies' size */
static const double shell = 1.1;         /* from one lift that is looked at to the next */
static const double at_rest = 1e-3;      /* of the slope that fast variables began with */
static const double endless = 1e50;      /* a step that long has found no slope */
static const double caution = 0.25;      /* of the reach that was seen: of half the distance */

/* --- what is known of the basins --- */

double heat_flow_basins_lift(const heat_flow_basins *b, int64_t k, const double *x)
{
    const int32_t n = b->view->n;
    const double *at = b->minima->minima.x + k * n, *h = b->hessian + k * n * n;
    double sum = 0;

    for (int32_t i = 0; i < n; i++) {
        double row = 0;
        for (int32_t j = 0; j < i; j++)
            row += h[i * n + j] * (x[j] - at[j]);
        sum += (x[i] - at[i]) * (row + h[i * n + i] * (x[i] - at[i]) / 2);
    }
    return sum;
}

double heat_flow_basins_log_det(const heat_flow_basins *b, int64_t k)
{
    const int32_t n = b->view->n;
    double sum = 0;

    for (int32_t i = 0; i < n; i++)
        sum += 2 * log(b->factor[(k * n + i) * n + i]);
    return sum;
}

void heat_flow_basins_place(const heat_flow_basins *b, int64_t k, double s, double *z, double *x)
{
    const int32_t n = b->view->n;
    const double *at = b->minima->minima.x + k * n, *factor = b->factor + k * n * n;

    for (int32_t i = n; i-- > 0;) {
        for (int32_t j = i + 1; j < n; j++)
            z[i] -= factor[j * n + i] * z[j];
        z[i] /= factor[i * n + i];
    }
    for (int32_t i = 0; i < n; i++)
        x[i] = at[i] + s * z[i];
}

/* Direction d of basin k into z, of length 1 where L^T (x - x_k) = z: both ways along every axis of the
 * curvature, towards every other minimum, and at random. False where
 * there is none, towards itself. */
static bool take_direction(const heat_flow_basins *b, int64_t k, int64_t d, const double *vectors,
                           heat_stream *stream, double *z)
{
    const int32_t n = b->view->n;
    const double *factor = b->factor + k * n * n, *x = b->minima->minima.x;
    double length = 0;

    for (int32_t i = 0; i < n; i++) {
        z[i] = 0;
        for (int32_t j = i; j < n; j++) {
            double way = d < 2 * n ? vectors[d / 2 * n + j] * (d % 2 == 0 ? 1 : -1)
                                   : x[(d - 2 * n) % b->count * n + j] - x[k * n + j];
            z[i] += factor[j * n + i] * way;
        }
        if (d >= 2 * n + b->count)
            z[i] = heat_stream_normal(stream);
        length += z[i] * z[i];
    }
    for (int32_t i = 0; i < n && length > 0; i++)
        z[i] /= sqrt(length);
    return length > 0;
}

/* The largest lift along a direction up to which the flow is seen to go inwards, `most` at most. */
static heat_status see_reach(heat_context *ctx, const heat_flow_basins *b, heat_landscape *l, int64_t k,
                             const double *z, double first, double *most)
{
    const int32_t n = b->view->n;
    const double *at = b->minima->minima.x + k * n, *h = b->hessian + k * n * n;
    double *room = NULL, *x, *slope;
    heat_status status = heat_alloc(ctx, 3 * (int64_t)n, sizeof *room, &room);

    if (status != HEAT_OK)
        return status;
    x = room + n;
    slope = room + 2 * n;
    for (double lift = first; lift < *most; lift *= shell) {
        double inwards = 0, energy;
        memcpy(room, z, (size_t)n * sizeof *z);
        heat_flow_basins_place(b, k, sqrt(2 * lift), room, x);
        heat_landscape_confine(l, x);
        status = heat_landscape_evaluate(ctx, l, x, &energy, slope);
        for (int32_t i = 0; i < n; i++)
            for (int32_t j = 0; j < n; j++)
                inwards += (x[i] - at[i]) * h[i * n + j] * slope[j];
        if (status == HEAT_OK && inwards > 0 && isfinite(energy))
            continue;
        *most = lift / shell;
        status = status == HEAT_ERROR_CALLBACK ? HEAT_OK : status; /* there is no energy there */
        break;
    }
    heat_free(room);
    return status;
}

static heat_status find_reach(heat_context *ctx, heat_flow_basins *b, heat_landscape *l, int64_t k)
{
    const int32_t n = b->view->n;
    const double first = first_reach * (1 + fabs(b->minima->minima.energy[k]));
    double *vectors = NULL, *values, *copy, *z, most = first * pow(shell, SHELLS);
    heat_stream stream;
    heat_status status = heat_alloc(ctx, 2 * ((int64_t)n * n + n), sizeof *vectors, &vectors);

    if (status != HEAT_OK)
        return status;
    for (int64_t other = 0; other < b->count; other++)
        if (other != k)
            most = fmin(most, heat_flow_basins_lift(b, k, b->minima->minima.x + other * n));
    for (int64_t s = 0; s < b->minima->saddles.count; s++)
        most = fmin(most, heat_flow_basins_lift(b, k, b->minima->saddles.x + s * n));
    copy = vectors + (int64_t)n * n;
    values = copy + (int64_t)n * n;
    z = values + n;
    memcpy(copy, b->hessian + k * n * n, (size_t)n * (size_t)n * sizeof *copy);
    heat_eigen_symmetric(n, copy, values, vectors);
    heat_stream_init(&stream, 1, HEAT_PURPOSE_PROBE, (uint64_t)k);
    for (int64_t d = 0; d < 2 * n + b->count + DIRECTIONS && status == HEAT_OK; d++) {
        if (take_direction(b, k, d, vectors, &stream, z))
            status = see_reach(ctx, b, l, k, z, first, &most);
    }
    b->reach[k] = most < first ? 0 : caution * most;
    heat_free(vectors);
    return status;
}

/* A ten-thousandth of the least distance between two minima. */
static double find_tolerance(const heat_flow_basins *b)
{
    const int32_t n = b->view->n;
    const double *x = b->minima->minima.x;
    double least = (double)INFINITY;

    for (int64_t k = 0; k < b->count; k++)
        for (int64_t other = 0; other < k; other++) {
            double sum = 0;
            for (int32_t i = 0; i < n; i++)
                sum += (x[k * n + i] - x[other * n + i]) * (x[k * n + i] - x[other * n + i]);
            least = fmin(least, sum);
        }
    return part_of_gap * sqrt(least);
}

heat_status heat_flow_basins_open(heat_context *ctx, const heat_smooth *view, const heat_minima *minima,
                                  heat_flow_basins *b)
{
    const int64_t n = view->n, count = minima->minima.count;
    heat_landscape l = {.view = NULL};
    heat_status status = heat_landscape_open(ctx, view, &l);

    *b = (heat_flow_basins){.view = view, .minima = minima, .count = count};
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count * n * n, sizeof *b->hessian, &b->hessian);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count * n * n, sizeof *b->factor, &b->factor);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count, sizeof *b->is_curved, &b->is_curved);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count, sizeof *b->reach, &b->reach);
    b->tolerance = find_tolerance(b);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        double *factor = b->factor + k * n * n;
        status = heat_landscape_curve(ctx, &l, minima->minima.x + k * n, b->hessian + k * n * n);
        memcpy(factor, b->hessian + k * n * n, (size_t)(n * n) * sizeof *factor);
        b->is_curved[k] = status == HEAT_OK && heat_cholesky_factor((int32_t)n, factor, 1e-12) == n;
        if (b->is_curved[k] && count > 1)
            status = find_reach(ctx, b, &l, k);
    }
    heat_landscape_close(&l);
    return status;
}

void heat_flow_basins_close(heat_flow_basins *b)
{
    heat_free(b->hessian);
    heat_free(b->factor);
    heat_free(b->is_curved);
    heat_free(b->reach);
    *b = (heat_flow_basins){.view = NULL};
}

/* --- the flow --- */

heat_status heat_flow_open(heat_context *ctx, const heat_flow_basins *basins, heat_flow *f)
{
    const int64_t n = basins->view->n, rows = n * LANES;
    double *at;
    heat_status status = heat_landscape_open(ctx, basins->view, &f->landscape);

    f->basins = basins;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 6 * rows + 2 * LANES + basins->view->n_work, sizeof *f->memory, &f->memory);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, LANES, sizeof *f->step, &f->step);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, LANES, sizeof *f->point, &f->point);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, LANES, sizeof *f->n_steps, &f->n_steps);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, LANES, sizeof *f->is_early, &f->is_early);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, LANES, sizeof *f->first_slope, &f->first_slope);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *f->at, &f->at);
    if (status != HEAT_OK)
        return status;
    at = f->memory;
    f->x = at;
    f->next = at + rows;
    for (int k = 0; k < 4; k++)
        f->slope[k] = at + (2 + k) * rows;
    f->energy = at + 6 * rows;
    f->work = f->energy + 2 * LANES;
    return HEAT_OK;
}

void heat_flow_close(heat_flow *f)
{
    heat_landscape_close(&f->landscape);
    heat_free(f->memory);
    heat_free(f->step);
    heat_free(f->point);
    heat_free(f->n_steps);
    heat_free(f->is_early);
    heat_free(f->first_slope);
    heat_free(f->at);
    *f = (heat_flow){.basins = NULL};
}

/* The minimum within whose reach a point lies; -1: none. */
static int32_t find_near(const heat_flow_basins *b, const double *x)
{
    for (int64_t k = 0; k < b->count; k++)
        if (b->is_curved[k] && heat_flow_basins_lift(b, k, x) < b->reach[k])
            return (int32_t)k;
    return -1;
}

static void get_lane(const heat_flow *f, int64_t lane, double *x)
{
    for (int32_t i = 0; i < f->basins->view->n; i++)
        x[i] = f->x[i * LANES + lane];
}

/* Into the box, and the slope of what a wall holds is none. */
static void hold(const heat_smooth *v, double *x, double *slope)
{
    for (int32_t i = 0; i < v->n; i++)
        for (int c = 0; c < LANES; c++) {
            double *at = &x[i * LANES + c], *g = &slope[i * LANES + c];
            if (v->lower != NULL && *at <= v->lower[i] && *g > 0)
                *g = 0;
            if (v->upper != NULL && *at >= v->upper[i] && *g < 0)
                *g = 0;
        }
}

static void confine(const heat_smooth *v, double *x)
{
    for (int32_t i = 0; i < v->n; i++)
        for (int c = 0; c < LANES; c++) {
            if (v->lower != NULL)
                x[i * LANES + c] = fmax(x[i * LANES + c], v->lower[i]);
            if (v->upper != NULL)
                x[i * LANES + c] = fmin(x[i * LANES + c], v->upper[i]);
        }
}

/* Slopes and energies of all lanes at x, those of free lanes too, which rest where they are. */
static heat_status evaluate(heat_context *ctx, heat_flow *f, double *x, double *slope, double *energy)
{
    const heat_smooth *v = f->basins->view;
    const heat_smooth_block block = {
        .n_chains = LANES, .stride = LANES, .x = x, .energies = energy, .gradients = slope, .work = f->work};
    heat_status status;

    if (v->lower != NULL || v->upper != NULL)
        confine(v, x);
    status = heat_smooth_evaluate(ctx, v, &block);
    if (status == HEAT_OK && (v->lower != NULL || v->upper != NULL))
        hold(v, x, slope);
    for (int64_t i = 0; i < v->n_slow && status == HEAT_OK; i++)
        for (int c = 0; c < LANES; c++)
            if (f->is_early[c])
                slope[i * LANES + c] = 0;
    return status;
}

/* next = x - step sum_k weight[k] slope[k] */
static void move(heat_flow *f, int stages, const double *weight)
{
    const int64_t rows = (int64_t)f->basins->view->n * LANES;

    for (int64_t i = 0; i < rows; i += LANES)
        for (int c = 0; c < LANES; c++) {
            double sum = 0;
            for (int k = 0; k < stages; k++)
                sum += weight[k] * f->slope[k][i + c];
            f->next[i + c] = f->x[i + c] - f->step[c] * sum;
        }
}

/* The largest difference between the two orders, in tolerances. */
static double error_of(const heat_flow *f, int64_t lane)
{
    static const double weight[4] = {-5.0 / 72, 1.0 / 12, 1.0 / 9, -1.0 / 8};
    double most = 0;

    for (int32_t i = 0; i < f->basins->view->n; i++) {
        double sum = 0;
        for (int k = 0; k < 4; k++)
            sum += weight[k] * f->slope[k][i * LANES + lane];
        sum = fabs(f->step[lane] * sum);
        most = sum <= most ? most : sum; /* NaN is the most */
    }
    return most / f->basins->tolerance;
}

/* Takes a lane's step if it is exact enough and leads down, and chooses the next. */
static void take_step(heat_flow *f, int64_t lane, const double *energy)
{
    double error = error_of(f, lane);

    f->n_steps[lane]++;
    if (error <= 1 && energy[lane] <= f->energy[lane]) {
        for (int32_t i = 0; i < f->basins->view->n; i++) {
            f->x[i * LANES + lane] = f->next[i * LANES + lane];
            f->slope[0][i * LANES + lane] = f->slope[3][i * LANES + lane];
        }
        f->energy[lane] = energy[lane];
        f->step[lane] *= error < 0.03 ? 2.5 : 0.8 / cbrt(error);
    } else {
        f->step[lane] *= error > 1 && error < 50 ? 0.8 / cbrt(error) : 0.2;
    }
}

static heat_status step_all(heat_context *ctx, heat_flow *f)
{
    static const double half[] = {0.5}, later[] = {0, 0.75}, whole[] = {2.0 / 9, 1.0 / 3, 4.0 / 9};
    double *energy = f->energy + LANES;
    heat_status status;

    move(f, 1, half);
    status = evaluate(ctx, f, f->next, f->slope[1], energy);
    if (status != HEAT_OK)
        return status;
    move(f, 2, later);
    status = evaluate(ctx, f, f->next, f->slope[2], energy);
    if (status != HEAT_OK)
        return status;
    move(f, 3, whole);
    status = evaluate(ctx, f, f->next, f->slope[3], energy);
    for (int64_t lane = 0; lane < LANES && status == HEAT_OK; lane++)
        if (f->point[lane] >= 0)
            take_step(f, lane, energy);
    return status;
}

typedef struct following {
    int64_t count, next; /* points, and the first that no lane has taken up */
    const double *points;
    int32_t *basin;
} following;

/* The next point that is not settled at once; -1: there is none. */
static int64_t take_point(const heat_flow *f, following *w)
{
    const int32_t n = f->basins->view->n;

    while (w->next < w->count) {
        int64_t p = w->next++;
        w->basin[p] = f->basins->count == 1 ? 0 : find_near(f->basins, w->points + p * n);
        if (w->basin[p] < 0)
            return p;
    }
    return -1;
}

static double largest_slope(const heat_flow *f, int64_t lane)
{
    double slope = 0;

    for (int32_t i = 0; i < f->basins->view->n; i++)
        slope = fmax(slope, fabs(f->slope[0][i * LANES + lane]));
    return slope;
}

/* The first step of a lane. */
static void set_off(heat_flow *f, int64_t lane)
{
    double slope = largest_slope(f, lane);

    if (f->is_early[lane])
        f->first_slope[lane] = slope;
    f->step[lane] = slope > 0 ? 100 * f->basins->tolerance / slope : 1;
}

/* Lets the slow variables of a lane go too, once the fast ones are nearly at rest. */
static void release(heat_flow *f, int64_t lane)
{
    if (largest_slope(f, lane) > at_rest * f->first_slope[lane])
        return;
    f->is_early[lane] = false;
    f->n_steps[lane] = 0;
    f->is_stale = true;
}

/* Lanes without a point take up the next; *went is false where no lane has one. */
static heat_status fill_lanes(heat_context *ctx, heat_flow *f, following *w, bool *went)
{
    const int32_t n = f->basins->view->n;
    heat_status status = HEAT_OK;

    *went = false;
    for (int64_t lane = 0; lane < LANES; lane++) {
        if (f->point[lane] < 0 && (f->point[lane] = take_point(f, w)) >= 0) {
            for (int32_t i = 0; i < n; i++)
                f->x[i * LANES + lane] = w->points[f->point[lane] * n + i];
            f->n_steps[lane] = 0;
            f->is_early[lane] = f->basins->view->n_slow > 0;
            f->first_slope[lane] = 0;
            f->is_stale = true;
        }
        *went = *went || f->point[lane] >= 0;
    }
    if (f->is_stale) {
        for (int64_t lane = 0; lane < LANES; lane++) /* those without a point stand where one was: anywhere */
            if (f->point[lane] < 0)
                for (int32_t i = 0; i < n; i++)
                    f->x[i * LANES + lane] = f->basins->minima->minima.x[i];
        status = evaluate(ctx, f, f->x, f->slope[0], f->energy);
        f->is_stale = false;
    }
    for (int64_t lane = 0; lane < LANES && status == HEAT_OK; lane++)
        if (f->point[lane] < 0)
            f->step[lane] = 0;
        else if (f->n_steps[lane] == 0)
            set_off(f, lane);
    return status;
}

/* Lanes that have arrived let their points go; those that do not arrive are quenched. */
static heat_status empty_lanes(heat_context *ctx, heat_flow *f, const following *w)
{
    heat_status status = HEAT_OK;

    for (int64_t lane = 0; lane < LANES && status == HEAT_OK; lane++) {
        int64_t at = -1;
        if (f->point[lane] < 0)
            continue;
        if (f->is_early[lane])
            release(f, lane);
        get_lane(f, lane, f->at);
        if (!isfinite(f->energy[lane]) || f->step[lane] > endless)
            f->n_steps[lane] = MOST_STEPS;
        else
            at = find_near(f->basins, f->at);
        if (at < 0 && f->n_steps[lane] < MOST_STEPS)
            continue;
        if (at < 0 && isfinite(f->energy[lane]))
            status = heat_minima_locate(ctx, &f->landscape, f->basins->minima, f->at, &at);
        w->basin[f->point[lane]] = (int32_t)at;
        f->point[lane] = -1;
    }
    return status;
}

heat_status heat_flow_locate(heat_context *ctx, heat_flow *f, int64_t count, const double *points,
                             int32_t *basin)
{
    following w = {.count = count, .points = points, .basin = basin};
    bool went = true;
    heat_status status = HEAT_OK;

    for (int64_t lane = 0; lane < LANES; lane++)
        f->point[lane] = -1;
    while (status == HEAT_OK) {
        status = fill_lanes(ctx, f, &w, &went);
        if (status != HEAT_OK || !went)
            break;
        status = step_all(ctx, f);
        if (status == HEAT_OK)
            status = empty_lanes(ctx, f, &w);
    }
    return status;
}
