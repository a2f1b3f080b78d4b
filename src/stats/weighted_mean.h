/* The mean of independent values by weights. */
#ifndef HEATBATH_WEIGHTED_MEAN_H
#define HEATBATH_WEIGHTED_MEAN_H

#include <heatbath/export.h>

/* sum w x / sum w, and its standard error from the scatter of the values; NaN for one value. False, and NaN,
 * where the weights add up to 0. */
bool heat_weighted_mean(int64_t n, const double *x, const double *weight, double *mean, double *error);

#endif
