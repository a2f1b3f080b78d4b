/* Convergence against a naive transcription of the paper (Vehtari et al. 2021): ranks by counting, the normal
 * quantile by bisection, autocovariances by double loops; and against AR(1) chains, x' = phi x + noise, whose
 * autocorrelation time is (1 + phi) / (1 - phi). */
#include "random/stream.h"
#include "stats/convergence.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };

static double naive_quantile(int n, const double *x, double p)
{
    double place = p * (n - 1), below = 0, above = 0;

    for (int k = 0; k < n; k++) { /* the order statistics just below and above the place */
        int less = 0, equal = 0;
        for (int j = 0; j < n; j++) {
            less += x[j] < x[k];
            equal += x[j] == x[k];
        }
        if (less <= floor(place) && floor(place) < less + equal)
            below = x[k];
        if (less <= ceil(place) && ceil(place) < less + equal)
            above = x[k];
    }
    return below + (place - floor(place)) * (above - below);
}

static double naive_normal_quantile(double p)
{
    double low = -10, high = 10;

    for (int k = 0; k < 100; k++) {
        double z = (low + high) / 2;
        if (0.5 * erfc(-z / sqrt(2)) < p)
            low = z;
        else
            high = z;
    }
    return low;
}

static void naive_scores(int n, const double *x, double *z)
{
    for (int k = 0; k < n; k++) {
        int less = 0, equal = 0;
        for (int j = 0; j < n; j++) {
            less += x[j] < x[k];
            equal += x[j] == x[k];
        }
        z[k] = naive_normal_quantile((less + (equal + 1) / 2.0 - 3.0 / 8) / (n + 1.0 / 4));
    }
}

static double naive_mean(int n, const double *x)
{
    long double sum = 0;

    for (int k = 0; k < n; k++)
        sum += x[k];
    return (double)(sum / n);
}

static double naive_covariance(int n, const double *x, int lag)
{
    double mean = naive_mean(n, x);
    long double sum = 0;

    for (int t = 0; t + lag < n; t++)
        sum += (x[t] - mean) * (x[t + lag] - mean);
    return (double)(sum / n);
}

/* W and var+ of m series of n. */
static void naive_variances(int m, int n, const double *x, double *within, double *pooled)
{
    double grand = naive_mean(m * n, x), between = 0;

    *within = 0;
    for (int k = 0; k < m; k++) {
        double mean = naive_mean(n, x + k * n);
        *within += naive_covariance(n, x + k * n, 0) * n / (n - 1.0) / m;
        between += n * (mean - grand) * (mean - grand) / (m - 1);
    }
    *pooled = (n - 1.0) / n * *within + between / n;
}

static double naive_rhat(int m, int n, const double *x)
{
    double within, pooled;

    naive_variances(m, n, x, &within, &pooled);
    return sqrt(pooled / within);
}

static double naive_ess(int m, int n, const double *x)
{
    static double rho[MOST], pair[MOST];
    double within, pooled, tau = -1, total = (double)m * n;
    int n_pairs = 0;

    naive_variances(m, n, x, &within, &pooled);
    for (int t = 0; t < n; t++) {
        double covariance = 0;
        for (int k = 0; k < m; k++)
            covariance += naive_covariance(n, x + k * n, t) / m;
        rho[t] = t == 0 ? 1 : 1 - (within - covariance) / pooled;
    }
    while (2 * n_pairs + 1 < n && rho[2 * n_pairs] + rho[2 * n_pairs + 1] > 0) {
        pair[n_pairs] = rho[2 * n_pairs] + rho[2 * n_pairs + 1];
        for (int j = 0; j < n_pairs; j++)
            pair[n_pairs] = fmin(pair[n_pairs], pair[j]);
        tau += 2 * pair[n_pairs];
        n_pairs++;
    }
    if (2 * n_pairs + 1 < n && rho[2 * n_pairs] > 0)
        tau += rho[2 * n_pairs];
    return tau > 0 ? fmin(total / tau, total * log10(total)) : total * log10(total);
}

