/* Observables between the temperatures of a scan, from the draws at its neighbours. */
#ifndef HEATBATH_INTERPOLATION_H
#define HEATBATH_INTERPOLATION_H

#include "sample/sampling.h"

/* Fills result->between, the temperatures of the scan and `interpolate` points in every gap, from the
 * recorder and from the rows of result->temperatures, which are there. What cannot be had is NaN, and
 * `reasons` say why. Cost: some thousand times draws kept (at most 16384 a temperature) times points. */
HEAT_MUST_USE heat_status heat_interpolation_get(heat_context *ctx, const heat_sampling *sampling,
                                                 heat_sample_result *result);

/* Frees result->between. */
void heat_interpolation_clear(heat_sample_result *result);

#endif
