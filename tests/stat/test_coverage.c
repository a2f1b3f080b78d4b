/* Error bars mean what they say: over many short runs the truth lies within one reported error of the
 * reported mean 68.3 times in a hundred, within two 95.4 times. And what heat_sample refuses does not bias
 * what it reports. */
#include "compare.h"
#include "ledger.h"
#include "support.h"
#include "survival.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is claimed, and how far the true coverage may be from it: the errors are themselves estimates, from
 * short runs, so that the intervals of a sound run cover slightly less than the normal law says. */
static const double claimed[2] = {0.683, 0.954}, tolerance[2] = {0.06, 0.03};

enum { N = 9, N_TEMPERATURES = 2, N_RUNS = 300 };
static const double temperatures[N_TEMPERATURES] = {2.5, 4};
#define TEMPERATURES "2.5,4"

static const char *const names[] = {"energy",
                                    "abs_magnetization_per_spin",
                                    "magnetization_per_spin_squared",
                                    "magnetization_per_spin_fourth",
                                    "heat_capacity",
                                    "binder",
                                    "spin_mean",
                                    "edge_mean"};
enum { N_NAMES = sizeof names / sizeof *names, N_REFUSABLE = 6 }; /* spins and edges are never refused */

/* The cells of one quantity: all temperatures and runs. */
typedef struct coverage {
    int64_t cells, refused, inside[2];
    double width; /* sum of the errors over the truth's scale */
} coverage;

typedef struct task {
    heat_context *ctx;
    heat_model *model;
} task;

/* Sums over all states with the weight p. */
typedef struct enumerated {
    double energy, energy2, abs_m, m2, m4, spin0, pair;
} enumerated;

static enumerated enumerate(heat_context *ctx, const heat_model *model, double temperature, int32_t i,
                            int32_t j)
{
    enumerated sum = {0};
    int64_t n_states;
    double *p = compare_enumerate(ctx, model, temperature, &n_states);

    for (int64_t x = 0; x < n_states; x++) {
        int8_t row[N];
        double m = 0, e;
        for (int k = 0; k < N; k++) {
            row[k] = (int8_t)(2 * (x >> k & 1) - 1);
            m += row[k];
        }
        m /= N;
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &e));
        sum.energy += p[x] * e;
        sum.energy2 += p[x] * e * e;
        sum.abs_m += p[x] * fabs(m);
        sum.m2 += p[x] * m * m;
        sum.m4 += p[x] * m * m * m * m;
        sum.spin0 += p[x] * row[0];
        sum.pair += p[x] * row[i] * row[j];
    }
    free(p);
    return sum;
}

static double truth_of(const char *name, const enumerated *s, double temperature)
{
    if (strcmp(name, "energy") == 0)
        return s->energy;
    if (strcmp(name, "abs_magnetization_per_spin") == 0)
        return s->abs_m;
    if (strcmp(name, "magnetization_per_spin_squared") == 0)
        return s->m2;
    if (strcmp(name, "magnetization_per_spin_fourth") == 0)
        return s->m4;
    if (strcmp(name, "heat_capacity") == 0)
        return (s->energy2 - s->energy * s->energy) / (temperature * temperature);
    if (strcmp(name, "binder") == 0)
        return 1 - s->m4 / (3 * s->m2 * s->m2);
    return strcmp(name, "spin_mean") == 0 ? s->spin0 : s->pair;
}

static void estimate_of(const char *name, const heat_sample_temperature *t, double *mean, double *error)
{
    if (strcmp(name, "spin_mean") == 0) {
        *mean = t->spin_mean[0];
        *error = t->spin_error[0];
    } else if (strcmp(name, "edge_mean") == 0) {
        *mean = t->edge_mean[0];
        *error = t->edge_error[0];
    } else {
        *mean = compare_find(t, name)->mean;
        *error = compare_find(t, name)->error;
    }
}

static void count_cell(coverage *c, double mean, double error, double value)
{
    if (isnan(mean)) {
        c->refused++;
        return;
    }
    c->cells++;
    c->inside[0] += fabs(mean - value) <= error;
    c->inside[1] += fabs(mean - value) <= 2 * error;
    c->width += error;
}

static heat_sample_result run(heat_context *ctx, const heat_model *model, int64_t sweeps, uint64_t seed)
{
    heat_sample_options opt;
    heat_sample_result r = {0};

    heat_sample_options_init(&opt);
    opt.temperature_set = TEMPERATURES;
    opt.seed = seed;
    opt.threads = 1;
    opt.burn_in = 100;
    opt.sweeps = sweeps;
    opt.observables = "spins,edges";
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    return r;
}

