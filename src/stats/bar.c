/* With x = log(n_0 / n_1) + log Z_1 - log Z_0 and s(y) = 1 / (1 + exp(-y)), the best weights give
 *
 *     sum_(draws of 0) s(-(x + w)) = sum_(draws of 1) s(x + w).
 *
 * The logarithm of the left falls with x and that of the right rises, at slopes of at most 1, so the root of
 * their difference is bracketed and found by Newton's steps that stay in the bracket. Its variance is
 * (<s^2> / <s>^2 - 1) / n of both sides together. Bennett (1976), equations 10 and 12; Shirts, Bair, Hooker,
 * Pande, Phys. Rev. Lett. 91 (2003) 140601. */
#include "stats/bar.h"
#include "base/context_private.h"
#include "stats/log_sum.h"
#include "stats/moments.h"

#include <math.h>

enum { MOST_STEPS = 200 };
#define LEAST_OVERLAP 1e-11

/* log sums over one side. */
typedef struct side_sums {
    double first;  /* log sum s */
    double second; /* log sum s^2 */
    double slope;  /* d first / dy, y = sign (x + w) */
} side_sums;

/* log s(y). */
static double log_sigmoid(double y)
{
    return y < 0 ? y - log1p(exp(y)) : -log1p(exp(-y));
}

static side_sums sums_of(const heat_bar_side *side, double sign, double x)
{
    heat_log_sum first = HEAT_LOG_SUM_EMPTY, second = HEAT_LOG_SUM_EMPTY;

    for (int64_t t = 0; t < side->n; t++) {
        double y = sign * (x + side->work[t]), value = log_sigmoid(y);
        heat_log_sum_add(&first, value, 1, exp(log_sigmoid(-y)));
        heat_log_sum_add(&second, 2 * value, 1, 0);
    }
    return (side_sums){heat_log_sum_value(&first), heat_log_sum_value(&second), heat_log_sum_mean(&first)};
}

static double independent(const heat_bar_side *side)
{
    return (double)side->n / side->tau;
}

/* log of the left less log of the right, per draw; every draw counts 1 / tau. */
static double imbalance(const heat_bar_side *a, const heat_bar_side *b, double x, double *slope)
{
    side_sums left = sums_of(a, -1, x), right = sums_of(b, 1, x);

    *slope = -left.slope - right.slope;
    return left.first - log(a->tau) - right.first + log(b->tau);
}

static double find_root(const heat_bar_side *a, const heat_bar_side *b)
{
    double x = -0.5 * (heat_mean(a->n, a->work) + heat_mean(b->n, b->work));
    double low = -(double)INFINITY, high = (double)INFINITY, width = 1;

    for (int step = 0; step < MOST_STEPS; step++) {
        double slope, value = imbalance(a, b, x, &slope), next;
        if (value == 0)
            return x;
        if (value > 0)
            low = x;
        else
            high = x;
        next = x - value / slope;
        if (isinf(low) || isinf(high)) {
            width *= 2; /* where the slope vanishes, Newton's step would be endless */
            if (!(fabs(next - x) <= width))
                next = value > 0 ? x + width : x - width;
        } else if (!(next > low && next < high)) {
            next = 0.5 * (low + high);
        }
        if (fabs(next - x) <= 1e-14 * (1 + fabs(x)))
            return next;
        x = next;
    }
    return x;
}

static heat_status check_side(heat_context *ctx, const heat_bar_side *side, int which)
{
    if (side->n < 1 || !(side->tau >= 1 && side->tau < (double)INFINITY))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "BAR: state %d has %lld draws of autocorrelation time %g",
                         which, (long long)side->n, side->tau);
    for (int64_t t = 0; t < side->n; t++)
        if (!isfinite(side->work[t]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "BAR: work %lld from state %d is %f", (long long)t,
                             which, side->work[t]);
    return HEAT_OK;
}

/* The variance of log mean s. */
static double variance_of(const heat_bar_side *side, side_sums s)
{
    return fmax(exp(s.second - 2 * s.first + log((double)side->n)) - 1, 0) / independent(side);
}

/* <p_0 p_1> over the mixture of both in equal parts, relative to <p_0> = <p_1> = 1/2: draws count as many as
 * the other side's. */
static double overlap_of(const heat_bar_side *a, const heat_bar_side *b, double log_z)
{
    double sum = 0;
    const heat_bar_side *sides[] = {a, b};

    for (int s = 0; s < 2; s++)
        for (int64_t t = 0; t < sides[s]->n; t++) {
            double y = log_z + sides[s]->work[t];
            sum += exp(log_sigmoid(y) + log_sigmoid(-y)) / (double)sides[s]->n;
        }
    return sum;
}

heat_status heat_bar_get(heat_context *ctx, const heat_bar_side *from_0, const heat_bar_side *from_1,
                         heat_bar_result *result)
{
    heat_status status = check_side(ctx, from_0, 0);
    double x;

    if (status == HEAT_OK)
        status = check_side(ctx, from_1, 1);
    if (status != HEAT_OK)
        return status;
    x = find_root(from_0, from_1);
    result->log_z = x - log(independent(from_0) / independent(from_1));
    result->error =
        sqrt(variance_of(from_0, sums_of(from_0, -1, x)) + variance_of(from_1, sums_of(from_1, 1, x)));
    result->overlap = overlap_of(from_0, from_1, result->log_z);
    if (!(result->overlap > LEAST_OVERLAP) || !isfinite(result->log_z))
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED, "BAR: the draws of the two states do not overlap (%.1e)",
                         result->overlap);
    return HEAT_OK;
}
