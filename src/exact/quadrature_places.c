/* Wells that a search has found before the integral is made. Where nodes that stand evenly step over one, as
 * over a narrow one far from all others, the line goes over to panels, which are cut about it. A well is told
 * by its curvature: with the covariance C = (beta H)^-1 = L L^T and z = L^-1 (x - x0), on the line of
 * variable i it lies about x0_i + sum_(j < i) L_ij z_j at the distance L_ii, and weighs exp(-|z|^2 / 2) of
 * its peak. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/quadrature_line.h"
#include "stats/cholesky.h"

#include <math.h>
#include <stdlib.h>

enum { N = HEAT_QUADRATURE_DIMENSIONS, MOST_COUNTING = 16, RINGS = 16, MOST_STEPS = 8 };
static const double counts_no_more = -40; /* log of a share of the whole */
static const double reach = 9;            /* in widths: beyond, nothing of a well is left */
static const double wider = 4;            /* each panel about a well than the one within */
static const double regular = 1e-12;      /* of pivots of Hessians */
static const double on_a_node = 1e-6;     /* steps: its slope may be 0 */
static const double close_enough = 0.3, longest = 4, dear = 8; /* steps to a top, in widths */
static const double half_log_two_pi = 0.91893853320467274;

/* A well as a line meets it. */
typedef struct meeting {
    double x, width;   /* of the line's variable */
    double log_weight; /* of what the line adds up to by it */
    double density;    /* log weight at its top */
} meeting;

/* C from beta H, then its factor; false where H is not positive definite. */
static bool find_spread(const heat_smooth *view, double beta, const double *hessian, heat_line_well *place)
{
    const int32_t n = view->n;
    double h[N * N], c[N * N];

    for (int32_t k = 0; k < n * n; k++)
        h[k] = beta * hessian[k];
    if (heat_cholesky_factor(n, h, regular) < n)
        return false;
    for (int32_t j = 0; j < n; j++) {
        double column[N] = {0};
        column[j] = 1;
        heat_cholesky_solve(n, h, column);
        for (int32_t i = 0; i < n; i++)
            c[i * n + j] = column[i];
    }
    if (heat_cholesky_factor(n, c, regular * regular) < n)
        return false;
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j <= i; j++)
            place->spread[i][j] = c[i * n + j];
    return true;
}

heat_status heat_line_open_places(heat_context *ctx, const heat_quadrature_places *places,
                                  heat_line_problem *p)
{
    const int32_t n = p->view->n;
    heat_status status;

    p->n_places = 0;
    if (places == NULL || places->count == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, places->count, sizeof *p->places, &p->places);
    for (int64_t k = 0; k < places->count && status == HEAT_OK; k++) {
        heat_line_well *place = &p->places[p->n_places];
        for (int32_t i = 0; i < n; i++)
            place->x[i] = places->x[k * n + i];
        place->log_peak = -p->beta * places->energy[k];
        p->n_places += find_spread(p->view, p->beta, places->hessian + k * n * n, place);
    }
    return status;
}

void heat_line_close_places(heat_line_problem *p)
{
    heat_free(p->places);
    p->places = NULL;
}

static meeting meet(const heat_line *l, const heat_line_well *place)
{
    meeting m = {.x = place->x[l->i], .log_weight = place->log_peak};
    double z[N];

    for (int32_t i = 0; i < l->i; i++) {
        z[i] = l->x[i] - place->x[i];
        for (int32_t j = 0; j < i; j++)
            z[i] -= place->spread[i][j] * z[j];
        z[i] /= place->spread[i][i];
        m.log_weight -= z[i] * z[i] / 2;
        m.x += place->spread[l->i][i] * z[i];
    }
    for (int32_t i = l->i; i < l->p->view->n; i++)
        m.log_weight += log(place->spread[i][i]) + half_log_two_pi;
    m.width = place->spread[l->i][l->i];
    return m;
}

/* The wells that count on a line, the heaviest first, and between its walls; returns how many. */
static int find_meetings(const heat_line *l, meeting *all)
{
    const double whole = heat_line_log_counts(l);
    int n = 0;

    for (int64_t k = 0; k < l->p->n_places; k++) {
        const meeting m = meet(l, &l->p->places[k]);
        int at = n;
        if (!(m.x > l->map.lower && m.x < l->map.upper && m.log_weight > whole + counts_no_more))
            continue;
        for (; at > 0 && m.log_weight > all[at - 1].log_weight; at--)
            if (at < MOST_COUNTING)
                all[at] = all[at - 1];
        if (at < MOST_COUNTING)
            all[at] = m;
        n += n < MOST_COUNTING;
    }
    return n;
}

/* A well's width in t. */
static double find_width(const heat_line *l, const meeting *m, double t)
{
    return m->width * exp(-heat_node_find(&l->map, t).log_slope);
}

