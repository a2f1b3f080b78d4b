/* Mean and variance in two passes: exact for constant series, near full precision for any other. */
#ifndef HEATBATH_MOMENTS_H
#define HEATBATH_MOMENTS_H

#include <heatbath/export.h>

/* The mean of n >= 1 values. */
double heat_mean(int64_t n, const double *x);

/* The variance of n >= 2 values, and their mean. */
double heat_mean_and_variance(int64_t n, const double *x, double *mean);

/* sum (x - mean)^2 / (n - 1) of n >= 2 values. */
double heat_variance(int64_t n, const double *x);

#endif
