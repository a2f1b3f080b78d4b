/* Where chains of real numbers begin. */
#ifndef HEATBATH_WALK_STARTS_H
#define HEATBATH_WALK_STARTS_H

#include "sample/walk_chains.h"

/* As the layout's `start` and `set_state` (layout.h). HEAT_ERROR_UNDEFINED where the energy is infinite. */
HEAT_MUST_USE heat_status heat_walk_start(heat_context *ctx, heat_chains *chains, int64_t chain,
                                          const void *state, uint64_t stream);
HEAT_MUST_USE heat_status heat_walk_set_state(heat_context *worker, heat_chains *chains, int64_t chain,
                                              const void *state);

#endif
