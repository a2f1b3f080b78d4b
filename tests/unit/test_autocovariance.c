/* Autocovariances by transform against double loops, and the moments under them. */
#include "random/stream.h"
#include "stats/autocovariance.h"
#include "stats/moments.h"
#include "support.h"

#include <math.h>

static double direct(int64_t n_series, int64_t n, const double *x, int64_t lag)
{
    long double total = 0;

    for (int64_t s = 0; s < n_series; s++) {
        const double *y = x + s * n;
        long double mean = 0;
        for (int64_t t = 0; t < n; t++)
            mean += y[t];
        mean /= n;
        for (int64_t t = 0; t + lag < n; t++)
            total += (y[t] - mean) * (y[t + lag] - mean);
    }
    return (double)(total / (n * n_series));
}

static void every_lag_equals_the_direct_sum(void **state)
{
    (void)state;
    static double x[5 * 300];
    heat_context *ctx = test_context();
    heat_stream stream;

    heat_stream_init(&stream, 6, HEAT_PURPOSE_TEST, 0);
    for (int k = 0; k < 5 * 300; k++) /* every series about its own mean, far from 0 */
        x[k] = 1000 * (k / 300) + heat_stream_normal(&stream) + (k > 0 ? 0.5 * fmod(x[k - 1], 10) : 0);
    for (int64_t n_series = 1; n_series <= 5; n_series++)
        for (int64_t n = 1; n <= 300; n = n < 10 ? n + 1 : n + 29) {
            heat_autocovariance *a;
            const double *c;
            double scale = direct(n_series, n, x, 0);
            assert_ok(ctx, heat_autocovariance_create(ctx, n, &a));
            for (int again = 0; again < 2; again++) { /* the work space keeps nothing */
                c = heat_autocovariance_get(a, n_series, x);
                for (int64_t lag = 0; lag < n; lag++)
                    assert_close(c[lag], direct(n_series, n, x, lag), 1e-13 * scale);
            }
            heat_autocovariance_free(a);
        }
    heat_autocovariance_free(NULL);
    heat_context_free(ctx);
}

static void moments_lose_no_digits(void **state)
{
    (void)state;
    enum { N = 1000000 };
    static double x[N];

    for (int k = 0; k < 1001; k++)
        x[k] = 0.1;
    assert_true(heat_mean(1001, x) == 0.1 && heat_variance(1001, x) == 0);
    for (int k = 0; k < N; k++) /* a long sum, whose rounding the second pass takes out */
        x[k] = k == 0 ? 0 : 0.1;
    assert_close(heat_mean(N, x), 0.1 * (N - 1) / N, 3e-17);
    for (int k = 0; k < 1001; k++) /* where the sum of squares keeps no digit */
        x[k] = 1e12 + k % 2;
    assert_close(heat_mean(1001, x), 1e12 + 500.0 / 1001, 2e-4);
    assert_close(heat_variance(1001, x), 500.0 * 501 / 1001 / 1000, 1e-7);
}

static heat_status create_once(heat_context *ctx, void *arg)
{
    heat_autocovariance *a;
    heat_status status = heat_autocovariance_create(ctx, 100, &a);

    (void)arg;
    if (status != HEAT_OK)
        assert_null(a);
    heat_autocovariance_free(a);
    return status;
}

static void failing_allocations_are_reported_and_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(create_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lag_equals_the_direct_sum),
        cmocka_unit_test(moments_lose_no_digits),
        cmocka_unit_test(failing_allocations_are_reported_and_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
