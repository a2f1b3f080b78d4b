/* A bin's share is an average of indicators: its error is that of any average, sqrt(sum_b (p_b - p)^2 / B (B
 * - 1)) over B blocks that are long enough to be independent. */
#include "stats/histogram.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>

enum { MOST_BLOCKS = 32, TIMES_A_BLOCK = 10 };

int64_t heat_histogram_edges(double low, double high, double step, int64_t most_bins, double *edges)
{
    double width, begin, levels;
    int64_t n = most_bins;

    if (step > 0) {
        levels = floor((high - low) / step + 0.5) + 1;
        width = step * ceil(levels / (double)most_bins);
        begin = low - 0.5 * step;
        n = (int64_t)ceil(levels * step / width - 1e-9);
    } else {
        begin = low;
        width = (high - low) / (double)n;
    }
    if (!(width > 0)) {
        n = 1;
        width = fabs(low) > 0 ? 1e-3 * fabs(low) : 1;
        begin = low - 0.5 * width;
    }
    for (int64_t b = 0; b <= n; b++)
        edges[b] = begin + width * (double)b;
    if (!(step > 0) && edges[n] < high)
        edges[n] = high; /* what rounding took */
    return n;
}

/* The bin of a value, -1 outside. */
static int64_t bin_of(int64_t n, const double *edges, double x)
{
    int64_t low = 0, high = n;

    if (!(x >= edges[0] && x <= edges[n]))
        return -1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (x >= edges[middle])
            low = middle;
        else
            high = middle;
    }
    return low;
}

static heat_status check(heat_context *ctx, int64_t n_chains, int64_t n_draws, int64_t stride,
                         const double *x, double tau, int64_t n_bins, const double *edges)
{
    if (n_chains < 1 || n_draws < 1 || n_bins < 1 || !(tau > 0 && tau < (double)INFINITY))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "a histogram of %lld bins from %lld chains of %lld draws, autocorrelation time %g",
                         (long long)n_bins, (long long)n_chains, (long long)n_draws, tau);
    for (int64_t b = 0; b < n_bins; b++)
        if (!(edges[b] < edges[b + 1]) || !isfinite(edges[b]) || !isfinite(edges[b + 1]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "bin %lld from %g to %g is none", (long long)b,
                             edges[b], edges[b + 1]);
    for (int64_t chain = 0; chain < n_chains; chain++)
        for (int64_t t = 0; t < n_draws; t++)
            if (!isfinite(x[chain * stride + t]))
                return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "draw %lld of chain %lld is %f", (long long)t,
                                 (long long)chain, x[chain * stride + t]);
    return HEAT_OK;
}

/* Shares of one block into `share`. */
static void count_block(int64_t length, const double *x, int64_t n_bins, const double *edges, double *share)
{
    for (int64_t b = 0; b < n_bins; b++)
        share[b] = 0;
    for (int64_t t = 0; t < length; t++) {
        int64_t bin = bin_of(n_bins, edges, x[t]);
        if (bin >= 0)
            share[bin] += 1;
    }
    for (int64_t b = 0; b < n_bins; b++)
        share[b] /= (double)length;
}

heat_status heat_histogram_get(heat_context *ctx, int64_t n_chains, int64_t n_draws, int64_t stride,
                               const double *x, double tau, int64_t n_bins, const double *edges, double *p,
                               double *error)
{
    const double per = (double)n_draws / (TIMES_A_BLOCK * tau);
    double n_blocks, floor_error, *share = NULL;
    int64_t per_chain;
    heat_status status = check(ctx, n_chains, n_draws, stride, x, tau, n_bins, edges);

    if (status != HEAT_OK || (status = heat_alloc(ctx, n_bins, sizeof *share, &share)) != HEAT_OK)
        return status;
    per_chain = per > MOST_BLOCKS ? MOST_BLOCKS : per < 1 ? 1 : (int64_t)per;
    if (per_chain > n_draws)
        per_chain = n_draws;
    for (int64_t b = 0; b < n_bins; b++)
        p[b] = error[b] = 0;
    n_blocks = 0;
    for (int64_t chain = 0; chain < n_chains; chain++)
        for (int64_t block = 0; block < per_chain; block++) {
            int64_t begin = n_draws * block / per_chain, end = n_draws * (block + 1) / per_chain;
            count_block(end - begin, x + chain * stride + begin, n_bins, edges, share);
            n_blocks++;
            for (int64_t b = 0; b < n_bins; b++) { /* Welford's running mean and squares */
                double off = share[b] - p[b];
                p[b] += off / n_blocks;
                error[b] += off * (share[b] - p[b]);
            }
        }
    floor_error = fmin(1, tau / ((double)n_chains * (double)n_draws));
    for (int64_t b = 0; b < n_bins; b++)
        error[b] =
            n_blocks < 2 ? (double)NAN : fmax(floor_error, sqrt(error[b] / (n_blocks * (n_blocks - 1))));
    heat_free(share);
    return HEAT_OK;
}
