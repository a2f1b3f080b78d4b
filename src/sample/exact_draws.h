/* Independent draws in place of sweeps. */
#ifndef HEATBATH_EXACT_DRAWS_H
#define HEATBATH_EXACT_DRAWS_H

#include "sample/recorder.h"

/* Records n_chains * recorder->n_sweeps exact draws at beta as chains first_chain ... of the recorder.
 * *n_sweeps is how many each chain got: fewer than planned when halted. HEAT_ERROR_UNABLE if too wide. */
HEAT_MUST_USE heat_status heat_exact_draws_run(heat_context *ctx, const heat_model *model, double beta,
                                               uint64_t seed, int64_t first_chain, int64_t threads,
                                               heat_recorder *recorder, int64_t n_chains, int64_t *n_sweeps);

#endif
