/* Several models with one seed: their streams differ, their average is that of their means; histograms add
 * up. */
#include "support.h"

#include <heatbath/logz.h>
#include <heatbath/sample.h>
#include <math.h>
#include <string.h>

enum { MODELS = 3 };

static heat_sample_options run_options(void)
{
    heat_sample_options opt;

    heat_sample_options_init(&opt);
    opt.temperature_set = "1.5,3";
    opt.sweeps = 3000;
    opt.burn_in = 200;
    opt.keep_states = true;
    opt.thin = 100;
    opt.observables = "overlap";
    opt.histogram = "energy,magnetization,overlap";
    return opt;
}

static void run(heat_context *ctx, const char *spec, const heat_sample_options *opt, heat_sample_result *r)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_ok(ctx, heat_sample(ctx, model, opt, r));
    heat_model_free(model);
}

static void an_index_has_streams_of_its_own(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = run_options();
    heat_sample_result a = {0}, b = {0};

    run(ctx, "ea:5x5,seed=1", &opt, &a);
    opt.index = 1;
    run(ctx, "ea:5x5,seed=1", &opt, &b);
    assert_memory_not_equal(a.states, b.states, (size_t)(2 * 4 * a.n_draws * 25));
    heat_sample_result_clear(&a);
    heat_sample_result_clear(&b);
    heat_context_free(ctx);
}

static void the_average_is_that_of_the_means(void **state)
{
    (void)state;
    static const char *const specs[MODELS] = {"ea:5x5,seed=1", "ea:5x5,seed=2", "ea:5x5,seed=3"};
    heat_context *ctx = test_context();
    heat_sample_options opt = run_options();
    heat_sample_result r[MODELS] = {{0}}, average = {0};

    for (int k = 0; k < MODELS; k++) {
        opt.index = k;
        run(ctx, specs[k], &opt, &r[k]);
    }
    assert_ok(ctx, heat_sample_average(ctx, MODELS, r, &average));
    for (int t = 0; t < 2; t++) {
        double mean = 0, squares = 0;
        for (int k = 0; k < MODELS; k++)
            mean += r[k].temperatures[t].observables[0].mean / MODELS;
        for (int k = 0; k < MODELS; k++)
            squares += pow(r[k].temperatures[t].observables[0].mean - mean, 2);
        assert_close(average.temperatures[t].observables[0].mean, mean, 1e-9);
        assert_close(average.temperatures[t].observables[0].error, sqrt(squares / (MODELS - 1) / MODELS),
                     1e-9);
    }
    r[1].temperatures[1].observables[0].mean = (double)NAN; /* withheld in one: withheld in all */
    heat_sample_result_clear(&average);
    assert_ok(ctx, heat_sample_average(ctx, MODELS, r, &average));
    assert_true(isfinite(average.temperatures[0].observables[0].mean));
    assert_true(!isfinite(average.temperatures[1].observables[0].mean));
    r[2].temperatures[0].temperature = 1.6;
    assert_int_equal(heat_sample_average(ctx, MODELS, r, &average), HEAT_ERROR_ARGUMENT);
    heat_sample_result_clear(&average);
    for (int k = 0; k < MODELS; k++)
        heat_sample_result_clear(&r[k]);
    heat_context_free(ctx);
}

static const heat_observable *observable_at(const heat_sample_temperature *row, const char *name)
{
    for (int32_t k = 0; k < row->n_observables; k++)
        if (strcmp(row->observables[k].name, name) == 0)
            return &row->observables[k];
    fail_msg("no observable %s", name);
    return NULL;
}

static double binder(double second, double fourth)
{
    return 1 - fourth / (3 * second * second);
}

/* 1 - [<q^4>] / 3 [<q^2>]^2, by the jackknife over models; not the average of the models' own. */
static void check_ratio(const heat_sample_result *r, const heat_sample_result *average, int t)
{
    double q2[MODELS], q4[MODELS], sum2 = 0, sum4 = 0, left[MODELS], mean = 0, squares = 0, own = 0;
    const heat_observable *o = observable_at(&average->temperatures[t], "overlap_binder");

    for (int k = 0; k < MODELS; k++) {
        sum2 += q2[k] = observable_at(&r[k].temperatures[t], "overlap_squared")->mean;
        sum4 += q4[k] = observable_at(&r[k].temperatures[t], "overlap_fourth")->mean;
        own += observable_at(&r[k].temperatures[t], "overlap_binder")->mean / MODELS;
    }
    for (int k = 0; k < MODELS; k++) {
        left[k] = binder((sum2 - q2[k]) / (MODELS - 1), (sum4 - q4[k]) / (MODELS - 1));
        mean += left[k] / MODELS;
    }
    for (int k = 0; k < MODELS; k++)
        squares += (left[k] - mean) * (left[k] - mean);
    assert_close(o->mean, MODELS * binder(sum2 / MODELS, sum4 / MODELS) - (MODELS - 1) * mean, 1e-9);
    assert_close(o->error, sqrt(squares * (MODELS - 1) / MODELS), 1e-9);
    assert_true(fabs(o->mean - own) > 1e-4);
}

