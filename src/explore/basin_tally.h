/* How often chains were found in each basin, and what follows for its weight. */
#ifndef HEATBATH_BASIN_TALLY_H
#define HEATBATH_BASIN_TALLY_H

#include "explore/exploring.h"

/* Counts of two halves of every chain. Starts as zeroes. */
typedef struct heat_basin_tally {
    int32_t n_rungs;
    int64_t n_replicas, n_places; /* places: the basins, and elsewhere */
    double *counts;               /* [rung][replica][half][place] */
    int64_t *crossings;           /* [rung][replica] from one basin to another, between two looks */
} heat_basin_tally;

HEAT_MUST_USE heat_status heat_basin_tally_init(heat_context *ctx, int32_t n_rungs, int64_t n_replicas,
                                                int64_t n_basins, heat_basin_tally *tally);
void heat_basin_tally_clear(heat_basin_tally *tally);

/* One look at a chain; `basin` -1 is elsewhere. */
static inline void heat_basin_tally_add(heat_basin_tally *t, int32_t rung, int64_t replica, int half,
                                        int32_t basin)
{
    int64_t place = basin < 0 ? t->n_places - 1 : basin;

    t->counts[((rung * t->n_replicas + replica) * 2 + half) * t->n_places + place]++;
}

/* Mean shares of all places at a rung. */
void heat_basin_tally_shares(const heat_basin_tally *tally, int32_t rung, double *shares);

/* What a way that counts says at temperature t, its draws those of a rung; refused where chains have not
 * crossed often enough. */
HEAT_MUST_USE heat_status heat_basin_tally_report(heat_context *ctx, const heat_exploring *exploring,
                                                  const heat_basin_tally *tally, int32_t rung, int32_t t,
                                                  heat_explore_way way);

#endif
