/* Weights of basins from all rungs of a ladder together. */
#ifndef HEATBATH_BASIN_MBAR_H
#define HEATBATH_BASIN_MBAR_H

#include "explore/basin_walks.h"

/* What MBAR says at every temperature asked for; refused where rungs do not overlap or chains do not cross.
 */
HEAT_MUST_USE heat_status heat_basin_mbar_report(heat_context *ctx, const heat_exploring *exploring,
                                                 const heat_basin_walks *walks);

#endif
