/* Lines across narrow valleys. The top of the weight is found by secants of its slope from the nodes to both
 * sides of it, and its width by the slope beside it. */
#include "base/context_private.h"
#include "exact/quadrature_line.h"

#include <math.h>

enum { MOST_SECANTS = 60, MOST_WIDTHS = 8, MOST_DOUBLINGS = 40 };
static const double worth_it = 1.5; /* how much a log weight may rise between two nodes */
static const double alone = 60;     /* of log weights: other tops are that much lower */
static const double level = 1, far_apart = 16, near_by = 1.5; /* of log weights per x; of x */
static const double close_enough = 0.3;                       /* to the top, in widths */

/* A top between two nodes, at t. */
static void note(heat_line *l, const double *t, const double *tilt, const double *near, const double *here)
{
    heat_line_top top = {.near = fmax(near[0], near[1])};

    top.rise = top.near - fmax(here[0], here[1]);
    for (int k = 0; k < 2; k++) {
        const heat_node node = heat_node_find(&l->map, t[k]);
        top.x[k] = node.x;
        top.slope[k] = tilt[k] * exp(-node.log_slope);
    }
    l->second = fmax(l->second, fmin(l->top.near, top.near));
    if (top.near > l->top.near)
        l->top = top;
}

void heat_line_note_tops(heat_line *l, const heat_line_range *r, int end)
{
    const double at = end == 1 ? 0 : (double)(r->n - 1);

    for (int64_t k = 0; k + 1 < r->n; k++)
        if (l->tilt[k] > 0 && l->tilt[k + 1] < 0) {
            const double t[2] = {r->first + (double)k * r->apart, r->first + (double)(k + 1) * r->apart};
            note(l, t, l->tilt + k, l->near + k, l->here + k);
        }
    if (end >= 0) {
        const int64_t k = (int64_t)at;
        double t[2], tilt[2], near[2], here[2];
        t[end] = r->first + at * r->apart;
        tilt[end] = l->tilt[k];
        near[end] = l->near[k];
        here[end] = l->here[k];
        t[1 - end] = l->end_t[end];
        tilt[1 - end] = l->end_tilt[end];
        near[1 - end] = l->end_near[end];
        here[1 - end] = l->end[end];
        if (tilt[0] > 0 && tilt[1] < 0)
            note(l, t, tilt, near, here);
    }
}

/* The slope of the log weight at x. */
static heat_status find_slope(heat_context *ctx, heat_line *l, double x, double *slope, double *weight)
{
    heat_node_tally t;
    heat_status status = heat_line_weigh(ctx, l, x, &t);

    *slope = -l->p->beta * t.gradient[l->i];
    *weight = heat_node_tally_log(&t);
    return status;
}

/* Takes *c to the top between two nodes, and *s to its width; 0: there is none to be found. */
static heat_status find_top(heat_context *ctx, heat_line *l, double *c, double *s, double *weight)
{
    double a = l->top.x[0], b = l->top.x[1], up = l->top.slope[0], down = l->top.slope[1], slope = 0;
    int last = -1;

    *s = 0;
    for (int k = 0; k < MOST_SECANTS && !heat_halted(ctx); k++) {
        const double share = up / (up - down);
        heat_status status;
        *c = a + (b - a) * share;
        if (!(*c > a && *c < b))
            *c = a + (b - a) / 2;
        if (!(*c > a && *c < b))
            return HEAT_OK;
        status = find_slope(ctx, l, *c, &slope, weight);
        if (status != HEAT_OK)
            return status;
        *s = 1 / sqrt((up - down) / (b - a));
        if (!(fabs(slope) * *s > close_enough))
            break;
        if (slope > 0) {
            a = *c;
            up = slope;
            down *= last == 1 ? 0.5 : 1; /* of regula falsi, Illinois */
            last = 1;
        } else {
            b = *c;
            down = slope;
            up *= last == 0 ? 0.5 : 1;
            last = 0;
        }
    }
    for (int k = 0; k<MOST_WIDTHS && * s> 0 && isfinite(*s) && !heat_halted(ctx); k++) {
        double beside, ignored, bend, width;
        heat_status status = find_slope(ctx, l, *c + *s / 2, &beside, &ignored);
        if (status != HEAT_OK)
            return status;
        bend = (slope - beside) / (*s / 2);
        width = bend > 0 ? 1 / sqrt(bend) : 2 * *s;
        if (width < 2 * *s && width > *s / 2) {
            *s = width;
            return HEAT_OK;
        }
        *s = fmin(fmax(width, *s / 64), *s * 64);
    }
    *s = 0;
    return HEAT_OK;
}

heat_status heat_line_centre(heat_context *ctx, heat_line *l, bool *moved)
{
    double c = 0, s = 0, weight = 0;
    heat_status status;

    *moved = false;
    if (!l->p->view->has_gradient || heat_node_has_wall(&l->map, 0) || heat_node_has_wall(&l->map, 1) ||
        !(l->top.rise > worth_it) || !isfinite(l->top.near) || !(l->second < l->top.near - alone))
        return HEAT_OK;
    status = find_top(ctx, l, &c, &s, &weight);
    if (status != HEAT_OK || !(s > 0) || !isfinite(s) || heat_halted(ctx))
        return status;
    if (!(l->second < weight + log(l->map.scale) + log1p(fabs(c - l->map.centre) / l->map.scale) - alone))
        return HEAT_OK;
    heat_line_lay(l, c, s);
    *moved = true;
    return HEAT_OK;
}

/* Whether the weight per x is more than `least` so far from the centre to both sides. */
static heat_status is_dense(heat_context *ctx, heat_line *l, double distance, double least, bool *dense)
{
    *dense = true;
    for (int upper = 0; upper < 2 && *dense; upper++) {
        double slope, weight;
        heat_status status =
            find_slope(ctx, l, l->map.centre + (upper ? distance : -distance), &slope, &weight);
        if (status != HEAT_OK)
            return status;
        *dense = weight > least;
    }
    return HEAT_OK;
}

heat_status heat_line_widen(heat_context *ctx, heat_line *l, const heat_line_range *r, bool *moved)
{
    double densest = -(double)INFINITY, width = l->map.scale, factor = far_apart;
    bool dense = true;

    *moved = false;
    if (l->i == 0 || l->is_walled)
        return HEAT_OK;
    for (int64_t k = 0; k < r->n; k++)
        densest = fmax(densest, l->here[k] - heat_line_node(l, r, k).log_slope);
    if (!(fmin(l->here[0], l->here[r->n - 1]) - heat_line_node(l, r, 0).log_slope > densest - level))
        return HEAT_OK;
    for (int k = 0; k < MOST_DOUBLINGS && !heat_halted(ctx) && (dense || factor > near_by); k++) {
        heat_status status = is_dense(ctx, l, width * factor, densest - level, &dense);
        if (status != HEAT_OK)
            return status;
        width *= dense ? factor : 1;
        factor = dense ? factor : sqrt(factor);
    }
    if (!dense) {
        heat_line_lay(l, l->map.centre, width);
        *moved = true;
    }
    return HEAT_OK;
}
