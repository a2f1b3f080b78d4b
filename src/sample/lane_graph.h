/* A pairwise graph in the integer units of the lane kernel. */
#ifndef HEATBATH_LANE_GRAPH_H
#define HEATBATH_LANE_GRAPH_H

#include "kernel/lane_sweep.h"
#include "kernel/pairwise.h"

#include <heatbath/context.h>

/* True where fields that follow the flips cost less than sums over neighbours: half of all pairs or more. */
static inline bool heat_lane_is_dense(int64_t n, int64_t n_ends)
{
    return n >= 64 && n_ends >= n * (n - 1) / 2;
}

/* True where twice the couplings are kept beside them: in 4 MB at most. */
static inline bool heat_lane_keeps_twice(int64_t n, int64_t n_ends)
{
    return n_ends <= 1 << 20 && !heat_lane_is_dense(n, n_ends);
}

/* True if rows of all pairs of a dense graph are kept, in 4 MB at most. */
static inline bool heat_lane_keeps_rows(int64_t n, int64_t n_ends)
{
    return n <= 1 << 10 && heat_lane_is_dense(n, n_ends);
}

typedef struct heat_lane_model {
    heat_lane_graph graph; /* energy = unit * integer + offset (+ residual) */
    bool is_dense;         /* blocks should keep fields */
    int32_t *own_units;    /* [row[n]] where the lanes' unit is not the model's */
    int32_t *twice;        /* [row[n]] where it is kept */
    int16_t *narrow;       /* rows of all pairs, where fields are narrow */
    int32_t *wide;         /* the same, where they are not and rows are kept */
    int32_t *upward;       /* [n] */
    float *residual_upward;
    int32_t *order; /* [n] of the visits; NULL: as numbered */
} heat_lane_model;

/* Converts `graph` (borrowed, while the lane model lives). Couplings that are not multiples of one unit, a
 * power of two or the smallest of them, are rounded to 2^-25 of the strongest field. Then chains sample E -
 * D, where D is the little energy that rounding lost, which is added back to what is reported; to first order
 * an average of A moves by beta cov(A, D), at most beta sd(D) of A's own standard deviation. *out is NULL,
 * and the status HEAT_OK, where that would be more than 2^-9 at beta_max (the largest beta that will be asked
 * for; 0 in a search, whose answer is judged by the definition of the energy alone), or where rounding would
 * blur more than one term in a hundred. */
HEAT_MUST_USE heat_status heat_lane_model_create(heat_context *ctx, const heat_pairwise *graph,
                                                 double beta_max, heat_lane_model **out);
void heat_lane_model_free(heat_lane_model *model);

#endif
