/* What `auto` makes of the distributions that samplers are compared on, as a user runs them: published or
 * exact means, within the errors that are told with them. */
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <string.h>

typedef struct expected {
    const char *name;
    double mean, sd; /* sd 0: not compared */
} expected;

static void run(heat_context *ctx, const char *text, int64_t sweeps, heat_sample_result *r)
{
    heat_model *model = NULL;
    heat_sample_options options;

    heat_sample_options_init(&options);
    options.sweeps = sweeps;
    options.seed = test_seed();
    heat_sample_result_init(r);
    assert_ok(ctx, heat_model_load(ctx, text, &model));
    assert_ok(ctx, heat_sample(ctx, model, &options, r));
    heat_model_free(model);
}

static void check(const char *text, int64_t sweeps, int n, const expected *known)
{
    heat_context *ctx = test_context();
    heat_sample_result r;

    run(ctx, text, sweeps, &r);
    if (r.outcome != HEAT_OUTCOME_CONVERGED)
        fail_msg("%s: %s", text, r.reasons);
    assert_true((double)r.temperatures[0].divergences <= 1e-3 * (double)(r.n_sweeps * r.n_chains));
    for (int k = 0; k < n; k++) {
        const heat_observable *o = test_observable(&r.temperatures[0], known[k].name);
        print_message("%s: %s %.4f +- %.4f, %.4f is known\n", text, o->name, o->mean, o->error,
                      known[k].mean);
        assert_close(o->mean, known[k].mean, 4.5 * o->error);
        if (known[k].sd > 0)
            assert_close(o->sd / known[k].sd, 1, 0.15);
    }
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

/* Quadrature: the log evidence of the same integral is in the tests of potentials. */
static void eight_schools(void **state)
{
    (void)state;
    const expected known[] = {{"mu", 4.396821, 3.317704}, {"tau", 3.597706, 3.219958}, {"virial", 10, 0}};

    check("eight-schools", 6000, 2, known);
}

/* x ~ N(1, T / 2), y given x ~ N(x^2, T / 200). */
static void a_curved_valley(void **state)
{
    (void)state;
    const expected known[] = {{"energy", 1, 1}, {"x", 1, 0.70711}, {"y", 1.5, 1.58272}, {"virial", 2, 0}};

    check("rosenbrock:2", 20000, 4, known);
}

/* Variances over four decades, turned out of the axes: reflected about (1, 2, ..., 10). */
static void a_normal_distribution_of_condition_10000(void **state)
{
    (void)state;
    enum { N = 10 };
    char text[8192], model[1024];
    const expected known[] = {
        {"energy", N / 2.0, sqrt(N / 2.0)}, {"virial", N, 0}, {"x1", 0, 0}, {"x10", 0, 0}};
    size_t used = 0;

    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int k = 0; k < N; k++) {
                double left = (i == k) - 2.0 * (i + 1) * (k + 1) / 385;
                double right = (j == k) - 2.0 * (j + 1) * (k + 1) / 385;
                sum += left * right * pow(10, -4.0 * k / (N - 1));
            }
            used += (size_t)snprintf(text + used, sizeof text - used, "%.17g%c", sum, j < N - 1 ? ',' : '\n');
        }
    snprintf(model, sizeof model, "gaussian:%s", test_file(".csv", text, used));
    check(model, 4000, 4, known);
}

/* Where the energy is slow it is told; where nothing is told v ~ N(0, 3). */
static void a_funnel_is_right_or_told(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_result r;

    run(ctx, "funnel:10", 10000, &r);
    print_message("funnel: %s\n", r.reasons);
    if (r.outcome == HEAT_OUTCOME_CONVERGED) {
        const heat_observable *v = test_observable(&r.temperatures[0], "x1");
        assert_close(v->mean, 0, 4.5 * v->error);
        assert_close(v->sd, 3, 0.6);
    } else {
        assert_non_null(strstr(r.reasons, "E-BFMI"));
    }
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

/* Of Mueller and Brown's three wells all chains find the deepest at T = 10, and agree; another holds 0.022.
 * At T = 40 they go from each to each. */
static void a_well_that_no_chain_finds_is_told(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = NULL;
    heat_sample_options options;

    heat_sample_options_init(&options);
    options.sweeps = 4000;
    options.seed = 1;
    options.histogram = "x";
    options.observables = "basins";
    assert_ok(ctx, heat_model_load(ctx, "muller-brown", &model));
    for (int k = 0; k < 2; k++) {
        heat_sample_result r;
        heat_sample_result_init(&r);
        options.temperature = k == 0 ? 10 : 40;
        assert_ok(ctx, heat_sample(ctx, model, &options, &r));
        assert_true(test_observable(&r.temperatures[0], "x")->rhat <= 1.01);
        if (k == 0) {
            assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
            assert_contains(r.reasons, "at (0.6235, 0.02804), holds about 0.021");
            assert_true(isnan(test_observable(&r.temperatures[0], "x")->mean));
            assert_true(isnan(r.temperatures[0].histograms[0].p[0]));
            assert_true(isnan(r.temperatures[0].basins[0].occupancy));
        } else {
            assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
            assert_true(r.temperatures[0].basins[2].occupancy > 0);
        }
        heat_sample_result_clear(&r);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_schools),
        cmocka_unit_test(a_curved_valley),
        cmocka_unit_test(a_normal_distribution_of_condition_10000),
        cmocka_unit_test(a_funnel_is_right_or_told),
        cmocka_unit_test(a_well_that_no_chain_finds_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