/* The log weight at x, and its slope, with x. */
static heat_status look(heat_context *ctx, heat_line *l, double x, double *weight, double *slope)
{
    heat_node_tally there;
    heat_status status = heat_line_weigh(ctx, l, x, &there);

    *weight = heat_node_tally_log(&there);
    *slope = -l->p->beta * there.gradient[l->i];
    return status;
}

/* Whether there is a well where its curvature says: its top may be some widths off, and is moved to. */
static heat_status is_there(heat_context *ctx, heat_line *l, meeting *m, bool *there)
{
    const double least = heat_line_log_counts(l) + counts_no_more;
    double weight = -(double)INFINITY, slope = 0;
    heat_status status = HEAT_OK;

    for (int k = 0; k < MOST_STEPS && status == HEAT_OK && !heat_halted(ctx); k++) {
        const double to = m->x + fmin(fmax(slope * m->width, -longest), longest) * m->width;
        if (!(to > l->map.lower && to < l->map.upper))
            break;
        m->x = to;
        status = look(ctx, l, to, &weight, &slope);
        if (!(fabs(slope) * m->width > close_enough) ||
            (l->block == NULL && !(fabs(slope) * m->width < dear))) /* each is an integral */
            break;
    }
    m->density = weight;
    *there = weight + log(m->width) + half_log_two_pi > least;
    return status;
}

/* Whether the nodes to both sides of a well lead to it: their slopes do, and promise what it weighs, as
 * those of a parabola would. */
static heat_status is_seen(heat_context *ctx, heat_line *l, const meeting *m, double t, bool *seen)
{
    const double at = (t - l->least) / l->step;
    bool is_promised = false;

    *seen = true;
    for (int upper = 0; upper < 2 && *seen; upper++) {
        const double node = upper ? floor(at + on_a_node) + 1 : ceil(at - on_a_node) - 1;
        const double x = heat_node_find(&l->map, l->least + node * l->step).x;
        double weight, slope;
        heat_status status;
        *seen = node >= 0 && l->least + node * l->step <= l->most;
        if (!*seen)
            break;
        status = look(ctx, l, x, &weight, &slope);
        if (status != HEAT_OK)
            return status;
        *seen = slope * (m->x - x) > 0;
        is_promised |= weight + slope * (m->x - x) / 2 > m->density - heat_line_too_steep;
    }
    *seen = *seen && is_promised;
    return HEAT_OK;
}

heat_status heat_line_find_missed(heat_context *ctx, heat_line *l, bool *missed)
{
    meeting all[MOST_COUNTING];
    const int n = l->p->n_places > 0 ? find_meetings(l, all) : 0;
    heat_status status = HEAT_OK;

    *missed = false;
    for (int k = 0; k < n && status == HEAT_OK && !*missed && !heat_halted(ctx); k++) {
        double t = heat_node_invert(&l->map, all[k].x);
        bool there, seen = false;
        if (t >= l->least && t <= l->most && find_width(l, &all[k], t) > l->step) /* too wide to be missed */
            continue;
        status = is_there(ctx, l, &all[k], &there);
        t = heat_node_invert(&l->map, all[k].x);
        if (status == HEAT_OK && there && l->p->view->has_gradient)
            status = is_seen(ctx, l, &all[k], t, &seen);
        *missed = there && !seen;
    }
    return status;
}

void heat_line_reach_places(heat_line *l)
{
    meeting all[MOST_COUNTING];
    const int n = l->p->n_places > 0 ? find_meetings(l, all) : 0;

    for (int k = 0; k < n; k++) {
        const double x[2] = {all[k].x - reach * all[k].width, all[k].x + reach * all[k].width};
        for (int end = 0; end < 2; end++) {
            const double t = x[end] > l->map.lower && x[end] < l->map.upper
                                 ? heat_node_invert(&l->map, x[end])
                                 : (double)NAN;
            if (t < l->next_least && !(l->tails[0].rate > 0))
                l->next_least = t;
            if (t > l->next_most && !(l->tails[1].rate > 0))
                l->next_most = t;
        }
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int64_t heat_line_cut_at_places(const heat_line *l, double width, double *t)
{
    meeting all[MOST_COUNTING];
    const int n = l->p->n_places > 0 ? find_meetings(l, all) : 0;
    int64_t n_cuts = 0;

    for (int k = 0; k < n; k++) {
        const double middle = heat_node_invert(&l->map, all[k].x), own = find_width(l, &all[k], middle);
        double apart = own;
        for (int ring = 0; ring < RINGS && isfinite(middle) && apart < width; ring++, apart *= wider)
            for (int upper = 0; upper < 2; upper++)
                t[n_cuts++] = upper ? middle + apart : middle - apart;
    }
    qsort(t, (size_t)n_cuts, sizeof *t, compare);
    return n_cuts;
}
