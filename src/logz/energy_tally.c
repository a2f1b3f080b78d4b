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
    heat_free(t->bins);
    t->bins = NULL;
    t->n = 0;
}

/* Moves everything into bins first ... first + n - 1 of a level that is `joins` higher. */
static heat_status rebuild(heat_context *ctx, heat_energy_tally *t, int64_t first, int64_t n, int32_t joins)
{
    heat_energy_bin *bins;
    heat_status status = heat_alloc(ctx, n, sizeof *bins, &bins);

    if (status != HEAT_OK)
        return status;
    if (joins == 0 && t->n > 0)
        memcpy(bins + (t->first - first), t->bins, (size_t)t->n * sizeof *bins);
    for (int64_t k = 0; k < t->n && joins > 0; k++) {
        int64_t to = (int64_t)floor(ldexp((double)(t->first + k), -joins)) - first;
        if (t->bins[k].count == 0)
            continue;
        bins[to].count += t->bins[k].count;
        bins[to].sum += t->bins[k].sum;
    }
    heat_energy_tally_clear(t);
    t->bins = bins;
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

heat_status heat_energy_tally_reserve(heat_context *ctx, heat_energy_tally *t, const heat_energy_tally *like)
{
    t->level = like->level;
    return like->n == 0 ? HEAT_OK : rebuild(ctx, t, like->first, like->n, 0);
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

    while (last > 0 && from->bins[last].count == 0)
        last--;
    if (last >= 0 && status == HEAT_OK) /* the highest first: then all room is made at once */
        status = find_place(ctx, t, from, last, &place);
    for (int64_t k = 0; k <= last && status == HEAT_OK; k++) {
        if (from->bins[k].count == 0)
            continue;
        status = find_place(ctx, t, from, k, &place);
        if (status != HEAT_OK)
            break;
        t->bins[place].count += from->bins[k].count;
        t->bins[place].sum += from->bins[k].sum;
    }
    return status;
}

double heat_energy_tally_count(const heat_energy_tally *t)
{
    double count = 0;

    for (int64_t k = 0; k < t->n; k++)
        count += t->bins[k].count;
    return count;
}

void heat_energy_tally_moments(const heat_energy_tally *t, double *mean, double *variance)
{
    double count = 0, sum = 0, squares = 0;

    for (int64_t k = 0; k < t->n; k++) {
        count += t->bins[k].count;
        sum += t->bins[k].sum;
    }
    for (int64_t k = 0; k < t->n; k++)
        if (t->bins[k].count > 0) {
            double e = t->bins[k].sum / t->bins[k].count - sum / count;
            squares += t->bins[k].count * e * e;
        }
    *mean = t->origin + sum / count;
    *variance = squares / count;
}
