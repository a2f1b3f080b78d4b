/* The other objective: the log-pseudo-likelihood, as two phases that need no sum over states. */
#ifndef HEATBATH_PSEUDO_LIKELIHOOD_H
#define HEATBATH_PSEUDO_LIKELIHOOD_H

#include "learn/learn_rows.h"

/* By all variables of all rows, and by some of each row of a batch. */
extern const heat_negative_kind heat_negative_pseudo, heat_negative_pseudo_sampled;

/* value[r] = sum_i log p(v_i | others) of each row (NULL: not wanted), and weight[r] (NULL: 1) times what the
 * conditional means of the statistics are more than the statistics, summed over i, added to sum[n_parameters]
 * (NULL: not wanted). With fewer `sites` than variables so many of each row are drawn from the stream, and
 * stand for all. Of real numbers p is a density, in the data's units. */
HEAT_MUST_USE heat_status heat_pseudo_find(heat_context *ctx, const heat_learner *learner, int64_t n_rows,
                                           const void *rows, const double *weight, int64_t sites,
                                           heat_stream *stream, double *value, double *sum);

/* Mean over the rows, nats, and its standard error. */
HEAT_MUST_USE heat_status heat_pseudo_likelihood(heat_context *ctx, const heat_learner *learner,
                                                 const heat_learn_rows *rows, heat_likelihood *likelihood);

#endif
