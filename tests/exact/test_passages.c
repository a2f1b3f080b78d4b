/* Occupancies of basins, and first-passage times from a minimum to the top of the barrier, which for dx =
 * -U' dt + sqrt(2 T) dW in one dimension are
 *
 *     t(a -> b) = 1/T int_a^b dx exp(U(x)/T) int_(-inf)^x dy exp(-U(y)/T)
 *
 * (Gardiner, Handbook of Stochastic Methods, section 5.2.7): the published values of the double well, and by
 * a sum here those of another potential. A second coordinate that nothing is coupled to changes no time. */
#include "sample/basins.h"
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static heat_sample_options options_of(const char *engine, double temperature, double step, int64_t sweeps,
                                      int64_t replicas)
{
    heat_sample_options opt;

    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.temperature = temperature;
    opt.step = step;
    opt.sweeps = sweeps;
    opt.replicas = replicas;
    opt.burn_in = 500;
    opt.seed = test_seed();
    opt.observables = "basins";
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

/* Also where the time is up; false if it was before the basins were known. */
static bool run_for_a_while(heat_context *ctx, const char *spec, const heat_sample_options *opt,
                            heat_sample_result *r)
{
    heat_model *model;
    heat_status status;

    heat_sample_result_init(r);
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    status = heat_sample(ctx, model, opt, r);
    heat_model_free(model);
    if (status != HEAT_ERROR_STOPPED)
        assert_ok(ctx, status);
    return status == HEAT_OK;
}

/* Both wells, each within 4 standard errors, the step's part taken off. */
static void check_passages(const char *what, const heat_sample_result *r, double exact, double most_error)
{
    assert_int_equal(r->n_basins, 2);
    assert_string_equal(r->passage_unit, "time");
    for (int k = 0; k < 2; k++) {
        const heat_sample_basin *b = &r->temperatures[0].basins[k];
        double mean = b->first_passage - b->first_passage_bias;
        double error = hypot(b->first_passage_error, b->first_passage_bias_error);
        print_message("%s, basin %d: %.4f +- %.4f, exactly %.4f; the step made %.4f; %lld passages\n", what,
                      k + 1, mean, error, exact, b->first_passage_bias, (long long)b->n_passages);
        assert_close(mean, exact, 4 * error);
        assert_close(b->first_passage, exact, 4 * b->first_passage_error + 0.1 * exact);
        assert_true(error < most_error * exact);
        assert_true(b->watched > 0 && b->departures > 0);
        if (!isnan(b->occupancy)) /* few crossings are refused */
            assert_close(b->occupancy, 0.5, 4 * b->occupancy_error);
    }
}

static void the_double_well_has_the_published_time(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = options_of("ula", 1, 0.004, 2500, 200);
    heat_sample_result r;

    opt.steps = 2;
    run(ctx, "double-well", &opt, &r);
    check_passages("T = 1", &r, 1.4359, 0.15);
    assert_true(!isnan(r.temperatures[0].basins[0].occupancy));
    assert_close(r.basin_states[0], -1, 1e-9);
    assert_close(r.basin_states[1], 1, 1e-9);
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

/* Runs that end long before most passages do: those cut short are most of the time, and of the error. */
static void ways_that_are_cut_short_count(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = options_of("ula", 0.25, 0.01, 120, 1000);
    heat_sample_result r;

    opt.steps = 10;
    run(ctx, "double-well", &opt, &r);
    for (int k = 0; k < 2; k++) {
        const heat_sample_basin *b = &r.temperatures[0].basins[k];
        print_message("cut short: %.2f +- %.2f of %lld\n", b->first_passage, b->first_passage_error,
                      (long long)b->n_passages);
        assert_close(b->first_passage, 33.9468, 4 * b->first_passage_error + 1.5);
        assert_close(b->first_passage_error * sqrt((double)b->n_passages) / b->first_passage, 1, 0.2);
    }
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

static double tilted(double x, double tilt)
{
    return (x * x - 1) * (x * x - 1) + tilt * x;
}

/* From a minimum to the top, over the side that is away from it. */
static double passage_of_tilted(double from, double to, double tilt, double temperature)
{
    const double step = 1e-4, away = from < to ? -1 : 1;
    double inner = 0, sum = 0, x = away * 4;

    for (; (from - x) * away < 0; x -= away * step)
        inner += step * exp(-tilted(x - away * step / 2, tilt) / temperature);
    for (; (to - x) * away < 0; x -= away * step) {
        double half = inner + step / 2 * exp(-tilted(x - away * step / 4, tilt) / temperature);
        sum += step * exp(tilted(x - away * step / 2, tilt) / temperature) * half;
        inner += step * exp(-tilted(x - away * step / 2, tilt) / temperature);
    }
    return sum / temperature;
}

/* Two coordinates: by quenches, and looks at two distances. */
static void a_coordinate_that_is_not_coupled_changes_no_time(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = options_of("ula", 0.5, 0.01, 2000, 40);
    heat_sample_result r;

    opt.steps = 5;
    run(ctx, "potential:(x^2-1)^2 + y^2", &opt, &r);
    check_passages("two coordinates", &r, passage_of_tilted(-1, 0, 0, 0.5), 0.6);
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

/* The left well is deeper; U' = 4 x (x^2 - 1) + 1/5. */
static void a_tilt_makes_two_times_and_weights(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = options_of("ula", 0.3, 0.005, 3000, 60);
    double z = 0, left = 0, top, exact[2];
    heat_sample_result r;

    opt.steps = 12;
    run(ctx, "potential:(x^2-1)^2 + 0.2*x", &opt, &r);
    assert_true(r.basin_states[0] < -1 && r.basin_states[1] > 0.9 &&
                r.basin_energies[0] < r.basin_energies[1]);
    for (top = 0; fabs(4 * top * (top * top - 1) + 0.2) > 1e-12;)
        top -= (4 * top * (top * top - 1) + 0.2) / (12 * top * top - 4);
    for (double x = -4; x < 4; x += 1e-4) {
        double p = exp(-tilted(x, 0.2) / 0.3);
        z += p;
        left += x < top ? p : 0;
    }
    exact[0] = passage_of_tilted(r.basin_states[0], top, 0.2, 0.3);
    exact[1] = passage_of_tilted(r.basin_states[1], top, 0.2, 0.3);
    for (int k = 0; k < 2; k++) {
        const heat_sample_basin *b = &r.temperatures[0].basins[k];
        double error = hypot(b->first_passage_error, b->first_passage_bias_error);
        print_message("tilted, basin %d: %.3f - %.3f +- %.3f, exactly %.3f; occupancy %.4f, exactly %.4f\n",
                      k + 1, b->first_passage, b->first_passage_bias, error, exact[k], b->occupancy,
                      k == 0 ? left / z : 1 - left / z);
        assert_close(b->first_passage - b->first_passage_bias, exact[k], 4 * error);
        assert_close(b->occupancy, k == 0 ? left / z : 1 - left / z, 4 * b->occupancy_error + 0.004);
    }
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

/* Basin weights at T = 10 of the reference tables. */
static void three_basins_have_their_weights(void **state)
{
    (void)state;
    static const double weights[] = {.974381, .0224123, .0032070};
    heat_context *ctx = test_context();
    heat_sample_options opt = options_of("tempering", 10, HEAT_AUTO, 2000, 4);
    heat_sample_result r;

    opt.temperature_set = "10,17,29,50";
    run(ctx, "muller-brown", &opt, &r);
    assert_int_equal(r.n_basins, 3);
    assert_true(r.passage_unit == NULL);
    for (int k = 0; k < 3; k++) {
        const heat_sample_basin *b = &r.temperatures[0].basins[k];
        print_message("basin %d: %.5f +- %.5f\n", k + 1, b->occupancy, b->occupancy_error);
        assert_close(b->occupancy, weights[k], 4.5 * b->occupancy_error);
        assert_true(b->occupancy_error < 0.5 * weights[k]);
        assert_true(b->departures < 0 && b->n_passages < 0);
    }
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

static void cycles_tell_their_occupancies(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt = options_of("hmc", 1, HEAT_AUTO, 8000, 10);
    heat_sample_result r;
    double sums[2] = {0, 0};

    opt.schedule = "cyclic:1:0.1:50";
    run(ctx, "double-well", &opt, &r);
    assert_int_equal(r.n_cycles, 160);
    assert_true(r.passage_unit == NULL);
    for (int k = 0; k < 160; k++) {
        assert_close(r.cycle_occupancy[2 * k] + r.cycle_occupancy[2 * k + 1], 1, 1e-12);
        sums[0] += r.cycle_occupancy[2 * k] / 160;
        sums[1] += r.cycle_occupancy[2 * k + 1] / 160;
    }
    assert_close(sums[0], r.temperatures[0].basins[0].occupancy, 0.03); /* some first cycles are left out */
    assert_close(sums[0], 0.5, 0.1);
    heat_sample_result_clear(&r);
    heat_context_free(ctx);
}

static void points_are_in_their_basins(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_basins b = {.count = 0};
    double left, right;
    int32_t basin;

    assert_ok(ctx, heat_model_load(ctx, "potential:cos(3*x) + 0.1*x^2", &model));
    assert_ok(ctx, heat_basins_find(ctx, model, "basins", 1, 1, &b));
    assert_true(b.count >= 4);
    assert_close(b.x[0], -b.x[1], 1e-9); /* of two that mirror each other the left one is first */
    assert_true(b.x[0] < 0);
    for (int32_t k = 0; k < b.count; k++) {
        assert_ok(ctx, heat_basins_locate(ctx, &b, 0, &b.x[k], &basin));
        assert_int_equal(basin, k);
        heat_basins_get_sides(&b, k, &left, &right);
        assert_true(left < b.x[k] && b.x[k] < right);
        if (isfinite(left))
            assert_close(-3 * sin(3 * left) + 0.2 * left, 0, 1e-9);
    }
    heat_basins_close(&b);
    heat_model_free(model);
    assert_ok(ctx, heat_model_load(ctx, "lattice:4x4", &model));
    assert_int_equal(heat_basins_find(ctx, model, "basins", 1, 1, &b), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "basins are of potentials");
    heat_model_free(model);
    heat_context_free(ctx);
}

static void threads_and_halts_change_nothing(void **state)
{
    (void)state;
    static const char *const specs[] = {"double-well", "muller-brown"};
    heat_context *ctx = test_context();

    for (int k = 0; k < 2; k++) {
        const char *path = test_file(".ck", "", 0);
        heat_sample_options opt =
            options_of(k == 0 ? "ula" : "mala", k == 0 ? 0.5 : 30, HEAT_AUTO, k == 0 ? 4000 : 500, 20);
        heat_sample_result whole, cut = {0};
        int n_cuts = 0;
        opt.threads = 1;
        run(ctx, specs[k], &opt, &whole);
        opt.checkpoint = path;
        opt.time = 0.001; /* more every time, so that it ends however slow the machine is */
        remove(path);
        do {
            heat_sample_result_clear(&cut);
            opt.threads = 1 + n_cuts % 3;
            opt.every = 0;
            n_cuts += run_for_a_while(ctx, specs[k], &opt, &cut);
            opt.time *= 2;
        } while (cut.n_sweeps < opt.sweeps);
        print_message("%s: %d cuts\n", specs[k], n_cuts);
        assert_true(n_cuts > 1);
        assert_memory_equal(whole.temperatures[0].basins, cut.temperatures[0].basins,
                            (size_t)whole.n_basins * sizeof *whole.temperatures[0].basins);
        heat_sample_result_clear(&whole);
        heat_sample_result_clear(&cut);
        remove(path);
    }
    heat_context_free(ctx);
}

static heat_status run_and_clear(heat_context *ctx, void *arg)
{
    heat_sample_options opt = options_of("mala", 1, HEAT_AUTO, 8, 2);
    heat_sample_result r = {0};
    heat_status status;

    opt.threads = 1;
    opt.burn_in = 2;
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
        cmocka_unit_test(the_double_well_has_the_published_time),
        cmocka_unit_test(ways_that_are_cut_short_count),
        cmocka_unit_test(a_coordinate_that_is_not_coupled_changes_no_time),
        cmocka_unit_test(a_tilt_makes_two_times_and_weights),
        cmocka_unit_test(three_basins_have_their_weights),
        cmocka_unit_test(cycles_tell_their_occupancies),
        cmocka_unit_test(points_are_in_their_basins),
        cmocka_unit_test(threads_and_halts_change_nothing),
        cmocka_unit_test(no_allocation_is_taken_for_granted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