/* Curves between the temperatures have an average as the scan has: errors from the scatter of models, not
 * from their own; withheld where one model's is. */
static void curves_are_averaged_over_models(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = run_options();
    heat_sample_result r[MODELS] = {{0}}, average = {0};

    opt.interpolate = 1;
    opt.observables = "overlap,correlation-length";
    for (int k = 0; k < MODELS; k++) {
        char spec[32];
        opt.index = k;
        snprintf(spec, sizeof spec, "ea:4x4,seed=%d", k + 1);
        run(ctx, spec, &opt, &r[k]);
    }
    assert_ok(ctx, heat_sample_average(ctx, MODELS, r, &average));
    assert_int_equal(average.n_between, 3);
    assert_int_equal(average.n_models, MODELS);
    for (int t = 0; t < 3; t++) {
        double mean = 0, squares = 0, own = 0;
        const heat_observable *o = observable_at(&average.between[t], "energy");
        for (int k = 0; k < MODELS; k++)
            mean += observable_at(&r[k].between[t], "energy")->mean / MODELS;
        for (int k = 0; k < MODELS; k++) {
            squares += pow(observable_at(&r[k].between[t], "energy")->mean - mean, 2);
            own = fmax(own, observable_at(&r[k].between[t], "energy")->error);
        }
        assert_close(average.between[t].temperature, 1.5 + 0.75 * t, 1e-12);
        assert_close(o->mean, mean, 1e-9);
        assert_close(o->error, sqrt(squares / (MODELS - 1) / MODELS), 1e-9);
        assert_true(o->error > 3 * own); /* a model's own error is another number altogether */
    }
    check_ratio(r, &average, 0);
    check_ratio(r, &average, 1);
    heat_sample_result_clear(&average);
    r[1].between[1].observables[0].mean = (double)NAN;
    assert_ok(ctx, heat_sample_average(ctx, MODELS, r, &average));
    assert_true(isfinite(average.between[0].observables[0].mean));
    assert_true(isnan(average.between[1].observables[0].mean));
    r[1].n_between = 2;
    assert_int_equal(heat_sample_average(ctx, MODELS, r, &average), HEAT_ERROR_ARGUMENT);
    r[1].n_between = 3;
    heat_sample_result_clear(&average);
    for (int k = 0; k < MODELS; k++)
        heat_sample_result_clear(&r[k]);
    heat_context_free(ctx);
}

static const heat_sample_histogram *find(const heat_sample_temperature *t, const char *name)
{
    for (int32_t k = 0; k < t->n_histograms; k++)
        if (strcmp(t->histograms[k].name, name) == 0)
            return &t->histograms[k];
    print_error("no histogram of %s\n", name);
    fail();
    return NULL;
}

/* The histogram's mean is the average's, up to the width of a bin; shares sum to 1; overlaps of all models
 * share their edges, so that they have an average. */
static void histograms_agree_with_the_averages(void **state)
{
    (void)state;
    static const char *const names[] = {"energy", "magnetization", "overlap"};
    heat_context *ctx = test_context();
    heat_sample_options opt = run_options();
    heat_sample_result r[2] = {{0}}, average = {0};

    run(ctx, "ea:5x5,seed=1", &opt, &r[0]);
    run(ctx, "ea:5x5,seed=2", &opt, &r[1]);
    for (int n = 0; n < 3; n++) {
        const heat_sample_temperature *t = &r[0].temperatures[1];
        const heat_sample_histogram *h = find(t, names[n]);
        double sum = 0, mean = 0, measured = (double)NAN;
        for (int32_t k = 0; k < t->n_observables; k++)
            if (strcmp(t->observables[k].name, names[n]) == 0)
                measured = t->observables[k].mean;
        for (int32_t k = 0; k < h->n_bins; k++) {
            sum += h->p[k];
            mean += h->p[k] * (h->edges[k] + h->edges[k + 1]) / 2;
            assert_true(h->error[k] >= 0);
        }
        assert_close(sum, 1, 1e-12);
        assert_close(mean, measured, (h->edges[1] - h->edges[0]) / 2);
    }
    assert_ok(ctx, heat_sample_average(ctx, 2, r, &average));
    {
        const heat_sample_histogram *h = find(&average.temperatures[0], "overlap");
        for (int32_t k = 0; k < h->n_bins; k++)
            assert_close(h->p[k],
                         (find(&r[0].temperatures[0], "overlap")->p[k] +
                          find(&r[1].temperatures[0], "overlap")->p[k]) /
                             2,
                         1e-14);
    }
    heat_sample_result_clear(&average);
    heat_sample_result_clear(&r[0]);
    heat_sample_result_clear(&r[1]);
    heat_context_free(ctx);
}

