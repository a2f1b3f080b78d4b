/* Weights of basins against integrals over them, by every way, and the basins themselves. */
#include "explore/basin_orbit.h"
#include "explore/exploring.h"
#include "kernel/isa.h"
#include "model/smooth_rows.h"
#include "random/stream.h"
#include "support.h"

#include <heatbath/explore.h>
#include <math.h>
#include <string.h>

static heat_explore_result explore(heat_context *ctx, const char *spec, const heat_explore_options *opt)
{
    heat_model *model = NULL;
    heat_explore_result r;

    heat_explore_result_init(&r);
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_ok(ctx, heat_explore(ctx, model, opt, &r));
    heat_model_free(model);
    return r;
}

static heat_explore_options make_options(const char *method, double temperature, int64_t sweeps)
{
    heat_explore_options opt;

    heat_explore_options_init(&opt);
    opt.seed = test_seed();
    opt.method = method;
    opt.temperature = temperature;
    opt.sweeps = sweeps;
    return opt;
}

/* Basin 0 of `t` and its difference from the other, whichever of the two is the reference. */
static double difference(const heat_explore_temperature *t, int64_t k, heat_explore_way way, double *error)
{
    const heat_explore_weight *a = &t->basins[k].by[way], *b = &t->basins[1 - k].by[way];

    *error = a->delta_f_error + b->delta_f_error;
    return a->delta_f - b->delta_f;
}

/* data/exact/continuous.md: F(narrow) - F(wide) of basins:1,ln 4. Counting, which crosses no barrier of 20 T,
 * is not waited for. */
static void a_wide_basin_wins_by_its_width(void **state)
{
    static const double temperature[2] = {0.05, 0.25}, exact[2] = {0.06863099, 0.32302434};
    heat_context *ctx = test_context();
    heat_explore_options opt = make_options(NULL, 1, 8000);
    heat_explore_result r;

    (void)state;
    opt.temperature_set = "0.05,0.25";
    opt.target_error = 0.004;
    r = explore(ctx, "basins:1,1.3862943611198906", &opt);
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    assert_int_equal(r.n_basins, 2);
    assert_string_equal(r.reasons, "");
    assert_int_equal(r.temperatures[0].ways[HEAT_EXPLORE_COUNTING].answer, HEAT_EXPLORE_OUT_OF_REACH);
    assert_non_null(r.temperatures[0].ways[HEAT_EXPLORE_COUNTING].reason);
    for (int t = 0; t < 2; t++) {
        const int64_t narrow = r.states[0] < 0 ? 0 : 1;
        assert_int_equal(r.temperatures[t].reference, 1 - narrow);
        for (int way = HEAT_EXPLORE_EXCHANGE; way < HEAT_EXPLORE_WAYS; way++) {
            double error, value = difference(&r.temperatures[t], narrow, (heat_explore_way)way, &error);
            assert_close(value, exact[t], 4.5 * error);
            assert_int_equal(r.temperatures[t].ways[way].answer, HEAT_EXPLORE_HOLDS);
            assert_true(error <= 0.004 * temperature[t]);
        }
    }
    assert_close(r.hessian_trace[r.states[0] < 0 ? 0 : 1], 12, 1e-9);
    assert_close(r.hessian_top[0], 8, 1e-9);
    heat_explore_result_clear(&r);
    heat_context_free(ctx);
}

/* By integration alone where T is as high as the barrier: the exact value divides at x = 0. */
static void warm_basins_are_divided_where_the_table_does(void **state)
{
    heat_context *ctx = test_context();
    heat_explore_options opt = make_options("integration", 1, 20000);
    heat_explore_result r;
    double error, value, sum = 0;

    (void)state;
    opt.target_error = 0.014;
    r = explore(ctx, "basins:10,.2", &opt);
    value = difference(&r.temperatures[0], r.states[0] < 0 ? 0 : 1, HEAT_EXPLORE_INTEGRATION, &error);
    assert_close(value, 1.65042591, 4.5 * error);
    assert_true(error < 0.02);
    for (int64_t k = 0; k < 2; k++)
        sum += exp(-r.temperatures[0].basins[k].free_energy);
    assert_close(log(sum), 10.25044027, 0.03);
    heat_explore_result_clear(&r);
    heat_context_free(ctx);
}

