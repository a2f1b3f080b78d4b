/* Sums of differences from the first value, then from the mean itself, which takes out what the first pass
 * rounded: Chan, Golub, LeVeque, Am. Stat. 37 (1983) 242, doi:10.1080/00031305.1983.10483115. */
#include "stats/moments.h"

/* In four sums side by side, which need not wait for each other. */
static double mean_difference(int64_t n, const double *x, double from)
{
    double sum[4] = {0, 0, 0, 0};
    int64_t t = 0;

    for (; t + 4 <= n; t += 4)
        for (int k = 0; k < 4; k++)
            sum[k] += x[t + k] - from;
    for (; t < n; t++)
        sum[0] += x[t] - from;
    return (sum[0] + sum[1] + (sum[2] + sum[3])) / (double)n;
}

double heat_mean(int64_t n, const double *x)
{
    double mean = x[0] + mean_difference(n, x, x[0]);

    return mean + mean_difference(n, x, mean);
}

double heat_mean_and_variance(int64_t n, const double *x, double *mean)
{
    double first = x[0] + mean_difference(n, x, x[0]), square[4] = {0, 0, 0, 0}, sum[4] = {0, 0, 0, 0}, rest;
    int64_t t = 0;

    for (; t + 4 <= n; t += 4)
        for (int k = 0; k < 4; k++) {
            double off = x[t + k] - first;
            sum[k] += off;
            square[k] += off * off;
        }
    for (; t < n; t++) {
        sum[0] += x[t] - first;
        square[0] += (x[t] - first) * (x[t] - first);
    }
    rest = sum[0] + sum[1] + (sum[2] + sum[3]);
    *mean = first + rest / (double)n;
    return (square[0] + square[1] + (square[2] + square[3]) - rest * rest / (double)n) / (double)(n - 1);
}

double heat_variance(int64_t n, const double *x)
{
    double mean;

    return heat_mean_and_variance(n, x, &mean);
}
