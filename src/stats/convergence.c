/* Every chain is cut into halves; with m halves of n draws, W the mean of their variances and B / n the
 * variance of their means,
 *
 *     var+ = (n - 1) / n W + B / n,    R-hat = sqrt(var+ / W),    rho_t = 1 - (W - c_t) / var+,
 *
 * c_t the mean autocovariance, and ess = m n / tau with tau = -1 + 2 sum_k P_k, P_k = rho_2k + rho_2k+1 as
 * far as it is positive, each at most the one before. Applied to the draws' normal scores (bulk), to those of
 * |x - median| (folded), to the indicators x <= q05 and x <= q95 (tail), and to x itself (the mean's error).
 * Vehtari et al., Bayesian Analysis 16 (2021) 667, sections 3 and 4; Geyer, Statist. Sci. 7 (1992) 473.
 *
 * Where chains are many, R-hat asks too much: B / n holds what lasts, the sign of chains that are stuck, and
 * W tau / n, which means of n draws scatter by however well they mix; for R-hat to be 1.01 each half must
 * have 50 tau, though a thousand of them together have far more draws than are needed (Vats and Knudson,
 * Statist. Sci. 36 (2021) 518; Margossian et al., Bayesian Analysis 20 (2025) 1167, pool chains from one
 * start instead). But with many chains the two can be told apart: what lasts is the covariance, across
 * chains, of the means a and b of their first and last thirds. Thus
 *
 *     lasting R-hat = sqrt(1 + (C - se(C) + (mean b - mean a)^2 / 4) / W),   C = cov(a, b),
 *
 * se(C)^2 = (var a var b + C^2) / (chains - 1): above 1.01 the variance that lasts is too large, and with a
 * margin of one standard error no accident of good chains, whose C scatters about 0. An average over many
 * chains is sharper than each, so that a drift far below W can be many of its errors: it is told in its own,
 *
 *     drift = |mean b - mean a| sqrt(chains / var(b - a)). */
#include "stats/convergence.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "stats/autocovariance.h"
#include "stats/levels.h"
#include "stats/moments.h"
#include "stats/ranks.h"

#include <math.h>
#include <string.h>

enum {
    MOST_PICKED = 64, /* chains whose autocovariances are taken: tau is then known to some percent */
    DIRECT_LAGS = 32, /* summed one by one, as long as the correlations are; then all at once */
};

/* The draws as codes, cut into two halves a chain. What is judged is a function of the draw: a table of its
 * values at the draws' levels, and ordered levels of its own, which several of theirs may share. */
struct heat_draws {
    heat_draw_table shape; /* of the draws, which are not kept: their codes are */
    int64_t n_chains, n_draws;
    int64_t count, length;   /* halves, and draws in each: the middle one of an odd number is left out */
    heat_levels draws;       /* as they came, with the codes; counted once, over the halves */
    int64_t *in_all;         /* [level of the draws] how many there are, the middle ones included */
    heat_levels levels;      /* of the function, without codes */
    uint32_t *place;         /* [level of the draws] its level of the function */
    uint32_t *place_before;  /* that of the function judged before */
    heat_convergence before; /* and what was found: with the same order it is the same, where ranks decide */
    bool has_before;
    double *table;           /* [level of the draws] */
    double *score;           /* [level of the function] */
    double *means;           /* [half], of the quantity loaded last, as all below */
    double *variances;       /* [half] */
    double *outer;           /* [half] of the two thirds that are farther from the other half */
    double within;           /* W */
    double between;          /* B / n */
    int64_t every, n_picked; /* chains 0, every, 2 every, ...; their halves */
    double *picked;          /* [picked half][draw], about its mean */
    double *scratch;         /* [thread][draw] */
    double picked_within;    /* W of these */
    heat_autocovariance *lags;
    const double *covariance; /* by the transform, once it was needed */
};

typedef struct heat_draws halves;

static void centre(int64_t n, double *x, double mean)
{
    for (int64_t t = 0; t < n; t++)
        x[t] -= mean;
}

static bool is_picked(const halves *h, int64_t chain)
{
    return chain % h->every == 0;
}

