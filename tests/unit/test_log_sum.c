/* Log-sum-exp where naive sums over- or underflow, and against long double where they do not. */
#include "random/stream.h"
#include "stats/log_sum.h"
#include "support.h"

#include <math.h>

static const double inf = INFINITY;

static double sum_of(int64_t n, const double *x)
{
    heat_log_sum s = HEAT_LOG_SUM_EMPTY;

    for (int64_t k = 0; k < n; k++)
        heat_log_sum_add(&s, x[k], 1, 0);
    return heat_log_sum_value(&s);
}

/* Both ways to sum, forwards and backwards. */
static void check(int64_t n, const double *x, double expected, double tolerance)
{
    double back[16];

    for (int64_t k = 0; k < n; k++)
        back[k] = x[n - 1 - k];
    if (isinf(expected)) {
        assert_true(heat_log_sum_exp(n, x) == expected && heat_log_sum_exp(n, back) == expected);
        assert_true(sum_of(n, x) == expected && sum_of(n, back) == expected);
        return;
    }
    assert_close(heat_log_sum_exp(n, x), expected, tolerance);
    assert_close(heat_log_sum_exp(n, back), expected, tolerance);
    assert_close(sum_of(n, x), expected, tolerance);
    assert_close(sum_of(n, back), expected, tolerance);
}

static void extreme_terms_neither_overflow_nor_vanish(void **state)
{
    (void)state;
    check(2, (double[]){1e308, -1e308}, 1e308, 0);
    check(2, (double[]){-1e308, -1e308}, -1e308, 0);
    check(3, (double[]){1e308, -1e308, -inf}, 1e308, 0);
    check(2, (double[]){-5000, -5000}, -5000 + log(2), 1e-12);
    check(3, (double[]){5000, 4999, 0}, 5000 + log1p(exp(-1)), 1e-12);
    check(2, (double[]){1.7e308, 1.7e308}, 1.7e308, 0);
    check(4, (double[]){-745, -744.5, -744, -743.5}, -743.5 + log(1 + exp(-.5) + exp(-1) + exp(-1.5)), 1e-12);
}

static void empty_and_infinite_sums_are_what_they_should_be(void **state)
{
    (void)state;
    heat_log_sum s = HEAT_LOG_SUM_EMPTY;

    assert_true(heat_log_sum_exp(0, NULL) == -inf);
    assert_true(heat_log_sum_value(&s) == -inf);
    assert_true(isnan(heat_log_sum_mean(&s)));
    check(2, (double[]){-inf, -inf}, -inf, 0);
    check(3, (double[]){-inf, 2, -inf}, 2, 0);
    check(3, (double[]){inf, 2, -inf}, inf, 0);
    check(3, (double[]){inf, 2, inf}, inf, 0);
    heat_log_sum_add(&s, -inf, 3, 7);
    assert_true(heat_log_sum_value(&s) == -inf && isnan(heat_log_sum_mean(&s)));
    heat_log_sum_add(&s, inf, 2, 7);
    heat_log_sum_add(&s, 1e300, 2, 5);
    assert_true(heat_log_sum_value(&s) == inf);
    assert_close(heat_log_sum_mean(&s), 7, 0);
}

static void a_nan_term_makes_the_sum_nan(void **state)
{
    (void)state;
    static const double lists[][3] = {{NAN, 1, 2},        {1, NAN, 2},
                                      {1, 2, NAN},        {NAN, -INFINITY, 1e308},
                                      {NAN, INFINITY, 0}, {INFINITY, 1, NAN}};

    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        assert_true(isnan(heat_log_sum_exp(3, lists[k])));
        assert_true(isnan(sum_of(3, lists[k])));
    }
    assert_true(isnan(heat_log_add_exp((double)NAN, 0)) && isnan(heat_log_add_exp(0, (double)NAN)));
}

static void two_terms_add_to_full_precision(void **state)
{
    (void)state;
    assert_true(heat_log_add_exp(-inf, -inf) == -inf && heat_log_add_exp(inf, inf) == inf);
    assert_true(heat_log_add_exp(-inf, inf) == inf && heat_log_add_exp(inf, 3) == inf);
    assert_true(heat_log_add_exp(-inf, 3) == 3 && heat_log_add_exp(3, -inf) == 3);
    assert_true(heat_log_add_exp(1e308, -1e308) == 1e308);
    assert_close(heat_log_add_exp(0, -50), exp(-50), 1e-37); /* what 1 + exp(-50) would lose */
    assert_close(heat_log_add_exp(-50, 0), exp(-50), 1e-37);
    assert_close(heat_log_add_exp(-3, -3), -3 + log(2), 1e-15);
    assert_close(heat_log_add_exp(1000, 1001), 1001 + log1p(exp(-1)), 1e-12);
}

/* sum_k exp(x[k]) y(k), y = 1 or k, in pairs: near full precision even where long double is no longer than
 * double, as under valgrind. */
static long double pairwise(int from, int to, const double *x, bool times_k)
{
    if (to - from == 1)
        return expl((long double)x[from]) * (times_k ? from : 1);
    return pairwise(from, from + (to - from) / 2, x, times_k) +
           pairwise(from + (to - from) / 2, to, x, times_k);
}