static heat_convergence naive_convergence(int chains, int draws, const double *x)
{
    static double split[MOST], work[MOST], folded[MOST];
    int n = draws / 2, m = 2 * chains, all = chains * draws;
    double mean_ess, median, tail[2], square = 0;
    heat_convergence c;

    for (int k = 0; k < chains; k++) {
        memcpy(split + 2 * k * n, x + k * draws, (size_t)n * sizeof *x);
        memcpy(split + (2 * k + 1) * n, x + k * draws + draws - n, (size_t)n * sizeof *x);
    }
    c.mean = naive_mean(all, x);
    for (int k = 0; k < all; k++)
        square += (x[k] - c.mean) * (x[k] - c.mean);
    c.sd = sqrt(square / (all - 1));
    c.q05 = naive_quantile(all, x, 0.05);
    c.q50 = naive_quantile(all, x, 0.50);
    c.q95 = naive_quantile(all, x, 0.95);
    mean_ess = naive_ess(m, n, split);
    c.error = c.sd / sqrt(mean_ess);
    c.tau = all / mean_ess;
    for (int side = 0; side < 2; side++) {
        for (int k = 0; k < m * n; k++)
            work[k] = split[k] <= (side == 0 ? c.q05 : c.q95);
        tail[side] = naive_ess(m, n, work);
    }
    c.ess_tail = fmin(tail[0], tail[1]);
    naive_scores(m * n, split, work);
    c.ess = naive_ess(m, n, work);
    c.rhat = naive_rhat(m, n, work);
    median = naive_quantile(m * n, split, 0.5);
    for (int k = 0; k < m * n; k++)
        folded[k] = fabs(split[k] - median);
    naive_scores(m * n, folded, work);
    c.rhat = fmax(c.rhat, naive_rhat(m, n, work));
    return c;
}

static void fill_ar1(uint64_t seed, double phi, int64_t chains, int64_t draws, double *x)
{
    for (int64_t c = 0; c < chains; c++) {
        heat_stream stream;
        double y;
        heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, (uint64_t)c);
        y = heat_stream_normal(&stream);
        for (int64_t t = 0; t < draws; t++) {
            x[c * draws + t] = y;
            y = phi * y + sqrt(1 - phi * phi) * heat_stream_normal(&stream);
        }
    }
}

static void compare(int chains, int draws, const double *x, double scale, const char *what)
{
    heat_context *ctx = test_context();
    heat_convergence c, e = naive_convergence(chains, draws, x);

    assert_ok(ctx, heat_convergence_get(ctx, chains, draws, x, &c));
    print_message("%s, %d chains of %d: tau %.3f ess %.1f tail %.1f rhat %.4f\n", what, chains, draws, c.tau,
                  c.ess, c.ess_tail, c.rhat);
    assert_close(c.mean, e.mean, 1e-13 * scale);
    assert_close(c.sd, e.sd, 1e-12 * e.sd);
    assert_close(c.q05, e.q05, 1e-13 * scale);
    assert_close(c.q50, e.q50, 1e-13 * scale);
    assert_close(c.q95, e.q95, 1e-13 * scale);
    assert_close(c.error, e.error, 1e-10 * e.error);
    assert_close(c.tau, e.tau, 1e-10 * e.tau);
    assert_close(c.ess, e.ess, 1e-10 * e.ess);
    assert_close(c.ess_tail, e.ess_tail, 1e-10 * e.ess_tail);
    assert_close(c.rhat, e.rhat, 1e-10);
    heat_context_free(ctx);
}

static void every_field_equals_the_papers_formulas(void **state)
{
    (void)state;
    static const struct {
        int chains, draws;
        double phi;
    } cases[] = {{4, 100, 0.5}, {1, 200, 0.9}, {3, 101, 0}, {2, 64, -0.7},
                 {5, 37, 0.95}, {4, 4, 0.3},   {1, 5, 0}};
    double x[MOST];

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int n = cases[k].chains * cases[k].draws;
        fill_ar1(11 + k, cases[k].phi, cases[k].chains, cases[k].draws, x);
        compare(cases[k].chains, cases[k].draws, x, 1, "gaussian");
        for (int j = 0; j < n; j++) /* heavy tails far from 0, and one chain off the others */
            x[j] = 1e5 + exp(2 * x[j]) + (j < cases[k].draws);
        compare(cases[k].chains, cases[k].draws, x, 1e5, "shifted lognormal");
    }
    for (int k = 0; k < 2; k++) { /* ties: few distinct values, none of which fills a tail alone */
        fill_ar1(40, 0.8, 4, 100 + k, x);
        for (int j = 0; j < 4 * (100 + k); j++)
            x[j] = round(2 * x[j]);
        compare(4, 100 + k, x, 5, "discrete");
    }
}

