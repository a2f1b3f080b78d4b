/* Autocovariances of several series at all lags, by fast Fourier transform. */
#ifndef HEATBATH_AUTOCOVARIANCE_H
#define HEATBATH_AUTOCOVARIANCE_H

#include <heatbath/context.h>

/* covariance[lag] for lag = 0 ... n - 1: the average over n_series series x[series * n + t] of
 * sum_t (x_t - mean)(x_{t+lag} - mean) / n, each about its own mean. n >= 1. Rounding: about 1e-15 of
 * covariance[0]. Cost: O(n_series * n log n); memory: at most 160 n bytes, whatever n_series is. */
HEAT_MUST_USE heat_status heat_autocovariance(heat_context *ctx, int64_t n_series, int64_t n, const double *x,
                                              double *covariance);

#endif
