/* The error is that of a ratio of means, sqrt(n / (n - 1) sum (w (x - mean))^2) / sum w: Cochran, Sampling
 * Techniques (1977), section 6.3. With equal weights it is that of a mean. */
#include "stats/weighted_mean.h"

#include <math.h>

bool heat_weighted_mean(int64_t n, const double *x, const double *weight, double *mean, double *error)
{
    double total = 0, sum = 0, squares = 0;

    *mean = *error = (double)NAN;
    for (int64_t k = 0; k < n; k++) {
        total += weight[k];
        sum += weight[k] * x[k];
    }
    if (!(total > 0))
        return false;
    *mean = sum / total;
    for (int64_t k = 0; k < n; k++) {
        double deviation = weight[k] * (x[k] - *mean);
        squares += deviation * deviation;
    }
    if (n > 1)
        *error = sqrt(squares * (double)n / (double)(n - 1)) / total;
    return true;
}
