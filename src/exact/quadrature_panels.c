/* Panels: where kinks, steps, or narrow places far apart leave nodes that stand evenly too many, an interval
 * of t is cut in two, and each half again, as long as Lobatto's rule with 16 nodes in each says something
 * else of the halves than of the whole. A kink takes 20 cuts, a step 40, a power of x at 0 up to a thousand.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/quadrature_line.h"

#include <math.h>

enum {
    NODES = HEAT_PANEL_NODES,
    AT_ONCE = 4,
    MOST_DEEP = 1200, /* cuts of one panel, down to where doubles end */
    MOST_CUTS = 1 << 15,
    NODES_A_PANEL = 16,
    MOST_RUNS = 4,
    MOST_TURNS = 12
};
static const double part_of_allowed = 0.01, rounding = 0x1p-50, inner_noise = 2e-12, a_little = 0.5;
static const double counts_no_more = -27;
static const double rather_narrow = 0x1p-20, narrowest = 0x1p-47,
                    least_width = 0x1p-1000; /* of a panel, relative to t, and absolute */

/* Lobatto's rule: where P', of Legendre's polynomial P of degree NODES - 1, is 0, and both ends. A step that
 * no node within sees, so near is it to an end, puts that end out of line with them. */
void heat_line_set_tables(heat_line_problem *p)
{
    static const double pi = 3.14159265358979323846;
    const int degree = NODES - 1;

    for (int k = 0; k < NODES; k++) {
        double x = cos(pi * (degree - k) / degree), at = 1;
        for (int turn = 0; turn < MOST_TURNS; turn++) {
            double before = 1;
            at = x;
            for (int n = 2; n <= degree; n++) {
                const double next = ((2 * n - 1) * x * at - (n - 1) * before) / n;
                before = at;
                at = next;
            }
            x -= (x * at - before) / (NODES * at);
        }
        p->gauss_at[k] = x;
        p->gauss_log_share[k] = log(2 / (NODES * degree * at * at));
    }
    for (int k = 0; k < HEAT_TABLE_NODES; k++) {
        const double t = (double)k / HEAT_TABLE_A_UNIT;
        p->sinh_at[k] = sinh(t);
        p->log_cosh_at[k] = log(cosh(t));
    }
}

/* Panels that wait to be cut, the last ones first. */
typedef struct waiting {
    heat_line_panel *panels;
    int64_t n;
} waiting;

/* Sums up panels, and which of them may hide something. */
static heat_status fill(heat_context *ctx, heat_line *l, heat_line_panel *panels, int64_t n)
{
    const heat_line_range r = {.n = n * NODES, .panels = panels};
    heat_status status;

    for (int64_t k = 0; k < n; k++)
        panels[k].sum = heat_node_tally_empty();
    status = heat_line_add(ctx, l, &r);
    for (int64_t k = 0; k < n && status == HEAT_OK && !heat_halted(ctx); k++) {
        panels[k].steep = -(double)INFINITY;
        panels[k].has_hole = false;
        panels[k].blur = 0;
        for (int64_t c = k * NODES; c < (k + 1) * NODES; c++) {
            panels[k].has_hole |= isnan(l->tilt[c]);
            panels[k].blur = fmax(panels[k].blur, fabs(l->tilt[c]));
            if (l->near[c] - l->here[c] > heat_line_too_steep)
                panels[k].steep = fmax(panels[k].steep, l->near[c]);
        }
        const double size = fmax(fabs(panels[k].from), fabs(panels[k].to));
        panels[k].blur *= panels[k].to - panels[k].from < rather_narrow * size ? rounding * size : 0;
        panels[k].steep += log(panels[k].to - panels[k].from);
    }
    return status;
}

/* Panels from end to end, each as wide as some of the nodes before, and cut about wells that are known.
 * Returns how many. */
static int64_t lay(const heat_line *l, int64_t n_even, heat_line_panel *panels)
{
    const double width = (l->most - l->least) / (double)n_even;
    double cuts[HEAT_LINE_MOST_CUTS], from = l->least;
    const int64_t n_cuts = heat_line_cut_at_places(l, width, cuts);
    int64_t even = 1, cut = 0, n = 0;

    while (even <= n_even) {
        const double edge = even == n_even ? l->most : l->least + (double)even * width;
        const bool is_cut = cut < n_cuts && cuts[cut] < edge;
        const double to = is_cut ? cuts[cut] : edge;
        cut += is_cut;
        even += !is_cut;
        if (!(to > from))
            continue;
        panels[n++] = (heat_line_panel){.from = from, .to = to};
        from = to;
    }
    return n;
}

static heat_status fill_all(heat_context *ctx, heat_line *l, const waiting *w)
{
    for (int64_t k = 0; k < w->n; k += AT_ONCE) {
        heat_status status = fill(ctx, l, w->panels + k, w->n - k < AT_ONCE ? w->n - k : AT_ONCE);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
    }
    return HEAT_OK;
}

/* What the panels that need no more cuts add up to. */
typedef struct done {
    double known, allowed; /* log of the whole, and the error of it */
    heat_node_tally sum;
    double error;                /* how much the last cuts changed, of the whole */
    double stuck;                /* what they changed of panels that are too narrow for others, */
    double stuck_at, most_stuck; /* most of it at this t */
} done;

