/* The inverse of the standard normal distribution function. */
#ifndef HEATBATH_NORMAL_QUANTILE_H
#define HEATBATH_NORMAL_QUANTILE_H

#include <heatbath/export.h>

/* z with Phi(z) = p for 0 < p < 1, to a relative error of about 1e-15. */
double heat_normal_quantile(double p);

#endif
