/* Following the gradient: positive phase minus negative phase, by exact_ascent.c or noisy_ascent.c. */
#ifndef HEATBATH_TRAINER_H
#define HEATBATH_TRAINER_H

#include "learn/learn_rows.h"
#include "learn/tracked_count.h"

typedef struct heat_trainer {
    heat_learner *learner;
    heat_negative *negative;
    const heat_learn_options *opt;
    double weight_decay;
    heat_learn_rows train, validation; /* the latter may be empty */
    bool sees_likelihood;              /* log Z is counted at every look */
    bool is_cheap;                     /* counting it takes no time that matters */
    bool tracks;                       /* else it is tracked */
    bool goes_on;                      /* from a model, not from independent variables */
    heat_tracked_count tracked;
    heat_learn_result *result;

    double *gradient, *positive, *mean; /* [n_parameters] each */
    double *best;                       /* parameters of the highest likelihood of the validation data */
    double best_validation;             /* -infinity: none yet */
    int64_t best_epoch, history_capacity;
    double ess;    /* of persistent chains, for the next look; NaN: there are none */
    int64_t place; /* within an epoch: the road's own */
    int64_t ended; /* 1 once validation no longer gains */
} heat_trainer;

/* Trains until the gradient vanishes or the likelihood no longer rises, the epochs are over, validation no
 * longer gains, or halted; the learner then has the parameters found. Fills in outcome, reason, epochs,
 * gradient and history of the result. */
HEAT_MUST_USE heat_status heat_trainer_run(heat_context *ctx, heat_trainer *trainer);

/* The two roads: steps along exact gradients, and along those of mini-batches. */
HEAT_MUST_USE heat_status heat_trainer_run_exactly(heat_context *ctx, heat_trainer *trainer);
HEAT_MUST_USE heat_status heat_trainer_run_noisily(heat_context *ctx, heat_trainer *trainer);

/* trainer->positive: the mean statistics of rows. */
HEAT_MUST_USE heat_status heat_trainer_find_positive(heat_context *ctx, heat_trainer *trainer,
                                                     const heat_learn_rows *rows);

/* trainer->gradient at the learner's parameters, where trainer->positive is of `rows`, the batch, and
 * `weight`. */
HEAT_MUST_USE heat_status heat_trainer_find_gradient(heat_context *ctx, heat_trainer *trainer, int64_t n_rows,
                                                     const void *rows, const double *weight);

/* Writes the likelihoods of an epoch into the history, given that of the training data and log Z; keeps the
 * parameters that are best on the validation data, by its pseudo-likelihood where that is the objective and
 * log Z is NaN, and sets *ended once that has not gained for `patience` epochs. */
HEAT_MUST_USE heat_status heat_trainer_look(heat_context *ctx, heat_trainer *trainer, int64_t epoch,
                                            double train, const heat_learn_count *count, bool *ended);

/* Shows how far training is, with the last look. */
void heat_trainer_show(heat_context *ctx, const heat_trainer *trainer, double fraction);

/* log Z at the learner's parameters, counted or tracked; not finite where training has diverged. Halted it is
 * not known: ask heat_halted. */
HEAT_MUST_USE heat_status heat_trainer_count(heat_context *ctx, heat_trainer *trainer,
                                             heat_learn_count *count);

#endif
