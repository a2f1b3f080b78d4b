/* Every chain is cut into halves; with m halves of n draws, W the mean of their variances and B / n the
 * variance of their means,
 *
 *     var+ = (n - 1) / n W + B / n,    R-hat = sqrt(var+ / W),    rho_t = 1 - (W - c_t) / var+,
 *
 * c_t the mean autocovariance, and ess = m n / tau with tau = -1 + 2 sum_k P_k, P_k = rho_2k + rho_2k+1 as
 * far as it is positive, each at most the one before. Applied to the draws' normal scores (bulk), to those of
 * |x - median| (folded), to the indicators x <= q05 and x <= q95 (tail), and to x itself (the mean's error).
 * Vehtari et al., Bayesian Analysis 16 (2021) 667, sections 3 and 4; Geyer, Statist. Sci. 7 (1992) 473. */
#include "stats/convergence.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/autocovariance.h"
#include "stats/moments.h"
#include "stats/ranks.h"

#include <math.h>

/* One value for every draw that takes part, x[half * length + draw], and the space to judge them. */
typedef struct halves {
    int64_t count; /* two of each chain */
    int64_t length;
    double *x;
    double *means; /* of each half */
    heat_ranked *ranked, *spare;
    heat_autocovariance *lags;
} halves;

typedef struct spread {
    double within;  /* W */
    double between; /* B / n */
} spread;

static spread spread_of(const halves *h)
{
    spread s = {0, 0};

    for (int64_t k = 0; k < h->count; k++) {
        const double *x = h->x + k * h->length;
        h->means[k] = heat_mean(h->length, x);
        s.within += heat_variance(h->length, x) / (double)h->count;
    }
    s.between = heat_variance(h->count, h->means);
    return s;
}

static double pooled_variance(const halves *h, spread s)
{
    return s.within * (double)(h->length - 1) / (double)h->length + s.between;
}

static double rhat_of(const halves *h)
{
    spread s = spread_of(h);

    if (s.within == 0)
        return s.between == 0 ? 1 : (double)INFINITY;
    return sqrt(pooled_variance(h, s) / s.within);
}

/* tau from the mean autocovariances. A last even lag that is positive counts once, and tau is at least
 * 1 / log10(draws), which bounds the gain that anticorrelated draws can claim. */
static double geyer_tau(const halves *h, spread s, const double *covariance)
{
    double pooled = pooled_variance(h, s), least = (double)INFINITY, tau = -1;

    for (int64_t lag = 0; lag + 1 < h->length; lag += 2) {
        double even = lag == 0 ? 1 : 1 - (s.within - covariance[lag]) / pooled;
        double pair = even + 1 - (s.within - covariance[lag + 1]) / pooled;
        if (!(pair > 0)) {
            tau += even > 0 ? even : 0;
            break;
        }
        least = pair < least ? pair : least;
        tau += 2 * least;
    }
    return fmax(tau, 1 / log10((double)(h->count * h->length)));
}

/* The effective sample size; that of constant halves which differ is the number of chains. */
static double ess_of(const halves *h)
{
    spread s = spread_of(h);
    double n = (double)(h->count * h->length);

    if (s.within == 0)
        return s.between == 0 ? n : (double)(h->count / 2);
    return n / geyer_tau(h, s, heat_autocovariance_get(h->lags, h->count, h->x));
}

/* The draws of x cut into halves; the middle one of an odd number is left out. */
static void fill_halves(int64_t n_draws, const double *x, halves *h)
{
    for (int64_t k = 0; k < h->count; k++) {
        const double *from = x + k / 2 * n_draws + (k % 2 == 0 ? 0 : n_draws - h->length);
        for (int64_t t = 0; t < h->length; t++)
            h->x[k * h->length + t] = from[t];
    }
}

/* Puts the normal scores of the halves in their place, and leaves the draws themselves ranked. */
static void score(halves *h)
{
    int64_t n = h->count * h->length;

    heat_rank_values(n, h->x, h->spare, h->ranked);
    heat_ranked_scores(n, h->ranked, h->x);
}

/* Effective sample size of the indicator x <= q. Where that holds for every draw, as at the top value of a
 * discrete quantity, x < q tells the two sides apart. */
static double ess_below(int64_t n_draws, const double *x, double q, halves *h)
{
    int64_t n = h->count * h->length, below = 0;

    fill_halves(n_draws, x, h);
    for (int64_t k = 0; k < n; k++)
        below += h->x[k] <= q;
    for (int64_t k = 0; k < n; k++)
        h->x[k] = below == n ? h->x[k] < q : h->x[k] <= q;
    return ess_of(h);
}

/* The standard error of the mean from the chain means alone, for chains that hardly move; 0 for one chain. */
static double error_between(int64_t n_chains, int64_t n_draws, const double *x, double *means)
{
    for (int64_t c = 0; c < n_chains; c++)
        means[c] = heat_mean(n_draws, x + c * n_draws);
    return n_chains < 2 ? 0 : sqrt(heat_variance(n_chains, means) / (double)n_chains);
}

