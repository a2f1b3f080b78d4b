/* Rows of an RBM's visible units before the kernel of layers: moved by block Gibbs, as negative phases ask,
 * and given the means of their hidden units. */
#ifndef HEATBATH_RBM_GIBBS_H
#define HEATBATH_RBM_GIBBS_H

#include "learn/learner.h"
#include "sample/layer_units.h"

typedef struct heat_rbm_block heat_rbm_block;

/* Work space that stays from one update to the next; starts as zeroes. */
typedef struct heat_rbm_gibbs {
    heat_rbm_block *blocks;
    int64_t n_blocks, capacity;
} heat_rbm_gibbs;

/* Rows, and what they become. */
typedef struct heat_rbm_phase {
    int64_t n_rows;
    const int8_t *rows; /* [row][visible] on where they are 1 */
    uint64_t *x;        /* [row][word] the same as bits */
    float *y;           /* [word][row][64] means of hidden units, within 2^-20; anything in the padding */
    int64_t n_y;        /* rows that a word of y holds, these among them */
} heat_rbm_phase;

/* Moves n_rows rows of visible units, of values `low` and 1, by negative->k sweeps: hidden units given
 * visible ones, visible ones given those. Every row of every update has streams of its own. Fills in x and y
 * of both ends (NULL: not wanted), the rows as they were before and as they are then. */
HEAT_MUST_USE heat_status heat_rbm_gibbs_move(heat_context *ctx, heat_rbm_gibbs *gibbs,
                                              const heat_negative *negative, const heat_layer_units *units,
                                              int8_t low, int64_t n_rows, int8_t *rows,
                                              const heat_rbm_phase ends[2]);

/* HEAT_ERROR_OPTION: an instruction set that this machine has not. */
HEAT_MUST_USE heat_status heat_rbm_gibbs_find_kernel(heat_context *ctx, const char *isa,
                                                     const heat_layer_kernel **kernel);

/* Fills in x and y. */
HEAT_MUST_USE heat_status heat_rbm_gibbs_mean(heat_context *ctx, heat_rbm_gibbs *gibbs, const char *isa,
                                              int64_t threads, const heat_layer_units *units,
                                              const heat_rbm_phase *phase);

/* Frees what is kept; legal on zeroes. */
void heat_rbm_gibbs_clear(heat_rbm_gibbs *gibbs);

#endif
