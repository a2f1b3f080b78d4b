/* heat_sample as its callers see it: the same bits for any threads, kept states that explain the averages,
 * refusals. */
#include "sample/engine.h"
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <string.h>

static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

static heat_sample_options short_run(void)
{
    heat_sample_options opt;

    heat_sample_options_init(&opt);
    opt.sweeps = 300;
    opt.burn_in = 50;
    opt.temperature_set = "2,3,4";
    opt.replicas = 6;
    opt.keep_states = true;
    return opt;
}

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    static const char *const engines[] = {"metropolis", "heat-bath", "exact", "wolff", "swendsen-wang"};
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:4x5,J=gauss,seed=3");

    for (int e = 0; e < 5; e++) {
        heat_sample_options opt = short_run();
        heat_sample_result one = {0}, many = {0};
        opt.engine = engines[e];
        if (e == 2)
            opt.burn_in = 2000; /* the exact engine reads no burn-in: the default stands for unset */
        opt.threads = 1;
        assert_ok(ctx, heat_sample(ctx, model, &opt, &one));
        opt.threads = 5;
        assert_ok(ctx, heat_sample(ctx, model, &opt, &many));
        assert_int_equal(one.n_draws, 300);
        assert_memory_equal(one.states, many.states, (size_t)(3 * 6 * 300 * 20));
        assert_memory_equal(one.energies, many.energies, 3 * 6 * 300 * sizeof(double));
        for (int t = 0; t < 3; t++)
            assert_memory_equal(&one.temperatures[t].observables[0].error,
                                &many.temperatures[t].observables[0].error, sizeof(double));
        heat_sample_result_clear(&one);
        heat_sample_result_clear(&many);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Energies of kept states are their energies; averages of them are the averages; spins and edges too. */
static void kept_states_explain_the_averages(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:4x5,h=0.2,seed=3");
    heat_sample_options opt = short_run();
    heat_sample_result r = {0};

    opt.sweeps = 320; /* sixteen full blocks */
    opt.observables = "spins,edges";
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    assert_int_equal(r.n_edges, 40);
    for (int t = 0; t < 3; t++) {
        double energy = 0, spin = 0, edge = 0, magnetization = 0, n_averaged = 0;
        int64_t n = 6 * 320;
        for (int64_t k = t * n; k < (t + 1) * n; k++) {
            const int8_t *s = r.states + k * 20;
            double e;
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, s, &e));
            assert_close(r.energies[k], e, 1e-12);
            spin += s[7];
            edge += s[r.edge_i[11]] * s[r.edge_j[11]];
            if (k % 320 < r.temperatures[t].discarded)
                continue; /* of the averages, not of the sums over spins and edges */
            energy += e;
            for (int i = 0; i < 20; i++)
                magnetization += s[i];
            n_averaged++;
        }
        if (!isnan(test_observable(&r.temperatures[t], "energy")->mean))
            assert_close(test_observable(&r.temperatures[t], "energy")->mean, energy / n_averaged, 1e-10);
        if (!isnan(test_observable(&r.temperatures[t], "magnetization")->mean))
            assert_close(test_observable(&r.temperatures[t], "magnetization")->mean,
                         magnetization / n_averaged, 1e-10);
        assert_close(r.temperatures[t].spin_mean[7], spin / (double)n, 1e-12);
        assert_close(r.temperatures[t].edge_mean[11], edge / (double)n, 1e-12);
        assert_true(r.temperatures[t].spin_error[7] > 0 && r.temperatures[t].edge_error[11] > 0);
    }
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void thinning_keeps_every_kth_state(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:4x5");
    heat_sample_options opt = short_run();
    heat_sample_result all = {0}, thin = {0};

    assert_ok(ctx, heat_sample(ctx, model, &opt, &all));
    opt.thin = 7;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &thin));
    assert_int_equal(thin.n_draws, 43);
    for (int64_t c = 0; c < 18; c++)
        for (int64_t d = 0; d < 43; d++)
            assert_memory_equal(thin.states + (c * 43 + d) * 20, all.states + (c * 300 + 7 * d) * 20, 20);
    heat_sample_result_clear(&all);
    heat_sample_result_clear(&thin);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* A cold glass from random starts: the chains sit in different valleys, and the numbers are withheld. */
