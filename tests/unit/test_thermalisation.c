/* The rule for discarded beginnings on series whose drift is known. */
#include "random/stream.h"
#include "stats/thermalisation.h"
#include "support.h"

#include <math.h>

enum { CHAINS = 4, DRAWS = 2003 };

/* AR(1) of unit variance and, from `height` at the start, a drift that decays over `decay` draws. */
static void fill(uint64_t seed, double phi, double height, double decay, double x[CHAINS][DRAWS])
{
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
    for (int c = 0; c < CHAINS; c++) {
        double y = heat_stream_normal(&stream);
        for (int t = 0; t < DRAWS; t++) {
            x[c][t] = y + height * exp(-t / decay);
            y = phi * y + sqrt(1 - phi * phi) * heat_stream_normal(&stream);
        }
    }
}

static void a_settled_run_keeps_nearly_all(void **state)
{
    (void)state;
    static double x[CHAINS][DRAWS];
    heat_context *ctx = test_context();
    double discarded = 0;
    int unsettled = 0;

    for (uint64_t seed = 0; seed < 100; seed++) {
        heat_thermalisation t;
        fill(seed, 0.9, 0, 1, x);
        assert_ok(ctx, heat_thermalisation_get(ctx, CHAINS, DRAWS, DRAWS, x[0], &t));
        discarded += (double)t.discard / DRAWS / 100;
        unsettled += !t.settled;
    }
    print_message("discarded %.1f %%, called unsettled %d of 100\n", 100 * discarded, unsettled);
    assert_true(discarded < 0.1);
    assert_true(unsettled <= 1);
    heat_context_free(ctx);
}

/* What is left of the drift where the rule cuts is below the noise of one draw. */
static void a_drift_is_discarded(void **state)
{
    (void)state;
    static double x[CHAINS][DRAWS];
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < 50; seed++) {
        heat_thermalisation t;
        fill(seed, 0.5, 30, 100, x);
        assert_ok(ctx, heat_thermalisation_get(ctx, CHAINS, DRAWS, DRAWS, x[0], &t));
        assert_true(t.settled);
        assert_true(30 * exp(-(double)t.discard / 100) < 1);
        assert_true(t.discard <= DRAWS / 2);
    }
    heat_context_free(ctx);
}

static void a_run_that_only_drifts_is_not_settled(void **state)
{
    (void)state;
    static double x[CHAINS][DRAWS];
    heat_context *ctx = test_context();
    heat_thermalisation t;

    fill(1, 0.5, 100, 1500, x);
    assert_ok(ctx, heat_thermalisation_get(ctx, CHAINS, DRAWS, DRAWS, x[0], &t));
    assert_false(t.settled);
    assert_int_equal(t.discard, DRAWS / 2);
    heat_context_free(ctx);
}

static void equal_draws_are_all_kept(void **state)
{
    (void)state;
    double x[40] = {0};
    heat_context *ctx = test_context();
    heat_thermalisation t;

    for (int k = 0; k < 40; k++)
        x[k] = -1e6;
    assert_ok(ctx, heat_thermalisation_get(ctx, 2, 20, 20, x, &t));
    assert_int_equal(t.discard, 0);
    assert_true(t.settled);
    for (int k = 0; k < 7; k++) /* a step: 7 of 40 draws and the rest of their batch go */
        x[k] = 5;
    assert_ok(ctx, heat_thermalisation_get(ctx, 1, 40, 40, x, &t));
    assert_int_equal(t.discard, 10);
    heat_context_free(ctx);
}

static void too_few_or_bad_draws_are_refused(void **state)
{
    (void)state;
    double x[20] = {0};
    heat_context *ctx = test_context();
    heat_thermalisation t;

    assert_int_equal(heat_thermalisation_get(ctx, 1, 19, 19, x, &t), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_thermalisation_get(ctx, 0, 20, 20, x, &t), HEAT_ERROR_ARGUMENT);
    x[3] = (double)NAN;
    assert_int_equal(heat_thermalisation_get(ctx, 1, 20, 20, x, &t), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_settled_run_keeps_nearly_all),        cmocka_unit_test(a_drift_is_discarded),
        cmocka_unit_test(a_run_that_only_drifts_is_not_settled), cmocka_unit_test(equal_draws_are_all_kept),
        cmocka_unit_test(too_few_or_bad_draws_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