/* Everything about draws x that are not all equal. */
static void diagnose(int64_t n_chains, int64_t n_draws, const double *x, halves *h, heat_convergence *c)
{
    int64_t n = n_chains * n_draws, n_halved = h->count * h->length;
    double median, mean_ess;

    heat_rank_values(n, x, h->spare, h->ranked);
    c->q05 = heat_ranked_quantile(n, h->ranked, 0.05);
    c->q50 = heat_ranked_quantile(n, h->ranked, 0.5);
    c->q95 = heat_ranked_quantile(n, h->ranked, 0.95);
    c->mean = heat_mean(n, x);
    c->sd = sqrt(heat_variance(n, x));

    fill_halves(n_draws, x, h);
    mean_ess = ess_of(h);
    c->tau = (double)n / mean_ess;
    c->error = c->sd / sqrt(mean_ess);
    if (spread_of(h).within == 0)
        c->error = fmax(c->error, error_between(n_chains, n_draws, x, h->means));

    c->ess_tail = fmin(ess_below(n_draws, x, c->q05, h), ess_below(n_draws, x, c->q95, h));
    fill_halves(n_draws, x, h);
    score(h);
    c->ess = ess_of(h);
    c->rhat = rhat_of(h);
    median = heat_ranked_quantile(n_halved, h->ranked, 0.5);
    for (int64_t k = 0; k < n_halved; k++)
        h->x[h->ranked[k].at] = fabs(h->ranked[k].value - median);
    score(h);
    c->rhat = fmax(c->rhat, rhat_of(h));
}

/* Refuses what is not finite; every |x| is below 2^*exponent. */
static heat_status check_draws(heat_context *ctx, int64_t n_draws, int64_t n, const double *x, int *exponent)
{
    double largest = 0;

    for (int64_t k = 0; k < n; k++) {
        if (!isfinite(x[k]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "draw %lld of chain %lld is %f",
                             (long long)(k % n_draws), (long long)(k / n_draws), x[k]);
        largest = fmax(largest, fabs(x[k]));
    }
    frexp(largest, exponent);
    return HEAT_OK;
}

/* The results of x = y * 2^exponent from those of y. */
static void scale_back(heat_convergence *c, int exponent)
{
    double *const lengths[] = {&c->mean, &c->error, &c->sd, &c->q05, &c->q50, &c->q95};

    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
        *lengths[k] = ldexp(*lengths[k], exponent);
}

static bool all_equal(int64_t n, const double *x)
{
    for (int64_t k = 1; k < n; k++)
        if (x[k] != x[0])
            return false;
    return true;
}

heat_status heat_convergence_get(heat_context *ctx, int64_t n_chains, int64_t n_draws, const double *x,
                                 heat_convergence *out)
{
    int64_t n = n_chains * n_draws;
    halves h = {.count = 2 * n_chains, .length = n_draws / 2};
    double *y = NULL;
    int exponent;
    heat_status status;

    if (n_chains < 1 || n_draws < 4)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "%lld chains of %lld draws: at least 1 of at least 4 are needed",
                         (long long)n_chains, (long long)n_draws);
    if ((status = check_draws(ctx, n_draws, n, x, &exponent)) != HEAT_OK)
        return status;
    if (all_equal(n, x)) {
        double all = (double)n;
        *out = (heat_convergence){x[0], 0, 0, x[0], x[0], x[0], 1, all, all, 1};
        return HEAT_OK;
    }
    if ((status = heat_alloc(ctx, n, sizeof *y, &y)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *h.x, &h.x)) != HEAT_OK ||
        (status = heat_alloc(ctx, h.count, sizeof *h.means, &h.means)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *h.ranked, &h.ranked)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *h.spare, &h.spare)) != HEAT_OK ||
        (status = heat_autocovariance_create(ctx, h.length, &h.lags)) != HEAT_OK)
        goto out;
    for (int64_t k = 0; k < n; k++) /* by a power of two, so that no square over- or underflows */
        y[k] = ldexp(x[k], -exponent);
    diagnose(n_chains, n_draws, y, &h, out);
    scale_back(out, exponent);
out:
    heat_free(y);
    heat_free(h.x);
    heat_free(h.means);
    heat_free(h.ranked);
    heat_free(h.spare);
    heat_autocovariance_free(h.lags);
    return status;
}

heat_status heat_autocorrelation_time(heat_context *ctx, int64_t n, const double *x, double *tau)
{
    heat_autocovariance *lags = NULL;
    const double *covariance;
    double *y = NULL;
    int exponent;
    heat_status status;

    if (n < 1)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an autocorrelation time needs at least 1 draw");
    if ((status = check_draws(ctx, n, n, x, &exponent)) != HEAT_OK)
        return status;
    *tau = 1;
    if (all_equal(n, x))
        return HEAT_OK;
    if ((status = heat_alloc(ctx, n, sizeof *y, &y)) != HEAT_OK ||
        (status = heat_autocovariance_create(ctx, n, &lags)) != HEAT_OK)
        goto out;
    for (int64_t k = 0; k < n; k++)
        y[k] = ldexp(x[k], -exponent);
    covariance = heat_autocovariance_get(lags, 1, y);
    for (int64_t lag = 1; lag < n; lag++) {
        *tau += 2 * covariance[lag] / covariance[0];
        if ((double)lag >= 5 * *tau)
            break;
    }
    *tau = fmax(*tau, 1 / log10((double)n));
out:
    heat_free(y);
    heat_autocovariance_free(lags);
    return status;
}
