/* Small positive definite systems by Cholesky's factors, in place. */
#ifndef HEATBATH_CHOLESKY_H
#define HEATBATH_CHOLESKY_H

#include <heatbath/export.h>

/* Factors a[n][n] = L L^T into its lower triangle. Returns n, or the first row whose pivot is not above
 * `least` times the diagonal it started from: a is then not positive definite to that accuracy. */
int32_t heat_cholesky_factor(int32_t n, double *a, double least);

/* x becomes a^-1 x. */
void heat_cholesky_solve(int32_t n, const double *factor, double *x);

#endif
