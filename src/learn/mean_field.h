/* A lower bound to the weight of a row whose hidden units cannot be summed over. */
#ifndef HEATBATH_MEAN_FIELD_H
#define HEATBATH_MEAN_FIELD_H

#include "learn/unit_graph.h"

/* Rows, and what is free in them: all units from number n_visible on, and values that are missing. */
typedef struct heat_mean_field {
    const heat_unit_graph *graph;
    int32_t n_visible;
    int64_t n_rows, stride; /* elements from one row to the next */
    const int8_t *rows;     /* on where they are 1 */
    const int8_t *missing;  /* likewise, 1 where a value is; NULL: none is */
    int64_t threads;
} heat_mean_field;

/* bound[r] <= log sum_h exp(-E(v_r, h)); equal where what is free is independent. mean (NULL: not wanted) is
 * [row][n_units] means of q, of what is held its value. NaN where it was halted. Cost: O(couplings) a row and
 * sweep, up to 100. */
HEAT_MUST_USE heat_status heat_mean_field_bound(heat_context *ctx, const heat_mean_field *field,
                                                double *bound, double *mean);

#endif
