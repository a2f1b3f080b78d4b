/* The lane layout's store: chains as bits in lane blocks. Public to the sample room and to tests. */
#ifndef HEATBATH_LANE_CHAINS_H
#define HEATBATH_LANE_CHAINS_H

#include "sample/lane_graph.h"
#include "sample/layout.h"

typedef struct heat_lane_store {
    heat_lane_model *lanes;
    const heat_lane_kernel *kernel;
    double offset;
    int32_t block_width;     /* chains a block: 16, 32 or 64 */
    int32_t n_blocks;        /* a unit */
    heat_lane_block *blocks; /* [unit][block] */
    uint16_t **before;       /* [unit][block] a block's bits before a counted sweep */
    double
        *residual;   /* [unit][block][lane] energy that rounding the couplings lost, as of the last measure */
    int32_t *n_down; /* [unit][block][lane] as of the last measure */
    uint16_t **best_down; /* [unit][block] lowest states, with track_best */
    int64_t *best_units;  /* [unit][block][lane] their energies */
    int64_t n_blocks_in_all;
} heat_lane_store;

#endif
