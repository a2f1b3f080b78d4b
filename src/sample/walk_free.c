/* Which variables are walked in which coordinate, and what that does to energies. */
#include "sample/walk_free.h"
#include "base/memory.h"
#include "kernel/elementary.h"
#include "model/smooth_rows.h"

#include <math.h>
#include <string.h>

/* A state on a bound, where y is infinite, is moved off it by this part of the width or of its size. */
static const double off_bound = 0x1p-26;

/* --- what is free --- */

static double lower_of(const heat_smooth *v, int32_t i)
{
    return v->lower == NULL ? -(double)INFINITY : v->lower[i];
}

static double upper_of(const heat_smooth *v, int32_t i)
{
    return v->upper == NULL ? (double)INFINITY : v->upper[i];
}

/* Bounds of its own that no tighter wall stands before. */
static heat_walk_side side_of(const heat_smooth *v, int32_t i)
{
    bool above = v->own_lower != NULL && isfinite(v->own_lower[i]) && !(lower_of(v, i) > v->own_lower[i]);
    bool below = v->own_upper != NULL && isfinite(v->own_upper[i]) && !(upper_of(v, i) < v->own_upper[i]);

    if (above && below)
        return isfinite(v->own_upper[i] - v->own_lower[i]) ? HEAT_WALK_BETWEEN : HEAT_WALK_OPEN;
    return above ? HEAT_WALK_ABOVE : below ? HEAT_WALK_BELOW : HEAT_WALK_OPEN;
}

static bool has_wall_below(const heat_smooth *v, int32_t i, heat_walk_side side)
{
    return isfinite(lower_of(v, i)) && side != HEAT_WALK_ABOVE && side != HEAT_WALK_BETWEEN;
}

static bool has_wall_above(const heat_smooth *v, int32_t i, heat_walk_side side)
{
    return isfinite(upper_of(v, i)) && side != HEAT_WALK_BELOW && side != HEAT_WALK_BETWEEN;
}

bool heat_walk_is_free(const heat_smooth *v, const heat_walk_plan *plan)
{
    bool is_free = false;

    if ((plan->move != NULL && plan->move->order > 0) ||
        (plan->reference != NULL && !plan->reference->is_free))
        return false;
    for (int32_t i = 0; i < v->n && !is_free; i++)
        is_free = side_of(v, i) != HEAT_WALK_OPEN;
    return is_free;
}

bool heat_walk_has_walls(const heat_smooth *v, const heat_walk_plan *plan)
{
    bool is_free = heat_walk_is_free(v, plan), has_walls = false;

    for (int32_t i = 0; i < v->n && !has_walls; i++) {
        heat_walk_side side = is_free ? side_of(v, i) : HEAT_WALK_OPEN;
        has_walls = has_wall_below(v, i, side) || has_wall_above(v, i, side);
    }
    return has_walls;
}

static double coordinate(const heat_walk_bound *b, double x)
{
    switch (b->side) {
    case HEAT_WALK_ABOVE:
        return log(x - b->lower);
    case HEAT_WALK_BELOW:
        return -log(b->upper - x);
    case HEAT_WALK_BETWEEN:
        return log((x - b->lower) / (b->upper - x));
    default:
        return x;
    }
}

static heat_walk_bound bound_of(const heat_smooth *v, int32_t i)
{
    heat_walk_side side = side_of(v, i);
    heat_walk_bound b = {side, lower_of(v, i), upper_of(v, i), lower_of(v, i), upper_of(v, i)};

    if (side == HEAT_WALK_ABOVE || side == HEAT_WALK_BETWEEN)
        b.least = nextafter(b.lower, (double)INFINITY);
    if (side == HEAT_WALK_BELOW || side == HEAT_WALK_BETWEEN)
        b.most = nextafter(b.upper, -(double)INFINITY);
    return b;
}

heat_status heat_walk_free_open(heat_context *ctx, heat_walk_store *s)
{
    const heat_smooth view = s->view;
    const int32_t n = view.n;
    heat_status status = heat_alloc(ctx, n, sizeof *s->bounds, &s->bounds);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * (int64_t)n, sizeof *s->walls, &s->walls);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        heat_walk_bound b = bound_of(&view, i);
        s->bounds[i] = b;
        s->walls[i] = has_wall_below(&view, i, b.side) ? coordinate(&b, b.lower) : -(double)INFINITY;
        s->walls[n + i] = has_wall_above(&view, i, b.side) ? coordinate(&b, b.upper) : (double)INFINITY;
    }
    if (status == HEAT_OK && heat_walk_has_walls(&view, &s->plan)) {
        s->view.lower = s->walls;
        s->view.upper = s->walls + n;
    } else {
        s->view.lower = s->view.upper = NULL;
    }
    return status;
}

void heat_walk_free_close(heat_walk_store *s)
{
    heat_free(s->bounds);
    heat_free(s->walls);
}

/* --- from one to the other --- */

double heat_walk_free_from(const heat_walk_store *s, int32_t i, double x)
{
    const heat_walk_bound *b;
    double size;

    if (s->bounds == NULL || s->bounds[i].side == HEAT_WALK_OPEN)
        return x;
    b = &s->bounds[i];
    size = b->side == HEAT_WALK_BETWEEN ? b->upper - b->lower
                                        : fmax(1, fabs(b->side == HEAT_WALK_ABOVE ? b->lower : b->upper));
    if (x <= b->lower)
        x = b->lower + off_bound * size;
    if (x >= b->upper)
        x = b->upper - off_bound * size;
    return coordinate(b, x);
}

