/* Energies counted in narrow bins, each with its own mean: draws by the million in some hundred rows. */
#ifndef HEATBATH_ENERGY_TALLY_H
#define HEATBATH_ENERGY_TALLY_H

#include <heatbath/context.h>

typedef struct heat_energy_bin {
    double count, sum; /* of energy - origin */
} heat_energy_bin;

typedef struct heat_energy_tally {
    double origin, width;  /* bin k holds origin + [k, k + 1) * width * 2^level */
    double per_bin;        /* 1 / (width * 2^level) */
    int32_t level;         /* raised by one, bins in pairs, when their number would exceed HEAT_MOST_BINS */
    int64_t first, n;      /* bins first ... first + n - 1 */
    heat_energy_bin *bins; /* [n] */
} heat_energy_tally;

enum { HEAT_MOST_BINS = 1 << 14 };

void heat_energy_tally_init(heat_energy_tally *tally, double origin, double width);
void heat_energy_tally_clear(heat_energy_tally *tally);

/* Widens a tally to hold `energy`; heat_energy_tally_add calls it. HEAT_ERROR_UNABLE if the energy is not
 * finite. */
HEAT_MUST_USE heat_status heat_energy_tally_widen(heat_context *ctx, heat_energy_tally *tally, double energy);

/* Makes room in an empty tally for what `like` holds, whose origin and width are the same. */
HEAT_MUST_USE heat_status heat_energy_tally_reserve(heat_context *ctx, heat_energy_tally *tally,
                                                    const heat_energy_tally *like);

/* Adds everything of `from`, whose origin and width are the same. */
HEAT_MUST_USE heat_status heat_energy_tally_merge(heat_context *ctx, heat_energy_tally *tally,
                                                  const heat_energy_tally *from);

/* Joins bins until the level is at least `level`. */
HEAT_MUST_USE heat_status heat_energy_tally_coarsen(heat_context *ctx, heat_energy_tally *tally,
                                                    int32_t level);

/* Draws, their mean energy and its variance. */
double heat_energy_tally_count(const heat_energy_tally *tally);
void heat_energy_tally_moments(const heat_energy_tally *tally, double *mean, double *variance);

/* Counts one energy. */
HEAT_MUST_USE static inline heat_status heat_energy_tally_add(heat_context *ctx, heat_energy_tally *t,
                                                              double energy)
{
    for (;;) {
        double place = (energy - t->origin) * t->per_bin - (double)t->first;
        heat_status status;
        if (place >= 0 && place < (double)t->n) {
            heat_energy_bin *bin = &t->bins[(int64_t)place];
            bin->count++;
            bin->sum += energy - t->origin;
            return HEAT_OK;
        }
        status = heat_energy_tally_widen(ctx, t, energy);
        if (status != HEAT_OK)
            return status;
    }
}

#endif
