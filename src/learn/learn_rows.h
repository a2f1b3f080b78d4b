/* Data as learners read it: rows of states with weights, and the likelihood of rows. */
#ifndef HEATBATH_LEARN_ROWS_H
#define HEATBATH_LEARN_ROWS_H

#include "learn/learner.h"

/* Rows as states, unpacked, with weights whose mean is 1. */
typedef struct heat_learn_rows {
    int64_t n;
    int8_t *states; /* [n][n_visible] */
    double *weight; /* [n] */
} heat_learn_rows;

HEAT_MUST_USE heat_status heat_learn_rows_load(heat_context *ctx, const heat_data *data,
                                               heat_learn_rows *rows);
void heat_learn_rows_clear(heat_learn_rows *rows);

/* Mean log-likelihood of rows, and its standard error over them, given log Z. */
HEAT_MUST_USE heat_status heat_learn_likelihood(heat_context *ctx, const heat_learner *learner,
                                                const heat_learn_rows *rows, double log_z,
                                                heat_likelihood *likelihood);

#endif
