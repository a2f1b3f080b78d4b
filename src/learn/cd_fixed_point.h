/* Where contrastive divergence would come to rest, did its updates not scatter. */
#ifndef HEATBATH_CD_FIXED_POINT_H
#define HEATBATH_CD_FIXED_POINT_H

#include "learn/learn_rows.h"

/* Fixed points of CD-k for k = 1, 2, ... 64, each where the exact updates lead from the learner's parameters,
 * which are put back. `points` is an array of HEAT_CD_BIASES; NaN where none was found: there may be none, as
 * where weights grow without bound, or it would take too long. */
HEAT_MUST_USE heat_status heat_cd_fixed_points_find(heat_context *ctx, heat_learner *learner,
                                                    const heat_learn_rows *rows, int64_t threads,
                                                    heat_cd_fixed_point *points);

#endif
