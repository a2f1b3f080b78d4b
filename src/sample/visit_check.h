/* The check of a run in space for wells that it has never seen. */
#ifndef HEATBATH_VISIT_CHECK_H
#define HEATBATH_VISIT_CHECK_H

#include "sample/sampling.h"

/* Where quenches from scattered points find a minimum that by its curvature holds 1 % of p(x) or more, and no
 * draw lies in its basin, refuses all means of that row, and says so. Of potentials of up to 10 variables
 * that have a gradient; rows refused already are left as they are. */
HEAT_MUST_USE heat_status heat_visit_check(heat_context *ctx, const heat_sampling *sampling,
                                           heat_sample_result *result);

#endif
