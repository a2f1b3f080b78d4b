/* The layout of layers: its store, for tests and for engines that need it. */
#ifndef HEATBATH_LAYER_CHAINS_H
#define HEATBATH_LAYER_CHAINS_H

#include "sample/layer_units.h"
#include "sample/layout.h"

/* Work space of one of the parts that a unit is shared in. */
typedef struct heat_layer_share {
    uint64_t *states;                          /* [chain][word of the part] */
    uint32_t *random;                          /* [chain][4][16] */
    int64_t *on_visible, *on_hidden, *n_moves; /* [chain] what the part adds to them */
    uint64_t *work;                            /* of the kernel, as the two below */
    int32_t *work_fields, *sums;
    int32_t *fields; /* of hidden units of a few chains; NULL: plans that are not weighted */
} heat_layer_share;

typedef struct heat_layer_store {
    heat_layered view;
    heat_layer_units *units;
    const heat_layer_kernel *kernel;
    int64_t visible_words, hidden_words;
    uint64_t *visible, *hidden;                  /* [chain][word] */
    float *scale;                                /* [chain] */
    float *reference_scale;                      /* [chain]; NULL without a reference, as the two below */
    float *visible_reference, *hidden_reference; /* [unit, padded] log-odds in bits */
    double *gain; /* [chain] heat_chains_take_gain; NULL: plans that are not weighted, as the three below */
    double *beta_before; /* [chain] of the last sweep, as the two below */
    float *scale_before, *reference_before;
    uint32_t *random; /* [chain][4][16] */
    /* [chain] sum_i v_i (b_i + sum_j W_ij h_j) and sum_j c_j h_j, in units; of weighted chains as of the last
     * measure. */
    int64_t *on_visible, *on_hidden;
    double *energy; /* [chain] as of the last measure, with what rounding lost; NULL: exact */
    int64_t *lost;  /* [chain] work space, with it */
    /* Work space of the kernel, [unit] times what a unit takes. */
    uint64_t *work;
    int32_t *work_fields, *sums, *fields;
    heat_layer_share *shares; /* [n_shares] of the unit at hand; none before threads share one */
    int64_t n_shares;
    uint32_t *between; /* [chain of a unit][4][16] streams between the halves of a shared sweep */
} heat_layer_store;

#endif