/* Looks up the quantity at every draw of half k, and takes its mean and variance. */
static void load_half(halves *h, int64_t k, double *scratch)
{
    const int64_t third = 2 * h->length / 3, chain = k / 2, second = k % 2;
    const uint32_t *code = h->draws.code + chain * h->n_draws + (second ? h->n_draws - h->length : 0);
    double *x = is_picked(h, chain) ? h->picked + (chain / h->every * 2 + second) * h->length : scratch;

    for (int64_t t = 0; t < h->length; t++)
        x[t] = h->table[code[t]];
    h->variances[k] = heat_mean_and_variance(h->length, x, &h->means[k]);
    if (h->n_chains >= HEAT_MANY_CHAINS)
        h->outer[k] = heat_mean(third, second ? x + h->length - third : x);
    if (is_picked(h, chain))
        centre(h->length, x, h->means[k]);
}

static void load_unit(void *arg, int64_t unit, int thread)
{
    halves *h = arg;
    int64_t end = 2 * heat_draw_table_unit(&h->shape, unit + 1);

    for (int64_t k = 2 * heat_draw_table_unit(&h->shape, unit); k < end; k++)
        load_half(h, k, h->scratch + thread * h->length);
}

/* Every half, and their averages in order. */
static void load(halves *h)
{
    h->within = h->picked_within = 0;
    h->covariance = NULL;
    heat_parallel_whole(h->shape.threads, heat_draw_table_units(&h->shape), load_unit, h);
    for (int64_t k = 0; k < h->count; k++) {
        h->within += h->variances[k] / (double)h->count;
        if (is_picked(h, k / 2))
            h->picked_within += h->variances[k] / (double)h->n_picked;
    }
    h->between = heat_variance(h->count, h->means);
}

static double pooled_variance(const halves *h)
{
    return h->within * (double)(h->length - 1) / (double)h->length + h->between;
}

static double rhat_of(const halves *h)
{
    if (h->within == 0)
        return h->between == 0 ? 1 : (double)INFINITY;
    return sqrt(pooled_variance(h) / h->within);
}

/* R-hat of what lasts and the drift, where chains are many; see the head. */
static void judge_what_lasts(const halves *h, double *rhat, double *drift)
{
    double n = (double)h->n_chains, mean[2] = {0, 0}, square[2] = {0, 0}, product = 0, off, spread, lasting;

    *rhat = h->between == 0 ? 1 : (double)INFINITY;
    *drift = 0;
    if (h->within == 0)
        return;
    for (int64_t k = 0; k < h->count; k++)
        mean[k % 2] += h->outer[k] / n;
    for (int64_t c = 0; c < h->n_chains; c++) {
        double a = h->outer[2 * c] - mean[0], b = h->outer[2 * c + 1] - mean[1];
        square[0] += a * a / (n - 1);
        square[1] += b * b / (n - 1);
        product += a * b / (n - 1);
    }
    off = mean[1] - mean[0];
    spread = square[0] + square[1] - 2 * product;
    lasting = fmax(0, product - sqrt((square[0] * square[1] + product * product) / (n - 1))) + off * off / 4;
    *rhat = sqrt(1 + lasting / h->within);
    *drift = off == 0 ? 0 : spread > 0 ? fabs(off) * sqrt(n / spread) : (double)INFINITY;
}

/* The mean autocovariance of the picked halves at a lag, in the units of all halves' W. */
static double covariance_at(halves *h, int64_t lag)
{
    double share = h->within / h->picked_within;

    if (lag < DIRECT_LAGS)
        return share * heat_autocovariance_at(h->n_picked, h->length, h->picked, lag);
    if (h->covariance == NULL)
        h->covariance = heat_autocovariance_get(h->lags, h->n_picked, h->picked);
    return share * h->covariance[lag];
}

/* tau from the mean autocovariances. A last even lag that is positive counts once, and tau is at least
 * 1 / log10(draws), which bounds the gain that anticorrelated draws can claim. */
static double geyer_tau(halves *h)
{
    double pooled = pooled_variance(h), least = (double)INFINITY, tau = -1;

    for (int64_t lag = 0; lag + 1 < h->length; lag += 2) {
        double even = lag == 0 ? 1 : 1 - (h->within - covariance_at(h, lag)) / pooled;
        double pair = even + 1 - (h->within - covariance_at(h, lag + 1)) / pooled;
        if (!(pair > 0)) {
            tau += even > 0 ? even : 0;
            break;
        }
        least = pair < least ? pair : least;
        tau += 2 * least;
    }
    return fmax(tau, 1 / log10((double)(h->count * h->length)));
}

