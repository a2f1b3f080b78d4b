/* Following the gradient: positive phase minus negative phase. */
#ifndef HEATBATH_TRAINER_H
#define HEATBATH_TRAINER_H

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

typedef struct heat_trainer {
    heat_learner *learner;
    heat_negative *negative;
    const heat_learn_options *opt;
    heat_learn_rows train, validation; /* the latter may be empty */
    bool sees_likelihood;              /* log Z is cheap enough to look at while training */
    heat_learn_result *result;

    double *gradient, *positive, *mean; /* [n_parameters] each, as all below */
    double *before, *gradient_before;   /* the last accepted step's */
    double *velocity, *average, *best;
    double best_validation; /* -infinity: none yet */
    int64_t best_epoch, history_capacity[3];
} heat_trainer;

/* Trains until the gradient vanishes, the epochs are over, validation no longer gains, or halted; the learner
 * then has the parameters found. Fills in outcome, reason, epochs, gradient and history of the result. */
HEAT_MUST_USE heat_status heat_trainer_run(heat_context *ctx, heat_trainer *trainer);

/* Mean log-likelihood of rows, and its standard error over them, given log Z. */
HEAT_MUST_USE heat_status heat_learn_likelihood(heat_context *ctx, const heat_learner *learner,
                                                const heat_learn_rows *rows, double log_z,
                                                heat_likelihood *likelihood);

#endif
