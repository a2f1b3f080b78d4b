/* The estimate of log Z takes an energy for the mean of its bin. To second order that shifts it by half the
 * variance of beta, given the energy, times that of the energy in a bin, width^2 / 12: nothing at all where a
 * bin holds one level, and some 1e-5 nats a rung for bins of a hundredth of the energy's spread. What a hot
 * rung meets near the lowest energies weighs much at the coldest one, whose spread may be a millionth of its
 * own: there bins are narrower. */
#include "logz/energy_tally.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { MARGIN = 64 };

static void set_level(heat_energy_tally *t, int32_t level)
{
    const heat_energy_scale *s = &t->scale;
    double wide = ldexp(s->width, level);

    t->level = level;
    t->per_fine = 1 / s->fine;
    t->per_wide = 1 / wide;
    t->far = s->core * (wide / s->fine);
    t->steps_to_far = s->core * t->per_fine * (1 + log(wide / s->fine));
}

void heat_energy_tally_init(heat_energy_tally *t, heat_energy_scale scale)
{
    *t = (heat_energy_tally){.scale = scale};
    set_level(t, 0);
}

void heat_energy_tally_clear(heat_energy_tally *t)
{
    heat_free(t->bins);
    t->bins = NULL;
    t->n = 0;
}

static double bin_of(const heat_energy_tally *t, double energy)
{
    return floor(heat_energy_tally_place(t, energy));
}

static double mean_of(const heat_energy_tally *t, int64_t bin)
{
    return t->scale.origin + t->bins[bin].sum / t->bins[bin].count;
}

/* Moves everything into bins first ... first + n - 1 of another level. */
static heat_status rebuild(heat_context *ctx, heat_energy_tally *t, int64_t first, int64_t n, int32_t level)
{
    heat_energy_tally next = *t;
    heat_status status = heat_alloc(ctx, n, sizeof *next.bins, &next.bins);

    if (status != HEAT_OK)
        return status;
    next.first = first;
    next.n = n;
    set_level(&next, level);
    if (level == t->level && t->n > 0)
        memcpy(next.bins + (t->first - first), t->bins, (size_t)t->n * sizeof *t->bins);
    for (int64_t k = 0; k < t->n && level != t->level; k++) {
        int64_t to;
        if (t->bins[k].count == 0)
            continue;
        to = (int64_t)bin_of(&next, mean_of(t, k)) - first;
        next.bins[to].count += t->bins[k].count;
        next.bins[to].sum += t->bins[k].sum;
    }
    heat_energy_tally_clear(t);
    *t = next;
    return HEAT_OK;
}

/* The lowest and highest bin mean, where there are any. */
static void find_ends(const heat_energy_tally *t, double *low, double *high)
{
    int64_t first = 0, last = t->n - 1;

    while (first < t->n && t->bins[first].count == 0)
        first++;
    while (last >= 0 && t->bins[last].count == 0)
        last--;
    *low = first < t->n ? mean_of(t, first) : (double)INFINITY;
    *high = last >= 0 ? mean_of(t, last) : -(double)INFINITY;
}

/* Bins of a level for energies from low to high, with room to grow at the end that `energy` is. */
static heat_status make_room(heat_context *ctx, heat_energy_tally *t, double low, double high, double energy,
                             int32_t level)
{
    heat_energy_tally next = *t;
    double first, last, room, size = fmax(fabs(low - t->scale.origin), fabs(high - t->scale.origin));

    for (;; level++) {
        set_level(&next, level);
        first = bin_of(&next, low);
        last = bin_of(&next, high);
        room = 0.5 * (last - first) + MARGIN;
        if (level == t->level && t->n > 0) { /* bins that are there stay */
            first = fmin(first, (double)t->first);
            last = fmax(last, (double)(t->first + t->n - 1));
        }
        first -= energy <= low ? room : 0;
        last += energy >= high ? room : 0;
        if (last - first < HEAT_MOST_BINS || next.far >= size)
            return rebuild(ctx, t, (int64_t)first, (int64_t)(last - first) + 1, level);
    }
}

heat_status heat_energy_tally_widen(heat_context *ctx, heat_energy_tally *t, double energy)
{
    double low, high;

    if (!(fabs(heat_energy_tally_place(t, energy)) < 0x1p52))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "a state has energy %g: log Z is estimated where every state is allowed", energy);
    find_ends(t, &low, &high);
    return make_room(ctx, t, fmin(low, energy), fmax(high, energy), energy, t->level);
}

heat_status heat_energy_tally_reserve(heat_context *ctx, heat_energy_tally *t, const heat_energy_tally *like)
{
    set_level(t, like->level);
    return like->n == 0 ? HEAT_OK : rebuild(ctx, t, like->first, like->n, like->level);
}

heat_status heat_energy_tally_coarsen(heat_context *ctx, heat_energy_tally *t, int32_t level)
{
    heat_energy_tally next = *t;
    double low, high, first;

    if (level <= t->level)
        return HEAT_OK;
    set_level(&next, level);
    find_ends(t, &low, &high);
    if (!(low <= high)) { /* nothing is there */
        heat_energy_tally_clear(t);
        set_level(t, level);
        return HEAT_OK;
    }
    first = bin_of(&next, low);
    return rebuild(ctx, t, (int64_t)first, (int64_t)(bin_of(&next, high) - first) + 1, level);
}

/* The bin of `t` for what is in bin k of `from`, once t is wide enough. */
static heat_status find_place(heat_context *ctx, heat_energy_tally *t, const heat_energy_tally *from,
                              int64_t k, int64_t *place)
{
    heat_status status = HEAT_OK;

    for (;;) { /* widening may raise the level */
        *place = (int64_t)bin_of(t, mean_of(from, k)) - t->first;
        if (status != HEAT_OK || (*place >= 0 && *place < t->n))
            return status;
        status = heat_energy_tally_widen(ctx, t, mean_of(from, k));
    }
}

heat_status heat_energy_tally_merge(heat_context *ctx, heat_energy_tally *t, const heat_energy_tally *from)
{
    heat_status status = heat_energy_tally_coarsen(ctx, t, from->level);
    int64_t last = from->n - 1, place;

    while (last >= 0 && from->bins[last].count == 0)
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
    *mean = t->scale.origin + sum / count;
    *variance = squares / count;
}
