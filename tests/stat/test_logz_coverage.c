/* The intervals of every estimator of log Z hold the exact value 95 times in a hundred: the short version of
 * `heatbath bench logz --calibrate`, which has the table of models and 200 seeds. */
#include "ledger.h"
#include "support.h"
#include "survival.h"

#include <heatbath/logz.h>
#include <math.h>
#include <string.h>

enum { N_RUNS = 25, N_WALKED_RUNS = 8, N_PLANTED_RUNS = 4, N_SEEDS = 3 };
static const double half_width = 1.959963984540054;              /* of a 95 % interval, in standard errors */
static const double least_coverage = 0.92, most_coverage = 0.98; /* within which the true one may be */
static const double most_rms = 1.2;                              /* of the deviation in errors */
static const int32_t most_walked = 16;                           /* variables: Wang-Landau takes long */

typedef struct setting {
    const char *spec;
    double temperature;
} setting;

static const setting graphs[] = {
    {"lattice:4x4", 2.27}, {"lattice:8x8", 2.27}, {"sk:12,h=0.3", 0.7}, {"triangular:3x4,J=-1", 0.7}};
enum { N_GRAPHS = sizeof graphs / sizeof *graphs };

/* Energies far above 0, so that log Z tells the temperature. */
static const setting potentials[] = {{"potential:60+(x^2-1)^2", 0.25},
                                     {"potential:60+(x^2-1)^2+exp(-0.5*x)*(y^2+z^2)/2", 0.5},
                                     {"potential:60+x^4/4+y^2/2-x*y/2", 1}};
enum { N_POTENTIALS = sizeof potentials / sizeof *potentials };

#define METHOD_NAME(tag, name, help) name,
static const char *const methods[] = {HEAT_LOGZ_METHODS(METHOD_NAME)};
enum { N_METHODS = sizeof methods / sizeof *methods };

typedef struct task {
    heat_context *ctx;
    const char *name; /* in the ledger */
    int n_settings;
    const setting *settings;
    double warmer; /* the planted bug: a factor of the estimator's temperature */
    int64_t n_runs;
} task;

typedef struct tally {
    int64_t runs, inside, refused;
    double square, width;
} tally;

static double exact_log_z(heat_context *ctx, const heat_model *model, double temperature)
{
    heat_logz_options o;
    heat_logz_result r = {0};
    double log_z;

    heat_logz_options_init(&o);
    o.method = "exact";
    o.temperature = temperature;
    assert_ok(ctx, heat_logz(ctx, model, &o, &r));
    log_z = r.log_z;
    heat_logz_result_clear(&r);
    return log_z;
}

static bool does(const char *method, const heat_model_info *info)
{
    if (strcmp(method, "wang-landau") == 0)
        return info->integer && info->n_variables <= most_walked;
    return strcmp(method, "population") != 0 || info->n_states > 0;
}

static void run_model(const task *t, const setting *at, const char *method, uint64_t seed, int factor,
                      tally *sum)
{
    heat_logz_options o;
    heat_model *model;
    heat_model_info info;
    double truth;

    assert_ok(t->ctx, heat_model_load(t->ctx, at->spec, &model));
    heat_model_describe(model, &info);
    truth = exact_log_z(t->ctx, model, at->temperature);
    heat_logz_options_init(&o);
    o.method = method;
    o.temperature = at->temperature * t->warmer;
    o.target_error = 0.05;
    o.threads = 1;
    o.seed = seed;
    for (int64_t k = 0; k < t->n_runs * factor && does(method, &info); k++) {
        heat_logz_result r = {0};
        double z;
        o.index = k;
        assert_ok(t->ctx, heat_logz(t->ctx, model, &o, &r));
        z = (r.log_z - truth) / r.error;
        sum->refused += isnan(z);
        if (!isnan(z)) {
            sum->runs++;
            sum->inside += fabs(z) <= half_width;
            sum->square += z * z;
            sum->width += 2 * half_width * r.error;
        }
        heat_logz_result_clear(&r);
    }
    heat_model_free(model);
}

/* By Bonferroni over the methods: coverage below or above what is allowed, and deviations that are too large.
 */
static double judge_coverage(uint64_t seed, int factor, void *arg)
{
    const task *t = arg;
    double p[3 * N_METHODS];
    int n = 0;

    for (int k = 0; k < N_METHODS; k++) {
        tally sum = {0};
        if (strcmp(methods[k], "exact") == 0)
            continue;
        for (int m = 0; m < t->n_settings; m++)
            run_model(t, &t->settings[m], methods[k], seed, factor, &sum);
        if (sum.runs + sum.refused == 0)
            continue;
        print_message("  %s: %lld of %lld intervals hold log Z, rms z %.3f, mean width %.3f, %lld refused\n",
                      methods[k], (long long)sum.inside, (long long)sum.runs,
                      sqrt(sum.square / (double)sum.runs), sum.width / (double)sum.runs,
                      (long long)sum.refused);
        assert_true(10 * sum.refused <= sum.runs);
        p[n++] = survival_binomial_below(sum.inside, sum.runs, least_coverage);
        p[n++] = survival_binomial_above(sum.inside, sum.runs, most_coverage);
        p[n++] = survival_chi_square(sum.square / (most_rms * most_rms), (double)sum.runs);
    }
    return survival_least(n, p);
}

static void intervals_hold_the_exact_value(void **state)
{
    task t = {test_context(), "log Z coverage", N_GRAPHS, graphs, 1, N_RUNS};

    (void)state;
    ledger_judge(t.name, judge_coverage, &t);
    heat_context_free(t.ctx);
}

static void a_temperature_off_by_a_percent_is_caught(void **state)
{
    task t = {test_context(), "log Z coverage", N_GRAPHS, graphs, 1.01, N_PLANTED_RUNS};

    (void)state;
    ledger_require_alarm(t.name, "T 1 % too high", judge_coverage, &t, N_SEEDS);
    heat_context_free(t.ctx);
}

static void intervals_hold_the_integral(void **state)
{
    task t = {test_context(), "log Z coverage of potentials", N_POTENTIALS, potentials, 1, N_WALKED_RUNS};

    (void)state;
    ledger_judge(t.name, judge_coverage, &t);
    t.warmer = 1.01;
    t.n_runs = 1;
    ledger_require_alarm(t.name, "T 1 % too high", judge_coverage, &t, N_SEEDS);
    heat_context_free(t.ctx);
}

/* With an argument: of potentials. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_hold_the_exact_value),
        cmocka_unit_test(a_temperature_off_by_a_percent_is_caught),
    };
    const struct CMUnitTest walked[] = {cmocka_unit_test(intervals_hold_the_integral)};

    (void)argv;
    return argc > 1 ? cmocka_run_group_tests(walked, NULL, NULL) : cmocka_run_group_tests(tests, NULL, NULL);
}
