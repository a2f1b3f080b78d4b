/* The lane layout of a chain set: bits in blocks, energies in integer units. */
#ifndef HEATBATH_LANE_CHAINS_H
#define HEATBATH_LANE_CHAINS_H

#include "sample/chains.h"

HEAT_MUST_USE heat_status heat_lane_chains_alloc(heat_context *ctx, heat_chains *chains, bool track_best);
void heat_lane_chains_free(heat_chains *chains);
void heat_lane_chains_start(heat_chains *chains, int64_t chain, const int8_t *state,
                            uint64_t unit_of_streams);
void heat_lane_chains_set_beta(heat_chains *chains, int64_t chain, double beta);
void heat_lane_chains_get_state(const heat_chains *chains, int64_t chain, const uint16_t *down,
                                int8_t *state);
void heat_lane_chains_measure(heat_chains *chains, int64_t unit);
void heat_lane_chains_keep_best(heat_chains *chains, int64_t unit);
double heat_lane_chains_energy(const heat_chains *chains, int64_t units);

#endif
