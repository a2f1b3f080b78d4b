/* Bins, their shares and their errors. */
#include "random/stream.h"
#include "stats/histogram.h"
#include "support.h"

#include <math.h>

static void steps_are_shared_out_evenly(void **state)
{
    (void)state;
    double edges[12];

    assert_int_equal(heat_histogram_edges(-4, 4, 2, 11, edges), 5); /* -4, -2, 0, 2, 4 */
    assert_close(edges[0], -5, 0);
    assert_close(edges[5], 5, 0);
    assert_int_equal(heat_histogram_edges(-1, 1, 0.1, 7, edges), 7); /* 21 values, three a bin */
    assert_close(edges[1] - edges[0], 0.3, 1e-15);
    assert_int_equal(heat_histogram_edges(0, 9, 1, 4, edges), 4); /* ten values: the last bin sticks out */
    assert_close(edges[4], 11.5, 0);
    assert_int_equal(heat_histogram_edges(0, 1, 0, 10, edges), 10);
    assert_close(edges[10], 1, 0);
    assert_int_equal(heat_histogram_edges(3, 3, 0, 10, edges), 1);
    assert_true(edges[0] < 3 && 3 < edges[1]);
}

static void shares_count_every_draw_once(void **state)
{
    (void)state;
    const double x[] = {0, 1, 1, 2, 99, 2, 0.5, 3, 1, 99}, edges[] = {0, 1, 2, 3}; /* stride 5 */
    heat_context *ctx = test_context();
    double p[3], error[3], far[] = {5, 6};

    assert_ok(ctx, heat_histogram_get(ctx, 2, 4, 5, x, 1, 3, edges, p, error));
    assert_close(p[0], 2.0 / 8, 1e-15);
    assert_close(p[1], 3.0 / 8, 1e-15);
    assert_close(p[2], 3.0 / 8, 1e-15);     /* the last edge belongs to the bin */
    assert_close(error[1], 1.0 / 8, 1e-15); /* two blocks: 1/2 and 1/4 */
    assert_close(error[0], 1.0 / 8, 1e-15); /* 1/4 both times: tau / draws */
    assert_ok(ctx, heat_histogram_get(ctx, 2, 4, 5, x, 1, 1, far, p, error));
    assert_close(p[0], 0, 0);
    assert_close(error[0], 1.0 / 8, 1e-15);
    heat_context_free(ctx);
}

/* Correlated draws of a normal law in six bins: the errors cover the exact shares. */
static void intervals_cover_the_shares(void **state)
{
    (void)state;
    enum { CHAINS = 4, DRAWS = 4000, BINS = 6, SEEDS = 60 };
    static double x[CHAINS][DRAWS];
    const double edges[BINS + 1] = {-8, -1.5, -0.5, 0, 0.5, 1.5, 8};
    heat_context *ctx = test_context();
    int covered = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        heat_stream stream;
        double p[BINS], error[BINS], sum = 0;
        heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
        for (int c = 0; c < CHAINS; c++) {
            double y = heat_stream_normal(&stream);
            for (int t = 0; t < DRAWS; t++) {
                x[c][t] = y;
                y = 0.8 * y + 0.6 * heat_stream_normal(&stream);
            }
        }
        assert_ok(ctx, heat_histogram_get(ctx, CHAINS, DRAWS, DRAWS, x[0], 9, BINS, edges, p, error));
        for (int b = 0; b < BINS; b++) {
            double exact = 0.5 * (erf(edges[b + 1] / sqrt(2)) - erf(edges[b] / sqrt(2)));
            covered += fabs(p[b] - exact) < 1.96 * error[b];
            sum += p[b];
        }
        assert_close(sum, 1, 1e-12);
    }
    print_message("covered: %.1f %%\n", 100.0 * covered / (SEEDS * BINS));
    assert_true(covered >= 0.91 * SEEDS * BINS && covered <= 0.98 * SEEDS * BINS);
    heat_context_free(ctx);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    double x[] = {1, (double)NAN}, edges[] = {0, 1, 1}, p[2], error[2];
    heat_context *ctx = test_context();

    assert_int_equal(heat_histogram_get(ctx, 1, 1, 1, x, 1, 2, edges, p, error), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "bin 1");
    edges[2] = 2;
    assert_int_equal(heat_histogram_get(ctx, 1, 2, 2, x, 1, 2, edges, p, error), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "draw 1");
    assert_int_equal(heat_histogram_get(ctx, 1, 1, 1, x, (double)NAN, 2, edges, p, error),
                     HEAT_ERROR_ARGUMENT);
    assert_ok(ctx, heat_histogram_get(ctx, 1, 1, 1, x, 1, 2, edges, p, error));
    assert_close(p[1], 1, 0);
    assert_true(isnan(error[1])); /* one block */
    heat_context_free(ctx);
}

static heat_status histogram(heat_context *ctx, void *arg)
{
    const double x[] = {1, 2, 1, 2}, edges[] = {0, 1.5, 3};
    double p[2], error[2];

    (void)arg;
    return heat_histogram_get(ctx, 2, 2, 2, x, 1, 2, edges, p, error);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    test_failing_allocations(histogram, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_shared_out_evenly),
        cmocka_unit_test(shares_count_every_draw_once),
        cmocka_unit_test(intervals_cover_the_shares),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
