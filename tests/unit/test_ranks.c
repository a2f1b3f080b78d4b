/* Order, quantiles and normal scores: against published values, the error function, and counting. */
#include "random/stream.h"
#include "stats/levels.h"
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

/* All of x, counted. */
static void make_levels(heat_context *ctx, int64_t n, const double *x, heat_levels *levels)
{
    const heat_draw_table table = {1, n, n, x, 1};

    assert_ok(ctx, heat_levels_init(ctx, &table, levels));
    heat_levels_count(levels, 1, n, 0, n, true);
}

static void quantiles_interpolate_between_order_statistics(void **state)
{
    (void)state;
    const double x[] = {40, 10, 30, 20, 50}, one[] = {3};
    heat_context *ctx = test_context();
    heat_levels levels;

    make_levels(ctx, 5, x, &levels);
    assert_close(heat_levels_quantile(&levels, 5, 0), 10, 0);
    assert_close(heat_levels_quantile(&levels, 5, 0.05), 12, 1e-14); /* 4 * 0.05 of the way */
    assert_close(heat_levels_quantile(&levels, 5, 0.5), 30, 0);
    assert_close(heat_levels_quantile(&levels, 5, 0.95), 48, 1e-14);
    assert_close(heat_levels_quantile(&levels, 5, 1), 50, 0);
    heat_levels_count(&levels, 1, 5, 0, 4, true); /* without the 50 */
    assert_close(heat_levels_quantile(&levels, 4, 0.5), 25, 0);
    heat_levels_count(&levels, 2, 3, 0, 2, true); /* 40, 10, 20, 50 */
    assert_close(heat_levels_quantile(&levels, 4, 0.5), 30, 0);
    heat_levels_clear(&levels);
    make_levels(ctx, 1, one, &levels);
    assert_close(heat_levels_quantile(&levels, 1, 0.95), 3, 0);
    heat_levels_clear(&levels);
    heat_context_free(ctx);
}

static void equal_values_share_the_score_of_their_average_rank(void **state)
{
    (void)state;
    const double x[] = {7, 5, 7, 1, 7, -2};
    const double rank[] = {5, 3, 5, 2, 5, 1};
    const double folded[] = {3, 1, 3, 5, 3, 6}; /* of |x - 5|: 2 0 2 4 2 7 */
    heat_context *ctx = test_context();
    heat_levels levels;
    double score[6];

    make_levels(ctx, 6, x, &levels);
    assert_int_equal(levels.count, 4);
    heat_levels_scores(&levels, 6, score);
    for (int k = 0; k < 6; k++)
        assert_close(score[levels.code[k]], heat_normal_quantile((rank[k] - 0.375) / 6.25), 0);
    heat_levels_folded_scores(&levels, 6, 5, score);
    for (int k = 0; k < 6; k++)
        assert_close(score[levels.code[k]], heat_normal_quantile((folded[k] - 0.375) / 6.25), 0);
    heat_levels_folded_scores(&levels, 6, 3, score); /* |x - 3|: 4 2 4 2 4 5, ties across the centre */
    assert_close(score[levels.code[1]], heat_normal_quantile((1.5 - 0.375) / 6.25), 0);
    assert_close(score[levels.code[3]], score[levels.code[1]], 0);
    assert_close(score[levels.code[0]], heat_normal_quantile((4 - 0.375) / 6.25), 0);
    heat_levels_clear(&levels);
    heat_context_free(ctx);
}

/* Few levels are hashed, and give the values back, in order; of many, neighbours share one, but for the 4096
 * draws at either end. */
static void few_and_many_levels_are_found(void **state)
{
    (void)state;
    enum { N = 200000 };
    static double x[N];
    heat_context *ctx = test_context();
    heat_stream stream;

    heat_stream_init(&stream, 9, HEAT_PURPOSE_TEST, 0);
    for (uint64_t spread = 3; spread < 1000000; spread *= 30) {
        heat_levels levels;
        int64_t n_seen = 0;
        bool few = spread < 1 << 16;
        double sum = 0;
        for (int k = 0; k < N; k++) {
            x[k] = ((double)heat_stream_below(&stream, spread) - (double)(spread / 2)) / 8;
            x[k] = k % 2 == 0 ? x[k] : x[k] == 0 ? -0.0 : x[k];
        }
        make_levels(ctx, N, x, &levels);
        assert_true(levels.count <= (int64_t)spread);
        for (int k = 0; k < N; k++) {
            const double *level = levels.value + levels.code[k];
            assert_true(few ? *level == x[k]
                            : (level == levels.value || level[-1] < x[k]) &&
                                  (level == levels.value + levels.count - 1 || x[k] < level[1]));
            sum += x[k] - *level;
        }
        assert_close(sum, 0, 1e-6);
        assert_true(few || levels.count < (1 << 16) + 2 * 4096 + 1);
        for (int64_t k = 0, seen = 0; !few && seen < 4000; seen += levels.draws[k++])
            assert_true(levels.value[k] * 8 == round(levels.value[k] * 8));
        for (int64_t k = 0; k < levels.count; k++) {
            assert_true(k == 0 || levels.value[k - 1] < levels.value[k]);
            assert_true(levels.draws[k] > 0);
            n_seen += levels.draws[k];
        }
        assert_int_equal(n_seen, N);
        heat_levels_clear(&levels);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantile_has_its_published_values),
        cmocka_unit_test(normal_quantile_inverts_the_distribution_function),
        cmocka_unit_test(values_come_in_order_and_equal_ones_as_they_stood),
        cmocka_unit_test(quantiles_interpolate_between_order_statistics),
        cmocka_unit_test(equal_values_share_the_score_of_their_average_rank),
        cmocka_unit_test(few_and_many_levels_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
