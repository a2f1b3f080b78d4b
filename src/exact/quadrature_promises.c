/* Promises: nodes from which the log weight rises by more than is known of it. Nodes between nodes need not
 * meet the same well, if its basin is narrow and they fall beside it; so what was promised is kept until the
 * next nodes are so near that it comes to nothing. */
#include "exact/quadrature_line.h"

#include <math.h>

/* To halfway to the next node, at the top of a parabola that is no further off. */
static double rise_of(const heat_line *l, const heat_line_promise *promise)
{
    return 0.25 * l->step * promise->tilt;
}

void heat_line_note_promise(heat_line *l, const heat_line_promise *p)
{
    double least = p->here + rise_of(l, p);
    int at = -1;

    if (l->n_promises < HEAT_LINE_PROMISES) {
        l->promises[l->n_promises++] = *p;
        return;
    }
    for (int k = 0; k < HEAT_LINE_PROMISES; k++) {
        const double near = l->promises[k].here + rise_of(l, &l->promises[k]);
        at = near < least ? k : at;
        least = fmin(least, near);
    }
    if (at >= 0)
        l->promises[at] = *p;
}

void heat_line_recall(heat_line *l)
{
    int kept = 0;

    l->steep = -(double)INFINITY;
    for (int k = 0; k < l->n_promises; k++) {
        const heat_line_promise p = l->promises[k];
        const double rise = rise_of(l, &p);
        if (!(rise > heat_line_too_steep))
            continue;
        l->promises[kept++] = p;
        l->steep = fmax(l->steep, p.here + rise);
    }
    l->n_promises = kept;
}

void heat_line_keep_promises(heat_line *l, double apart, double least)
{
    for (int k = 0; k < l->n_promises; k++) {
        const heat_line_promise *p = &l->promises[k];
        if (!(p->here + rise_of(l, p) > least))
            continue;
        l->next_least = fmin(l->next_least, fmax(l->least, p->t - apart));
        l->next_most = fmax(l->next_most, fmin(l->most, p->t + apart));
    }
}
