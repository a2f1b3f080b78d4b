/* BAR and thermodynamic integration against closed forms. */
#include "random/stream.h"
#include "stats/bar.h"
#include "stats/ladder_integral.h"
#include "stats/mbar.h"
#include "support.h"

#include <math.h>

enum { DRAWS = 400 };

/* Gaussian wells a_0 = 1, a_1 = a, both at 0: u_1 - u_0 = (a - 1) x^2 / 2, log Z_1 - log Z_0 = -log(a) / 2.
 */
static void draw_wells(uint64_t seed, double a, int64_t n0, int64_t n1, double *work0, double *work1)
{
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
    for (int64_t t = 0; t < n0; t++) {
        double x = heat_stream_normal(&stream);
        work0[t] = (a - 1) * x * x / 2;
    }
    for (int64_t t = 0; t < n1; t++) {
        double x = heat_stream_normal(&stream);
        work1[t] = (a - 1) * x * x / (2 * a);
    }
}

static void intervals_of_wells_cover_the_truth(void **state)
{
    (void)state;
    enum { SEEDS = 400 };
    static double work0[DRAWS], work1[DRAWS];
    heat_context *ctx = test_context();
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        heat_bar_side sides[] = {{DRAWS, work0, 1}, {DRAWS / 4, work1, 1}};
        heat_bar_result r;
        draw_wells(seed, 3, DRAWS, DRAWS / 4, work0, work1);
        assert_ok(ctx, heat_bar_get(ctx, &sides[0], &sides[1], &r));
        covered += fabs(r.log_z + 0.5 * log(3)) < 1.96 * r.error;
        assert_true(r.overlap > 0.3 && r.overlap < 0.5);
    }
    print_message("covered: %.1f %%\n", 100.0 * covered / SEEDS);
    assert_true(covered >= 0.92 * SEEDS && covered <= 0.98 * SEEDS);
    heat_context_free(ctx);
}

/* MBAR of two states is BAR; its error is first-order equal. */
static void two_states_of_mbar_are_bar(void **state)
{
    (void)state;
    static double features[DRAWS + DRAWS / 2];
    static int32_t origin[DRAWS + DRAWS / 2];
    const double slope[] = {0, 1}, shift = 1e6;
    heat_context *ctx = test_context();
    heat_bar_side sides[] = {{DRAWS, features, 1}, {DRAWS / 2, features + DRAWS, 1}};
    heat_bar_result r;
    heat_mbar *m;
    double value, error;

    draw_wells(9, 5, DRAWS, DRAWS / 2, features, features + DRAWS);
    for (int t = 0; t < DRAWS + DRAWS / 2; t++) {
        features[t] += shift;
        origin[t] = t >= DRAWS;
    }
    assert_ok(ctx, heat_bar_get(ctx, &sides[0], &sides[1], &r));
    assert_ok(ctx, heat_mbar_create(
                       ctx, 1, &(heat_mbar_states){2, 1, slope, NULL},
                       &(heat_mbar_samples){DRAWS + DRAWS / 2, features, origin, NULL, NULL, 0, NULL}, &m));
    heat_mbar_get_difference(m, 0, 1, &value, &error);
    assert_close(r.log_z, value, 1e-8);
    assert_close(r.log_z, -shift - 0.5 * log(5), 4 * r.error);
    assert_close(r.error / error, 1, 0.1);
    heat_mbar_free(m);
    sides[0].tau = sides[1].tau = 4; /* as many independent draws from each, in proportion: the same root */
    assert_ok(ctx, heat_bar_get(ctx, &sides[0], &sides[1], &r));
    assert_close(r.log_z, value, 1e-8);
    assert_close(r.error / error, 2, 0.2);
    heat_context_free(ctx);
}

static void bar_refuses_states_that_do_not_overlap(void **state)
{
    (void)state;
    const double low[] = {-1e5, -1e5 - 1}, high[] = {1e5, 1e5 + 1}, bad[] = {(double)INFINITY, 0};
    heat_context *ctx = test_context();
    heat_bar_result r;

    assert_int_equal(heat_bar_get(ctx, &(heat_bar_side){2, high, 1}, &(heat_bar_side){2, low, 1}, &r),
                     HEAT_ERROR_UNDEFINED);
    assert_contains(heat_context_error(ctx), "do not overlap");
    assert_int_equal(heat_bar_get(ctx, &(heat_bar_side){2, bad, 1}, &(heat_bar_side){2, low, 1}, &r),
                     HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_bar_get(ctx, &(heat_bar_side){0, high, 1}, &(heat_bar_side){2, low, 1}, &r),
                     HEAT_ERROR_ARGUMENT);
    assert_ok(ctx, heat_bar_get(ctx, &(heat_bar_side){2, high, 1}, &(heat_bar_side){2, high, 1}, &r));
    assert_close(r.log_z, -1e5 - 0.5, 0.01); /* no work either way */
    assert_close(r.error, 0, 1);
    heat_context_free(ctx);
}

/* n spins in a field: <E> = -n tanh(beta), Var = n / cosh^2(beta), log Z = n log(2 cosh(beta)). */
static void fill_spins(int32_t n_rungs, double n, heat_ladder_rung *rungs)
{
    for (int32_t k = 0; k < n_rungs; k++) {
        double beta = 2.0 * k / (n_rungs - 1);
        rungs[k] = (heat_ladder_rung){beta, -n * tanh(beta), 0.1, n / (cosh(beta) * cosh(beta))};
    }
}

static void integration_is_of_fourth_order_and_knows_its_error(void **state)
{
    (void)state;
    enum { MOST = 65 };
    heat_ladder_rung rungs[MOST];
    heat_context *ctx = test_context();
    double exact = 10 * log(cosh(2)), before = 0;

    for (int32_t n = 9; n <= MOST; n = 2 * n - 1) {
        heat_ladder_integral r;
        double off;
        fill_spins(n, 10, rungs);
        assert_ok(ctx, heat_ladder_integral_get(ctx, n, rungs, &r));
        off = fabs(r.log_z - exact);
        assert_true(off < r.rule_error && r.rule_error < 20 * off);
        if (n > 9)
            assert_close(before / off, 16, 1.5);
        before = off;
        /* trapezoid weights: h, and h / 2 at both ends */
        assert_close(r.error, 0.1 * 2 / (n - 1) * sqrt(n - 1.5), 1e-12);
    }
    heat_context_free(ctx);
}

static void integration_refuses_a_ladder_out_of_order(void **state)
{
    (void)state;
    heat_ladder_rung rungs[3];
    heat_ladder_integral r;
    heat_context *ctx = test_context();

    fill_spins(3, 10, rungs);
    assert_ok(ctx, heat_ladder_integral_get(ctx, 3, rungs, &r));
    assert_true(isnan(r.rule_error));
    rungs[1].beta = 3;
    assert_int_equal(heat_ladder_integral_get(ctx, 3, rungs, &r), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "order");
    rungs[1].beta = 1;
    rungs[1].energy = (double)NAN;
    assert_int_equal(heat_ladder_integral_get(ctx, 3, rungs, &r), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_ladder_integral_get(ctx, 1, rungs, &r), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_of_wells_cover_the_truth),
        cmocka_unit_test(two_states_of_mbar_are_bar),
        cmocka_unit_test(bar_refuses_states_that_do_not_overlap),
        cmocka_unit_test(integration_is_of_fourth_order_and_knows_its_error),
        cmocka_unit_test(integration_refuses_a_ladder_out_of_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
