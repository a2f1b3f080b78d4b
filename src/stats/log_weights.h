/* The mean of importance weights that are known by their logarithms, and whether it can be believed: what
 * annealed importance sampling and population annealing end with. */
#ifndef HEATBATH_LOG_WEIGHTS_H
#define HEATBATH_LOG_WEIGHTS_H

#include <heatbath/context.h>

/* The thresholds of heat_log_weights.trusted. */
#define HEAT_MOST_TAIL_SHAPE 0.7
enum { HEAT_LEAST_WEIGHTS_ESS = 20 };

typedef struct heat_log_weights {
    double log_mean;        /* log of the mean weight: the estimate of log Z */
    double error;           /* one standard error: the jackknife over populations, or over weights for one */
    double bootstrap_error; /* sd of log_mean over 1000 bootstraps of the same; the two disagree where the
                               error is not to be trusted */
    double bias;            /* expected, to first order: -error^2 / 2; log of a mean is low on the average */
    double ess;             /* (sum w)^2 / sum w^2 */
    double largest;         /* share of the largest weight in the sum */
    double variance;        /* of the log weights; NaN if one is -infinity */
    double tail_shape;      /* of the generalised Pareto law of the largest weights: means exist to order
                               1 / tail_shape; -infinity for equal weights */
    const char *doubt;      /* why log_mean is not to be believed; NULL: nothing speaks against it; static */
} heat_log_weights;

/* Judges n_populations times n log weights, log_weight[population * n + k]; populations are independent, the
 * weights of one need not be. -infinity is a weight of 0. The estimate is from below: when the
 * weights that matter were not met it is low by nats and no scatter shows it, so `doubt` is set when the
 * effective sample size is below 20, when the tail shape exceeds 0.7 (or 1 - 1 / log10(all weights)), or when
 * the bootstrap's error is beyond twice or half the jackknife's. `seed` keys the bootstrap.
 * HEAT_ERROR_ARGUMENT: fewer than 10 weights, NaN or +infinity; HEAT_ERROR_UNDEFINED: every weight is 0. */
HEAT_MUST_USE heat_status heat_log_weights_get(heat_context *ctx, uint64_t seed, int64_t n_populations,
                                               int64_t n, const double *log_weight, heat_log_weights *out);

/* The shape of the generalised Pareto law fitted to n >= 5 ascending exceedances x > 0 over a threshold, with
 * the weak prior of ten observations at 1/2. */
double heat_pareto_shape(int64_t n, const double *exceedance);

#endif
