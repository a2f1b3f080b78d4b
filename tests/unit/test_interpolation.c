/* Between the temperatures of a scan: enumeration there, honest errors, and refusals. */
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <string.h>

/* Exact averages of a model of at most 12 spins. */
typedef struct truth {
    double energy, capacity, size, susceptibility, binder;
} truth;

static truth enumerate(heat_context *ctx, const heat_model *model, double temperature)
{
    heat_model_info info;
    double z = 0, sum[6] = {0}; /* e, e^2, |m|, m^2, m^4 */
    truth t;

    heat_model_describe(model, &info);
    for (int64_t x = 0; x < (int64_t)1 << info.n_variables; x++) {
        int8_t s[12];
        double e, m = 0, w;
        for (int i = 0; i < info.n_variables; i++) {
            s[i] = x >> i & 1 ? 1 : -1;
            m += s[i] / (double)info.n_variables;
        }
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, s, &e));
        w = exp(-e / temperature);
        z += w;
        sum[0] += w * e;
        sum[1] += w * e * e;
        sum[2] += w * fabs(m);
        sum[3] += w * m * m;
        sum[4] += w * m * m * m * m;
    }
    for (int k = 0; k < 5; k++)
        sum[k] /= z;
    t.energy = sum[0];
    t.capacity = (sum[1] - sum[0] * sum[0]) / (temperature * temperature);
    t.size = sum[2];
    t.susceptibility = info.n_variables * (sum[3] - sum[2] * sum[2]) / temperature;
    t.binder = 1 - sum[4] / (3 * sum[3] * sum[3]);
    return t;
}

static double deviate(const heat_sample_temperature *row, const char *name, double expected)
{
    for (int32_t k = 0; k < row->n_observables; k++)
        if (strcmp(row->observables[k].name, name) == 0)
            return (row->observables[k].mean - expected) / row->observables[k].error;
    fail_msg("%s is not interpolated", name);
    return 0;
}

enum { SEEDS = 6, POINTS = 5 };

/* Deviates in standard errors, over seeds: none is large, and their mean square is near 1 (each seed's are
 * one draw, as the points of a curve are hardly independent). */
static void check_engine(heat_context *ctx, const char *engine, double *mean_square)
{
    heat_model *model;
    heat_sample_options opt;
    truth at[POINTS];

    assert_ok(ctx, heat_model_load(ctx, "ea:3x4,J=gauss,h=0.2,seed=5", &model));
    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.temperature_set = "3,1.5,2.2";
    opt.interpolate = 1;
    opt.sweeps = 1000;
    opt.threads = 1;
    *mean_square = 0;
    for (opt.seed = 1; opt.seed <= SEEDS; opt.seed++) {
        heat_sample_result r = {0};
        assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
        assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
        assert_int_equal(r.n_between, POINTS);
        for (int k = 0; k < POINTS; k++) {
            double z[5];
            double t = r.between[k].temperature;
            assert_close(t, k < 2 ? 1.5 + 0.7 * k / 2 : 2.2 + 0.8 * (k - 2) / 2, 1e-12);
            if (opt.seed == 1)
                at[k] = enumerate(ctx, model, t);
            z[0] = deviate(&r.between[k], "energy", at[k].energy);
            z[1] = deviate(&r.between[k], "heat_capacity", at[k].capacity);
            z[2] = deviate(&r.between[k], "abs_magnetization_per_spin", at[k].size);
            z[3] = deviate(&r.between[k], "susceptibility", at[k].susceptibility);
            z[4] = deviate(&r.between[k], "binder", at[k].binder);
            for (int q = 0; q < 5; q++) {
                assert_close(z[q], 0, 5.5);
                *mean_square += z[q] * z[q] / (5 * POINTS * SEEDS);
            }
        }
        heat_sample_result_clear(&r);
    }
    heat_model_free(model);
}

static void curves_agree_with_enumeration_within_honest_errors(void **state)
{
    (void)state;
    static const char *const engines[] = {"heat-bath", "tempering"};
    heat_context *ctx = test_context();

    for (int e = 0; e < 2; e++) {
        double mean_square;
        check_engine(ctx, engines[e], &mean_square);
        if (!(mean_square > 0.5 && mean_square < 2))
            fail_msg("%s: mean square deviate %.2f", engines[e], mean_square);
    }
    heat_context_free(ctx);
}

static void temperatures_that_do_not_overlap_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_sample_options opt;
    heat_sample_result r = {0};

    assert_ok(ctx, heat_model_load(ctx, "lattice:16x16", &model));
    heat_sample_options_init(&opt);
    opt.engine = "swendsen-wang";
    opt.temperature_set = "1.5,10,10.5";
    opt.sweeps = 500;
    opt.interpolate = 1;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_contains(r.reasons,
                    "between T = 1.5 and 10 nothing is interpolated: the energies there do not overlap");
    assert_int_equal(r.n_between, 5);
    assert_true(isnan(r.between[1].observables[0].mean) && isnan(r.between[1].observables[0].error));
    assert_true(isfinite(r.between[3].observables[0].mean) && r.between[3].observables[0].error > 0);
    assert_int_equal(r.temperatures[0].outcome, HEAT_OUTCOME_CONVERGED);
    heat_sample_result_clear(&r);
    opt.temperature_set = NULL;
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "option --interpolate: needs a scan of at least 2 temperatures");
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Potts order, no series of pairs; the same bits for any threads; a temperature given twice is one. */
static void curves_do_not_depend_on_threads(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_sample_options opt;
    heat_sample_result one = {0}, many = {0};

    assert_ok(ctx, heat_model_load(ctx, "potts:6x6,q=3", &model));
    heat_sample_options_init(&opt);
    opt.temperature_set = "1.1,1.2,1.1";
    opt.observables = "overlap";
    opt.sweeps = 2000;
    opt.interpolate = 3;
    opt.threads = 1;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &one));
    opt.threads = 3;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &many));
    assert_int_equal(one.n_between, 5);
    assert_int_equal(one.between[2].n_observables, 7);
    assert_string_equal(one.between[2].observables[5].name, "order_susceptibility");
    assert_string_equal(one.between[2].observables[6].name, "order_binder");
    for (int k = 0; k < 5; k++)
        for (int q = 0; q < 7; q++) {
            assert_true(one.between[k].observables[q].error > 0);
            assert_memory_equal(&one.between[k].observables[q].mean, &many.between[k].observables[q].mean,
                                16);
        }
    heat_sample_result_clear(&one);
    heat_sample_result_clear(&many);
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status run_small(heat_context *ctx, void *arg)
{
    heat_model *model = NULL;
    heat_sample_options opt;
    heat_sample_result r = {0};
    heat_status status = heat_model_load(ctx, "lattice:3x3", &model);

    (void)arg;
    heat_sample_options_init(&opt);
    opt.engine = "exact";
    opt.sweeps = 200;
    opt.temperature_set = "3,4";
    opt.interpolate = 1;
    opt.threads = 1;
    if (status == HEAT_OK)
        status = heat_sample(ctx, model, &opt, &r);
    if (status == HEAT_OK)
        assert_true(isfinite(r.between[1].observables[0].mean));
    heat_sample_result_clear(&r);
    heat_model_free(model);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    test_failing_allocations(run_small, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_agree_with_enumeration_within_honest_errors),
        cmocka_unit_test(temperatures_that_do_not_overlap_are_refused),
        cmocka_unit_test(curves_do_not_depend_on_threads),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
