/* Eigenvalues and eigenvectors of small symmetric matrices. */
#ifndef HEATBATH_EIGEN_H
#define HEATBATH_EIGEN_H

#include <heatbath/export.h>

/* values[k] and vectors[k][n], k = 0 ... n - 1, of a[n][n], ascending; `a` is used up. Errors are a few times
 * 1e-16 of the largest value. Cost: some 10 n^3. */
void heat_eigen_symmetric(int32_t n, double *a, double *values, double *vectors);

#endif