/* Whether halves say the same as their panel: then they are done. */
static bool is_done(const heat_line *l, const heat_line_panel *whole, const heat_line_panel *halves, done *d)
{
    const double noise = l->block != NULL ? rounding * (1 + fabs(d->known)) : inner_noise;
    heat_node_tally both = halves[0].sum;
    double share, change, enough;
    bool is_narrow, is_steep;

    heat_node_tally_join(&both, &halves[1].sum);
    share = exp(heat_node_tally_log(&both) - d->known);
    change = fabs(share - exp(heat_node_tally_log(&whole->sum) - d->known));
    change = isnan(change) ? (double)INFINITY : change;
    is_steep = fmax(halves[0].steep, halves[1].steep) > d->known + counts_no_more;
    enough = fmax(part_of_allowed * d->allowed, noise * share);
    is_narrow =
        !(whole->to - whole->from > narrowest * fmax(fabs(whole->from), fabs(whole->to)) + least_width);
    if (!is_narrow && (is_steep || halves[0].has_hole || halves[1].has_hole ||
                       !(change <= fmax(enough, share * fmax(halves[0].blur, halves[1].blur)))))
        return false;
    heat_node_tally_join(&d->sum, &both);
    d->error += change;
    if (is_narrow || !(change <= enough)) {
        d->stuck += is_narrow ? share : change;
        d->stuck_at = change >= d->most_stuck ? whole->from + (whole->to - whole->from) / 2 : d->stuck_at;
        d->most_stuck = fmax(d->most_stuck, change);
    }
    d->known = fmax(d->known, heat_node_tally_log(&d->sum));
    return true;
}

/* Cuts the last panels that wait. */
static heat_status cut(heat_context *ctx, heat_line *l, waiting *w, done *d)
{
    const int64_t n = w->n < AT_ONCE / 2 ? w->n : AT_ONCE / 2;
    heat_line_panel wholes[AT_ONCE / 2], halves[AT_ONCE];
    heat_status status;

    for (int64_t k = 0; k < n; k++) {
        const heat_line_panel *whole = &w->panels[w->n - 1 - k];
        const double middle = whole->from + (whole->to - whole->from) / 2;
        wholes[k] = *whole;
        halves[2 * k] = (heat_line_panel){.from = whole->from, .to = middle};
        halves[2 * k + 1] = (heat_line_panel){.from = middle, .to = whole->to};
    }
    status = fill(ctx, l, halves, 2 * n);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    w->n -= n;
    for (int64_t k = n - 1; k >= 0; k--) {
        if (is_done(l, &wholes[k], &halves[2 * k], d))
            continue;
        w->panels[w->n++] = halves[2 * k + 1];
        w->panels[w->n++] = halves[2 * k];
    }
    return HEAT_OK;
}

static heat_status cut_all(heat_context *ctx, heat_line *l, waiting *w, done *d)
{
    heat_status status = HEAT_OK;

    for (int64_t cuts = 0; w->n > 0 && status == HEAT_OK && !heat_halted(ctx) && d->stuck <= d->allowed;
         cuts++) {
        if (cuts >= MOST_CUTS)
            return heat_fail(
                ctx, HEAT_ERROR_UNABLE,
                "the integral of exp(-U/T) does not reach ten digits with %d nodes of variable %d",
                MOST_CUTS * AT_ONCE * NODES, l->i + 1);
        status = cut(ctx, l, w, d);
    }
    return status;
}

heat_status heat_line_run_panels(heat_context *ctx, heat_line *l, double log_z, double allowed,
                                 heat_node_tally *sum, double *error, double *singular)
{
    heat_line_panel *panels = NULL;
    const int64_t n = (int64_t)fmax(ceil((l->most - l->least) / l->step / NODES_A_PANEL), 1);
    waiting first = {.n = 0}, w;
    const double floor = l->i > 0 ? l->whole + heat_line_hopeless : -(double)INFINITY;
    done d = {.known = fmax(log_z, floor), .allowed = allowed};
    double got = (double)NAN;
    heat_status status = heat_alloc_unset(ctx, n + HEAT_LINE_MOST_CUTS, sizeof *first.panels, &first.panels);

    if (status == HEAT_OK) {
        first.n = lay(l, n, first.panels);
        status = heat_alloc_unset(ctx, first.n + MOST_DEEP, sizeof *panels, &panels);
    }
    if (status == HEAT_OK)
        status = fill_all(ctx, l, &first);
    for (int run = 0; run < MOST_RUNS && status == HEAT_OK && !heat_halted(ctx); run++) {
        d.sum = heat_node_tally_empty();
        d.error = d.stuck = d.most_stuck = 0;
        w = (waiting){panels, first.n};
        for (int64_t k = 0; k < w.n; k++)
            panels[k] = first.panels[k];
        status = cut_all(ctx, l, &w, &d);
        heat_line_add_tails(l, &d.sum);
        got = heat_node_tally_log(&d.sum);
        if (!(got < d.known - a_little) || d.known == floor || d.stuck > d.allowed)
            break;
        d.known = fmax(got, floor); /* the panels were measured by what is too large */
    }
    *sum = d.sum;
    *error = d.error;
    *singular = d.stuck > allowed ? d.stuck_at : (double)NAN;
    heat_free(panels);
    heat_free(first.panels);
    return status;
}
