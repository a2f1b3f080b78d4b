/* Sums of differences from the first value, then from the mean itself, which takes out what the first pass
 * rounded: Chan, Golub, LeVeque, Am. Stat. 37 (1983) 242, doi:10.1080/00031305.1983.10483115. */
#include "stats/moments.h"

static double mean_difference(int64_t n, const double *x, double from)
{
    double sum = 0;

    for (int64_t t = 0; t < n; t++)
        sum += x[t] - from;
    return sum / (double)n;
}

double heat_mean(int64_t n, const double *x)
{
    double mean = x[0] + mean_difference(n, x, x[0]);

    return mean + mean_difference(n, x, mean);
}

double heat_variance(int64_t n, const double *x)
{
    double mean = heat_mean(n, x), squares = 0;

    for (int64_t t = 0; t < n; t++)
        squares += (x[t] - mean) * (x[t] - mean);
    return squares / (double)(n - 1);
}