/* The effective sample size; that of constant halves which differ is the number of chains, and where the
 * picked ones are constant each half counts once. */
static double ess_of(halves *h)
{
    double n = (double)(h->count * h->length);

    if (h->within == 0)
        return h->between == 0 ? n : (double)h->n_chains;
    if (h->picked_within == 0)
        return (double)h->count;
    return n / geyer_tau(h);
}

/* Effective sample size of the indicator x <= q. Where that holds for every draw, as at the top value of a
 * discrete quantity, x < q tells the two sides apart. */
static double ess_below(double q, halves *h)
{
    int64_t top = h->levels.count - 1;

    while (h->levels.draws[top] == 0)
        top--;
    for (int64_t k = 0; k < h->draws.count; k++) {
        double value = h->levels.value[h->place[k]];
        h->table[k] = h->levels.value[top] <= q ? value < q : value <= q;
    }
    load(h);
    return ess_of(h);
}

/* The standard error of the mean from the chain means alone, for chains that hardly move; 0 for one chain. */
static double error_between(halves *h)
{
    for (int64_t c = 0; c < h->n_chains; c++) {
        const uint32_t *code = h->draws.code + c * h->n_draws;
        h->means[c] = 0;
        for (int64_t t = 0; t < h->n_draws; t++)
            h->means[c] += h->table[code[t]] / (double)h->n_draws;
    }
    return h->n_chains < 2 ? 0 : sqrt(heat_variance(h->n_chains, h->means) / (double)h->n_chains);
}

/* Draws of each level of the function, from those of each level of the draws. */
static void count(halves *h, const int64_t *n_draws)
{
    memset(h->levels.draws, 0, (size_t)h->levels.count * sizeof *h->levels.draws);
    for (int64_t k = 0; k < h->draws.count; k++)
        h->levels.draws[h->place[k]] += n_draws[k];
}

/* Mean and standard deviation of all n draws, from their counts. */
static double mean_and_sd(const heat_levels *l, int64_t n, double *mean)
{
    double sum = 0, squares = 0;

    for (int64_t k = 0; k < l->count; k++)
        sum += (double)l->draws[k] * (l->value[k] - l->value[0]);
    *mean = l->value[0] + sum / (double)n;
    for (int64_t k = 0; k < l->count; k++)
        squares += (double)l->draws[k] * (l->value[k] - *mean) * (l->value[k] - *mean);
    return sqrt(squares / (double)(n - 1));
}

static void load_scores(halves *h)
{
    for (int64_t k = 0; k < h->draws.count; k++)
        h->table[k] = h->score[h->place[k]];
    load(h);
}

/* R-hats of the scores that stand in the table. */
static void add_rhats(halves *h, heat_convergence *c)
{
    double lasting, drift;

    c->rhat = fmax(c->rhat, rhat_of(h));
    if (h->n_chains < HEAT_MANY_CHAINS)
        return;
    judge_what_lasts(h, &lasting, &drift);
    c->rhat_lasting = fmax(c->rhat_lasting, lasting);
    c->drift = fmax(c->drift, drift);
}

/* What ranks alone decide: the tail and the bulk. */
static void judge_ranks(halves *h, heat_convergence *c)
{
    c->ess_tail = fmin(ess_below(c->q05, h), ess_below(c->q95, h));
    c->rhat = c->rhat_lasting = c->drift = 0;
    heat_levels_scores(&h->levels, h->count * h->length, h->score);
    load_scores(h);
    c->ess = ess_of(h);
    add_rhats(h, c);
}

static void judge_folded(halves *h, heat_convergence *c)
{
    const int64_t n = h->count * h->length;

    heat_levels_folded_scores(&h->levels, n, heat_levels_quantile(&h->levels, n, 0.5), h->score);
    load_scores(h);
    add_rhats(h, c);
    c->rhat_lasting = h->n_chains >= HEAT_MANY_CHAINS ? fmin(c->rhat, c->rhat_lasting) : c->rhat;
}

