/* Temperatures in time: the formulas, and runs of `sample` under them. Cooled in cycles the particle between
 * two wells knows both, where a walk at the cold temperature knows one. Threads, halts and checkpoints change
 * no bit. */
#include "sample/sampling.h"
#include "sample/schedule.h"
#include "sample/walk_chains.h"
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static heat_schedule read_schedule(heat_context *ctx, const char *text)
{
    heat_schedule s;

    assert_ok(ctx, heat_schedule_parse(ctx, text, &s));
    return s;
}

static void schedules_follow_their_formulas(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_schedule s = read_schedule(ctx, "linear:5:1");

    assert_close(heat_schedule_get(&s, 0, 9), 5, 0);
    assert_close(heat_schedule_get(&s, 2, 9), 4, 1e-14);
    assert_close(heat_schedule_get(&s, 8, 9), 1, 0);
    s = read_schedule(ctx, "geometric:8:1");
    assert_close(heat_schedule_get(&s, 1, 4), 4, 1e-14);
    assert_close(heat_schedule_get(&s, 3, 4), 1, 1e-14);
    s = read_schedule(ctx, "cyclic:8:1:4");
    assert_string_equal(heat_schedule_name(&s), "cyclic");
    for (int k = 0; k < 12; k++)
        assert_close(heat_schedule_get(&s, k, 12), ldexp(8, -(k % 4)), 1e-14);
    assert_close(heat_schedule_get(&s, 1, 2), 1, 1e-14); /* shorter than its period */
    assert_close(heat_schedule_get(&s, 0, 1), 1, 1e-14);
    heat_context_free(ctx);
}

static heat_sample_options cooled(const char *schedule, int64_t sweeps, int64_t replicas)
{
    heat_sample_options opt;

    heat_sample_options_init(&opt);
    opt.schedule = schedule;
    opt.sweeps = sweeps;
    opt.replicas = replicas;
    opt.burn_in = 300;
    opt.seed = test_seed();
    return opt;
}

static void run(heat_context *ctx, const char *spec, const heat_sample_options *opt, heat_sample_result *r)
{
    heat_model *model;

    heat_sample_result_init(r);
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_ok(ctx, heat_sample(ctx, model, opt, r));
    heat_model_free(model);
}

/* --- the pilot --- */

enum { RUNGS = 8, REPLICAS = 21 };

/* Chains of a run under way that have not been burnt in: those of the run, or of its pilot. */
static heat_chains *open_chains(heat_context *ctx, const heat_sampling *s, bool is_pilot)
{
    heat_chains_plan plan = heat_sampling_plan_chains(s);
    heat_chains *c;

    if (is_pilot) {
        plan = heat_sampling_plan_rungs(s, RUNGS * REPLICAS, RUNGS, s->cooling.betas);
        plan.first_stream += REPLICAS;
    }
    assert_ok(ctx, heat_chains_create(ctx, s->model, &plan, &c));
    for (int64_t chain = 0; chain < c->n_chains; chain++)
        heat_chains_set_rung(c, chain, (int32_t)(chain / REPLICAS));
    for (int64_t unit = 0; unit < c->n_units; unit++)
        assert_ok(ctx, heat_chains_start_whole_unit(ctx, c, unit, NULL));
    return c;
}

/* A run goes on from where its pilot was at the hottest temperature, and at every temperature with the step
 * and scales that the pilot found at the one nearest to it. Of x^4 steps of leapfrog are as T^(-1/4), scales
 * as T^(1/4) over the root of T. */
