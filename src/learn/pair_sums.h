/* Exact means of the pairs and variables of a model of pairs, by elimination. */
#ifndef HEATBATH_PAIR_SUMS_H
#define HEATBATH_PAIR_SUMS_H

#include <heatbath/model.h>

/* log Z at temperature 1 and, unless `mean` is NULL, the means of x_i x_j of the n_edges pairs i < j, which
 * are edges of the model, and then of its variables, in its coding. HEAT_ERROR_UNABLE if that is not
 * affordable; NaN where the work was halted. */
HEAT_MUST_USE heat_status heat_pair_sums(heat_context *ctx, const heat_model *model, int64_t n_edges,
                                         const int32_t *i, const int32_t *j, int64_t threads, double *mean,
                                         double *log_z);

/* Whether that is affordable at all, and cheap enough for every update. */
HEAT_MUST_USE heat_status heat_pair_sums_price(heat_context *ctx, const heat_model *model, bool *affordable,
                                               bool *cheap);

#endif