static void results_scale_with_the_draws_even_near_the_limits(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double x[400], scaled[400];
    heat_convergence a, b;

    fill_ar1(2, 0.6, 4, 100, x);
    assert_ok(ctx, heat_convergence_get(ctx, 4, 100, x, &a));
    for (int sign = -1; sign <= 1; sign += 2) {
        int power = sign * 1000;
        for (int k = 0; k < 400; k++)
            scaled[k] = ldexp(x[k], power);
        assert_ok(ctx, heat_convergence_get(ctx, 4, 100, scaled, &b));
        assert_true(b.mean == ldexp(a.mean, power) && b.error == ldexp(a.error, power));
        assert_true(b.sd == ldexp(a.sd, power) && b.q95 == ldexp(a.q95, power));
        assert_true(b.tau == a.tau && b.ess == a.ess && b.ess_tail == a.ess_tail && b.rhat == a.rhat);
    }
    heat_context_free(ctx);
}

/* Twelve independent sets of chains; tolerance five standard errors of their average, where the relative sd
 * of one tau is about sqrt(2 (2 W + 1) / N) (Sokal 1997) with a window W of at most 6 tau. */
static void ar1_chains_give_the_known_autocorrelation_time(void **state)
{
    (void)state;
    enum { SETS = 12, CHAINS = 4, DRAWS = 5000 };
    static const double phis[] = {0, 0.5, 0.9};
    static double x[CHAINS * DRAWS];
    heat_context *ctx = test_context();

    for (int p = 0; p < 3; p++) {
        double phi = phis[p], tau = (1 + phi) / (1 - phi), n = CHAINS * DRAWS;
        double tolerance = 5 * sqrt(2 * (12 * tau + 1) / n / SETS);
        double mean_tau = 0, mean_ess = 0, mean_error = 0, mean_sokal = 0, mean_tail = 0;
        for (uint64_t set = 0; set < SETS; set++) {
            heat_convergence c;
            double sokal;
            fill_ar1(1000 + set, phi, CHAINS, DRAWS, x);
            assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, x, &c));
            assert_ok(ctx, heat_autocorrelation_time(ctx, DRAWS, x, &sokal));
            mean_tau += c.tau / SETS;
            mean_ess += c.ess / SETS;
            mean_error += c.error / SETS;
            mean_sokal += sokal / SETS;
            mean_tail += c.ess_tail / SETS;
            assert_true(c.rhat < 1.01);
        }
        print_message("phi %.1f: tau %.3f (exact %.3f, tolerance %.1f %%) sokal %.3f ess %.0f tail %.0f\n",
                      phi, mean_tau, tau, 100 * tolerance, mean_sokal, mean_ess, mean_tail);
        assert_close(mean_tau / tau, 1, tolerance);
        assert_close(mean_ess * tau / n, 1, tolerance);
        assert_close(mean_error / sqrt(tau / n), 1, tolerance);
        assert_close(mean_sokal / tau, 1, 2 * tolerance); /* a quarter of the draws */
        if (phi == 0)
            assert_close(mean_tail / n, 1, 0.1); /* the smaller of two, hence a little low */
        else
            assert_true(mean_tail > mean_ess && mean_tail < n); /* Gaussian tails forget sooner */
    }
    heat_context_free(ctx);
}

static void sokals_window_is_the_smallest_of_five_tau(void **state)
{
    (void)state;
    static const double phis[] = {-0.6, 0, 0.5, 0.8, 0.98};
    heat_context *ctx = test_context();
    double x[1000], tau;

    for (int p = 0; p < 5; p++) {
        double expected = 1;
        int window = 0;
        fill_ar1(70 + (uint64_t)p, phis[p], 1, 1000, x);
        do {
            window++;
            expected += 2 * naive_covariance(1000, x, window) / naive_covariance(1000, x, 0);
        } while (window < 999 && window < 5 * expected);
        assert_ok(ctx, heat_autocorrelation_time(ctx, 1000, x, &tau));
        assert_close(tau, fmax(expected, 1.0 / 3), 1e-10);
    }
    heat_context_free(ctx);
}

