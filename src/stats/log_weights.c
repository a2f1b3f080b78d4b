/* Everything is relative to the largest weight. The tail is the upper 3 sqrt(N) weights, at most a fifth of
 * all, over the next one below; its shape k, P(x > t) ~ (1 + k t / sigma)^(-1/k), by the profile likelihood
 * averaged over a grid of theta = -k / sigma (Zhang and Stephens, Technometrics 51 (2009) 316); a mean
 * estimated from weights with k > 0.7 has no useful error (Vehtari, Simpson, Gelman, Yao, Gabry, J. Mach.
 * Learn. Res. 25 (2024) 72). Effective sample size: Kong, Liu, Wong, J. Am. Stat. Assoc. 89 (1994) 278. AIS:
 * Neal, Stat. Comput. 11 (2001) 125. */
#include "stats/log_weights.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "random/stream.h"
#include "stats/moments.h"
#include "stats/ranks.h"
#include "stats/resampling.h"

#include <math.h>

enum { LEAST_WEIGHTS = 10, LEAST_TAIL = 5, BOOTSTRAPS = 1000, MOST_GROUPS = 256 };

/* mean of log(1 - theta x). */
static double mean_log(int64_t n, const double *x, double theta)
{
    double sum = 0;

    for (int64_t k = 0; k < n; k++)
        sum += log1p(-theta * x[k]);
    return sum / (double)n;
}

/* Point j of m of the grid, from far below 0 to just below 1 / largest. */
static double grid_point(int64_t n, const double *x, double m, double j)
{
    double quartile = x[(int64_t)((double)n / 4 + 0.5) - 1];

    return 1 / x[n - 1] + (1 - sqrt(m / (j + 0.5))) / (3 * quartile);
}

static double profile(int64_t n, const double *x, double theta)
{
    double k = mean_log(n, x, theta);

    return (double)n * (log(-theta / k) - k - 1);
}

double heat_pareto_shape(int64_t n, const double *x)
{
    double m = 30 + floor(sqrt((double)n)), best = -(double)INFINITY, theta = 0, total = 0, count = (double)n;

    for (double j = 0; j < m; j++)
        best = fmax(best, profile(n, x, grid_point(n, x, m, j)));
    for (double j = 0; j < m; j++) {
        double at = grid_point(n, x, m, j), w = exp(profile(n, x, at) - best);
        if (!(w > 0)) /* the profile has no value at theta = 0 */
            continue;
        theta += w * at;
        total += w;
    }
    return (mean_log(n, x, theta / total) * count + 5) / (count + 10);
}

/* The shape of the largest weights' tail; `w`, scratch for them, holds weights relative to the largest. */
static heat_status fit_tail(heat_context *ctx, int64_t n, double *w, double *shape)
{
    heat_ranked *ranked = NULL, *spare = NULL;
    int64_t length = (int64_t)fmin(0.2 * (double)n, 3 * sqrt((double)n)), first = 0;
    heat_status status;

    if (length < LEAST_TAIL)
        length = LEAST_TAIL;
    if ((status = heat_alloc(ctx, n, sizeof *ranked, &ranked)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *spare, &spare)) != HEAT_OK)
        goto out;
    heat_rank_values(n, w, spare, ranked);
    for (int64_t k = 0; k < length; k++)
        w[k] = ranked[n - length + k].value - ranked[n - length - 1].value;
    while (first < length && !(w[first] > 0)) /* as large as the threshold */
        first++;
    *shape = first == length               ? -(double)INFINITY
             : length - first < LEAST_TAIL ? (double)INFINITY
                                           : heat_pareto_shape(length - first, w + first);
out:
    heat_free(ranked);
    heat_free(spare);
    return status;
}

static double log_of(const double *averages, void *arg)
{
    (void)arg;
    return log(averages[0]);
}

/* sd of the log mean of n_groups means drawn with replacement; those whose mean is 0 count as the smallest.
 */
static double bootstrap(uint64_t seed, int64_t n_groups, const double *means)
{
    double values[BOOTSTRAPS];
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_BOOTSTRAP, 0);
    for (int b = 0; b < BOOTSTRAPS; b++) {
        double sum = 0;
        for (int64_t g = 0; g < n_groups; g++)
            sum += means[heat_stream_below(&stream, (uint64_t)n_groups)];
        values[b] = log(fmax(sum / (double)n_groups, 1e-300));
    }
    return sqrt(heat_variance(BOOTSTRAPS, values));
}

