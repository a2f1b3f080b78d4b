/* Energies counted in narrow bins, each with its own mean: draws by the million in some hundred rows. */
#ifndef HEATBATH_ENERGY_TALLY_H
#define HEATBATH_ENERGY_TALLY_H

#include <heatbath/context.h>
#include <math.h>

typedef struct heat_energy_bin {
    double count, sum; /* of energy - origin */
} heat_energy_bin;

/* How wide bins are at a distance d from the origin: `fine` up to `core`, from there on in proportion to d,
 * until they are as wide as `width`. fine = width, core = 0: alike everywhere. */
typedef struct heat_energy_scale {
    double origin, width, fine, core;
} heat_energy_scale;

typedef struct heat_energy_tally {
    heat_energy_scale scale;
    int32_t level; /* raised by one, the width doubled, when there would be over HEAT_MOST_BINS bins */
    double per_fine, per_wide; /* 1 / fine, and 1 / width 2^-level, as wide as bins get */
    double far, steps_to_far;  /* where bins get as wide as that, and how many lie nearer */
    int64_t first, n;          /* bins first ... first + n - 1 */
    heat_energy_bin *bins;     /* [n] */
} heat_energy_tally;

enum { HEAT_MOST_BINS = 1 << 14 };

void heat_energy_tally_init(heat_energy_tally *tally, heat_energy_scale scale);
void heat_energy_tally_clear(heat_energy_tally *tally);

/* The same of bins that are alike. */
static inline heat_energy_scale heat_energy_scale_of(double origin, double width)
{
    return (heat_energy_scale){origin, width, width, 0};
}

/* The bin of an energy, and how far in it the energy lies. */
static inline double heat_energy_tally_place(const heat_energy_tally *t, double energy)
{
    double d = energy - t->scale.origin, size = fabs(d), core = t->scale.core, steps;

    if (size >= t->far)
        steps = t->steps_to_far + (size - t->far) * t->per_wide;
    else if (size <= core)
        steps = size * t->per_fine;
    else
        steps = core * t->per_fine * (1 + log(size / core));
    return copysign(steps, d);
}

/* Widens a tally to hold `energy`; heat_energy_tally_add calls it. HEAT_ERROR_UNABLE if the energy is not
 * finite. */
HEAT_MUST_USE heat_status heat_energy_tally_widen(heat_context *ctx, heat_energy_tally *tally, double energy);

/* Makes room in an empty tally for what `like` holds, whose scale is the same. */
HEAT_MUST_USE heat_status heat_energy_tally_reserve(heat_context *ctx, heat_energy_tally *tally,
                                                    const heat_energy_tally *like);

/* Adds everything of `from`, whose scale is the same. */
HEAT_MUST_USE heat_status heat_energy_tally_merge(heat_context *ctx, heat_energy_tally *tally,
                                                  const heat_energy_tally *from);

/* Joins bins until the level is at least `level`: each goes where its mean lies. */
HEAT_MUST_USE heat_status heat_energy_tally_coarsen(heat_context *ctx, heat_energy_tally *tally,
                                                    int32_t level);

/* Draws, their mean energy and its variance. */
double heat_energy_tally_count(const heat_energy_tally *tally);
void heat_energy_tally_moments(const heat_energy_tally *tally, double *mean, double *variance);

/* Counts an energy as `weight` draws. */
HEAT_MUST_USE static inline heat_status heat_energy_tally_weigh(heat_context *ctx, heat_energy_tally *t,
                                                                double energy, double weight)
{
    for (;;) {
        double place = heat_energy_tally_place(t, energy) - (double)t->first;
        heat_status status;
        if (place >= 0 && place < (double)t->n) {
            heat_energy_bin *bin = &t->bins[(int64_t)place];
            bin->count += weight;
            bin->sum += weight * (energy - t->scale.origin);
            return HEAT_OK;
        }
        status = heat_energy_tally_widen(ctx, t, energy);
        if (status != HEAT_OK)
            return status;
    }
}

HEAT_MUST_USE static inline heat_status heat_energy_tally_add(heat_context *ctx, heat_energy_tally *t,
                                                              double energy)
{
    return heat_energy_tally_weigh(ctx, t, energy, 1);
}

#endif