static const heat_observable *find_observable(const heat_sample_result *r, int t, const char *name)
{
    for (int32_t k = 0; k < r->temperatures[t].n_observables; k++)
        if (strcmp(r->temperatures[t].observables[k].name, name) == 0)
            return &r->temperatures[t].observables[k];
    return NULL;
}

enum { GLASSES = 40 };

static void run_glasses(heat_context *ctx, const char *law, int count, heat_sample_result *r)
{
    heat_sample_options opt;

    heat_sample_options_init(&opt);
    opt.engine = "exact";
    opt.temperature_set = "0.7,1.5";
    opt.observables = "link-overlap";
    opt.sweeps = 1000;
    for (int k = 0; k < count; k++) {
        char spec[64];
        opt.index = k;
        snprintf(spec, sizeof spec, law, k + 1);
        run(ctx, spec, &opt, &r[k]);
    }
}

/* Exact draws are in equilibrium; overlaps that are made too large are not, and are told. */
static void energy_and_link_overlap_of_normal_glasses_must_agree(void **state)
{
    (void)state;
    static heat_sample_result r[GLASSES];
    heat_context *ctx = test_context();
    heat_sample_result average = {0};
    const heat_observable *o;

    run_glasses(ctx, "ea:3x4,J=gauss:0.7,seed=%d", GLASSES, r);
    assert_ok(ctx, heat_sample_average(ctx, GLASSES, r, &average));
    assert_int_equal(average.outcome, HEAT_OUTCOME_CONVERGED);
    for (int t = 0; t < 2; t++) {
        double sum = 0;
        o = find_observable(&average, t, "energy_link_identity");
        for (int k = 0; k < GLASSES; k++)
            sum += find_observable(&r[k], t, "energy")->mean +
                   0.49 * 24 / r[k].temperatures[t].temperature *
                       (1 - find_observable(&r[k], t, "link_overlap")->mean);
        assert_close(o->mean, sum / GLASSES, 1e-9);
        assert_close(o->mean, 0, 4 * o->error);
        assert_true(o->error > 0 && o->error < 1);
    }
    heat_sample_result_clear(&average);
    for (int k = 0; k < GLASSES; k++)
        r[k].temperatures[0]
            .observables[find_observable(&r[k], 0, "link_overlap") - r[k].temperatures[0].observables]
            .mean -= 0.2;
    assert_ok(ctx, heat_sample_average(ctx, GLASSES, r, &average));
    assert_int_equal(average.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_contains(average.reasons, "T = 0.7: energy and link overlap disagree by");
    heat_sample_result_clear(&average);
    assert_ok(ctx, heat_sample_average(ctx, 2, r, &average)); /* two say too little of their scatter */
    assert_int_equal(average.outcome, HEAT_OUTCOME_CONVERGED);
    heat_sample_result_clear(&average);
    for (int k = 0; k < GLASSES; k++)
        heat_sample_result_clear(&r[k]);
    heat_context_free(ctx);
}

static void other_models_have_no_such_identity(void **state)
{
    (void)state;
    static const char *const specs[] = {"ea:3x4,seed=%d", "ea:3x4,J=gauss,h=0.5,seed=%d",
                                        "ea:2x6,J=gauss,seed=%d"};
    heat_sample_result r[2] = {{0}};
    heat_context *ctx = test_context();

    for (int which = 0; which < 3; which++) {
        heat_sample_result average = {0};
        run_glasses(ctx, specs[which], 2, r);
        assert_ok(ctx, heat_sample_average(ctx, 2, r, &average));
        assert_null(find_observable(&average, 0, "energy_link_identity"));
        heat_sample_result_clear(&average);
        heat_sample_result_clear(&r[0]);
        heat_sample_result_clear(&r[1]);
    }
    heat_context_free(ctx);
}

static void count(heat_context *ctx, const char *spec, const heat_logz_options *opt, heat_logz_result *r)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_ok(ctx, heat_logz(ctx, model, opt, r));
    heat_model_free(model);
}

