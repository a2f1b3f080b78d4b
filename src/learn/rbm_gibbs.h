/* Rows of an RBM's visible units moved by block Gibbs: the negative phases of learning. */
#ifndef HEATBATH_RBM_GIBBS_H
#define HEATBATH_RBM_GIBBS_H

#include "learn/learner.h"
#include "sample/layer_units.h"

/* What stays from one update to the next. */
typedef struct heat_rbm_gibbs {
    heat_layer_units *units; /* NULL before the first update */
} heat_rbm_gibbs;

/* Moves n_rows rows of visible units, of values `low` and 1, by negative->k sweeps at the parameters of
 * `form`: hidden units given visible ones, visible ones given those. */
HEAT_MUST_USE heat_status heat_rbm_gibbs_move(heat_context *ctx, heat_rbm_gibbs *gibbs,
                                              const heat_negative *negative, const heat_layered *form,
                                              int8_t low, int64_t n_rows, int8_t *rows);

/* Frees what is kept; legal on zeroes. */
void heat_rbm_gibbs_clear(heat_rbm_gibbs *gibbs);

#endif
