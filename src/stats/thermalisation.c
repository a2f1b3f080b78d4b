/* With z_j, j < m, the batch means and d of them left out, MSER(d) = sum_(j >= d) (z_j - mean)^2 / (m - d)^2:
 * what is gained by dropping a bad start is weighed against the draws lost with it. Sums run from the back,
 * by Welford's recursion (Technometrics 4 (1962) 419). White, Simulation 69 (1997) 323; White, Cobb, Spratt,
 * Proc. Winter Simulation Conf. (2000) 755. */
#include "stats/thermalisation.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>

enum { BATCH = 5, LEAST_DRAWS = 20 };

/* The mean of batch j over all chains; the draws that fill no batch are at the front. */
static double batch_mean(int64_t n_chains, int64_t stride, const double *x, int64_t begin)
{
    double first = x[begin], sum = 0;

    for (int64_t chain = 0; chain < n_chains; chain++)
        for (int64_t t = begin; t < begin + BATCH; t++)
            sum += x[chain * stride + t] - first;
    return first + sum / (double)(BATCH * n_chains);
}

heat_status heat_thermalisation_get(heat_context *ctx, int64_t n_chains, int64_t n_draws, int64_t stride,
                                    const double *x, heat_thermalisation *out)
{
    int64_t m = n_draws / BATCH, rest = n_draws % BATCH, best = 0;
    double mean = 0, squares = 0, least = (double)INFINITY;

    if (n_chains < 1 || n_draws < LEAST_DRAWS)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "thermalisation is judged from %d draws on, not %lld",
                         LEAST_DRAWS, (long long)n_draws);
    for (int64_t j = m - 1; j >= 0; j--) {
        double z = batch_mean(n_chains, stride, x, rest + j * BATCH), n = (double)(m - j), before = z - mean;
        if (!isfinite(z))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "draws from %lld on are not finite",
                             (long long)(rest + j * BATCH));
        mean += before / n;
        squares += before * (z - mean);
        if (j <= m / 2 && squares / (n * n) <= least) { /* of equals the one that keeps most */
            least = squares / (n * n);
            best = j;
        }
    }
    out->discard = best == 0 ? 0 : rest + best * BATCH;
    if (out->discard > n_draws / 2)
        out->discard = n_draws / 2;
    out->settled = best < m / 2;
    return HEAT_OK;
}