/* Of models of two sizes, per variable; one alone has no error; what one withholds has no average. */
static void log_z_is_averaged_per_variable(void **state)
{
    (void)state;
    static const char *const specs[MODELS] = {"ea:3x3,seed=1", "ea:3x4,seed=2", "ea:3x3,seed=3"};
    static const double sizes[MODELS] = {9, 12, 9};
    heat_context *ctx = test_context();
    heat_logz_options opt;
    heat_logz_result r[MODELS] = {{0}};
    heat_logz_average average = {0};

    heat_logz_options_init(&opt);
    opt.temperature_set = "1,2";
    for (int k = 0; k < MODELS; k++)
        count(ctx, specs[k], &opt, &r[k]);
    assert_ok(ctx, heat_logz_average_get(ctx, MODELS, r, &average));
    assert_int_equal(average.n_models, MODELS);
    for (int t = 0; t < 2; t++) {
        double mean = 0, squares = 0;
        for (int k = 0; k < MODELS; k++)
            mean += r[k].rows[t].log_z / sizes[k] / MODELS;
        for (int k = 0; k < MODELS; k++)
            squares += pow(r[k].rows[t].log_z / sizes[k] - mean, 2);
        assert_close(average.rows[t].log_z.mean, mean, 1e-12);
        assert_close(average.rows[t].log_z.error, sqrt(squares / (MODELS - 1) / MODELS), 1e-12);
        assert_close(average.rows[t].free_energy.mean, -average.rows[t].temperature * mean, 1e-12);
    }
    heat_logz_average_clear(&average);
    r[1].rows[0].log_z = (double)NAN;
    assert_ok(ctx, heat_logz_average_get(ctx, MODELS, r, &average));
    assert_true(isnan(average.rows[0].log_z.mean) && isfinite(average.rows[1].log_z.mean));
    heat_logz_average_clear(&average);
    assert_ok(ctx, heat_logz_average_get(ctx, 1, r, &average));
    assert_true(isfinite(average.rows[0].log_z.mean) && isnan(average.rows[0].log_z.error));
    heat_logz_average_clear(&average);
    r[2].rows[0].temperature = 1.5;
    assert_int_equal(heat_logz_average_get(ctx, MODELS, r, &average), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_logz_average_get(ctx, 0, r, &average), HEAT_ERROR_ARGUMENT);
    for (int k = 0; k < MODELS; k++)
        heat_logz_result_clear(&r[k]);
    heat_context_free(ctx);
}

static void estimates_of_one_seed_have_streams_of_their_own(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_logz_options opt;
    heat_logz_result a = {0}, b = {0}, c = {0};

    heat_logz_options_init(&opt);
    opt.method = "mbar";
    opt.target_error = 0.2;
    count(ctx, "ea:4x4,seed=1", &opt, &a);
    count(ctx, "ea:4x4,seed=1", &opt, &b);
    opt.index = 1;
    count(ctx, "ea:4x4,seed=1", &opt, &c);
    assert_true(a.log_z == b.log_z && a.log_z != c.log_z);
    assert_close(a.log_z, c.log_z, 6 * hypot(a.error, c.error));
    heat_logz_result_clear(&a);
    heat_logz_result_clear(&b);
    heat_logz_result_clear(&c);
    heat_context_free(ctx);
}

static heat_status average_log_z(heat_context *ctx, void *arg)
{
    heat_logz_average average = {0};
    heat_status status = heat_logz_average_get(ctx, 2, arg, &average);

    heat_logz_average_clear(&average);
    return status;
}

static heat_status average_twice(heat_context *ctx, void *arg)
{
    heat_sample_result average = {0};
    heat_status status = heat_sample_average(ctx, 2, arg, &average);

    heat_sample_result_clear(&average);
    return status;
}

static void failing_memory_leaks_nothing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = run_options();
    heat_sample_result r[2] = {{0}};

    run(ctx, "ea:5x5,seed=1", &opt, &r[0]);
    run(ctx, "ea:5x5,seed=2", &opt, &r[1]);
    test_failing_allocations(average_twice, r);
    {
        heat_logz_result z[2] = {{0}};
        count(ctx, "ea:3x3,seed=1", NULL, &z[0]);
        count(ctx, "ea:3x3,seed=2", NULL, &z[1]);
        test_failing_allocations(average_log_z, z);
        heat_logz_result_clear(&z[0]);
        heat_logz_result_clear(&z[1]);
    }
    heat_sample_result_clear(&r[0]);
    heat_sample_result_clear(&r[1]);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_has_streams_of_its_own),
        cmocka_unit_test(the_average_is_that_of_the_means),
        cmocka_unit_test(curves_are_averaged_over_models),
        cmocka_unit_test(histograms_agree_with_the_averages),
        cmocka_unit_test(energy_and_link_overlap_of_normal_glasses_must_agree),
        cmocka_unit_test(other_models_have_no_such_identity),
        cmocka_unit_test(log_z_is_averaged_per_variable),
        cmocka_unit_test(estimates_of_one_seed_have_streams_of_their_own),
        cmocka_unit_test(failing_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
