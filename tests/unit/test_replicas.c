/* What replicas are worth: all of them, in every layout, for any number of threads; and what cannot be
 * measured is refused. */
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <string.h>

static heat_sample_options options(const char *engine, double temperature, int64_t replicas)
{
    heat_sample_options o;

    heat_sample_options_init(&o);
    o.engine = engine;
    o.temperature = temperature;
    o.replicas = replicas;
    o.burn_in = 100;
    o.thin = 10;
    o.sweeps = 20000;
    o.threads = 1;
    return o;
}

static void independent_replicas_count_fully(void **state)
{
    (void)state;
    static const struct {
        const char *layout, *spec, *engine;
        double temperature;
        int64_t replicas;
    } cases[] = {
        {"bits", "lattice:4x4", "metropolis", 3, 512},
        {"lanes", "sk:20", "heat-bath", 1.5, 16},
        {"lanes", "sk:20", "heat-bath", 1.5, 40},
        {"bytes", "potts:3x3,q=3", "heat-bath", 1.5, 16},
        {"clusters", "lattice:6x6", "swendsen-wang", 2.5, 3},
        {"clusters", "regular:20,k=3", "wolff", 2, 2},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_sample_options o = options(cases[k].engine, cases[k].temperature, cases[k].replicas);
        heat_replicas r, again;
        heat_model *model;
        assert_ok(ctx, heat_model_load(ctx, cases[k].spec, &model));
        heat_replicas_init(&r);
        again = r;
        assert_ok(ctx, heat_replicas_check(ctx, model, &o, &r));
        assert_string_equal(r.layout, cases[k].layout);
        assert_int_equal(r.n_draws, 2000);
        assert_true(r.error > 0 && r.error < 0.06 * (double)cases[k].replicas);
        assert_close(r.effective, (double)cases[k].replicas, 5 * r.error);
        o.threads = 2;
        assert_ok(ctx, heat_replicas_check(ctx, model, &o, &again));
        assert_memory_equal(&r, &again, sizeof r);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* One replica is its own mean. */
static void one_replica_is_one(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options o = options("heat-bath", 2, 1);
    heat_replicas r;
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, "regular:20,k=3", &model));
    heat_replicas_init(&r);
    assert_ok(ctx, heat_replicas_check(ctx, model, &o, &r));
    assert_close(r.effective, 1, 1e-9);
    assert_close(r.error, 0, 1e-9);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void what_cannot_be_measured_is_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options few = options("heat-bath", 2, 4), ladder = options("tempering", 2, 4);
    heat_replicas r;
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, "lattice:4x4", &model));
    heat_replicas_init(&r);
    few.sweeps = 999;
    assert_int_equal(heat_replicas_check(ctx, model, &few, &r), HEAT_ERROR_OPTION);
    assert_non_null(strstr(heat_context_error(ctx), "at least 100 draws"));
    assert_int_equal(heat_replicas_check(ctx, model, &ladder, &r), HEAT_ERROR_OPTION);
    assert_non_null(strstr(heat_context_error(ctx), "single chains"));
    assert_int_equal(heat_replicas_check(ctx, NULL, &few, &r), HEAT_ERROR_ARGUMENT);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Wolff's updates are the spins of its clusters, whatever a sweep was meant to visit. */
static void wolff_counts_the_spins_that_it_visits(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options o = options("wolff", 0.5, 2);
    heat_sample_result r;
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, "lattice:8x8", &model)); /* cold: a cluster is nearly all spins */
    heat_sample_result_init(&r);
    o.burn_in = 0; /* a cluster a sweep */
    o.sweeps = 50;
    assert_ok(ctx, heat_sample(ctx, model, &o, &r));
    assert_string_equal(r.layout, "clusters");
    assert_true(r.updates < 2 * 50 * 64 && r.updates > 2 * 50 * 64 * 7 / 10);
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent_replicas_count_fully),
        cmocka_unit_test(one_replica_is_one),
        cmocka_unit_test(what_cannot_be_measured_is_refused),
        cmocka_unit_test(wolff_counts_the_spins_that_it_visits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
