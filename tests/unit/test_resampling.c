/* Binning against the exact error of an AR(1) mean; the jackknife where it has a closed form. */
#include "random/stream.h"
#include "stats/resampling.h"
#include "support.h"

#include <math.h>

static void fill_ar1(uint64_t seed, double phi, int64_t n, double *x)
{
    heat_stream stream;
    double y;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
    y = heat_stream_normal(&stream);
    for (int64_t t = 0; t < n; t++) {
        x[t] = y;
        y = phi * y + sqrt(1 - phi * phi) * heat_stream_normal(&stream);
    }
}

/* Var(mean) of n draws of unit variance: (1 / n) (1 + 2 sum_t (1 - t / n) phi^t). */
static double exact_ar1_error(double phi, double n)
{
    return sqrt(((1 + phi) / (1 - phi) - 2 * phi * (1 - pow(phi, n)) / (n * (1 - phi) * (1 - phi))) / n);
}

static void blocks_leave_the_remainder_out_at_the_front(void **state)
{
    (void)state;
    const double x[] = {100, 200, 1, 2, 3, 4, 5, 6};
    double blocks[3];

    heat_block_means(8, x, 3, blocks);
    assert_close(blocks[0], 1.5, 0);
    assert_close(blocks[1], 3.5, 0);
    assert_close(blocks[2], 5.5, 0);
    heat_block_means(8, x, 1, blocks);
    assert_close(blocks[0], 321.0 / 8, 1e-14);
}

/* Two dozen series; tolerance five standard errors of the average, the relative sd of one error at the block
 * length that the rule reaches, B = (2 n tau^2)^(1/3) to twice that, being sqrt(B / 2 n). */
static void binning_finds_the_exact_error_of_correlated_draws(void **state)
{
    (void)state;
    enum { SERIES = 24, N = 1 << 14 };
    static double x[N];
    static const double phis[] = {0, 0.5, 0.9, 0.98};
    heat_context *ctx = test_context();

    for (int p = 0; p < 4; p++) {
        double phi = phis[p], exact = exact_ar1_error(phi, N), exact_tau = (1 + phi) / (1 - phi);
        double length = 2 * cbrt(2.0 * N * exact_tau * exact_tau), mean_error = 0, mean_tau = 0;
        double tolerance = 5 * sqrt(length / (2.0 * N) / SERIES);
        for (uint64_t s = 0; s < SERIES; s++) {
            double error, tau;
            fill_ar1(100 + s, phi, N, x);
            assert_ok(ctx, heat_binning_error(ctx, N, x, &error, &tau));
            mean_error += error / SERIES;
            mean_tau += tau / SERIES;
        }
        print_message("phi %.2f: error %.5f (exact %.5f, tolerance %.1f %%), tau %.2f (exact %.2f)\n", phi,
                      mean_error, exact, 100 * tolerance, mean_tau, exact_tau);
        assert_close(mean_error / exact, 1, tolerance);
        assert_close(mean_tau / exact_tau, 1, 2 * tolerance);
    }
    heat_context_free(ctx);
}

static void binning_of_few_or_equal_draws_is_finite(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const double two[] = {1, 3}, equal[] = {7, 7, 7, 7, 7, 7, 7, 7}, bad[] = {1, NAN, 2};
    double error, tau;

    assert_ok(ctx, heat_binning_error(ctx, 2, two, &error, NULL));
    assert_close(error, 1, 1e-15); /* sd sqrt(2) over sqrt(2) */
    assert_ok(ctx, heat_binning_error(ctx, 8, equal, &error, &tau));
    assert_true(error == 0 && tau == 1);
    assert_int_equal(heat_binning_error(ctx, 1, two, &error, &tau), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_binning_error(ctx, 3, bad, &error, &tau), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "draw 1");
    heat_context_free(ctx);
}

static double fluctuation(const double *averages, void *arg)
{
    (void)arg;
    return averages[1] - averages[0] * averages[0];
}

static double linear(const double *averages, void *arg)
{
    const double *weights = arg;

    return weights[0] * averages[0] + weights[1] * averages[1] + weights[2];
}

static double inverse(const double *averages, void *arg)
{
    (void)arg;
    return 1 / averages[0];
}

