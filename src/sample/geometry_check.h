/* What trajectories tell of a landscape that they do not fit. */
#ifndef HEATBATH_GEOMETRY_CHECK_H
#define HEATBATH_GEOMETRY_CHECK_H

#include "sample/sampling.h"

/* Withholds all means at temperatures where trajectories of `nuts` were lost too often, and says so; where
 * something has not converged, says what in the landscape holds the chains up. */
HEAT_MUST_USE heat_status heat_geometry_check(heat_context *ctx, const heat_sampling *sampling,
                                              heat_sample_result *result);

#endif