static heat_walk_free rows_of(const heat_walk_store *s, int64_t stride, const double *y, double *x,
                              double *factor)
{
    return (heat_walk_free){
        .n = s->view.n, .stride = stride, .bounds = s->bounds, .y = y, .x = x, .factor = factor};
}

void heat_walk_free_place(const heat_walk_store *s, heat_walk_unit *u)
{
    const heat_walk_free rows = rows_of(s, u->stride, u->x, u->place, u->factor);

    if (s->bounds != NULL)
        s->kernel->place(&rows);
}

/* What is too far out for x is infinite. */
static void pull_back(const heat_walk_store *s, const heat_walk_unit *u, const heat_smooth_block *b)
{
    for (int32_t i = 0; i < s->view.n; i++) {
        const heat_walk_limits limits = heat_walk_get_limits(s, i);
        for (int64_t at = i * b->stride, c = 0; s->bounds[i].side != HEAT_WALK_OPEN && c < b->stride;
             c++, at++) {
            if (b->gradients != NULL)
                b->gradients[at] *= u->factor[at];
            if (!heat_walk_is_within(limits, b->x[at]))
                b->energies[c] = (double)INFINITY;
        }
    }
}

static heat_status evaluate(heat_context *worker, const heat_walk_store *s, const heat_smooth_block *b)
{
    heat_status status = s->view.evaluate(worker, s->view.self, b);
    bool is_sound = status == HEAT_OK && s->kernel->are_finite(b->stride, b->energies) &&
                    (b->gradients == NULL || s->kernel->are_finite(s->view.n * b->stride, b->gradients));

    return status != HEAT_OK || is_sound ? status : heat_smooth_evaluate(worker, &s->view, b);
}

heat_status heat_walk_free_evaluate(heat_context *worker, const heat_walk_store *s, const heat_walk_unit *u,
                                    const heat_smooth_block *b)
{
    const heat_walk_free rows = rows_of(s, b->stride, b->x, u->new_place, u->factor);
    heat_smooth_block placed = *b;
    heat_status status;

    if (s->bounds == NULL)
        return evaluate(worker, s, b);
    s->kernel->place(&rows);
    placed.x = u->new_place;
    status = evaluate(worker, s, &placed);
    if (status == HEAT_OK)
        pull_back(s, u, b);
    return status;
}

/* --- the Jacobian --- */

void heat_walk_free_weigh(const heat_walk_store *s, const heat_smooth_block *b, const double *weight)
{
    heat_walk_free rows = rows_of(s, b->stride, b->x, NULL, NULL);

    if (s->bounds == NULL)
        return;
    rows.weight = weight;
    rows.energy = b->energies;
    rows.gradient = b->gradients;
    s->kernel->weigh(&rows);
}

void heat_walk_free_begin_sweep(const heat_walk_store *s, heat_walk_unit *u)
{
    const heat_smooth_block b = heat_walk_block(s, u, false);

    heat_walk_free_weigh(s, &b, u->weight);
}

void heat_walk_free_end_sweep(const heat_walk_store *s, heat_walk_unit *u)
{
    const heat_smooth_block b = heat_walk_block(s, u, false);

    if (s->bounds == NULL)
        return;
    for (int64_t lane = 0; lane < u->stride; lane++)
        u->half[lane] = -u->weight[lane];
    heat_walk_free_weigh(s, &b, u->half);
    heat_walk_free_place(s, u);
}

/* log |dx/dy| of a chain. */
static double log_factor(const heat_walk_store *s, const heat_walk_unit *u, int64_t lane)
{
    double sum = 0;

    for (int32_t i = 0; i < s->view.n && s->bounds != NULL; i++) {
        const heat_walk_bound *b = &s->bounds[i];
        double y = u->x[i * u->stride + lane];
        switch (b->side) {
        case HEAT_WALK_ABOVE:
            sum += y;
            break;
        case HEAT_WALK_BELOW:
            sum -= y;
            break;
        case HEAT_WALK_BETWEEN:
            sum += log(b->upper - b->lower) - fabs(y) - 2 * log1p(exp(-fabs(y)));
            break;
        default:
            break;
        }
    }
    return sum;
}

double heat_walk_free_reference(const heat_walk_store *s, const heat_walk_unit *u, int64_t lane)
{
    return heat_walk_reference_energy(s->plan.reference, u->stride, u->x + lane) + log_factor(s, u, lane);
}

double heat_walk_free_virial(const heat_walk_store *s, int32_t i, double y, double gradient,
                             double temperature)
{
    switch (s->bounds == NULL ? HEAT_WALK_OPEN : s->bounds[i].side) {
    case HEAT_WALK_ABOVE:
        return gradient;
    case HEAT_WALK_BELOW:
        return -gradient;
    case HEAT_WALK_BETWEEN:
        return gradient + 2 * temperature * heat_sigmoid(y);
    default:
        return y * gradient;
    }
}

void heat_walk_get_free(const heat_chains *c, int64_t chain, double *y)
{
    int64_t lane;
    const heat_walk_unit *u = heat_walk_unit_of(c, chain, &lane);

    for (int32_t i = 0; i < c->n; i++)
        y[i] = u->x[i * u->stride + lane];
}
