/* The ladder: from the temperatures asked for up to one at which the highest barrier between two minima is a
 * few T. A barrier ends at a saddle that is known, or, where none is, at the highest point of the straight
 * way from one minimum to the other, which no barrier exceeds. Of harmonic wells Var E = n T^2 / 2: rungs at
 * equal steps of log T trade places at an even rate. */
#include "base/context_private.h"
#include "base/memory.h"
#include "explore/exploring.h"

#include <math.h>
#include <string.h>

enum { POINTS_ON_THE_WAY = 200, MOST_RUNGS = 200 };
static const double barrier = 1.5; /* in units of the hottest temperature */
static const double gap = 0.9;     /* between rungs, in standard deviations of their log weights */

/* The highest energy of the straight way between two minima. */
static heat_status find_highest(heat_context *ctx, const heat_exploring *e, heat_landscape *l, int64_t j,
                                int64_t k, double *room, double *highest)
{
    const int32_t n = e->view.n;
    const double *from = e->minima.minima.x + j * n, *to = e->minima.minima.x + k * n;
    heat_status status = HEAT_OK;

    *highest = -(double)INFINITY;
    for (int p = 0; p <= POINTS_ON_THE_WAY && status == HEAT_OK; p++) {
        double part = (double)p / POINTS_ON_THE_WAY, energy;
        for (int32_t i = 0; i < n; i++)
            room[i] = from[i] + part * (to[i] - from[i]);
        status = heat_landscape_evaluate(ctx, l, room, &energy, room + n);
        *highest = fmax(*highest, energy);
    }
    return status;
}

heat_status heat_explore_find_passes(heat_context *ctx, const heat_exploring *e, double *passes)
{
    const heat_places *saddles = &e->minima.saddles;
    const int64_t count = e->minima.minima.count;
    heat_landscape l = {.view = NULL};
    double *room = NULL;
    heat_status status = heat_landscape_open(ctx, &e->view, &l);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * (int64_t)e->view.n, sizeof *room, &room);
    for (int64_t j = 0; j < count && status == HEAT_OK; j++) {
        passes[j * count + j] = e->minima.minima.energy[j];
        for (int64_t k = 0; k < j && status == HEAT_OK; k++) {
            status = find_highest(ctx, e, &l, j, k, room, &passes[j * count + k]);
            passes[k * count + j] = passes[j * count + k];
        }
    }
    for (int64_t s = 0; s < saddles->count && status == HEAT_OK; s++) {
        int64_t a = saddles->ends[s][0], b = saddles->ends[s][1];
        if (a >= 0 && b >= 0 && a != b)
            passes[a * count + b] = passes[b * count + a] = fmin(passes[a * count + b], saddles->energy[s]);
    }
    for (int64_t m = 0; m < count && status == HEAT_OK; m++) /* Floyd's, of the highest point of a way */
        for (int64_t j = 0; j < count; j++)
            for (int64_t k = 0; k < count; k++)
                passes[j * count + k] =
                    fmin(passes[j * count + k], fmax(passes[j * count + m], passes[m * count + k]));
    heat_free(room);
    heat_landscape_close(&l);
    return status;
}

/* Where the ladder ends. */
static heat_status find_hottest(heat_context *ctx, const heat_exploring *e, double warmest, double *hottest)
{
    const int64_t count = e->minima.minima.count;
    double *passes = NULL, highest;
    heat_status status;

    *hottest = e->opt.hottest;
    if (*hottest != HEAT_AUTO)
        return *hottest >= warmest
                   ? HEAT_OK
                   : heat_fail_option(ctx, "hottest", NULL,
                                      "the ladder begins at the temperatures asked for, up to %g", warmest);
    status = heat_alloc(ctx, count * count, sizeof *passes, &passes);
    if (status == HEAT_OK)
        status = heat_explore_find_passes(ctx, e, passes);
    if (status != HEAT_OK)
        goto out;
    highest = passes[0];
    for (int64_t k = 0; k < count; k++)
        highest = fmax(highest, passes[k]);
    *hottest = fmax(1.5 * warmest, (highest - e->minima.minima.energy[0]) / barrier);
out:
    heat_free(passes);
    return status;
}

/* Rungs between two temperatures, the first in and the last out, into `ladder` where it is not NULL. */
static int32_t fill(const heat_exploring *e, double from, double to, double *ladder)
{
    double steps = ceil(log(to / from) * sqrt(0.5 * e->view.n) / gap);
    int32_t count = steps < 1 ? 1 : steps > MOST_RUNGS ? MOST_RUNGS : (int32_t)steps;

    for (int32_t k = 0; k < count && ladder != NULL; k++)
        ladder[k] = from * pow(to / from, (double)k / count);
    return count;
}

/* The n temperatures in order, each once: their indices. */
static int32_t sort(const heat_exploring *e, int32_t *order)
{
    int32_t n = 0;

    for (int32_t t = 0; t < e->n_temperatures; t++) {
        int32_t at = 0;
        while (at < n && e->temperatures[order[at]] < e->temperatures[t])
            at++;
        if (at < n && e->temperatures[order[at]] == e->temperatures[t])
            continue;
        memmove(order + at + 1, order + at, (size_t)(n - at) * sizeof *order);
        order[at] = t;
        n++;
    }
    return n;
}

heat_status heat_explore_make_ladder(heat_context *ctx, heat_exploring *e)
{
    int32_t *order = NULL, n;
    double hottest;
    heat_status status = heat_alloc(ctx, e->n_temperatures, sizeof *order, &order);

    if (status != HEAT_OK)
        return status;
    n = sort(e, order);
    status = find_hottest(ctx, e, e->temperatures[order[n - 1]], &hottest);
    for (int pass = 0; pass < 2 && status == HEAT_OK; pass++) {
        int32_t count = 0;
        for (int32_t k = 0; k < n; k++) {
            double next = k + 1 < n ? e->temperatures[order[k + 1]] : hottest;
            count += fill(e, e->temperatures[order[k]], next, pass == 0 ? NULL : e->ladder + count);
        }
        e->n_rungs = count + 1;
        if (pass == 0)
            status = heat_alloc(ctx, e->n_rungs, sizeof *e->ladder, &e->ladder);
        else
            e->ladder[count] = hottest;
    }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, e->n_temperatures, sizeof *e->rung_of, &e->rung_of);
    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK; t++)
        while (e->ladder[e->rung_of[t]] < e->temperatures[t])
            e->rung_of[t]++;
    heat_free(order);
    return status;
}
