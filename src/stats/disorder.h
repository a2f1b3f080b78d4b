/* Averages over samples of the disorder. */
#ifndef HEATBATH_DISORDER_H
#define HEATBATH_DISORDER_H

#include <heatbath/context.h>

typedef struct heat_disorder_mean {
    double mean;
    double error;   /* one standard error: from the scatter of samples, which holds their own errors; NaN for
                       one   sample, which says nothing of others */
    double scatter; /* standard deviation between samples, their own errors taken out; NaN for one sample */
    double thermal; /* the part of `error` that longer runs would take away, sqrt(sum w^2 error^2) / sum w */
} heat_disorder_mean;

/* The average over n samples of a quantity with its errors. Every sample counts alike, however well it is
 * known: weights by precision would favour easy samples. `weights` (NULL: 1) are for samples that stand for
 * several, > 0. HEAT_ERROR_ARGUMENT: no samples, a value or an error that is not finite, a weight that is not
 * positive. */
HEAT_MUST_USE heat_status heat_disorder_mean_get(heat_context *ctx, int64_t n, const double *value,
                                                 const double *error, const double *weights,
                                                 heat_disorder_mean *out);

#endif