static void jackknife_of_the_fluctuation_is_the_unbiased_variance(void **state)
{
    (void)state;
    enum { N = 50 };
    heat_context *ctx = test_context();
    double blocks[N][2], x[N], mean = 0, second = 0, fourth = 0, variance, value, error;

    fill_ar1(4, 0, N, x);
    for (int k = 0; k < N; k++) {
        x[k] += 3;
        blocks[k][0] = x[k];
        blocks[k][1] = x[k] * x[k];
        mean += x[k] / N;
    }
    for (int k = 0; k < N; k++)
        second += pow(x[k] - mean, 2) / N;
    for (int k = 0; k < N; k++)
        fourth += pow(pow(x[k] - mean, 2) - second, 2);
    variance = second * N / (N - 1.0);
    assert_ok(ctx, heat_jackknife(ctx, N, 2, &blocks[0][0], fluctuation, NULL, &value, &error));
    assert_close(value, variance, 1e-12);
    /* without draw k it is N/(N-1) (m2 - d_k^2 / (N-1)), so the error is N/(N-1)^2 sqrt((N-1)/N sum (d^2 -
     * m2)^2) */
    assert_close(error, N / pow(N - 1.0, 2) * sqrt((N - 1.0) / N * fourth), 1e-12);
    heat_context_free(ctx);
}

static void jackknife_of_a_linear_function_is_its_mean_and_classical_error(void **state)
{
    (void)state;
    enum { N = 7 };
    heat_context *ctx = test_context();
    double weights[3] = {2, -3, 0.5};
    double blocks[N][2] = {{1, 2}, {3, 1}, {4, 1}, {5, 9}, {2, 6}, {5, 3}, {5, 8}};
    double mean = 0, square = 0, value, error;

    for (int k = 0; k < N; k++)
        mean += linear(blocks[k], weights) / N;
    for (int k = 0; k < N; k++)
        square += pow(linear(blocks[k], weights) - mean, 2);
    assert_ok(ctx, heat_jackknife(ctx, N, 2, &blocks[0][0], linear, weights, &value, &error));
    assert_close(value, mean, 1e-12);
    assert_close(error, sqrt(square / (N - 1) / N), 1e-12);
    heat_context_free(ctx);
}

/* Student's quantiles of 0.975 over the normal law's, from tables. */
static void few_blocks_widen_their_errors(void **state)
{
    (void)state;
    assert_close(heat_student_widening(8), 2.36462425 / 1.95996398, 1e-3);
    assert_close(heat_student_widening(16), 2.13144955 / 1.95996398, 1e-4);
    assert_close(heat_student_widening(32), 2.03951345 / 1.95996398, 1e-5);
    assert_close(heat_student_widening(1000000), 1, 1e-5);
}

static void jackknife_refuses_what_has_no_value(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const double blocks[] = {1, -1, 2};
    double value, error;

    assert_int_equal(heat_jackknife(ctx, 1, 1, blocks, inverse, NULL, &value, &error), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_jackknife(ctx, 3, 0, blocks, inverse, NULL, &value, &error), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_jackknife(ctx, 3, 1, blocks, inverse, NULL, &value, &error), HEAT_ERROR_UNDEFINED);
    assert_ok(ctx, heat_jackknife(ctx, 2, 1, blocks + 1, inverse, NULL, &value, &error));
    heat_context_free(ctx);
}

static heat_status binning_once(heat_context *ctx, void *arg)
{
    double error;

    return heat_binning_error(ctx, 8, arg, &error, NULL);
}

static heat_status jackknife_once(heat_context *ctx, void *arg)
{
    double value, error;

    return heat_jackknife(ctx, 4, 2, arg, fluctuation, NULL, &value, &error);
}

static void failing_allocations_are_reported_and_leak_nothing(void **state)
{
    (void)state;
    double x[8] = {3, 1, 4, 1, 5, 9, 2, 6};

    test_failing_allocations(binning_once, x);
    test_failing_allocations(jackknife_once, x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_leave_the_remainder_out_at_the_front),
        cmocka_unit_test(binning_finds_the_exact_error_of_correlated_draws),
        cmocka_unit_test(binning_of_few_or_equal_draws_is_finite),
        cmocka_unit_test(jackknife_of_the_fluctuation_is_the_unbiased_variance),
        cmocka_unit_test(jackknife_of_a_linear_function_is_its_mean_and_classical_error),
        cmocka_unit_test(few_blocks_widen_their_errors),
        cmocka_unit_test(jackknife_refuses_what_has_no_value),
        cmocka_unit_test(failing_allocations_are_reported_and_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
