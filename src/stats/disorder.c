/* The ratio estimate m = sum w x / sum w has the error sqrt(n / (n - 1) sum w^2 (x - m)^2) / sum w; with
 * equal weights this is sd / sqrt(n). Cochran, Sampling Techniques (3rd ed., 1977), section 6.4. */
#include "stats/disorder.h"
#include "base/context_private.h"

#include <math.h>

heat_status heat_disorder_mean_get(heat_context *ctx, int64_t n, const double *value, const double *error,
                                   const double *weights, heat_disorder_mean *out)
{
    double total = 0, mean = 0, squares = 0, own = 0, spread = 0, errors = 0, n_samples = (double)n;

    if (n < 1)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an average over disorder needs at least 1 sample");
    for (int64_t k = 0; k < n; k++) {
        double w = weights == NULL ? 1 : weights[k];
        if (!isfinite(value[k]) || !(error[k] >= 0 && error[k] < (double)INFINITY) ||
            !(w > 0 && w < (double)INFINITY))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "sample %lld is %g with error %g and weight %g",
                             (long long)k, value[k], error[k], w);
        total += w;
        mean += w / total * (value[k] - mean);
    }
    for (int64_t k = 0; k < n; k++) {
        double w = weights == NULL ? 1 : weights[k], off = value[k] - mean;
        squares += w * w * off * off;
        spread += w * off * off;
        errors += w * error[k] * error[k];
        own += w * w * error[k] * error[k];
    }
    out->mean = mean;
    out->thermal = sqrt(own) / total;
    out->error = n < 2 ? (double)NAN : sqrt(n_samples / (n_samples - 1) * squares) / total;
    out->scatter =
        n < 2 ? (double)NAN : sqrt(fmax(0, (n_samples / (n_samples - 1) * spread - errors) / total));
    return HEAT_OK;
}