/* The least p-value that any true coverage within the tolerance gives to this count. */
static double judge_count(int64_t inside, int64_t cells, int sigma)
{
    double p[2] = {survival_binomial_above(inside, cells, claimed[sigma] + tolerance[sigma]),
                   survival_binomial_below(inside, cells, claimed[sigma] - tolerance[sigma])};

    return survival_least(2, p);
}

static double judge_coverage(uint64_t seed, int factor, void *arg)
{
    const task *t = arg;
    coverage cells[N_NAMES] = {{0}};
    enumerated exact[N_TEMPERATURES];
    double p[2 * N_NAMES];

    for (int64_t k = 0; k < N_RUNS * factor; k++) {
        heat_sample_result r = run(t->ctx, t->model, 1200, seed * 4096 + (uint64_t)k);
        for (int b = 0; b < N_TEMPERATURES; b++) {
            if (k == 0)
                exact[b] = enumerate(t->ctx, t->model, temperatures[b], r.edge_i[0], r.edge_j[0]);
            for (int q = 0; q < N_NAMES; q++) {
                double mean, error;
                estimate_of(names[q], &r.temperatures[b], &mean, &error);
                count_cell(&cells[q], mean, error, truth_of(names[q], &exact[b], temperatures[b]));
            }
        }
        heat_sample_result_clear(&r);
    }
    for (int q = 0; q < N_NAMES; q++) {
        const coverage *c = &cells[q];
        double n = (double)c->cells;
        print_message("  %s: %.3f within 1, %.3f within 2 errors, mean error %.3g, %lld of %lld refused\n",
                      names[q], (double)c->inside[0] / n, (double)c->inside[1] / n, c->width / n,
                      (long long)c->refused, (long long)(c->cells + c->refused));
        for (int sigma = 0; sigma < 2; sigma++)
            p[2 * q + sigma] = judge_count(c->inside[sigma], c->cells, sigma);
    }
    return survival_least(2 * N_NAMES, p);
}

static void judge(const char *row, ledger_trial_fn trial)
{
    task t = {.ctx = test_context()};

    assert_ok(t.ctx, heat_model_load(t.ctx, "lattice:3x3,h=0.1", &t.model));
    ledger_judge(row, trial, &t);
    heat_model_free(t.model);
    heat_context_free(t.ctx);
}

static void error_bars_cover_what_they_claim(void **state)
{
    (void)state;
    judge("coverage", judge_coverage);
}

/* Runs so short that many are refused: the mean of the accepted ones must not be off by more than a tenth of
 * their error. */
static double judge_refusal(uint64_t seed, int factor, void *arg)
{
    const double bias = 0.1;
    const task *t = arg;
    double p[N_TEMPERATURES * N_REFUSABLE];
    double sum[N_TEMPERATURES][N_REFUSABLE] = {{0}}, square[N_TEMPERATURES][N_REFUSABLE] = {{0}};
    double width[N_TEMPERATURES][N_REFUSABLE] = {{0}}, accepted[N_TEMPERATURES][N_REFUSABLE] = {{0}};
    int64_t runs = N_RUNS * factor;
    int n = 0;

    for (int64_t k = 0; k < runs; k++) {
        heat_sample_result r = run(t->ctx, t->model, 700, seed * 4096 + (uint64_t)k);
        for (int b = 0; b < N_TEMPERATURES; b++)
            for (int q = 0; q < N_REFUSABLE; q++) {
                double mean, error;
                estimate_of(names[q], &r.temperatures[b], &mean, &error);
                if (isnan(mean))
                    continue;
                accepted[b][q]++;
                sum[b][q] += mean;
                square[b][q] += mean * mean;
                width[b][q] += error;
            }
        heat_sample_result_clear(&r);
    }
    for (int b = 0; b < N_TEMPERATURES; b++) {
        enumerated exact = enumerate(t->ctx, t->model, temperatures[b], 0, 1);
        for (int q = 0; q < N_REFUSABLE; q++) {
            double a = accepted[b][q], mean = sum[b][q] / a;
            double error = sqrt((square[b][q] / a - mean * mean) / (a - 1));
            double off = fabs(mean - truth_of(names[q], &exact, temperatures[b]));
            double beyond = fmax(0, off - bias * width[b][q] / a);
            print_message("  T = %g, %s: %.0f of %lld accepted, off by %.2g errors of a run (+- %.2g)\n",
                          temperatures[b], names[q], a, (long long)runs, off / (width[b][q] / a),
                          error / (width[b][q] / a));
            assert_true(a >= 30 && a <= (double)runs);
            p[n++] = survival_normal(survival_student_to_normal(beyond / error, a - 1));
        }
    }
    return survival_least(n, p);
}

static void what_is_refused_does_not_bias_what_is_reported(void **state)
{
    (void)state;
    judge("refusal does not bias", judge_refusal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_bars_cover_what_they_claim),
        cmocka_unit_test(what_is_refused_does_not_bias_what_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
