/* How often chains were found in each basin, and what follows for its weight. */
#ifndef HEATBATH_BASIN_TALLY_H
#define HEATBATH_BASIN_TALLY_H

#include "explore/exploring.h"

/* Counts of two halves of every chain. Starts as zeroes. */
typedef struct heat_basin_tally {
    int32_t n_rungs;
    int64_t n_replicas, n_places; /* places: the basins, and elsewhere */
    double *counts;               /* [rung][replica][half][place] where chains were */
    double *shares;               /* [rung][replica][place] what their draws told (basin_orbit.h), summed */
    int64_t *crossings;           /* [rung][replica] from one basin to another, between two looks */
} heat_basin_tally;

HEAT_MUST_USE heat_status heat_basin_tally_init(heat_context *ctx, int32_t n_rungs, int64_t n_replicas,
                                                int64_t n_basins, heat_basin_tally *tally);
void heat_basin_tally_clear(heat_basin_tally *tally);

/* One look at a chain, in the second half; `basin` -1 is elsewhere. And what it tells of a place. */
static inline void heat_basin_tally_add(heat_basin_tally *t, int32_t rung, int64_t replica, int32_t basin)
{
    int64_t place = basin < 0 ? t->n_places - 1 : basin;

    t->counts[((rung * t->n_replicas + replica) * 2 + 1) * t->n_places + place]++;
}

static inline void heat_basin_tally_share(heat_basin_tally *t, int32_t rung, int64_t replica, int64_t place,
                                          double share)
{
    t->shares[(rung * t->n_replicas + replica) * t->n_places + place] += share;
}

/* All that was counted becomes the first half. */
void heat_basin_tally_fold(heat_basin_tally *tally);

/* Mean shares of all places at a rung. */
void heat_basin_tally_shares(const heat_basin_tally *tally, int32_t rung, double *shares);

/* Judges the chains of a rung: how many times as long they had to be for the R-hat that is asked of them, and
 * the largest standard error of a difference of free energies, in units of T. Either may be infinite. */
HEAT_MUST_USE heat_status heat_basin_tally_judge(heat_context *ctx, const heat_basin_tally *tally,
                                                 int32_t rung, double *longer, double *error);

/* What a way that counts says at temperature t, its draws those of a rung; refused where chains have not
 * crossed often enough. */
HEAT_MUST_USE heat_status heat_basin_tally_report(heat_context *ctx, const heat_exploring *exploring,
                                                  const heat_basin_tally *tally, int32_t rung, int32_t t,
                                                  heat_explore_way way);

#endif
