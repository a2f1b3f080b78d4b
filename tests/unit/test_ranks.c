/* Order, quantiles and normal scores: against published values, the error function, and counting. */
#include "random/stream.h"
#include "stats/normal_quantile.h"
#include "stats/ranks.h"
#include "support.h"

#include <float.h>
#include <math.h>

static void normal_quantile_has_its_published_values(void **state)
{
    (void)state;
    /* the test values of Wichura, Appl. Statist. 37 (1988) 477 */
    assert_close(heat_normal_quantile(0.25), -0.6744897501960817, 1e-15);
    assert_close(heat_normal_quantile(0.001), -3.090232306167814, 4e-15);
    assert_close(heat_normal_quantile(1e-20), -9.262340089798408, 1e-14);
    assert_close(heat_normal_quantile(0.5), 0, 0);
}

/* A coefficient wrong in any digit that matters would show somewhere on this grid. */
static void normal_quantile_inverts_the_distribution_function(void **state)
{
    (void)state;
    for (int k = 1; k < 30000; k++) {
        double p = k < 10000 ? k / 20000.0 : 0.5 * pow(10, -(k - 10000) / 66.7);
        double z = heat_normal_quantile(p);
        double density = exp(-z * z / 2) / sqrt(2 * acos(-1));
        assert_close((0.5 * erfc(-z / sqrt(2)) - p) / density, 0, 3e-15 * (1 + fabs(z)));
        if (p > 1e-3)
            assert_close(heat_normal_quantile(1 - p), -z, 1e-15 / density);
    }
}

static void values_come_in_order_and_equal_ones_as_they_stood(void **state)
{
    (void)state;
    enum { N = 5000 };
    static double x[N];
    static heat_ranked ranked[N], spare[N];
    static const double special[] = {0.0,           -0.0, DBL_MAX, -DBL_MAX, DBL_TRUE_MIN,
                                     -DBL_TRUE_MIN, 1,    -1,      256,      -256};
    heat_stream stream;

    heat_stream_init(&stream, 8, HEAT_PURPOSE_TEST, 0);
    for (int k = 0; k < N; k++) {
        double z = heat_stream_normal(&stream);
        x[k] = k % 3 == 0   ? round(z * 3)
               : k % 3 == 1 ? ldexp(z, (int)heat_stream_below(&stream, 2000) - 1000)
                            : special[heat_stream_below(&stream, 10)];
    }
    for (int n = 0; n <= N; n = n < 10 ? n + 1 : n * 5) {
        bool seen[N] = {false};
        heat_rank_values(n, x, spare, ranked);
        for (int k = 0; k < n; k++) {
            assert_true(x[ranked[k].at] == ranked[k].value && !seen[ranked[k].at]);
            seen[ranked[k].at] = true;
            if (k > 0)
                assert_true(ranked[k - 1].value < ranked[k].value ||
                            (ranked[k - 1].value == ranked[k].value && ranked[k - 1].at < ranked[k].at));
        }
    }
}

static void quantiles_interpolate_between_order_statistics(void **state)
{
    (void)state;
    const double x[] = {40, 10, 30, 20, 50}, one[] = {3};
    heat_ranked ranked[5], spare[5];

    heat_rank_values(5, x, spare, ranked);
    assert_close(heat_ranked_quantile(5, ranked, 0), 10, 0);
    assert_close(heat_ranked_quantile(5, ranked, 0.05), 12, 1e-14); /* 4 * 0.05 of the way */
    assert_close(heat_ranked_quantile(5, ranked, 0.5), 30, 0);
    assert_close(heat_ranked_quantile(5, ranked, 0.95), 48, 1e-14);
    assert_close(heat_ranked_quantile(5, ranked, 1), 50, 0);
    assert_close(heat_ranked_quantile(4, ranked, 0.5), 25, 0);
    heat_rank_values(1, one, spare, ranked);
    assert_close(heat_ranked_quantile(1, ranked, 0.95), 3, 0);
}

static void equal_values_share_the_score_of_their_average_rank(void **state)
{
    (void)state;
    const double x[] = {7, 5, 7, 1, 7, -2};
    const double rank[] = {5, 3, 5, 2, 5, 1};
    heat_ranked ranked[6], spare[6];
    double score[6];

    heat_rank_values(6, x, spare, ranked);
    heat_ranked_scores(6, ranked, score);
    for (int k = 0; k < 6; k++)
        assert_close(score[k], heat_normal_quantile((rank[k] - 0.375) / 6.25), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantile_has_its_published_values),
        cmocka_unit_test(normal_quantile_inverts_the_distribution_function),
        cmocka_unit_test(values_come_in_order_and_equal_ones_as_they_stood),
        cmocka_unit_test(quantiles_interpolate_between_order_statistics),
        cmocka_unit_test(equal_values_share_the_score_of_their_average_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
