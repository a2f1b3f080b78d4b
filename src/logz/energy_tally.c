/* The estimate of log Z takes an energy for the mean of its bin. To second order that shifts it by half the
 * variance of beta, given the energy, times that of the energy in a bin, width^2 / 12: nothing at all where a
 * bin holds one level, and some 1e-5 nats a rung for bins of a hundredth of the energy's spread. */
#include "logz/energy_tally.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { MARGIN = 64 };

void heat_energy_tally_init(heat_energy_tally *t, double origin, double width)
{
    *t = (heat_energy_tally){.origin = origin, .width = width, .per_bin = 1 / width};
}

void heat_energy_tally_clear(heat_energy_tally *t)
{
    heat_free(t->count);
    heat_free(t->sum);
    t->count = t->sum = NULL;
    t->n = 0;
}

/* Moves everything into bins first ... first + n - 1 of a level that is `joins` higher. */
static heat_status rebuild(heat_context *ctx, heat_energy_tally *t, int64_t first, int64_t n, int32_t joins)
{
    double *count = NULL, *sum = NULL;
    heat_status status = heat_alloc(ctx, n, sizeof *count, &count);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *sum, &sum);
    if (status != HEAT_OK) {
        heat_free(count);
        return status;
    }
    if (joins == 0 && t->n > 0) {
        memcpy(count + (t->first - first), t->count, (size_t)t->n * sizeof *count);
        memcpy(sum + (t->first - first), t->sum, (size_t)t->n * sizeof *sum);
    }
    for (int64_t k = 0; k < t->n && joins > 0; k++) {
        int64_t to = (int64_t)floor(ldexp((double)(t->first + k), -joins)) - first;
        if (t->count[k] == 0)
            continue;
        count[to] += t->count[k];
        sum[to] += t->sum[k];
    }
    heat_energy_tally_clear(t);
    t->count = count;
    t->sum = sum;
    t->first = first;
    t->n = n;
    t->level += joins;
    t->per_bin = ldexp(1 / t->width, -t->level);
    return HEAT_OK;
}

heat_status heat_energy_tally_widen(heat_context *ctx, heat_energy_tally *t, double energy)
{
    double bin = floor((energy - t->origin) * t->per_bin);
    double low = t->n == 0 ? bin : fmin(bin, (double)t->first);
    double high = t->n == 0 ? bin : fmax(bin, (double)(t->first + t->n - 1));
    double room = 0.5 * (high - low) + MARGIN;
    int32_t joins = 0;

    if (!(fabs(bin) < 0x1p52))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "a state has energy %g: log Z is estimated where every state is allowed", energy);
    low -= bin == low ? room : 0;
    high += bin == high ? room : 0;
    while (ldexp(high - low, -joins) > HEAT_MOST_BINS - 2)
        joins++;
    low = floor(ldexp(low, -joins));
    high = floor(ldexp(high, -joins));
    return rebuild(ctx, t, (int64_t)low, (int64_t)(high - low) + 1, joins);
}

heat_status heat_energy_tally_coarsen(heat_context *ctx, heat_energy_tally *t, int32_t level)
{
    int32_t joins = level - t->level;
    double low, high;

    if (joins <= 0)
        return HEAT_OK;
    low = floor(ldexp((double)t->first, -joins));
    high = floor(ldexp((double)(t->first + t->n - 1), -joins));
    return rebuild(ctx, t, (int64_t)low, t->n == 0 ? 0 : (int64_t)(high - low) + 1, joins);
}

/* Where bin k of `from`, which is as wide or narrower, lies in t, once t is wide enough. */
static heat_status find_place(heat_context *ctx, heat_energy_tally *t, const heat_energy_tally *from,
                              int64_t k, int64_t *place)
{
    heat_status status = HEAT_OK;

    for (;;) { /* widening may raise the level */
        *place = from->level == t->level
                     ? from->first + k - t->first
                     : (int64_t)floor(ldexp((double)(from->first + k), from->level - t->level)) - t->first;
        if (status != HEAT_OK || (*place >= 0 && *place < t->n))
            return status;
        status =
            heat_energy_tally_widen(ctx, t, t->origin + ((double)(from->first + k) + 0.5) / from->per_bin);
    }
}

heat_status heat_energy_tally_merge(heat_context *ctx, heat_energy_tally *t, const heat_energy_tally *from)
{
    heat_status status = heat_energy_tally_coarsen(ctx, t, from->level);
    int64_t last = from->n - 1, place;

    while (last > 0 && from->count[last] == 0)
        last--;
    if (last >= 0 && status == HEAT_OK) /* the highest first: then all room is made at once */
        status = find_place(ctx, t, from, last, &place);
    for (int64_t k = 0; k <= last && status == HEAT_OK; k++) {
        if (from->count[k] == 0)
            continue;
        status = find_place(ctx, t, from, k, &place);
        if (status != HEAT_OK)
            break;
        t->count[place] += from->count[k];
        t->sum[place] += from->sum[k];
    }
    return status;
}

double heat_energy_tally_count(const heat_energy_tally *t)
{
    double count = 0;

    for (int64_t k = 0; k < t->n; k++)
        count += t->count[k];
    return count;
}

void heat_energy_tally_moments(const heat_energy_tally *t, double *mean, double *variance)
{
    double count = 0, sum = 0, squares = 0;

    for (int64_t k = 0; k < t->n; k++) {
        count += t->count[k];
        sum += t->sum[k];
    }
    for (int64_t k = 0; k < t->n; k++)
        if (t->count[k] > 0) {
            double e = t->sum[k] / t->count[k] - sum / count;
            squares += t->count[k] * e * e;
        }
    *mean = t->origin + sum / count;
    *variance = squares / count;
}
