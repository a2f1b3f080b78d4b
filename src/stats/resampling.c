/* Binning: the error of a mean of blocks of length B, taken as independent, grows with B to the true one. Its
 * square falls short by a fraction of about tau / 2B, and is itself known to sqrt(2 B / n); the blocks are
 * long enough once B^3 > 2 n tau^2, where the first is a quarter of the second (Flyvbjerg and Petersen, J.
 * Chem. Phys. 91 (1989) 461; the rule of Lee, Conduit, Nemec, Lopez Rios, Drummond, Phys. Rev. E 83 (2011)
 * 066706).
 *
 * Jackknife: f_k from all blocks but k gives n f - (n - 1) mean f_k, free of the bias of order 1 / n, and the
 * error sqrt((n - 1) / n sum (f_k - mean)^2) (Efron, The Jackknife, SIAM 1982, sections 2 and 3). */
#include "stats/resampling.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/moments.h"

#include <math.h>

void heat_block_means(int64_t n, const double *x, int64_t n_blocks, double *blocks)
{
    int64_t length = n / n_blocks;
    const double *from = x + (n - length * n_blocks);

    for (int64_t b = 0; b < n_blocks; b++)
        blocks[b] = heat_mean(length, from + b * length);
}

static double error_of(int64_t n, const double *blocks)
{
    return sqrt(heat_variance(n, blocks) / (double)n);
}

heat_status heat_binning_error(heat_context *ctx, int64_t n, const double *x, double *error, double *tau)
{
    double *blocks, single, growth = 1, length = 1;
    heat_status status;

    if (n < 2)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "binning needs at least 2 draws");
    for (int64_t k = 0; k < n; k++)
        if (!isfinite(x[k]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "draw %lld is %f", (long long)k, x[k]);
    if ((status = heat_alloc(ctx, n, sizeof *blocks, &blocks)) != HEAT_OK)
        return status;
    heat_block_means(n, x, n, blocks);
    single = *error = error_of(n, blocks);
    for (int64_t left = n; left >= 4 && length * length * length <= 2 * (double)n * growth * growth;) {
        heat_block_means(left, blocks, left / 2, blocks);
        left /= 2;
        length *= 2;
        *error = error_of(left, blocks);
        growth = single > 0 ? *error * *error / (single * single) : 1;
    }
    if (tau != NULL)
        *tau = growth;
    heat_free(blocks);
    return HEAT_OK;
}

/* f of the averages over all blocks but one; `left_out` -1: over all. */
static double without(int64_t n_blocks, int64_t n_columns, const double *blocks, const double *totals,
                      int64_t left_out, double *averages, heat_derived_fn f, void *arg)
{
    for (int64_t c = 0; c < n_columns; c++)
        averages[c] = left_out < 0 ? totals[c] / (double)n_blocks
                                   : (totals[c] - blocks[left_out * n_columns + c]) / (double)(n_blocks - 1);
    return f(averages, arg);
}

heat_status heat_jackknife(heat_context *ctx, int64_t n_blocks, int64_t n_columns, const double *blocks,
                           heat_derived_fn f, void *arg, double *value, double *error)
{
    double *totals = NULL, *averages = NULL, *leave_one = NULL, whole;
    double n = (double)n_blocks;
    heat_status status;

    if (n_blocks < 2 || n_columns < 1)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "a jackknife needs at least 2 blocks of at least 1 column");
    if ((status = heat_alloc(ctx, n_columns, sizeof *totals, &totals)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_columns, sizeof *averages, &averages)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_blocks, sizeof *leave_one, &leave_one)) != HEAT_OK)
        goto out;
    for (int64_t b = 0; b < n_blocks; b++)
        for (int64_t c = 0; c < n_columns; c++)
            totals[c] += blocks[b * n_columns + c];
    whole = without(n_blocks, n_columns, blocks, totals, -1, averages, f, arg);
    for (int64_t b = 0; b < n_blocks; b++)
        leave_one[b] = without(n_blocks, n_columns, blocks, totals, b, averages, f, arg);
    *value = n * whole - (n - 1) * heat_mean(n_blocks, leave_one);
    *error = (n - 1) * sqrt(heat_variance(n_blocks, leave_one) / n);
    if (!isfinite(*value) || !isfinite(*error))
        status = heat_fail(ctx, HEAT_ERROR_UNDEFINED, "a function of averages has no value (%f +- %f)",
                           *value, *error);
out:
    heat_free(totals);
    heat_free(averages);
    heat_free(leave_one);
    return status;
}

/* Hill's expansion of Student's quantile in 1 / nu, Commun. ACM 13 (1970) 619: to 1e-3 from nu = 5 on. */
double heat_student_widening(int64_t n)
{
    const double z = 1.959963984540054, z2 = z * z;
    double nu = (double)(n - 1);

    return 1 + (z2 + 1) / (4 * nu) + ((5 * z2 + 16) * z2 + 3) / (96 * nu * nu) +
           (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * nu * nu * nu);
}
