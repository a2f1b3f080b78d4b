/* Sums of exponentials kept as logarithms: nothing over- or underflows, -infinity is an empty sum. */
#ifndef HEATBATH_LOG_SUM_H
#define HEATBATH_LOG_SUM_H

#include <heatbath/export.h>

/* log(sum_k exp(x[k])). -infinity for n = 0 or when every term is -infinity; +infinity if a term is; NaN if a
 * term is NaN. The rest is Neumaier-compensated: relative error of the sum about 2^-52 for any n. */
double heat_log_sum_exp(int64_t n, const double *x);

/* log(exp(a) + exp(b)). */
double heat_log_add_exp(double a, double b);

/* A running log-sum-exp of terms with weights: log(sum w exp(x)) and the mean of values y under those
 * weights. Zero-initialise with HEAT_LOG_SUM_EMPTY. */
typedef struct heat_log_sum {
    double shift;        /* the largest x so far, less at most 1; -infinity while empty */
    double sum;          /* of w exp(x - shift) */
    double sum_error;    /* Neumaier's compensation */
    double moment;       /* of w y exp(x - shift) */
    double moment_error; /* likewise */
} heat_log_sum;

#define HEAT_LOG_SUM_EMPTY ((heat_log_sum){.shift = -__builtin_inf()})

/* Adds a term; weight and y are finite, weight >= 0. A term with weight 0 or x = -infinity adds nothing. */
void heat_log_sum_add(heat_log_sum *s, double x, double weight, double y);
void heat_log_sum_merge(heat_log_sum *into, const heat_log_sum *from);
double heat_log_sum_value(const heat_log_sum *s); /* log of the sum */
double heat_log_sum_mean(const heat_log_sum *s);  /* mean of y; NaN while empty */

#endif