static void error_bars_cover_the_true_mean(void **state)
{
    (void)state;
    enum { RUNS = 200, CHAINS = 4, DRAWS = 400 };
    static double x[CHAINS * DRAWS];
    heat_context *ctx = test_context();
    double square = 0;

    for (uint64_t run = 0; run < RUNS; run++) {
        heat_convergence c;
        fill_ar1(5000 + run, 0.7, CHAINS, DRAWS, x);
        assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, x, &c));
        square += c.mean / c.error * c.mean / c.error / RUNS;
    }
    assert_close(square, 1, 5 * sqrt(2.0 / RUNS)); /* five sd of a mean of squared normals */
    heat_context_free(ctx);
}

static void anticorrelated_draws_beat_independent_ones(void **state)
{
    (void)state;
    static double x[4 * 2000];
    heat_context *ctx = test_context();
    heat_convergence c;

    fill_ar1(9, -0.5, 4, 2000, x);
    assert_ok(ctx, heat_convergence_get(ctx, 4, 2000, x, &c));
    assert_close(c.tau, 1.0 / 3, 0.06);
    for (int k = 0; k < 8000; k++)
        x[k] = k % 2;
    assert_ok(ctx, heat_convergence_get(ctx, 4, 2000, x, &c));
    assert_close(c.ess, 8000 * log10(8000), 1e-6);
    heat_context_free(ctx);
}

static void chains_that_disagree_raise_rhat(void **state)
{
    (void)state;
    static double x[4 * 1000];
    heat_context *ctx = test_context();
    heat_convergence c;

    fill_ar1(21, 0, 4, 1000, x);
    assert_ok(ctx, heat_convergence_get(ctx, 4, 1000, x, &c));
    assert_true(c.rhat < 1.01);
    for (int t = 0; t < 1000; t++) /* another place */
        x[t] += 0.5;
    assert_ok(ctx, heat_convergence_get(ctx, 4, 1000, x, &c));
    assert_true(c.rhat > 1.01 && c.ess < 400);
    for (int t = 0; t < 1000; t++) /* the same place, another width: only the folded draws show it */
        x[t] = 3 * (x[t] - 0.5);
    assert_ok(ctx, heat_convergence_get(ctx, 4, 1000, x, &c));
    assert_true(c.rhat > 1.01 && c.ess > 3000);
    fill_ar1(21, 0, 4, 1000, x);
    for (int t = 0; t < 4000; t++) /* all drift alike: only the halves show it */
        x[t] += t % 1000 < 500 ? 0 : 0.6;
    assert_ok(ctx, heat_convergence_get(ctx, 4, 1000, x, &c));
    assert_true(c.rhat > 1.01);
    heat_context_free(ctx);
}

/* Halves of 25 autocorrelation times: too short for R-hat, though all chains together have 25000 draws. */
static void many_short_chains_are_judged_by_what_lasts(void **state)
{
    (void)state;
    enum { CHAINS = 512, DRAWS = 1000 };
    static double x[CHAINS * DRAWS], y[CHAINS * DRAWS];
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < 3; seed++) {
        heat_convergence c;
        fill_ar1(900 + seed, 19.0 / 21, CHAINS, DRAWS, x);
        assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, x, &c));
        print_message("equilibrated: rhat %.4f lasting %.4f tau %.1f\n", c.rhat, c.rhat_lasting, c.tau);
        assert_true(c.rhat > 1.01 && c.rhat_lasting < 1.002 && c.drift < 4);
        assert_close(c.tau, 20, 2);              /* from 64 of the chains: 3 times its error */
        for (int k = 0; k < CHAINS * DRAWS; k++) /* one chain in twenty elsewhere */
            y[k] = x[k] + (k / DRAWS % 20 == 3 ? 1.2 : 0);
        assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, y, &c));
        print_message("one in twenty stuck: rhat %.4f lasting %.4f\n", c.rhat, c.rhat_lasting);
        assert_true(c.rhat_lasting > 1.01 && c.rhat_lasting <= c.rhat);
        for (int k = 0; k < CHAINS * DRAWS; k++) /* two valleys */
            y[k] = x[k] + (k / DRAWS % 2 == 0 ? 3 : -3);
        assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, y, &c));
        assert_true(c.rhat_lasting > 1.5);
        for (int k = 0; k < CHAINS * DRAWS; k++) /* other widths: only the folded draws show it */
            y[k] = x[k] * (k / DRAWS % 8 == 0 ? 3 : 1);
        assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, y, &c));
        assert_true(c.rhat_lasting > 1.01);
        for (int k = 0; k < CHAINS * DRAWS; k++) /* all drift alike */
            y[k] = x[k] + (k % DRAWS) * 0.6 / DRAWS;
        assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, y, &c));
        assert_true(c.rhat_lasting > 1.01 && c.drift > 10);
        for (int k = 0; k < CHAINS * DRAWS; k++) /* by many errors of their average, little for each */
            y[k] = x[k] + (k % DRAWS) * 0.2 / DRAWS;
        assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, y, &c));
        assert_true(c.rhat_lasting < 1.01 && c.drift > 4);
        fill_ar1(950 + seed, 0.998, CHAINS, DRAWS, x); /* a memory as long as the chain */
        assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, x, &c));
        assert_true(c.rhat_lasting > 1.05);
    }
    heat_context_free(ctx);
}