/* The order of the terms matters to a running sum, which must rescale as larger ones come. */
static void a_million_terms_keep_full_precision_in_any_order(void **state)
{
    (void)state;
    enum { N = 1000000 };
    static double x[N];
    volatile long double tiny = 0x1p-60L;
    const double slack = 1 + tiny > 1 ? 1 : 1e5; /* valgrind computes long double as double */
    heat_stream stream;

    heat_stream_init(&stream, 1, HEAT_PURPOSE_TEST, 0);
    for (int order = 0; order < 3; order++) {
        long double sum, moment;
        double expected;
        heat_log_sum s = HEAT_LOG_SUM_EMPTY;
        for (int k = 0; k < N; k++) {
            double rising = 40.0 * k / N;
            x[k] = order == 0 ? rising : order == 1 ? -rising : 40 * heat_stream_uniform(&stream);
            heat_log_sum_add(&s, x[k], 1, k);
        }
        sum = pairwise(0, N, x, false);
        moment = pairwise(0, N, x, true);
        expected = (double)logl(sum);
        assert_close(heat_log_sum_exp(N, x), expected, slack * 2 * 0x1p-52 * fabs(expected));
        assert_close(heat_log_sum_value(&s), expected, 2 * 0x1p-52 * fabs(expected));
        assert_close(heat_log_sum_mean(&s), (double)(moment / sum), slack * 2e-15 * (double)(moment / sum));
    }
    for (int k = 0; k < N; k++) /* where a plain sum loses seven digits */
        x[k] = k == 0 ? 0 : log(0x1p-54);
    assert_close(heat_log_sum_exp(N, x), log1p((N - 1) * 0x1p-54), 3e-16);
    assert_close(sum_of(N, x), log1p((N - 1) * 0x1p-54), 3e-16);
}

static void weights_and_means_follow_the_definition(void **state)
{
    (void)state;
    static const double x[] = {-3, 700, 2, 701, 650}, w[] = {2, .5, 1e9, .25, 0}, y[] = {1, -2, 3, 4, 1e300};
    heat_log_sum s = HEAT_LOG_SUM_EMPTY;
    long double sum = 0, moment = 0;

    for (int k = 0; k < 5; k++) {
        heat_log_sum_add(&s, x[k], w[k], y[k]);
        sum += w[k] * expl((long double)x[k]);
        moment += w[k] * expl((long double)x[k]) * (w[k] > 0 ? y[k] : 0);
    }
    assert_close(heat_log_sum_value(&s), (double)logl(sum), 1e-12);
    assert_close(heat_log_sum_mean(&s), (double)(moment / sum), 1e-14);
}

static void merging_parts_in_any_grouping_equals_one_sum(void **state)
{
    (void)state;
    heat_stream stream;
    heat_log_sum part[4], whole = HEAT_LOG_SUM_EMPTY, left = HEAT_LOG_SUM_EMPTY, right[2], empty;

    heat_stream_init(&stream, 3, HEAT_PURPOSE_TEST, 0);
    for (int p = 0; p < 4; p++) {
        part[p] = HEAT_LOG_SUM_EMPTY;
        for (int k = 0; k < 100; k++) {
            double x = 2000 * heat_stream_normal(&stream), w = heat_stream_uniform(&stream);
            double y = heat_stream_normal(&stream);
            heat_log_sum_add(&part[p], x / (p + 1), w, y);
            heat_log_sum_add(&whole, x / (p + 1), w, y);
        }
    }
    for (int p = 0; p < 4; p++)
        heat_log_sum_merge(&left, &part[p]);
    right[0] = part[0];
    right[1] = part[2];
    heat_log_sum_merge(&right[0], &part[1]);
    heat_log_sum_merge(&right[1], &part[3]);
    heat_log_sum_merge(&right[1], &right[0]);
    assert_close(heat_log_sum_value(&left), heat_log_sum_value(&whole), 1e-11);
    assert_close(heat_log_sum_value(&right[1]), heat_log_sum_value(&whole), 1e-11);
    assert_close(heat_log_sum_mean(&left), heat_log_sum_mean(&whole), 1e-13);
    assert_close(heat_log_sum_mean(&right[1]), heat_log_sum_mean(&whole), 1e-13);

    empty = HEAT_LOG_SUM_EMPTY;
    heat_log_sum_merge(&left, &empty);
    assert_close(heat_log_sum_value(&left), heat_log_sum_value(&whole), 1e-11);
    heat_log_sum_merge(&empty, &whole);
    assert_true(heat_log_sum_value(&empty) == heat_log_sum_value(&whole));
    empty = HEAT_LOG_SUM_EMPTY;
    heat_log_sum_merge(&empty, &HEAT_LOG_SUM_EMPTY);
    assert_true(heat_log_sum_value(&empty) == -inf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extreme_terms_neither_overflow_nor_vanish),
        cmocka_unit_test(empty_and_infinite_sums_are_what_they_should_be),
        cmocka_unit_test(a_nan_term_makes_the_sum_nan),
        cmocka_unit_test(two_terms_add_to_full_precision),
        cmocka_unit_test(a_million_terms_keep_full_precision_in_any_order),
        cmocka_unit_test(weights_and_means_follow_the_definition),
        cmocka_unit_test(merging_parts_in_any_grouping_equals_one_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
