/* Log-normal weights of mean 1: log weight = -s^2 / 2 + s z. Narrow ones are trusted and their intervals
 * cover 0; wide ones, whose mean no sample of this size holds, are doubted. */
#include "random/stream.h"
#include "stats/log_weights.h"
#include "support.h"

#include <math.h>

enum { POPULATIONS = 16, WEIGHTS = 64, ALL = POPULATIONS * WEIGHTS };

static void draw(uint64_t seed, double s, double shift, double *w)
{
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
    for (int k = 0; k < ALL; k++)
        w[k] = shift - 0.5 * s * s + s * heat_stream_normal(&stream);
}

/* Without populations, errors come from the weights themselves. */
static void narrow_weights_are_trusted_and_covered(void **state)
{
    (void)state;
    enum { SEEDS = 200 };
    static double w[ALL];
    static const double spreads[] = {0.1, 0.5, 1};
    heat_context *ctx = test_context();

    for (int i = 0; i < 3; i++)
        for (int populations = 1; populations <= POPULATIONS; populations += POPULATIONS - 1) {
            int covered = 0, doubted = 0;
            for (uint64_t seed = 0; seed < SEEDS; seed++) {
                heat_log_weights r;
                draw(seed, spreads[i], 1e6, w);
                assert_ok(ctx, heat_log_weights_get(ctx, seed, populations, ALL / populations, w, &r));
                covered += fabs(r.log_mean - 1e6) < 1.96 * r.error;
                doubted += r.doubt != NULL;
                assert_close(r.bootstrap_error / r.error, 1, 0.3);
                assert_close(r.variance, spreads[i] * spreads[i], 0.3 * spreads[i] * spreads[i]);
            }
            print_message("spread %.1f, %2d populations: covered %.1f %%, doubted %d of %d\n", spreads[i],
                          populations, 100.0 * covered / SEEDS, doubted, SEEDS);
            assert_true(covered > 0.89 * SEEDS && covered <= 0.99 * SEEDS);
            assert_true(doubted <= 0.02 * SEEDS);
        }
    heat_context_free(ctx);
}

/* Families of 1, 2 and 3 members: too few above the next size to tell a shape by, and none that rules. */
static void weights_that_repeat_each_other_are_trusted(void **state)
{
    (void)state;
    static double w[ALL];
    heat_context *ctx = test_context();
    heat_log_weights r;

    for (int k = 0; k < ALL; k++)
        w[k] = log(k % 256 == 7 ? 3 : k % 8 == 1 ? 2 : 1);
    assert_ok(ctx, heat_log_weights_get(ctx, 1, 1, ALL, w, &r));
    assert_true(isinf(r.tail_shape) && r.doubt == NULL);
    heat_context_free(ctx);
}

/* At a spread of 4 nats the mean is low by 0.7 on the average, at 10 by more than 20. */
static void wide_weights_are_doubted(void **state)
{
    (void)state;
    enum { SEEDS = 100 };
    static double w[ALL];
    static const double spreads[] = {4, 10}, least_low[] = {0.4, 15};
    heat_context *ctx = test_context();

    for (int i = 0; i < 2; i++) {
        int doubted = 0;
        double low = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            heat_log_weights r;
            draw(seed, spreads[i], 0, w);
            assert_ok(ctx, heat_log_weights_get(ctx, seed, POPULATIONS, WEIGHTS, w, &r));
            doubted += r.doubt != NULL;
            low -= r.log_mean / SEEDS;
        }
        print_message("spread %.0f: too low by %.2f, doubted %d of %d\n", spreads[i], low, doubted, SEEDS);
        assert_true(doubted >= 99);
        assert_true(low > least_low[i]);
    }
    heat_context_free(ctx);
}

/* Exceedances of x = (u^-k - 1) / k have the shape k. */
static void the_shape_of_a_pareto_law_is_found(void **state)
{
    (void)state;
    enum { N = 4000 };
    static double x[N];
    static const double shapes[] = {0.2, 0.7, 1.5};

    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < N; j++)
            x[j] = (pow((N - j - 0.5) / N, -shapes[i]) - 1) / shapes[i];
        assert_close(heat_pareto_shape(N, x), shapes[i], 0.02);
    }
}

static void weights_spread_over_a_hundred_thousand_nats_lose_nothing(void **state)
{
    (void)state;
    double w[20];
    heat_context *ctx = test_context();
    heat_log_weights r;

    for (int k = 0; k < 20; k++)
        w[k] = -1e5 * k;
    assert_ok(ctx, heat_log_weights_get(ctx, 1, 1, 20, w, &r));
    assert_close(r.log_mean, -log(20), 1e-14);
    assert_close(r.ess, 1, 1e-12);
    assert_close(r.largest, 1, 1e-12);
    assert_non_null(r.doubt);
    heat_context_free(ctx);
}

static void equal_weights_have_no_error(void **state)
{
    (void)state;
    double w[40];
    heat_context *ctx = test_context();
    heat_log_weights r;

    for (int k = 0; k < 40; k++)
        w[k] = -123.5;
    assert_ok(ctx, heat_log_weights_get(ctx, 1, 4, 10, w, &r));
    assert_close(r.log_mean, -123.5, 0);
    assert_close(r.error, 0, 1e-15);
    assert_close(r.ess, 40, 1e-12);
    assert_null(r.doubt);
    w[3] = -(double)INFINITY;
    assert_ok(ctx, heat_log_weights_get(ctx, 1, 4, 10, w, &r));
    assert_close(r.log_mean, -123.5 + log(39.0 / 40), 1e-13);
    heat_context_free(ctx);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    double w[10];
    heat_context *ctx = test_context();
    heat_log_weights r;

    for (int k = 0; k < 10; k++)
        w[k] = -(double)INFINITY;
    assert_int_equal(heat_log_weights_get(ctx, 1, 1, 10, w, &r), HEAT_ERROR_UNDEFINED);
    w[4] = (double)NAN;
    assert_int_equal(heat_log_weights_get(ctx, 1, 1, 10, w, &r), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "log weight 4");
    assert_int_equal(heat_log_weights_get(ctx, 1, 1, 9, w, &r), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

static heat_status judge(heat_context *ctx, void *arg)
{
    heat_log_weights r;

    return heat_log_weights_get(ctx, 1, POPULATIONS, WEIGHTS, arg, &r);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    static double w[ALL];

    draw(1, 1, 0, w);
    test_failing_allocations(judge, w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrow_weights_are_trusted_and_covered),
        cmocka_unit_test(weights_that_repeat_each_other_are_trusted),
        cmocka_unit_test(wide_weights_are_doubted),
        cmocka_unit_test(the_shape_of_a_pareto_law_is_found),
        cmocka_unit_test(weights_spread_over_a_hundred_thousand_nats_lose_nothing),
        cmocka_unit_test(equal_weights_have_no_error),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
