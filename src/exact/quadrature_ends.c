/* The ends of a line: as far as anything counts, nodes go on. Where the weight is a power of x, it falls as
 * an exponential of t, and what is left of it is a geometric series. */
#include "base/context_private.h"
#include "exact/quadrature_line.h"

#include <math.h>

static const double further = 1, far_alone = 60, far_t = 28, far_enough = 8;
static const double furthest_in = 20; /* of t, to a wall */
static const double negligible = -46; /* log of 1e-20 */
static const double steep = 1;        /* of a log weight, in half of `further` */
static const double cut_off = -60, level_tail = 1e-9;
/* A tail's slope stands still to these, that its rate and what it adds have ten digits; and its law is looked
 * for this many times as far out, up to where it counts no more or doubles end. */
static const double straight = 2e-12, nearly_straight = 1e-9, least_rate = 1e-3, tail_span = 1;
static const double looks[] = {1.5, 2, 3, 4, 6, 8, 12, 16, 24}, counts_no_more = -30, last_t = 340,
                    off_a_law = 1e-8;

/* What a range says of one of its ends. Where the weight rises towards it a valley begins beyond it, however
 * deep: in t a parabola far away rises faster and faster. */
static void mark_end(heat_line *l, const heat_line_range *r, int upper)
{
    const int64_t end = upper ? r->n - 1 : 0, inside = upper ? end - end / 4 : end + r->n / 4;
    const double rise = (upper ? 0.5 : -0.5) * further * l->tilt[end];

    l->end[upper] = l->here[end];
    l->end_t[upper] = r->first + (double)end * r->apart;
    l->end_tilt[upper] = l->tilt[end];
    l->end_near[upper] = l->near[end];
    l->inside[upper] = l->here[inside];
    l->beyond[upper] = rise > steep ? (double)INFINITY : l->here[end] + fmax(0, rise);
}

void heat_line_judge(heat_line *l, const heat_line_range *r)
{
    const double floor = heat_node_tally_log(&l->total) + cut_off;
    int64_t low = 0, high = r->n - 1;

    l->hope = fmax(heat_node_tally_log(&l->total), l->steep);
    for (int64_t k = 0; k < r->n; k++)
        l->hope = fmax(l->hope, l->near[k]);
    if (l->is_coarse)
        heat_line_note_tops(l, r, -1);
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
    heat_line_keep_promises(l, r->apart, floor);
}

static heat_status refuse_end(heat_context *ctx, const heat_line *l, int upper)
{
    if (l->end[upper] >= l->inside[upper] - level_tail)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "the integral of exp(-U/T) diverges: it does not fall off with variable %d",
                         l->i + 1);
    return heat_fail(ctx, HEAT_ERROR_UNABLE,
                     "exp(-U/T) falls off too slowly with variable %d to be summed up", l->i + 1);
}

/* Whether a tail goes on as it should where nothing else is laid. */
static heat_status check_tail(heat_context *ctx, heat_line *l, int upper, heat_line_tail *t)
{
    const double end = fabs(upper ? l->most : l->least), whole = heat_node_tally_log(&l->total);
    const size_t n_looks = l->p->view->n == 1 ? sizeof looks / sizeof *looks : 1;
    const heat_error_text before = ctx->error;

    for (size_t k = 0; k < n_looks && t->rate > 0; k++) {
        const double at = looks[k] * end, law = t->log_weight - t->rate * (at - end);
        const heat_node node = heat_node_find(&l->map, upper ? at : -at);
        heat_node_tally there;
        heat_status status;
        if (at > last_t || law - log(t->rate * l->step) - whole < counts_no_more)
            break;
        status = heat_line_weigh(ctx, l, node.x, &there);
        if (status == HEAT_ERROR_MEMORY || heat_halted(ctx))
            return status;
        if (status != HEAT_OK)
            ctx->error = before; /* U has no numbers there */
        if (status != HEAT_OK || !(there.sum > 0) || !isfinite(there.highest))
            break;
        if (!(fabs(heat_node_tally_log(&there) + node.log_slope - law) <= off_a_law * (1 + fabs(law))))
            t->rate = 0;
    }
    return HEAT_OK;
}

/* Whether what stands beyond an end is a power of x, to ten digits of the whole: then that is its tail. `r`:
 * the outermost nodes. */
