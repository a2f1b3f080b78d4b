/* Autocovariances of several series at all lags, by fast Fourier transform. */
#ifndef HEATBATH_AUTOCOVARIANCE_H
#define HEATBATH_AUTOCOVARIANCE_H

#include <heatbath/context.h>

/* The work space for series of one length; one thread uses it at a time. */
typedef struct heat_autocovariance heat_autocovariance;

/* For series of n >= 1 values. Memory: at most 160 n bytes. */
HEAT_MUST_USE heat_status heat_autocovariance_create(heat_context *ctx, int64_t n, heat_autocovariance **out);

/* c[lag] for lag = 0 ... n - 1: the average over n_series series x[series * n + t] of
 * sum_t (x_t - mean)(x_{t+lag} - mean) / n, each about its own mean. Rounding: about 1e-15 c[0]. The array is
 * the work space's, valid until the next call. Cost: O(n_series * n log n). */
const double *heat_autocovariance_get(heat_autocovariance *a, int64_t n_series, const double *x);

/* The same at one lag alone, of series that are about their means already. Cost: O(n_series * n). */
double heat_autocovariance_at(int64_t n_series, int64_t n, const double *x, int64_t lag);

/* Frees a work space; NULL is allowed. */
void heat_autocovariance_free(heat_autocovariance *a);

#endif