/* Chains in equilibrium, of 16 to 60 autocorrelation times, are accepted: one in two hundred runs may not be.
 */
static void many_sound_chains_are_not_refused(void **state)
{
    (void)state;
    enum { LENGTHS = 3, RUNS = 60, DRAWS_IN_ALL = 512 * 140 };
    static const struct {
        int chains, draws;
    } shapes[LENGTHS] = {{32, 500}, {128, 200}, {512, 140}};
    static double x[DRAWS_IN_ALL];
    heat_context *ctx = test_context();
    int refused = 0;

    for (int shape = 0; shape < LENGTHS; shape++)
        for (uint64_t run = 0; run < RUNS; run++) {
            heat_convergence c;
            fill_ar1(1200 + 100 * (uint64_t)shape + run, 0.79, shapes[shape].chains, shapes[shape].draws, x);
            assert_ok(ctx, heat_convergence_get(ctx, shapes[shape].chains, shapes[shape].draws, x, &c));
            refused += c.rhat_lasting > 1.01 || c.drift > 4;
        }
    print_message("%d of %d refused\n", refused, LENGTHS * RUNS);
    assert_true(refused <= 3);
    heat_context_free(ctx);
}

/* What lasts needs many chains to be told from what does not. */
static void few_chains_keep_their_rhat(void **state)
{
    (void)state;
    static double x[HEAT_MANY_CHAINS * 100];
    heat_context *ctx = test_context();
    heat_convergence c;

    for (int chains = 1; chains <= HEAT_MANY_CHAINS; chains++) {
        fill_ar1(77, 0.9, chains, 100, x);
        assert_ok(ctx, heat_convergence_get(ctx, chains, 100, x, &c));
        assert_true(chains < HEAT_MANY_CHAINS ? c.rhat_lasting == c.rhat && c.drift == 0
                                              : c.rhat_lasting <= c.rhat && c.drift > 0);
    }
    heat_context_free(ctx);
}

static double shifted_power(double x, double exponent)
{
    return pow(fabs(x - 1), exponent);
}

/* Functions of the same draws, with and without the order of the one before. */
static void functions_judged_together_are_those_judged_alone(void **state)
{
    (void)state;
    enum { CHAINS = 5, DRAWS = 301 };
    static const double exponents[] = {1, 2, 4, -0.5, 0, 3};
    static double x[CHAINS * DRAWS], y[CHAINS * DRAWS];
    const heat_draw_table table = {CHAINS, DRAWS, DRAWS, x, 1};
    heat_context *ctx = test_context();
    heat_draws *draws;
    heat_convergence c, alone;

    for (int discrete = 0; discrete < 2; discrete++) {
        fill_ar1(31, 0.6, CHAINS, DRAWS, x);
        for (int k = 0; k < CHAINS * DRAWS; k++)
            x[k] = discrete ? round(6 * x[k]) + 0.5 : x[k];
        assert_ok(ctx, heat_draws_create(ctx, &table, &draws));
        for (size_t f = 0; f < sizeof exponents / sizeof *exponents; f++) {
            for (int k = 0; k < CHAINS * DRAWS; k++)
                y[k] = shifted_power(x[k], exponents[f]);
            assert_ok(ctx, heat_draws_judge(ctx, draws, shifted_power, exponents[f], &c));
            assert_ok(ctx, heat_convergence_get(ctx, CHAINS, DRAWS, y, &alone));
            assert_close(c.mean, alone.mean, 1e-13 * alone.mean);
            assert_close(c.error, alone.error, 1e-12 * alone.error);
            assert_close(c.q95, alone.q95, 1e-13 * alone.q95);
            assert_close(c.ess, alone.ess, 1e-12 * alone.ess);
            assert_close(c.ess_tail, alone.ess_tail, 1e-12 * alone.ess_tail);
            assert_close(c.rhat, alone.rhat, 1e-12);
        }
        heat_draws_free(draws);
    }
    heat_context_free(ctx);
}

