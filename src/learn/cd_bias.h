/* What contrastive divergence expects of its samples, against what it should. */
#ifndef HEATBATH_CD_BIAS_H
#define HEATBATH_CD_BIAS_H

#include "learn/learn_rows.h"

/* The logarithm, to base 2, of most pairs of states, visible and hidden, of a model whose bias is found. */
enum { HEAT_MOST_BIAS_BITS = 24 };

/* The expected mean statistics of rows after k sweeps. HEAT_ERROR_UNABLE: too many states, or no block sweep.
 */
HEAT_MUST_USE heat_status heat_cd_expect(heat_context *ctx, const heat_learner *learner,
                                         const heat_learn_rows *rows, int64_t k, double *mean);

/* The update that CD-k is expected to make, <phi>_data - <phi>_k, at the learner's parameters. */
HEAT_MUST_USE heat_status heat_cd_update(heat_context *ctx, const heat_learner *learner,
                                         const heat_learn_rows *rows, int64_t k, double *update);

/* HEAT_ERROR_UNABLE where there are more states than that, HEAT_ERROR_OPTION where the kind's is not known.
 */
HEAT_MUST_USE heat_status heat_cd_bias_check(heat_context *ctx, const heat_learner *learner);

/* The bias of CD-k at the learner's parameters, for k = 1, 2, 4, ... 64: `biases` is an array of
 * HEAT_CD_BIASES.
 */
HEAT_MUST_USE heat_status heat_cd_bias_find(heat_context *ctx, const heat_learner *learner,
                                            const heat_learn_rows *rows, int64_t threads,
                                            heat_cd_bias *biases);

#endif