static void wells_of_one_kind_weigh_alike_by_all_ways(void **state)
{
    heat_context *ctx = test_context();
    heat_explore_options opt = make_options(NULL, 0.5, 6000);
    heat_explore_result r;
    const heat_explore_temperature *t;

    (void)state;
    opt.target_error = 0.01;
    r = explore(ctx, "double-well", &opt);
    t = &r.temperatures[0];
    assert_string_equal(r.reasons, "");
    for (int way = 0; way < HEAT_EXPLORE_WAYS; way++) {
        double error, value = difference(t, 0, (heat_explore_way)way, &error);
        assert_close(value, 0, 4.5 * error + 1e-12); /* a mirror image in every orbit: errors of 0 */
        assert_close(t->basins[0].by[way].occupancy, 0.5, 4.5 * t->basins[0].by[way].occupancy_error + 1e-12);
    }
    /* F = -T log(Z / 2), Z of the table */
    assert_close(t->basins[0].free_energy, -0.5 * log(1.4109147032 / 2),
                 4.5 * t->basins[0].free_energy_error);
    assert_int_equal(r.n_saddles, 1);
    assert_close(r.saddle_energies[0], 1, 1e-9);
    heat_explore_result_clear(&r);
    heat_context_free(ctx);
}

/* The same temperature twice: by draws of their own. */
static void places_have_their_own_draws(void **state)
{
    heat_context *ctx = test_context();
    heat_explore_options opt = make_options("integration", 1, 400);
    heat_explore_result r;

    (void)state;
    opt.temperature_set = "0.5,0.5";
    opt.target_error = 0.02;
    r = explore(ctx, "double-well", &opt);
    for (int64_t k = 0; k < 2; k++) {
        const heat_explore_basin *a = &r.temperatures[0].basins[k], *b = &r.temperatures[1].basins[k];
        assert_true(a->free_energy != b->free_energy);
        assert_close(a->free_energy, b->free_energy, 5 * hypot(a->free_energy_error, b->free_energy_error));
    }
    heat_explore_result_clear(&r);
    heat_context_free(ctx);
}

/* Occupancies by exchange, and with `integrates` free energies, of the double well between two walls, against
 * integrals that are summed up here. */
