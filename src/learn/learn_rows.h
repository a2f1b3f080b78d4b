/* Data as learners read it: rows of states with weights, and the likelihood of rows. */
#ifndef HEATBATH_LEARN_ROWS_H
#define HEATBATH_LEARN_ROWS_H

#include "learn/learner.h"

/* Rows of the learner's form, with weights whose mean is 1. */
typedef struct heat_learn_rows {
    int64_t n;
    void *states;      /* [n] rows */
    double *weight;    /* [n] */
    int8_t *missing;   /* [n][n_visible], 1 where a value is; NULL: none is */
    int8_t *filled;    /* rows with their gaps filled in, and */
    double *share;     /* the shares of these: work space */
    int64_t n_sampled; /* rows that lack more than can be summed over, or have hidden units that are drawn:
                          what fills them goes on as a chain */
    bool goes_on;      /* there are such, or real numbers are missing, of which this is so in all rows */
} heat_learn_rows;

HEAT_MUST_USE heat_status heat_learn_rows_load(heat_context *ctx, const heat_data *data, bool is_real,
                                               heat_learn_rows *rows);

/* Once the learner is open: room for hidden units that are drawn, of random values, and work space for what
 * is missing. */
HEAT_MUST_USE heat_status heat_learn_rows_prepare(heat_context *ctx, const heat_learner *learner,
                                                  const heat_data *data, uint64_t seed,
                                                  heat_learn_rows *rows);

/* The kind's add_statistics and log_weights, over all that may stand where values are missing. Of rows that
 * lack too much the statistics are those of what fills them now, the log weight NaN. */
HEAT_MUST_USE heat_status heat_learn_rows_add_statistics(heat_context *ctx, const heat_learner *learner,
                                                         const heat_learn_rows *rows, double *sum);
HEAT_MUST_USE heat_status heat_learn_rows_log_weights(heat_context *ctx, const heat_learner *learner,
                                                      const heat_learn_rows *rows, double *out);

/* Moves what fills the rows that lack too much, each missing value once, before the phase runs; hidden units
 * that are drawn, and then missing values too, five times, or 25 where they are `fresh`. */
HEAT_MUST_USE heat_status heat_learn_rows_sweep(heat_context *ctx, const heat_negative *negative,
                                                const heat_learner *learner, bool fresh,
                                                heat_learn_rows *rows);

/* Draws what is missing in the others, given the rest of its row; real numbers by one step of such a chain.
 */
void heat_learn_rows_fill(const heat_learner *learner, heat_stream *stream, heat_learn_rows *rows);

/* HEAT_ERROR_ARGUMENT where data to compare with is not such as the learner was opened on. */
HEAT_MUST_USE heat_status heat_learn_rows_check(heat_context *ctx, const heat_learner *learner,
                                                const heat_data *data);

void heat_learn_rows_clear(heat_learn_rows *rows);

/* Couplings that a look may visit where likelihoods are bounded (below), and the last one. */
static const double heat_look_visits = 3e8, heat_last_visits = 1e10;

/* Mean log-likelihood of rows, and its standard error over them, given log Z. Rows that lack too much do not
 * count; NaN where no row does. Where hidden units are drawn it is a lower bound to it, of rows spread
 * evenly, as many as visit at most `most_visits` couplings a sweep, and of all if there are no more. */
HEAT_MUST_USE heat_status heat_learn_likelihood(heat_context *ctx, const heat_learner *learner,
                                                const heat_learn_rows *rows, double log_z, double most_visits,
                                                int64_t threads, heat_likelihood *likelihood);

#endif
