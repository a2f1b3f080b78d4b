/* Histograms of a run's series. */
#ifndef HEATBATH_SAMPLE_HISTOGRAM_H
#define HEATBATH_SAMPLE_HISTOGRAM_H

#include "sample/observables.h"

/* Reads the names of --histogram and asks for the series they need. */
HEAT_MUST_USE heat_status heat_histogram_plan(heat_context *ctx, const char *list, heat_scalars *scalars);

/* Adds the histograms of `list` to a temperature whose observables are there; those of refused averages have
 * NaN in p and error. */
HEAT_MUST_USE heat_status heat_histograms_get(heat_context *ctx, const char *list, const heat_series *series,
                                              heat_sample_temperature *temperature);
void heat_histograms_clear(heat_sample_temperature *temperature);

#endif