/* Everything about a function that is not constant; it stands in the table. */
static void diagnose(halves *h, heat_convergence *c)
{
    const int64_t n = h->n_chains * h->n_draws;
    const heat_convergence *b = &h->before;
    double mean_ess;

    count(h, h->in_all);
    c->q05 = heat_levels_quantile(&h->levels, n, 0.05);
    c->q50 = heat_levels_quantile(&h->levels, n, 0.5);
    c->q95 = heat_levels_quantile(&h->levels, n, 0.95);
    c->sd = mean_and_sd(&h->levels, n, &c->mean);

    load(h);
    mean_ess = ess_of(h);
    c->tau = (double)n / mean_ess;
    c->error = c->sd / sqrt(mean_ess);
    if (h->within == 0)
        c->error = fmax(c->error, error_between(h));

    count(h, h->draws.draws);
    if (h->has_before && memcmp(h->place, h->place_before, (size_t)h->draws.count * sizeof *h->place) == 0) {
        c->ess_tail = b->ess_tail;
        c->ess = b->ess;
        c->rhat = b->rhat;
        c->rhat_lasting = b->rhat_lasting;
        c->drift = b->drift;
    } else {
        judge_ranks(h, c);
    }
    h->before = *c;
    h->has_before = true;
    memcpy(h->place_before, h->place, (size_t)h->draws.count * sizeof *h->place);
    judge_folded(h, c);
}

/* Refuses what is not finite. */
static heat_status check_draws(heat_context *ctx, const heat_draw_table *t)
{
    for (int64_t c = 0; c < t->n_chains; c++)
        for (int64_t k = 0; k < t->n_draws; k++) {
            double x = t->x[c * t->stride + k];
            if (!isfinite(x))
                return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "draw %lld of chain %lld is %f", (long long)k,
                                 (long long)c, x);
        }
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

/* The levels of the function in the table, which need not rise with the draws'. */
static heat_status order_levels(heat_context *ctx, halves *h)
{
    const int64_t n = h->draws.count;
    heat_ranked *ranked = NULL, *spare = NULL;
    bool rises = true;
    heat_status status = HEAT_OK;

    for (int64_t k = 1; k < n && rises; k++)
        rises = h->table[k] > h->table[k - 1];
    for (int64_t k = 0; k < n && rises; k++) {
        h->levels.value[k] = h->table[k];
        h->place[k] = (uint32_t)k;
    }
    h->levels.count = n;
    if (rises)
        return HEAT_OK;
    if ((status = heat_alloc_unset(ctx, n, sizeof *ranked, &ranked)) == HEAT_OK &&
        (status = heat_alloc_unset(ctx, n, sizeof *spare, &spare)) == HEAT_OK) {
        heat_rank_values(n, h->table, spare, ranked);
        h->levels.count = 0;
        for (int64_t k = 0; k < n; k++) {
            if (k == 0 || ranked[k].value != ranked[k - 1].value)
                h->levels.value[h->levels.count++] = ranked[k].value;
            h->place[ranked[k].at] = (uint32_t)(h->levels.count - 1);
        }
    }
    heat_free(ranked);
    heat_free(spare);
    return status;
}

static heat_status alloc_levels(heat_context *ctx, halves *h)
{
    const int64_t n = h->draws.count;
    heat_status status = heat_alloc(ctx, n, sizeof *h->in_all, &h->in_all);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *h->levels.value, &h->levels.value);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *h->levels.draws, &h->levels.draws);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *h->place, &h->place);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *h->place_before, &h->place_before);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *h->table, &h->table);
    return status == HEAT_OK ? heat_alloc(ctx, n, sizeof *h->score, &h->score) : status;
}

static heat_status alloc_halves(heat_context *ctx, halves *h)
{
    heat_status status = heat_alloc(ctx, h->count, sizeof *h->means, &h->means);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, h->count, sizeof *h->outer, &h->outer);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, h->n_picked * h->length, sizeof *h->picked, &h->picked);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, h->count, sizeof *h->variances, &h->variances);
    if (status == HEAT_OK)
        status =
            heat_alloc(ctx, heat_thread_count(h->shape.threads) * h->length, sizeof *h->scratch, &h->scratch);
    return status == HEAT_OK ? heat_autocovariance_create(ctx, h->length, &h->lags) : status;
}

/* The draws of each level, in all and in the halves. */
static void count_draws(halves *h)
{
    heat_levels *l = &h->draws;

    heat_levels_count(l, h->n_chains, h->n_draws, 0, h->n_draws, true);
    memcpy(h->in_all, l->draws, (size_t)l->count * sizeof *h->in_all);
    if (h->n_draws % 2 == 0)
        return;
    heat_levels_count(l, h->n_chains, h->n_draws, 0, h->length, true);
    heat_levels_count(l, h->n_chains, h->n_draws, h->n_draws - h->length, h->length, false);
}

