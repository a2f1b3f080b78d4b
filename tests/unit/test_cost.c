/* What verbs are said to take: the method is the one that then runs, and the numbers follow the counts. */
#include "support.h"

#include <heatbath/heatbath.h>
#include <math.h>
#include <string.h>

static const int64_t gib = (int64_t)1 << 30;

typedef struct costs {
    heat_exact_cost exact;
    heat_cost ground, sample, logz;
} costs;

static costs price(heat_context *ctx, const char *spec, int64_t memory)
{
    heat_ground_options ground;
    heat_sample_options sample;
    heat_logz_options logz;
    heat_model *model;
    costs c;

    heat_ground_options_init(&ground);
    heat_sample_options_init(&sample);
    heat_logz_options_init(&logz);
    ground.memory = sample.memory = logz.memory = memory;
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_ok(ctx, heat_exact_estimate(ctx, model, memory, &c.exact));
    assert_ok(ctx, heat_ground_estimate(ctx, model, &ground, &c.exact, &c.ground));
    assert_ok(ctx, heat_sample_estimate(ctx, model, &sample, &c.exact, &c.sample));
    assert_ok(ctx, heat_logz_estimate(ctx, model, &logz, &c.exact, &c.logz));
    heat_model_free(model);
    return c;
}

/* 2^39 states could be summed, in half an hour. */
static void patience_ends_before_affordability(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    costs c = price(ctx, "sk:40,seed=1", gib);
    heat_logz_options opt;
    heat_logz_result r = {0};
    heat_model *model;

    assert_true(c.exact.affordable);
    assert_string_equal(c.logz.method, "mbar");
    assert_non_null(strstr(c.logz.reason, "longer than a minute"));
    c = price(ctx, "sk:30,seed=1", gib);
    assert_string_equal(c.logz.method, "enumeration");
    assert_ok(ctx, heat_model_load(ctx, "sk:40,seed=1", &model));
    heat_logz_options_init(&opt);
    opt.sweeps = 500;
    assert_ok(ctx, heat_logz(ctx, model, &opt, &r));
    assert_string_equal(r.method, "mbar");
    assert_non_null(strstr(r.method_reason, "longer than a minute"));
    heat_logz_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void small_models_are_proved_and_counted(void **state)
{
    heat_context *ctx = test_context();
    costs c = price(ctx, "ea:8x8,seed=1", gib);

    (void)state;
    assert_string_equal(c.ground.method, "elimination");
    assert_string_equal(c.logz.method, "elimination");
    assert_string_equal(c.sample.method, "heat-bath");
    assert_true(c.ground.affordable && c.sample.affordable && c.logz.affordable);
    /* cheap: six sums more make the heat capacity */
    assert_close(c.logz.seconds,
                 7 * HEAT_SUM_OVER_SEARCH * (c.exact.operations * HEAT_ENTRY_NS + 64 * HEAT_STEP_NS) * 1e-9,
                 1e-12);
    assert_close(c.logz.bytes, c.exact.bytes, 0);
    assert_int_equal(c.logz.size, sizeof(heat_cost));
    /* 4 chains, in a vector of 16, of 12000 sweeps over 64 variables with 4 neighbours each; 10000 measured
     */
    assert_close(c.sample.seconds,
                 (16 * 12000 * 64 * (HEAT_VISIT_NS + 4 * HEAT_NEIGHBOUR_NS) + 40000 * HEAT_MEASURE_NS) * 1e-9,
                 1e-9);
    assert_true(c.sample.bytes > 16 * 4 * 10000);
    c = price(ctx, "ea:64x64,seed=1", gib); /* each lattice in words of its own */
    assert_close(c.sample.seconds, (4 * 12000 * 4096 * HEAT_BIT_NS + 40000 * HEAT_MEASURE_NS) * 1e-9, 1e-9);
    c = price(ctx, "potts:8x8,q=3,J=gauss", gib); /* 4 chains in a vector of 16, 3 values and 4 neighbours */
    assert_close(c.sample.seconds,
                 (16 * 12000 * 64 * (3 + 4) * HEAT_VALUE_NS + 40000 * HEAT_MEASURE_NS) * 1e-9, 1e-9);
    c = price(ctx, "lattice:8x8", gib); /* clusters: 64 variables and 256 ends of edges */
    assert_string_equal(c.sample.method, "swendsen-wang");
    assert_close(c.sample.seconds,
                 (4 * 12000 * (64 + 256) * HEAT_CLUSTER_NS + 40000 * HEAT_MEASURE_NS) * 1e-9, 1e-9);
    heat_context_free(ctx);
}

/* Strips 18 wide have tables of 2^19 entries, those 20 wide of 2^21. */
static void tables_beyond_the_caches_are_dearer(void **state)
{
    heat_context *ctx = test_context();
    costs near = price(ctx, "lattice:18x30,open,h=0.1", gib),
          far = price(ctx, "lattice:20x30,open,h=0.1", gib);

    (void)state;
    assert_close(near.exact.operation_ns, HEAT_ENTRY_NS, 1e-15);
    assert_true(far.exact.operation_ns > HEAT_ENTRY_NS + 0.9 * HEAT_FAR_NS);
    assert_true(far.exact.operation_ns < HEAT_ENTRY_NS + HEAT_FAR_NS);
    assert_close(far.logz.seconds, HEAT_SUM_OVER_SEARCH * heat_exact_seconds(&far.exact), 1e-9);
    heat_context_free(ctx);
}

static void wide_models_are_annealed_and_not_counted(void **state)
{
    heat_context *ctx = test_context();
    costs c = price(ctx, "sk:300", gib);

    (void)state;
    assert_string_equal(c.ground.method, "anneal");
    assert_string_equal(c.ground.reason, "no exact method is affordable");
    assert_string_equal(c.logz.method, "mbar");
    assert_true(c.logz.seconds > c.sample.seconds && c.logz.bytes > c.sample.bytes);
    assert_true(c.ground.affordable && c.sample.affordable && c.logz.affordable);
    /* 32 replicas of 4000 sweeps */
    assert_close(c.ground.seconds, 32 * 4000 * 300 * (HEAT_VISIT_NS + 299 * HEAT_NEIGHBOUR_NS) * 1e-9, 1e-9);
    assert_true(c.ground.bytes > 32 * 300);
    heat_context_free(ctx);
}

static void memory_is_judged_for_each_verb(void **state)
{
    heat_context *ctx = test_context();
    costs c = price(ctx, "lattice:300x300", 1 << 20);

    (void)state;
    assert_false(c.ground.affordable || c.sample.affordable || c.logz.affordable);
    heat_context_free(ctx);
}

static void planar_graphs_are_counted_where_they_are_too_wide_to_prove(void **state)
{
    heat_context *ctx = test_context();
    costs c = price(ctx, "lattice:64x64,open", gib);

    (void)state;
    assert_string_equal(c.exact.sum_method, "planar");
    assert_false(c.exact.affordable);
    assert_string_equal(c.ground.method, "anneal");
    assert_string_equal(c.logz.method, "planar");
    assert_close(c.logz.seconds, c.exact.sum_seconds, 0);
    assert_true(c.logz.seconds > 1e-2 && c.logz.seconds < 1);
    assert_close(c.logz.bytes, c.exact.sum_bytes, 0);
    assert_true(c.logz.bytes > 1e6 && c.logz.bytes < 2e7);
    c = price(ctx, "lattice:8x8", gib); /* not worth a plan */
    assert_null(c.exact.sum_method);
    heat_context_free(ctx);
}

/* The estimate and the run take the same road. */
static void the_methods_priced_are_those_that_run(void **state)
{
    static const char *const specs[] = {"lattice:6x6", "sk:20", "sk:40", "regular:60,k=3"};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        costs c = price(ctx, specs[k], gib);
        heat_ground_options opt;
        heat_ground_result r = {0};
        heat_model *model;
        heat_ground_options_init(&opt);
        opt.memory = gib;
        opt.sweeps = 10;
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
        assert_string_equal(c.ground.method, r.method);
        heat_ground_result_clear(&r);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void missing_arguments_are_named(void **state)
{
    heat_context *ctx = test_context();
    heat_cost cost;

    (void)state;
    assert_int_equal(heat_ground_estimate(ctx, NULL, NULL, NULL, &cost), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "heat_ground_estimate");
    assert_int_equal(heat_sample_estimate(ctx, NULL, NULL, NULL, &cost), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_logz_estimate(ctx, NULL, NULL, NULL, &cost), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_logz_estimate(NULL, NULL, NULL, NULL, &cost), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_models_are_proved_and_counted),
        cmocka_unit_test(patience_ends_before_affordability),
        cmocka_unit_test(tables_beyond_the_caches_are_dearer),
        cmocka_unit_test(wide_models_are_annealed_and_not_counted),
        cmocka_unit_test(memory_is_judged_for_each_verb),
        cmocka_unit_test(planar_graphs_are_counted_where_they_are_too_wide_to_prove),
        cmocka_unit_test(the_methods_priced_are_those_that_run),
        cmocka_unit_test(missing_arguments_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
