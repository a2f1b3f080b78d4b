/* Averages over disorder where sample scatter and thermal error are known. */
#include "random/stream.h"
#include "stats/disorder.h"
#include "support.h"

#include <math.h>

enum { SAMPLES = 64 };

static void equal_weights_give_mean_and_standard_error(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 6}, e[] = {0.1, 0.2, 0.2, 0.4};
    heat_context *ctx = test_context();
    heat_disorder_mean m;

    assert_ok(ctx, heat_disorder_mean_get(ctx, 4, x, e, NULL, &m));
    assert_close(m.mean, 3, 1e-15);
    assert_close(m.error, sqrt(14.0 / 3 / 4), 1e-14);
    assert_close(m.thermal, 0.5 / 4, 1e-15);
    assert_close(m.scatter, sqrt(14.0 / 3 - 0.25 / 4), 1e-14);
    heat_context_free(ctx);
}

static void a_weight_of_two_is_two_samples_in_the_mean(void **state)
{
    (void)state;
    const double x[] = {1, 4, 4}, e[] = {0, 0, 0}, w[] = {1, 2};
    heat_context *ctx = test_context();
    heat_disorder_mean one, two;

    assert_ok(ctx, heat_disorder_mean_get(ctx, 3, x, e, NULL, &one));
    assert_ok(ctx, heat_disorder_mean_get(ctx, 2, x, e, w, &two));
    assert_close(one.mean, two.mean, 1e-15);
    assert_true(two.error > one.error); /* but two samples know less than three */
    heat_context_free(ctx);
}

/* Samples of sd 1, each measured with an error of 0.5: the interval covers 0, scatter and parts come out. */
static void intervals_cover_and_the_scatter_is_the_samples_own(void **state)
{
    (void)state;
    enum { SEEDS = 4000 };
    heat_context *ctx = test_context();
    double scatter = 0, thermal = 0;
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double x[SAMPLES], e[SAMPLES];
        heat_stream stream;
        heat_disorder_mean m;
        heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
        for (int k = 0; k < SAMPLES; k++) {
            x[k] = heat_stream_normal(&stream) + 0.5 * heat_stream_normal(&stream);
            e[k] = 0.5;
        }
        assert_ok(ctx, heat_disorder_mean_get(ctx, SAMPLES, x, e, NULL, &m));
        covered += fabs(m.mean) < 1.96 * m.error;
        scatter += m.scatter * m.scatter / SEEDS;
        thermal += m.thermal / SEEDS;
    }
    print_message("covered %.1f %%, scatter %.3f\n", 100.0 * covered / SEEDS, sqrt(scatter));
    assert_true(covered > 0.935 * SEEDS && covered < 0.965 * SEEDS);
    assert_close(scatter, 1, 0.05);
    assert_close(thermal, 0.5 / 8, 1e-12);
    heat_context_free(ctx);
}

static void one_sample_says_nothing_of_others(void **state)
{
    (void)state;
    const double x = 2, e = 0.25, bad = (double)NAN, zero = 0;
    heat_context *ctx = test_context();
    heat_disorder_mean m;

    assert_ok(ctx, heat_disorder_mean_get(ctx, 1, &x, &e, NULL, &m));
    assert_close(m.mean, 2, 0);
    assert_close(m.thermal, 0.25, 0);
    assert_true(isnan(m.error) && isnan(m.scatter));
    assert_int_equal(heat_disorder_mean_get(ctx, 0, &x, &e, NULL, &m), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_disorder_mean_get(ctx, 1, &bad, &e, NULL, &m), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_disorder_mean_get(ctx, 1, &x, &bad, NULL, &m), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_disorder_mean_get(ctx, 1, &x, &e, &zero, &m), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_weights_give_mean_and_standard_error),
        cmocka_unit_test(a_weight_of_two_is_two_samples_in_the_mean),
        cmocka_unit_test(intervals_cover_and_the_scatter_is_the_samples_own),
        cmocka_unit_test(one_sample_says_nothing_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
