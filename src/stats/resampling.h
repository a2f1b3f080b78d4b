/* Errors of correlated averages and of functions of averages: binning and the jackknife.
 * Flyvbjerg and Petersen, J. Chem. Phys. 91 (1989) 461; Efron, The Jackknife (SIAM, 1982). */
#ifndef HEATBATH_RESAMPLING_H
#define HEATBATH_RESAMPLING_H

#include <heatbath/context.h>

/* Means of `n_blocks` equal blocks of n values (the remainder at the front is left out), into
 * blocks[n_blocks]; 1 <= n_blocks <= n. `blocks` may be x itself. */
void heat_block_means(int64_t n, const double *x, int64_t n_blocks, double *blocks);

/* Standard error of the mean of one correlated series by binning: blocks are doubled until what they still
 * miss is a quarter of the error's own uncertainty (a fraction cbrt(tau / 2n) of it), or fewer than 4 are
 * left. *tau (may be NULL) is the autocorrelation time this implies. n < 2 or a value that is not finite:
 * HEAT_ERROR_ARGUMENT. */
HEAT_MUST_USE heat_status heat_binning_error(heat_context *ctx, int64_t n, const double *x, double *error,
                                             double *tau);

/* What the standard error of a mean of n >= 3 independent values is to be multiplied by, so that 1.96 of it
 * reach as far as Student's 95 % interval: 1.04 for 32 values, 1.004 for 256. Student, Biometrika 6 (1908) 1.
 */
double heat_student_widening(int64_t n);

/* A function of averages, such as <E^2> - <E>^2. */
typedef double (*heat_derived_fn)(const double *averages, void *arg);

/* Bias-corrected jackknife value and standard error of f(averages) from independent blocks:
 * blocks[block * n_columns + column]; every block weighs the same. Fewer than 2 blocks:
 * HEAT_ERROR_ARGUMENT; an f that is not finite: HEAT_ERROR_UNDEFINED. */
HEAT_MUST_USE heat_status heat_jackknife(heat_context *ctx, int64_t n_blocks, int64_t n_columns,
                                         const double *blocks, heat_derived_fn f, void *arg, double *value,
                                         double *error);

#endif
