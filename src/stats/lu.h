/* Small systems of linear equations by Gauss's elimination, in place. */
#ifndef HEATBATH_LU_H
#define HEATBATH_LU_H

#include <heatbath/export.h>

/* Factors a[n][n], rows changing places: row k of the factors was order[k] of a. A singular matrix leaves
 * pivots of 0, and what is solved by it is not finite. */
void heat_lu_factor(int32_t n, double *a, int32_t *order);

/* x = a^-1 b, apart from b. */
void heat_lu_solve(int32_t n, const double *factors, const int32_t *order, const double *b, double *x);

#endif