static heat_convergence judge_table(heat_context *ctx, const heat_draw_table *table)
{
    heat_draws *draws;
    heat_convergence c;

    assert_ok(ctx, heat_draws_create(ctx, table, &draws));
    assert_ok(ctx, heat_draws_judge(ctx, draws, shifted_power, 2, &c));
    heat_draws_free(draws);
    return c;
}

/* Of few whole values, of some that are rare and come late, and of too many to be told apart. */
static void threads_and_strides_change_no_bit(void **state)
{
    (void)state;
    enum { CHAINS = 300, DRAWS = 501, STRIDE = 512 };
    heat_context *ctx = test_context();
    double *x = calloc(CHAINS * DRAWS, sizeof *x), *apart = calloc(CHAINS * STRIDE, sizeof *apart);

    assert_non_null(x);
    assert_non_null(apart);
    for (int kind = 0; kind < 3; kind++) {
        heat_draw_table table = {CHAINS, DRAWS, DRAWS, x, 1};
        heat_convergence one, other;
        fill_ar1(32, 0.6, CHAINS, DRAWS, x);
        for (int k = 0; k < CHAINS * DRAWS; k++) {
            x[k] = kind == 2 ? x[k] : round(50 * x[k]);
            x[k] += kind == 1 && k > CHAINS * DRAWS / 2 && k % 1000 == 0 ? 0.5 + k : 0;
            apart[k / DRAWS * STRIDE + k % DRAWS] = x[k];
        }
        assert_true(heat_draw_table_units(&table) > 2);
        one = judge_table(ctx, &table);
        for (int threads = 2; threads <= 5; threads += 3) {
            table.threads = threads;
            other = judge_table(ctx, &table);
            assert_memory_equal(&one, &other, sizeof one);
        }
        table.stride = STRIDE;
        table.x = apart;
        other = judge_table(ctx, &table);
        assert_memory_equal(&one, &other, sizeof one);
    }
    free(x);
    free(apart);
    heat_context_free(ctx);
}

static void equal_draws_have_no_error(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double x[40], tau;
    heat_convergence c;

    for (int k = 0; k < 40; k++)
        x[k] = 0.1;
    assert_ok(ctx, heat_convergence_get(ctx, 4, 10, x, &c));
    assert_true(c.mean == 0.1 && c.error == 0 && c.sd == 0 && c.tau == 1 && c.rhat == 1);
    assert_true(c.q05 == 0.1 && c.q50 == 0.1 && c.q95 == 0.1 && c.ess == 40 && c.ess_tail == 40);
    assert_ok(ctx, heat_autocorrelation_time(ctx, 40, x, &tau));
    assert_true(tau == 1);
    assert_ok(ctx, heat_autocorrelation_time(ctx, 1, x, &tau));
    assert_true(tau == 1);
    heat_context_free(ctx);
}

static void stuck_chains_count_once_each(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double x[40];
    heat_convergence c;

    for (int k = 0; k < 40; k++) /* chain means 0.1, 0.2, 0.3, 0.4 */
        x[k] = 0.1 * (k / 10 + 1);
    assert_ok(ctx, heat_convergence_get(ctx, 4, 10, x, &c));
    assert_true(isinf(c.rhat) && c.rhat > 0 && c.ess == 4 && c.tau == 10);
    assert_close(c.error, sqrt(0.05 / 3 / 4), 1e-15); /* sd of the four means / sqrt(4) */
    assert_close(c.mean, 0.25, 1e-16);
    for (int k = 0; k < 40; k++) /* every chain jumps once, at half time */
        x[k] = k % 10 < 5 ? -1 : 1;
    assert_ok(ctx, heat_convergence_get(ctx, 4, 10, x, &c));
    assert_true(isinf(c.rhat) && c.ess == 4 && c.ess_tail == 4);
    assert_close(c.error, c.sd / 2, 1e-15);
    heat_context_free(ctx);
}

