/* d log Z / d beta = -<E> and d <E> / d beta = -Var(E): with both ends' values and slopes, an interval h
 * gives
 *
 *     log Z_1 - log Z_0 = -h (E_0 + E_1) / 2 + h^2 (Var_0 - Var_1) / 12
 *
 * up to h^5 / 720 of the fourth derivative of <E>. On every second rung the error is up to 2^4 times as
 * large, so that their difference bounds it; rungs that are too far apart for the order to hold leave less
 * than that, and a third is taken. Kirkwood, J. Chem. Phys. 3 (1935) 300; the corrected trapezoid: Davis and
 * Rabinowitz, Methods of Numerical Integration (2nd ed., 1984), section 2.9. */
#include "stats/ladder_integral.h"
#include "base/context_private.h"

#include <math.h>

static double interval(const heat_ladder_rung *a, const heat_ladder_rung *b)
{
    double h = b->beta - a->beta;

    return -0.5 * h * (a->energy + b->energy) + h * h * (a->variance - b->variance) / 12;
}

static double sum_of(int32_t n, const heat_ladder_rung *rungs, int32_t stride)
{
    double sum = 0;

    for (int32_t k = 0; k + 1 < n; k += stride) {
        int32_t next = k + stride < n - 1 ? k + stride : n - 1;
        sum += interval(&rungs[k], &rungs[next]);
    }
    return sum;
}

static heat_status check(heat_context *ctx, int32_t n, const heat_ladder_rung *rungs)
{
    if (n < 2)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an integral over a ladder needs at least 2 rungs");
    for (int32_t k = 0; k < n; k++) {
        const heat_ladder_rung *r = &rungs[k];
        if (!isfinite(r->beta) || !isfinite(r->energy) || !(r->error >= 0 && r->error < (double)INFINITY) ||
            !(r->variance >= 0 && r->variance < (double)INFINITY))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                             "rung %d has beta %g, energy %g, error %g, variance %g", k, r->beta, r->energy,
                             r->error, r->variance);
        if (k > 0 && !((r->beta - rungs[k - 1].beta) * (rungs[n - 1].beta - rungs[0].beta) > 0))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "rung %d breaks the order of the ladder", k);
    }
    return HEAT_OK;
}

heat_status heat_ladder_integral_get(heat_context *ctx, int32_t n, const heat_ladder_rung *rungs,
                                     heat_ladder_integral *result)
{
    double variance = 0;
    heat_status status = check(ctx, n, rungs);

    if (status != HEAT_OK)
        return status;
    result->log_z = sum_of(n, rungs, 1);
    for (int32_t k = 0; k < n; k++) {
        double before = k > 0 ? rungs[k].beta - rungs[k - 1].beta : 0;
        double after = k + 1 < n ? rungs[k + 1].beta - rungs[k].beta : 0;
        double part = 0.5 * (before + after) * rungs[k].error;
        variance += part * part;
    }
    result->error = sqrt(variance);
    result->rule_error = n < 5 ? (double)NAN : fabs(sum_of(n, rungs, 2) - result->log_z) / 3;
    return HEAT_OK;
}