heat_status heat_draws_create(heat_context *ctx, const heat_draw_table *t, heat_draws **out)
{
    const int64_t every = (t->n_chains + MOST_PICKED - 1) / MOST_PICKED;
    halves *h;
    heat_status status;

    *out = NULL;
    if (t->n_chains < 1 || t->n_draws < 4)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "%lld chains of %lld draws: at least 1 of at least 4 are needed",
                         (long long)t->n_chains, (long long)t->n_draws);
    status = check_draws(ctx, t);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *h, &h);
    if (status != HEAT_OK)
        return status;
    h->shape = *t;
    h->shape.x = NULL;
    h->n_chains = t->n_chains;
    h->n_draws = t->n_draws;
    h->count = 2 * t->n_chains;
    h->length = t->n_draws / 2;
    h->every = every;
    h->n_picked = 2 * ((t->n_chains + every - 1) / every);
    status = heat_levels_init(ctx, t, &h->draws);
    if (status == HEAT_OK)
        status = alloc_levels(ctx, h);
    if (status == HEAT_OK)
        status = alloc_halves(ctx, h);
    if (status != HEAT_OK) {
        heat_draws_free(h);
        return status;
    }
    count_draws(h);
    *out = h;
    return HEAT_OK;
}

void heat_draws_free(heat_draws *h)
{
    if (h == NULL)
        return;
    heat_levels_clear(&h->draws);
    heat_levels_clear(&h->levels);
    heat_free(h->in_all);
    heat_free(h->place);
    heat_free(h->place_before);
    heat_free(h->table);
    heat_free(h->score);
    heat_free(h->means);
    heat_free(h->variances);
    heat_free(h->outer);
    heat_free(h->picked);
    heat_free(h->scratch);
    heat_autocovariance_free(h->lags);
    heat_free(h);
}

heat_status heat_draws_judge(heat_context *ctx, heat_draws *h, heat_quantity_fn f, double parameter,
                             heat_convergence *out)
{
    const int64_t n_levels = h->draws.count;
    const double n = (double)(h->n_chains * h->n_draws);
    double largest = 0;
    int exponent;
    heat_status status;

    for (int64_t k = 0; k < n_levels; k++) {
        double value = f == NULL ? h->draws.value[k] : f(h->draws.value[k], parameter);
        if (!isfinite(value))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "a function of the draw %g is %f", h->draws.value[k],
                             value);
        largest = fmax(largest, fabs(value));
        h->table[k] = value;
    }
    if (all_equal(n_levels, h->table)) {
        double x = h->table[0];
        *out = (heat_convergence){x, 0, 0, x, x, x, 1, n, n, 1, 1, 0};
        return HEAT_OK;
    }
    frexp(largest, &exponent);
    for (int64_t k = 0; k < n_levels; k++) /* so that no square over- or underflows */
        h->table[k] = ldexp(h->table[k], -exponent);
    status = order_levels(ctx, h);
    if (status != HEAT_OK)
        return status;
    diagnose(h, out);
    scale_back(out, exponent);
    return HEAT_OK;
}

heat_status heat_convergence_get(heat_context *ctx, int64_t n_chains, int64_t n_draws, const double *x,
                                 heat_convergence *out)
{
    const heat_draw_table table = {n_chains, n_draws, n_draws, x, 1};
    heat_draws *draws;
    heat_status status = heat_draws_create(ctx, &table, &draws);

    if (status == HEAT_OK)
        status = heat_draws_judge(ctx, draws, NULL, 0, out);
    heat_draws_free(draws);
    return status;
}

heat_status heat_autocorrelation_time(heat_context *ctx, int64_t n, const double *x, double *tau)
{
    heat_autocovariance *lags = NULL;
    const double *covariance;
    double *y = NULL, largest = 0;
    int exponent;
    heat_status status;

    if (n < 1)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an autocorrelation time needs at least 1 draw");
    if ((status = check_draws(ctx, &(heat_draw_table){1, n, n, x, 1})) != HEAT_OK)
        return status;
    for (int64_t k = 0; k < n; k++)
        largest = fmax(largest, fabs(x[k]));
    frexp(largest, &exponent);
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