/* Both errors, from the means of the populations, or of up to MOST_GROUPS groups of the one there is. */
static heat_status fill_errors(heat_context *ctx, uint64_t seed, int64_t n_populations, int64_t n,
                               const double *w, heat_log_weights *out)
{
    int64_t n_groups = n_populations > 1 ? n_populations : n < MOST_GROUPS ? n : MOST_GROUPS;
    double *means, unbiased;
    heat_status status = heat_alloc(ctx, n_groups, sizeof *means, &means);

    if (status != HEAT_OK)
        return status;
    for (int64_t g = 0; g < n_groups && n_populations > 1; g++)
        means[g] = heat_mean(n, w + g * n);
    if (n_populations == 1)
        heat_block_means(n, w, n_groups, means);
    status = heat_jackknife(ctx, n_groups, 1, means, log_of, NULL, &unbiased, &out->error);
    if (status == HEAT_ERROR_UNDEFINED) { /* all of the weight in one group */
        out->error = (double)INFINITY;
        status = HEAT_OK;
    }
    out->bootstrap_error = bootstrap(seed, n_groups, means);
    out->bias = -0.5 * out->error * out->error;
    heat_free(means);
    return status;
}

/* A tail whose shape is below a half has its largest of n weights below sqrt(n) / 2 means or so; one that
 * ends there, as that of family sizes does, which repeat each other, is not judged by shape. */
static bool has_tail(double n, const heat_log_weights *r)
{
    return r->largest * sqrt(n) > 0.5;
}

static const char *doubt_of(double n, const heat_log_weights *r)
{
    if (!(r->ess >= HEAT_LEAST_WEIGHTS_ESS))
        return "the effective number of weights is below 20: more temperatures are needed";
    if (has_tail(n, r) && !(r->tail_shape <= fmin(HEAT_MOST_TAIL_SHAPE, 1 - 1 / log10(n))))
        return "the largest weights rule the mean: more temperatures are needed, or the result is too low";
    if (r->bootstrap_error > 0 && !(r->bootstrap_error <= 2 * r->error && r->error <= 2 * r->bootstrap_error))
        return "jackknife and bootstrap disagree on the error: more populations are needed";
    return NULL;
}

static heat_status check(heat_context *ctx, int64_t n_populations, int64_t n, const double *log_weight)
{
    if (n_populations < 1 || n < 1 || n_populations * n < LEAST_WEIGHTS)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "weights are judged from %d on", LEAST_WEIGHTS);
    for (int64_t k = 0; k < n_populations * n; k++)
        if (!(log_weight[k] < (double)INFINITY))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "log weight %lld is %f", (long long)k, log_weight[k]);
    return HEAT_OK;
}

heat_status heat_log_weights_get(heat_context *ctx, uint64_t seed, int64_t n_populations, int64_t n,
                                 const double *log_weight, heat_log_weights *out)
{
    int64_t all = n_populations * n;
    double largest = -(double)INFINITY, squares = 0, mean, *w = NULL;
    heat_status status = check(ctx, n_populations, n, log_weight);

    for (int64_t k = 0; k < all && status == HEAT_OK; k++)
        largest = fmax(largest, log_weight[k]);
    if (status == HEAT_OK && isinf(largest))
        status = heat_fail(ctx, HEAT_ERROR_UNDEFINED, "every weight is 0");
    if (status != HEAT_OK || (status = heat_alloc(ctx, all, sizeof *w, &w)) != HEAT_OK)
        return status;
    for (int64_t k = 0; k < all; k++) {
        w[k] = exp(log_weight[k] - largest);
        squares += w[k] * w[k];
    }
    mean = heat_mean(all, w);
    out->log_mean = largest + log(mean);
    out->ess = mean * (double)all * (mean * (double)all / squares);
    out->largest = 1 / (mean * (double)all);
    out->variance = heat_variance(all, log_weight);
    status = fill_errors(ctx, seed, n_populations, n, w, out);
    if (status == HEAT_OK)
        status = fit_tail(ctx, all, w, &out->tail_shape);
    out->doubt = doubt_of((double)all, out);
    heat_free(w);
    return status;
}