static void stuck_chains_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:12x12,seed=1");
    heat_sample_options opt = short_run();
    heat_sample_result r = {0};

    opt.temperature_set = NULL;
    opt.temperature = 0.1;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_int_equal(r.temperatures[0].outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_contains(r.reasons, "T = 0.1: energy: R-hat above 1.01");
    assert_true(isnan(test_observable(&r.temperatures[0], "energy")->mean));
    assert_true(isnan(test_observable(&r.temperatures[0], "heat_capacity")->mean));
    assert_true(test_observable(&r.temperatures[0], "energy")->rhat > 1.01);
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void a_stop_request_keeps_what_is_there(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:4x5");
    heat_sample_options opt = short_run();
    heat_sample_result r = {0};

    heat_context_stop(ctx);
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_INTERRUPTED);
    assert_int_equal(r.n_sweeps, 0);
    assert_int_equal(r.n_draws, 0);
    heat_sample_result_clear(&r);
    heat_context_resume(ctx);
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    assert_int_equal(r.n_sweeps, 300);
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Exact draws cut short by the clock: no temperature reports what was never drawn. */
static void draws_that_were_not_made_are_not_averaged(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:4x4");
    heat_sample_options opt;
    heat_sample_result r = {0};

    heat_sample_options_init(&opt);
    opt.engine = "exact";
    opt.temperature_set = "1:4:0.1";
    heat_context_stop(ctx);
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_INTERRUPTED);
    assert_int_equal(r.n_sweeps, 0);
    for (int32_t t = 0; t < r.n_temperatures; t++)
        assert_true(isnan(test_observable(&r.temperatures[t], "energy")->mean));
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Spins of chains that sit in different valleys have no common mean: none is reported. */
static void spins_that_disagree_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:8x8,h=0.05,seed=1");
    heat_sample_options opt = short_run();
    heat_sample_result r = {0};
    int32_t refused = 0, kept = 0;

    opt.temperature_set = NULL;
    opt.temperature = 0.25;
    opt.sweeps = 3200;
    opt.observables = "spins,edges";
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    for (int32_t i = 0; i < 64; i++) {
        refused += isnan(r.temperatures[0].spin_mean[i]) && isnan(r.temperatures[0].spin_error[i]);
        kept += r.temperatures[0].spin_error[i] >= 0;
    }
    assert_int_equal(refused + kept, 64);
    assert_true(refused > 5);
    heat_sample_result_clear(&r);
    opt.temperature = 3;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    for (int32_t i = 0; i < 64; i++)
        assert_true(r.temperatures[0].spin_error[i] > 0);
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void refuse(heat_context *ctx, const heat_model *model, const heat_sample_options *opt,
                   heat_status expected, const char *part)
{
    heat_sample_result r = {0};

    assert_int_equal(heat_sample(ctx, model, opt, &r), expected);
    assert_contains(heat_context_error(ctx), part);
    assert_null(r.temperatures);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:4x5");
    heat_sample_options opt = short_run();

    opt.engine = "metropols";
    refuse(ctx, model, &opt, HEAT_ERROR_OPTION, "did you mean metropolis?");
    opt = short_run();
    opt.temperature_set = NULL;
    opt.temperature = 0;
    refuse(ctx, model, &opt, HEAT_ERROR_OPTION, "option --temperature");
    opt = short_run();
    opt.observables = "spins,edgs";
    refuse(ctx, model, &opt, HEAT_ERROR_OPTION, "'edgs' is none of spins, edges");
    opt = short_run();
    opt.engine = "exact";
    refuse(ctx, model, &opt, HEAT_ERROR_OPTION, "option --burn-in: exact does not read it");
    opt = short_run();
    opt.sweeps = 1000000000;
    refuse(ctx, model, &opt, HEAT_ERROR_UNABLE, "are allowed");
    opt = short_run();
    opt.initial = "/nonexistent/state.txt";
    refuse(ctx, model, &opt, HEAT_ERROR_INPUT, "/nonexistent/state.txt");
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status run_and_clear(heat_context *ctx, void *arg)
{
    heat_sample_options opt = short_run();
    heat_sample_result r = {0};
    heat_status status;

    opt.threads = 1;
    opt.sweeps = 20;
    opt.observables = "spins,edges";
    status = heat_sample(ctx, arg, &opt, &r);
    heat_sample_result_clear(&r);
    return status;
}

static void failing_memory_leaks_nothing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:4x5");

    test_failing_allocations(run_and_clear, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Chains of few autocorrelation times are too short for R-hat alone; stuck ones are refused as ever. */
static void many_short_chains_converge_unless_they_are_stuck(void **state)
{
    (void)state;
    static const double temperatures[] = {2.5, 1};
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:16x16");

    for (int k = 0; k < 2; k++) {
        heat_sample_options opt;
        heat_sample_result r = {0};
        const heat_observable *energy;
        heat_sample_options_init(&opt);
        opt.engine = "heat-bath";
        opt.temperature = temperatures[k];
        opt.replicas = 512;
        opt.sweeps = 1000;
        opt.burn_in = k == 0 ? 300 : 30; /* cold: stripes that have not closed yet */
        assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
        energy = &r.temperatures[0].observables[0];
        print_message("T = %.1f: rhat %.4f; %s\n", opt.temperature, energy->rhat, r.reasons);
        assert_int_equal(r.outcome, k == 0 ? HEAT_OUTCOME_CONVERGED : HEAT_OUTCOME_NOT_CONVERGED);
        assert_true(energy->rhat > 1.01);
        heat_sample_result_clear(&r);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(kept_states_explain_the_averages),
        cmocka_unit_test(thinning_keeps_every_kth_state),
        cmocka_unit_test(stuck_chains_are_refused),
        cmocka_unit_test(a_stop_request_keeps_what_is_there),
        cmocka_unit_test(draws_that_were_not_made_are_not_averaged),
        cmocka_unit_test(spins_that_disagree_are_refused),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(failing_memory_leaks_nothing),
        cmocka_unit_test(many_short_chains_converge_unless_they_are_stuck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
