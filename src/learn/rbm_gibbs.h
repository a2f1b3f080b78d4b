/* Rows of an RBM's visible units before the kernel of layers: moved by block Gibbs, as negative phases ask,
 * and given the means of their hidden units. */
#ifndef HEATBATH_RBM_GIBBS_H
#define HEATBATH_RBM_GIBBS_H

#include "base/parallel.h"
#include "learn/learner.h"
#include "sample/layer_units.h"

/* What one thread draws: some words of the hidden units and some of the visible ones, for all rows of a
 * block; the other threads have the other words. */
typedef struct heat_rbm_share {
    struct heat_rbm_words {
        int32_t first, end; /* the words, from number `first` to before number `end` of the layer */
        uint64_t *drawn;    /* [row][end - first] their states */
    } words[2];             /* [HEAT_LAYER_UP] of hidden units, [HEAT_LAYER_DOWN] of visible ones */
    uint64_t *states;       /* [row][word] of a whole layer, put together of what all have drawn */
    uint32_t *random;       /* [row][4][16] a row's streams, where this share draws from them next */
    int32_t *work_fields;   /* as heat_layer_draw has it */
} heat_rbm_share;

/* Starts as zeroes. */
typedef struct heat_rbm_gibbs {
    int32_t n_visible, n_hidden, n_shares;
    heat_layer_units *units; /* tables, for all shares */
    heat_rbm_share *shares;  /* [n_shares] */
    uint64_t *visible;       /* [row][word] of a block of rows, as they come */
    float *scale;            /* [row] as heat_layer_draw has it */
    uint64_t *work;          /* likewise: of all shares, each of which lists some of the rows */
    heat_team team;          /* open while threads run steps, unless one is already */
} heat_rbm_gibbs;

/* Rows, and what they become. */
typedef struct heat_rbm_phase {
    int64_t n_rows;
    const int8_t *rows; /* [row][visible] on where they are 1 */
    uint64_t *x;        /* [row][word] the same as bits */
    float *y;           /* [word][row][64] means of hidden units, within 2^-20; anything in the padding */
    int64_t n_y;        /* rows that a word of y holds, these among them */
} heat_rbm_phase;

/* Rooms, and tables without numbers, for as many threads as gain by it. */
HEAT_MUST_USE heat_status heat_rbm_gibbs_open(heat_context *ctx, int32_t n_visible, int32_t n_hidden,
                                              int64_t threads, heat_rbm_gibbs *gibbs);

/* Runs fn(arg, share, step) for every share on a thread of its own, step by step, all in step. */
HEAT_MUST_USE heat_status heat_rbm_gibbs_run_steps(heat_context *ctx, heat_rbm_gibbs *gibbs, int64_t n_steps,
                                                   heat_step_fn fn, void *arg);

/* Rows `to` of visible units, of values `low` and 1, become n_rows rows `from`, which may be the same ones,
 * moved by negative->k sweeps: hidden units given visible ones, visible ones given those. Every row of every
 * update has streams of its own. Fills in x and y of both ends (NULL: not wanted), the rows as they were
 * before and as they are then. */
HEAT_MUST_USE heat_status heat_rbm_gibbs_move(heat_context *ctx, heat_rbm_gibbs *gibbs,
                                              const heat_negative *negative, int8_t low, int64_t n_rows,
                                              const int8_t *from, int8_t *to, const heat_rbm_phase ends[2]);

/* HEAT_ERROR_OPTION: an instruction set that this machine has not. */
HEAT_MUST_USE heat_status heat_rbm_gibbs_find_kernel(heat_context *ctx, const char *isa,
                                                     const heat_layer_kernel **kernel);

/* Fills in x and y. */
HEAT_MUST_USE heat_status heat_rbm_gibbs_mean(heat_context *ctx, heat_rbm_gibbs *gibbs, const char *isa,
                                              const heat_rbm_phase *phase);

/* Frees what is kept; legal on zeroes. */
void heat_rbm_gibbs_clear(heat_rbm_gibbs *gibbs);

#endif