static heat_status find_tail(heat_context *ctx, heat_line *l, const heat_line_range *r, int upper)
{
    const int64_t span = (int64_t)fmin((double)(r->n - 1), tail_span / r->apart);
    const int64_t last = upper ? r->n - 1 : 0, inward = upper ? -1 : 1;
    const int64_t middle = last + inward * (span / 2), first = last + inward * span;
    const double outer = (double)(span / 2) * r->apart, inner = (double)(span - span / 2) * r->apart;
    heat_line_tail t = {.rate = (l->here[first] - l->here[last]) / (outer + inner)};
    double bend, share;

    if (!(fabs(upper ? l->most : l->least) >= far_enough) || span / 2 < 1 || !isfinite(l->here[first]) ||
        !isfinite(l->here[last]) || !(t.rate > least_rate))
        return HEAT_OK;
    bend = fabs((l->here[middle] - l->here[last]) / outer - (l->here[first] - l->here[middle]) / inner);
    t.log_weight = l->here[last];
    t.energy = l->nodes[last].energy;
    for (int32_t i = 0; i < HEAT_QUADRATURE_DIMENSIONS; i++)
        t.gradient[i] = l->nodes[last].gradient[i];
    t.rise = (t.energy - l->nodes[first].energy) / (outer + inner);
    t.variance = l->nodes[last].square / l->nodes[last].sum;
    share = fmin(t.log_weight - heat_node_tally_log(&l->total) - log(t.rate * l->step), 0);
    if (!(bend <= nearly_straight) || !(bend / t.rate * exp(share) <= straight))
        return HEAT_OK;
    l->tails[upper] = t;
    return check_tail(ctx, l, upper, &l->tails[upper]);
}

/* Whether a node of this log weight counts, on its line and of the whole. */
static bool counts(const heat_line *l, double weight)
{
    return weight - heat_node_tally_log(&l->total) > negligible &&
           (l->i == 0 || weight + log(l->step) > l->whole + heat_line_hopeless + negligible);
}

/* Beyond one end. */
static heat_status extend(heat_context *ctx, heat_line *l, double by, int upper)
{
    const heat_node_map *m = &l->map;
    const bool is_ray = heat_node_has_wall(m, 0) != heat_node_has_wall(m, 1); /* its wall is where t begins */
    const bool is_to_wall = is_ray ? !upper : heat_node_has_wall(m, upper);
    const double far = is_to_wall ? furthest_in : l->p->view->n == 1 ? far_alone : far_t * (l->i + 1);
    heat_status status = HEAT_OK;

    while (status == HEAT_OK && !heat_halted(ctx) && !(l->tails[upper].rate > 0) &&
           counts(l, l->beyond[upper])) {
        double *end = upper ? &l->most : &l->least;
        heat_line_range r = {.apart = l->step, .n = (int64_t)(by / l->step)};
        if (fabs(*end) >= far)
            return counts(l, l->end[upper]) ? refuse_end(ctx, l, upper) : HEAT_OK;
        r.first = upper ? *end + l->step : *end - by;
        status = heat_line_add(ctx, l, &r);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        *end += upper ? by : -by;
        for (int64_t k = 0; k < r.n; k++)
            l->hope = fmax(l->hope, l->near[k]);
        if (l->is_coarse)
            heat_line_note_tops(l, &r, upper);
        mark_end(l, &r, upper);
        *(upper ? &l->next_most : &l->next_least) = *end;
        if (!is_to_wall)
            status = find_tail(ctx, l, &r, upper);
    }
    return status;
}

heat_status heat_line_extend(heat_context *ctx, heat_line *l, double by)
{
    heat_status status = extend(ctx, l, by, 0);

    return status == HEAT_OK ? extend(ctx, l, by, 1) : status;
}

/* Adds to a tally what a tail adds up to, whose energies rise by these on the average, with their spread. */
static void add_tail(const heat_line_tail *t, double sum, double rise, double spread, heat_node_tally *to)
{
    heat_node_tally all = {.highest = t->log_weight, .sum = sum, .energy = t->energy + rise};

    all.square = sum * (spread + t->variance);
    for (int32_t i = 0; i < HEAT_QUADRATURE_DIMENSIONS; i++)
        all.gradient[i] = t->gradient[i];
    if (t->rate > 0)
        heat_node_tally_join(to, &all);
}

heat_node_tally heat_line_with_tails(const heat_line *l, const heat_node_tally *nodes, double step)
{
    heat_node_tally all = *nodes;

    for (int upper = 0; upper < 2; upper++) {
        const heat_line_tail *t = &l->tails[upper];
        const double q = exp(-t->rate * step), rest = -expm1(-t->rate * step), rise = t->rise * step;
        add_tail(t, q / rest, rise / rest, rise * rise * q / (rest * rest), &all);
    }
    return all;
}

void heat_line_add_tails(const heat_line *l, heat_node_tally *to)
{
    for (int upper = 0; upper < 2; upper++) {
        const heat_line_tail *t = &l->tails[upper];
        const double rise = t->rise / t->rate;
        add_tail(t, 1 / t->rate, rise, rise * rise, to);
    }
}