static void assert_no_nan(const heat_convergence *c)
{
    assert_false(isnan(c->mean) || isnan(c->error) || isnan(c->sd) || isnan(c->q05) || isnan(c->q50));
    assert_false(isnan(c->q95) || isnan(c->tau) || isnan(c->ess) || isnan(c->ess_tail) || isnan(c->rhat));
    assert_true(c->error >= 0 && c->tau > 0 && c->ess > 0 && c->ess_tail > 0 && c->rhat > 0);
}

/* Every series of zeros and ones of two chains of 5 and of 6 draws. */
static void no_pattern_of_two_values_gives_nan(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double x[12];
    heat_convergence c;

    for (int draws = 5; draws <= 6; draws++)
        for (int pattern = 0; pattern < 1 << (2 * draws); pattern++) {
            for (int k = 0; k < 2 * draws; k++)
                x[k] = pattern >> k & 1;
            assert_ok(ctx, heat_convergence_get(ctx, 2, draws, x, &c));
            assert_no_nan(&c);
        }
    heat_context_free(ctx);
}

/* A rare low value: nearly all draws are the top one, where x <= q95 says nothing. */
static void rare_events_show_in_the_tail(void **state)
{
    (void)state;
    static double x[4000];
    heat_context *ctx = test_context();
    heat_convergence c;

    for (int k = 0; k < 4000; k++)
        x[k] = k >= 1500 && k < 1530 ? -1 : 0; /* one visit of one chain */
    assert_ok(ctx, heat_convergence_get(ctx, 4, 1000, x, &c));
    assert_no_nan(&c);
    assert_true(c.q05 == 0 && c.q95 == 0);
    assert_true(c.ess_tail < 400);
    heat_context_free(ctx);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, tau;
    heat_convergence c;

    assert_int_equal(heat_convergence_get(ctx, 4, 3, x, &c), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "4 chains of 3 draws");
    assert_int_equal(heat_convergence_get(ctx, 0, 4, x, &c), HEAT_ERROR_ARGUMENT);
    x[7] = (double)NAN;
    assert_int_equal(heat_convergence_get(ctx, 3, 4, x, &c), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "draw 3 of chain 1 is");
    assert_contains(heat_context_error(ctx), "nan");
    x[7] = (double)INFINITY;
    assert_int_equal(heat_convergence_get(ctx, 3, 4, x, &c), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_autocorrelation_time(ctx, 12, x, &tau), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_autocorrelation_time(ctx, 0, x, &tau), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

static heat_status diagnose_once(heat_context *ctx, void *arg)
{
    heat_convergence c;

    return heat_convergence_get(ctx, 2, 6, arg, &c);
}

static heat_status time_once(heat_context *ctx, void *arg)
{
    double tau;

    return heat_autocorrelation_time(ctx, 12, arg, &tau);
}

static void failing_allocations_are_reported_and_leak_nothing(void **state)
{
    (void)state;
    double x[12] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};

    test_failing_allocations(diagnose_once, x);
    test_failing_allocations(time_once, x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_equals_the_papers_formulas),
        cmocka_unit_test(results_scale_with_the_draws_even_near_the_limits),
        cmocka_unit_test(ar1_chains_give_the_known_autocorrelation_time),
        cmocka_unit_test(sokals_window_is_the_smallest_of_five_tau),
        cmocka_unit_test(error_bars_cover_the_true_mean),
        cmocka_unit_test(anticorrelated_draws_beat_independent_ones),
        cmocka_unit_test(chains_that_disagree_raise_rhat),
        cmocka_unit_test(many_short_chains_are_judged_by_what_lasts),
        cmocka_unit_test(many_sound_chains_are_not_refused),
        cmocka_unit_test(few_chains_keep_their_rhat),
        cmocka_unit_test(functions_judged_together_are_those_judged_alone),
        cmocka_unit_test(threads_and_strides_change_no_bit),
        cmocka_unit_test(equal_draws_have_no_error),
        cmocka_unit_test(stuck_chains_count_once_each),
        cmocka_unit_test(no_pattern_of_two_values_gives_nan),
        cmocka_unit_test(rare_events_show_in_the_tail),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
        cmocka_unit_test(failing_allocations_are_reported_and_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