static void a_pilot_finds_steps_for_all_temperatures(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sampling s = {.opt = cooled("cyclic:1:0.01:40", 400, REPLICAS)};
    double steps[RUNGS], scales[RUNGS];
    heat_model *model;
    heat_chains *pilot;

    assert_ok(ctx, heat_model_load(ctx, "potential:x^4 + y^4", &model));
    s.model = s.whole = model;
    s.opt.engine = "mala";
    s.opt.mass = "diagonal";
    s.opt.threads = 1;
    assert_ok(ctx, heat_sampling_prepare(ctx, &s));
    assert_int_equal(s.cooling.n_rungs, RUNGS);
    for (int r = 0; r < RUNGS; r++)
        assert_close(s.cooling.betas[r], pow(100, r / 7.0), 1e-12 * s.cooling.betas[r]);
    s.chains = open_chains(ctx, &s, false);
    assert_ok(ctx, heat_cooling_begin(ctx, &s));
    pilot = open_chains(ctx, &s, true);
    for (int64_t unit = 0; unit < pilot->n_units; unit++)
        for (int64_t k = 0; k < s.opt.burn_in; k++)
            assert_ok(ctx, heat_chains_sweep(ctx, pilot, unit, NULL));
    for (int64_t chain = 0; chain < REPLICAS; chain++) {
        double x[2], expected[2];
        heat_chains_get_state(s.chains, chain, x);
        heat_chains_get_state(pilot, chain, expected);
        assert_memory_equal(x, expected, sizeof x);
    }
    for (int64_t sweep = 0; sweep < 80; sweep++) {
        const double temperature = pow(0.01, (double)(sweep % 40) / 39);
        const int nearest = (int)floor((double)(sweep % 40) / 39 * 7 + 0.5);
        for (int64_t unit = 0; unit < s.chains->n_units; unit++)
            heat_cooling_set(&s, unit, sweep);
        for (int64_t chain = 0; chain < REPLICAS; chain++) {
            const int64_t source = nearest * REPLICAS + chain / s.chains->width * s.chains->width;
            int64_t lane, other;
            const heat_walk_unit *u = heat_walk_unit_of(s.chains, chain, &lane),
                                 *v = heat_walk_unit_of(pilot, source, &other);
            assert_close(s.chains->beta[chain] * temperature, 1, 1e-13);
            assert_int_equal(s.chains->rung[chain], nearest);
            assert_true(u->step[lane] == v->step[other]);
            for (int i = 0; i < 2; i++)
                assert_true(u->scale[i * u->stride + lane] == v->scale[i * v->stride + other]);
            steps[nearest] = u->step[lane];
            scales[nearest] = u->scale[lane];
        }
    }
    assert_close(steps[7] * scales[7] / (steps[0] * scales[0]), pow(100, 0.25), 0.8);
    heat_chains_free(pilot);
    heat_sampling_clear(&s);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* At T = 0.1 it takes 12763 units of time to leave a well. */
static void cycles_know_both_wells(void **state)
{
    (void)state;
    static const char *const engines[] = {"ula", "underdamped", "mala", "hmc", "nuts", "random-walk"};
    heat_context *ctx = test_context();
    heat_sample_result r;

    for (int k = 0; k < 6; k++) {
        heat_sample_options opt = cooled("cyclic:1:0.1:100", 30000, 8);
        const heat_observable *x;
        opt.engine = engines[k];
        opt.steps = k == 0 ? 40 : k == 1 ? 10 : HEAT_AUTO; /* its steps are small */
        run(ctx, "double-well", &opt, &r);
        x = test_observable(&r.temperatures[0], "x");
        print_message("%s: x = %.3f +- %.3f, energy %.4f\n", engines[k], x->mean, x->error,
                      test_observable(&r.temperatures[0], "energy")->mean);
        assert_int_equal(r.outcome, HEAT_OUTCOME_COMPLETED);
        assert_int_equal(r.n_cycles, 300);
        assert_int_equal(r.n_sweeps, 30000);
        assert_close(x->mean, 0, 4 * x->error);
        assert_true(x->error < 0.15);
        assert_close(test_observable(&r.temperatures[0], "energy")->mean, 0.0525,
                     5 * test_observable(&r.temperatures[0], "energy")->error + 0.004);
        assert_true(r.temperatures[0].temperature == 0.1 && r.temperatures[0].step > 0);
        heat_sample_result_clear(&r);
    }
    heat_context_free(ctx);
}

static void a_walk_of_as_many_steps_does_not(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = cooled(NULL, 100000, 4);
    heat_sample_result r;

    opt.engine = "ula";
    opt.step = 0.01;
    opt.temperature = 0.1;
    run(ctx, "double-well", &opt, &r);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_true(isnan(test_observable(&r.temperatures[0], "x")->mean));
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

/* Cooled once, the replicas are the draws; cooled slowly from high up, a small glass is in its ground state.
 */
static void discrete_energies_are_cooled_too(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const char *const engines[] = {"heat-bath", "metropolis"};
    heat_sample_result r;

    for (int k = 0; k < 2; k++) {
        heat_sample_options opt = cooled("linear:4:0.2", 400, 200);
        opt.engine = engines[k];
        run(ctx, "lattice:4x4", &opt, &r);
        assert_int_equal(r.outcome, HEAT_OUTCOME_COMPLETED);
        assert_int_equal(r.n_cycles, 1);
        assert_close(test_observable(&r.temperatures[0], "energy")->mean, -32, 0.6);
        assert_close(test_observable(&r.temperatures[0], "magnetization")->mean, 0,
                     5 * test_observable(&r.temperatures[0], "magnetization")->error);
        assert_true(test_observable(&r.temperatures[0], "magnetization")->error < 2);
        heat_sample_result_clear(&r);
        opt = cooled("cyclic:6:0.2:100", 40000, 8);
        opt.engine = engines[k];
        opt.observables = "spins,overlap";
        run(ctx, "lattice:4x4", &opt, &r);
        assert_close(test_observable(&r.temperatures[0], "energy")->mean, -32, 0.6);
        assert_close(test_observable(&r.temperatures[0], "overlap")->mean, 0,
                     5 * test_observable(&r.temperatures[0], "overlap")->error);
        heat_sample_result_clear(&r);
    }
    heat_context_free(ctx);
}

/* Kept states are of the whole way. */
static void the_way_down_can_be_kept(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = cooled("cyclic:1:0.25:5", 43, 3);
    heat_sample_result r;

    opt.keep_states = true;
    opt.thin = 2;
    run(ctx, "potential:x^2 + y^2", &opt, &r);
    assert_int_equal(r.n_cycles, 8);
    assert_int_equal(r.n_sweeps, 40); /* whole cycles */
    assert_int_equal(r.n_draws, 20);
    for (int64_t k = 0; k < r.n_draws; k++)
        assert_close(r.draw_temperatures[k], pow(0.25, (double)((2 * k + 1) % 5) / 4), 1e-14);
    for (int64_t k = 0; k < 3 * r.n_draws; k++)
        assert_close(r.energies[k],
                     r.values[2 * k] * r.values[2 * k] + r.values[2 * k + 1] * r.values[2 * k + 1],
                     1e-12 * (1 + r.energies[k]));
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

static void halts_and_threads_change_no_bit(void **state)
{
    (void)state;
    static const char *const specs[] = {"double-well", "muller-brown", "ea:6x6"};
    static const char *const schedules[] = {"cyclic:1:0.1:40", "geometric:50:10", "cyclic:3:0.3:40"};
    heat_context *ctx = test_context();

    for (int k = 0; k < 3; k++) {
        const char *path = test_file(".ck", "", 0);
        heat_sample_options opt = cooled(schedules[k], 8000, 20);
        heat_sample_result whole, cut = {0};
        const size_t size = 20 * 800 * (size_t)(k == 0 ? sizeof(double) : k == 1 ? 2 * sizeof(double) : 36);
        int n_cuts = 0;
        opt.keep_states = true;
        opt.thin = 10;
        opt.threads = 1;
        run(ctx, specs[k], &opt, &whole);
        assert_int_equal(whole.n_draws, 800);
        opt.checkpoint = path;
        opt.time = 0.004;
        remove(path);
        do {
            heat_sample_result_clear(&cut);
            opt.threads = 1 + n_cuts++ % 3;
            opt.every = 0;
            run(ctx, specs[k], &opt, &cut);
            opt.time *= 1.2;
        } while (cut.n_sweeps < opt.sweeps && n_cuts < 100);
        assert_true(n_cuts > 1);
        assert_memory_equal(k < 2 ? (void *)whole.values : whole.states,
                            k < 2 ? (void *)cut.values : cut.states, size);
        assert_memory_equal(&test_observable(&whole.temperatures[0], "energy")->sd,
                            &test_observable(&cut.temperatures[0], "energy")->sd, sizeof(double));
        heat_sample_result_clear(&whole);
        heat_sample_result_clear(&cut);
        remove(path);
    }
    heat_context_free(ctx);
}

static void what_does_not_go_with_a_schedule_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *schedule, *engine, *temperatures, *observables, *message;
    } cases[] = {
        {"cyclic:1:0.1", "auto", NULL, NULL, "a period follows"},
        {"cyclic:1:0.1:1", "auto", NULL, NULL, "2 at least"},
        {"cyclic:1:0.1:2.5", "auto", NULL, NULL, "2 at least"},
        {"linear:2:1:3", "auto", NULL, NULL, "hot >= cold"},
        {"cubic:2:1", "auto", NULL, NULL, "is not linear:hot:cold"},
        {"cyclic:1:0.1:30", "auto", NULL, NULL, "fewer than 4 cycles"},
        {"cyclic:1:0.1:10", "wolff", NULL, NULL, "option --schedule: wolff does not read it"},
        {"cyclic:1:0.1:10", "tempering", NULL, NULL, "option --schedule: tempering does not read it"},
        {"cyclic:1:0.1:10", "auto", "1,2", NULL, "option --temperature"},
        {"linear:1:0.1", "auto", NULL, "overlap", "overlaps are averaged over the cycles"},
    };
    heat_context *ctx = test_context();
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, "ea:4x4", &model));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_sample_options opt = cooled(cases[k].schedule, 100, 4);
        heat_sample_result r = {0};
        opt.engine = cases[k].engine;
        opt.temperature_set = cases[k].temperatures;
        opt.observables = cases[k].observables;
        assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), cases[k].message);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status run_and_clear(heat_context *ctx, void *arg)
{
    heat_sample_options opt = cooled("cyclic:1:0.1:5", 40, 2);
    heat_sample_result r = {0};
    heat_status status;

    opt.keep_states = true;
    opt.burn_in = 4;
    opt.threads = 1;
    status = heat_sample(ctx, arg, &opt, &r);
    heat_sample_result_clear(&r);
    return status;
}

static void no_allocation_is_taken_for_granted(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, "double-well", &model));
    test_failing_allocations(run_and_clear, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_follow_their_formulas),
        cmocka_unit_test(a_pilot_finds_steps_for_all_temperatures),
        cmocka_unit_test(cycles_know_both_wells),
        cmocka_unit_test(a_walk_of_as_many_steps_does_not),
        cmocka_unit_test(discrete_energies_are_cooled_too),
        cmocka_unit_test(the_way_down_can_be_kept),
        cmocka_unit_test(halts_and_threads_change_no_bit),
        cmocka_unit_test(what_does_not_go_with_a_schedule_is_refused),
        cmocka_unit_test(no_allocation_is_taken_for_granted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