static void check_between_walls(double lower, double upper, bool integrates)
{
    const double temperature = 0.5, h = 1e-5;
    heat_explore_options opt =
        make_options(integrates ? "exchange,integration" : "exchange", temperature, 6000);
    heat_context *ctx = test_context();
    heat_load_options box;
    heat_explore_result r;
    heat_model *model;
    double z[2] = {0, 0};
    char text[64];

    for (double x = lower + h / 2; x < upper; x += h)
        z[x > 0] += h * exp(-(x * x - 1) * (x * x - 1) / temperature);
    snprintf(text, sizeof text, "%g:%g", lower, upper);
    opt.target_error = 0.008;
    heat_load_options_init(&box);
    box.box = text;
    heat_explore_result_init(&r);
    assert_ok(ctx, heat_model_load_with(ctx, "double-well", &box, &model));
    assert_ok(ctx, heat_explore(ctx, model, &opt, &r));
    assert_string_equal(r.reasons, "");
    assert_int_equal(r.n_basins, 2);
    for (int64_t k = 0; k < 2; k++) {
        const heat_explore_basin *b = &r.temperatures[0].basins[k];
        const int side = r.states[k] > 0;
        assert_close(b->occupancy, z[side] / (z[0] + z[1]), 4.5 * b->occupancy_error);
        assert_true(b->occupancy_error < 0.02);
        if (integrates)
            assert_close(b->free_energy, -temperature * log(z[side]), 4.5 * b->free_energy_error);
    }
    heat_explore_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Just behind the minima; and before one of them, so that it lies on the wall. */
static void walls_cut_basins(void **state)
{
    (void)state;
    check_between_walls(-1.1, 1.2, true);
    check_between_walls(-3, 0.8, false);
}

static void mueller_brown_weighs_as_the_flow_divides_it(void **state)
{
    static const double weight[3] = {0.974381, 0.0224123, 0.0032070};
    heat_context *ctx = test_context();
    heat_explore_options opt = make_options("integration", 10, 10000);
    heat_explore_result r;

    (void)state;
    opt.target_error = 0.008;
    r = explore(ctx, "muller-brown", &opt);
    assert_int_equal(r.n_basins, 3);
    for (int64_t k = 0; k < 3; k++) {
        const heat_explore_basin *b = &r.temperatures[0].basins[k];
        assert_close(b->occupancy, weight[k], 4.5 * b->occupancy_error);
        assert_true(b->occupancy_error < 0.01 * weight[k]);
    }
    heat_explore_result_clear(&r);
    heat_context_free(ctx);
}

static void cold_chains_that_do_not_cross_say_so(void **state)
{
    heat_context *ctx = test_context();
    const heat_explore_options opt = make_options("counting", 0.02, 2000);
    heat_explore_result r = explore(ctx, "double-well", &opt);

    (void)state;
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_contains(r.reasons, "counting: no chain went from one basin to another");
    assert_true(isnan(r.temperatures[0].basins[0].occupancy));
    heat_explore_result_clear(&r);
    heat_context_free(ctx);
}

static void an_error_above_its_target_is_no_success(void **state)
{
    heat_context *ctx = test_context();
    heat_explore_options opt = make_options("exchange", 0.5, 4000);
    heat_explore_result r;

    (void)state;
    opt.target_error = 1e-5;
    r = explore(ctx, "basins:1,0.5", &opt);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_contains(r.reasons, "T is above the target");
    assert_true(isfinite(r.temperatures[0].basins[0].occupancy));
    heat_explore_result_clear(&r);
    heat_context_free(ctx);
}

/* What nobody asked for and no sweeps allowed can reach is not run after. */
static void a_target_out_of_sight_is_given_up(void **state)
{
    static const char *const methods[] = {"counting", "integration"};
    heat_context *ctx = test_context();

    (void)state;
    for (int k = 0; k < 2; k++) {
        heat_explore_options opt = make_options(methods[k], 1, 4000);
        heat_explore_result quick, whole;
        opt.replicas = 16;
        quick = explore(ctx, "basins:1,1.3862943611198906", &opt);
        opt.target_error = 0.0015;
        whole = explore(ctx, "basins:1,1.3862943611198906", &opt);
        print_message("%s: %g and %g updates\n", methods[k], (double)quick.updates, (double)whole.updates);
        assert_true(2 * quick.updates < whole.updates);
        assert_int_equal(
            quick.temperatures[0].ways[k == 0 ? HEAT_EXPLORE_COUNTING : HEAT_EXPLORE_INTEGRATION].answer,
            HEAT_EXPLORE_HOLDS);
        heat_explore_result_clear(&quick);
        heat_explore_result_clear(&whole);
    }
    heat_context_free(ctx);
}

static void threads_change_no_bit(void **state)
{
    heat_context *ctx = test_context();
    heat_explore_options opt = make_options(NULL, 0.5, 500);
    heat_explore_result one, two;

    (void)state;
    opt.threads = 1;
    one = explore(ctx, "double-well", &opt);
    opt.threads = 2;
    two = explore(ctx, "double-well", &opt);
    assert_memory_equal(one.temperatures[0].basins, two.temperatures[0].basins,
                        2 * sizeof(heat_explore_basin));
    heat_explore_result_clear(&one);
    heat_explore_result_clear(&two);
    heat_context_free(ctx);
}

/* Points of the double well: the sign tells, however far out. */
static void flow_leads_to_the_minimum_on_this_side(void **state)
{
    enum { COUNT = 401 };
    heat_context *ctx = test_context();
    heat_model *model = NULL;
    heat_smooth view;
    heat_minima minima = {.n_visited = 0};
    heat_flow_basins basins = {.count = 0};
    heat_flow flow = {.basins = NULL};
    double points[COUNT];
    int32_t basin[COUNT];

    (void)state;
    assert_ok(ctx, heat_model_load(ctx, "double-well", &model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    assert_ok(ctx, heat_minima_find(ctx, &view, 1, 8, 1, &minima));
    assert_ok(ctx, heat_flow_basins_open(ctx, &view, &minima, &basins));
    assert_true(basins.reach[0] > 0 && basins.reach[0] < 4); /* that of the saddle */
    assert_ok(ctx, heat_flow_open(ctx, &basins, &flow));
    for (int k = 0; k < COUNT; k++)
        points[k] = 1e-3 * (k - 200.5) * (k % 7 == 0 ? 100 : 1);
    assert_ok(ctx, heat_flow_locate(ctx, &flow, COUNT, points, basin));
    for (int k = 0; k < COUNT; k++) {
        assert_in_range(basin[k], 0, 1);
        assert_true(minima.minima.x[basin[k]] * points[k] > 0);
    }
    heat_flow_close(&flow);
    heat_flow_basins_close(&basins);
    heat_minima_close(&minima);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Every point of an orbit has the orbit of any other, and shares that follow from the density: those of a
 * point of basin k at beta, of its image in l, are as exp(-beta U) / sqrt(det H). */
static void an_orbit_is_the_same_from_all_its_points(void **state)
{
    enum { COUNT = 200, N = 3 };
    heat_context *ctx = test_context();
    heat_model *model = NULL;
    heat_smooth view;
    heat_minima minima = {.n_visited = 0};
    heat_flow_basins basins = {.count = 0};
    heat_flow flow = {.basins = NULL};
    heat_orbits orbits = {.basins = NULL};
    heat_orbit_draws here = {.orbits = NULL}, there = {.orbits = NULL};
    heat_stream stream;
    double points[COUNT * N], energy[COUNT], beta[COUNT];
    int32_t basin[COUNT];
    int64_t n_shared = 0;

    (void)state;
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_INITIAL, 0);
    assert_ok(ctx, heat_model_load(ctx, "basins:2,0.7", &model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    assert_ok(ctx, heat_minima_find(ctx, &view, 1, 8, 1, &minima));
    assert_ok(ctx, heat_flow_basins_open(ctx, &view, &minima, &basins));
    assert_ok(ctx, heat_flow_open(ctx, &basins, &flow));
    assert_ok(ctx, heat_orbits_open(ctx, &basins, &orbits));
    assert_ok(ctx, heat_orbit_draws_open(ctx, &orbits, &flow, COUNT, &here));
    assert_ok(ctx, heat_orbit_draws_open(ctx, &orbits, &flow, COUNT, &there));
    for (int k = 0; k < COUNT * N; k++)
        points[k] = 2 * heat_stream_uniform(&stream) - (k % N == 0 && k % 2 == 0 ? 2 : 0);
    for (int k = 0; k < COUNT; k++)
        beta[k] = 0.5 + k % 4;
    assert_ok(ctx, heat_smooth_evaluate_rows(ctx, &view, COUNT, points, energy, NULL));
    assert_ok(ctx, heat_flow_locate(ctx, &flow, COUNT, points, basin));
    assert_ok(ctx, heat_orbit_draws_share(ctx, &here, COUNT, points, basin, energy, beta));
    for (int64_t i = 0; i < here.n_images; i++) {
        const int64_t draw = here.place[i] / HEAT_ORBIT_BASINS;
        int32_t other = 1 - basin[draw];
        const heat_orbit *a = &here.orbit[draw], *b = &there.orbit[0];
        double ratio = exp(
            -beta[draw] * (a->energy[other] - energy[draw]) -
            (heat_flow_basins_log_det(&basins, other) - heat_flow_basins_log_det(&basins, basin[draw])) / 2);
        assert_close(a->share[0] + a->share[1], 1, 1e-14);
        if (a->share[other] == 0)
            continue;
        assert_close(a->share[other] / a->share[basin[draw]], ratio, 1e-12 * ratio);
        assert_ok(ctx, heat_orbit_draws_share(ctx, &there, 1, here.images + i * N, &other, &a->energy[other],
                                              &beta[draw]));
        for (int k = 0; k < 2; k++)
            assert_close(b->share[k], a->share[k], 1e-9);
        n_shared++;
    }
    assert_true(n_shared > COUNT / 4);
    heat_orbit_draws_close(&here);
    heat_orbit_draws_close(&there);
    heat_orbits_close(&orbits);
    heat_flow_close(&flow);
    heat_flow_basins_close(&basins);
    heat_minima_close(&minima);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* One that has basins to tell apart, short. */
static heat_status run_short(heat_context *ctx, void *arg)
{
    heat_explore_options opt = make_options(arg, 0.5, 64);
    heat_model *model = NULL;
    heat_explore_result r;
    heat_status status = heat_model_load(ctx, "double-well", &model);

    opt.replicas = 4;
    opt.threads = 1;
    heat_explore_result_init(&r);
    if (status == HEAT_OK)
        status = heat_explore(ctx, model, &opt, &r);
    heat_explore_result_clear(&r);
    heat_model_free(model);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(run_short, (void *)(uintptr_t) "exchange,mbar");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow_leads_to_the_minimum_on_this_side),
        cmocka_unit_test(wells_of_one_kind_weigh_alike_by_all_ways),
        cmocka_unit_test(a_wide_basin_wins_by_its_width),
        cmocka_unit_test(warm_basins_are_divided_where_the_table_does),
        cmocka_unit_test(places_have_their_own_draws),
        cmocka_unit_test(walls_cut_basins),
        cmocka_unit_test(mueller_brown_weighs_as_the_flow_divides_it),
        cmocka_unit_test(cold_chains_that_do_not_cross_say_so),
        cmocka_unit_test(an_orbit_is_the_same_from_all_its_points),
        cmocka_unit_test(an_error_above_its_target_is_no_success),
        cmocka_unit_test(a_target_out_of_sight_is_given_up),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
