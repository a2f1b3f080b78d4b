/* The kind "rbm" on layers that another kind has: units of 0 and 1, drawn or summed over. */
#ifndef HEATBATH_RBM_LEARNER_H
#define HEATBATH_RBM_LEARNER_H

#include "learn/learner.h"

/* A learner of rows of n_visible units, centred at offset[n_visible]; its parameters are zeroes. On failure
 * only good for heat_learner_clear, where learner->kind is set. */
HEAT_MUST_USE heat_status heat_rbm_learner_open(heat_context *ctx, int32_t n_visible, int32_t n_hidden,
                                                int64_t threads, const double *offset, heat_learner *learner);

#endif
