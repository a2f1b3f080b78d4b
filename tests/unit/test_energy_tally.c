/* Tallies of energies: what goes in comes out, whatever order it came in and however wide it spread. */
#include "logz/energy_tally.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <string.h>

static void moments_are_those_of_the_draws(void **state)
{
    (void)state;
    enum { DRAWS = 5000 };
    heat_context *ctx = test_context();
    heat_energy_tally t;
    heat_stream stream;
    double sum = 0, squares = 0, mean, variance;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    heat_energy_tally_init(&t, heat_energy_scale_of(3, 0.01));
    for (int k = 0; k < DRAWS; k++) {
        double e = -7 + heat_stream_normal(&stream);
        sum += e;
        squares += e * e;
        assert_ok(ctx, heat_energy_tally_add(ctx, &t, e));
    }
    heat_energy_tally_moments(&t, &mean, &variance);
    assert_true(heat_energy_tally_count(&t) == DRAWS);
    assert_close(mean, sum / DRAWS, 1e-10);
    assert_close(variance, squares / DRAWS - sum / DRAWS * sum / DRAWS, 1e-4); /* of a bin: 1e-4 / 12 */
    assert_true(t.level == 0);
    heat_energy_tally_clear(&t);
    heat_context_free(ctx);
}

static void whole_energies_keep_to_bins_of_their_own(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_energy_tally t;

    heat_energy_tally_init(&t, heat_energy_scale_of(0, 1));
    for (int e = -40; e <= 40; e += 4)
        for (int n = 0; n <= e + 40; n++)
            assert_ok(ctx, heat_energy_tally_add(ctx, &t, e));
    for (int64_t k = 0; k < t.n; k++)
        if (t.bins[k].count > 0) {
            double e = t.bins[k].sum / t.bins[k].count;
            assert_true(e == (double)(t.first + k) && t.bins[k].count == e + 41);
        }
    heat_energy_tally_clear(&t);
    heat_context_free(ctx);
}

static void outliers_join_bins_and_lose_nothing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_energy_tally t, other;
    double mean, variance;

    heat_energy_tally_init(&t, heat_energy_scale_of(0, 0.01));
    heat_energy_tally_init(&other, heat_energy_scale_of(0, 0.01));
    for (int k = 0; k < 100; k++)
        assert_ok(ctx, heat_energy_tally_add(ctx, &t, 0.5 + k));
    assert_ok(ctx, heat_energy_tally_add(ctx, &t, -1e6));
    assert_true(t.level > 0 && t.n <= HEAT_MOST_BINS);
    heat_energy_tally_moments(&t, &mean, &variance);
    assert_close(mean, (5000 - 1e6) / 101, 1e-6);
    assert_ok(ctx, heat_energy_tally_add(ctx, &other, 1e7));
    assert_ok(ctx, heat_energy_tally_merge(ctx, &other, &t));
    assert_true(heat_energy_tally_count(&other) == 102);
    heat_energy_tally_moments(&other, &mean, &variance);
    assert_close(mean, (5000 - 1e6 + 1e7) / 102, 1e-6);
    assert_ok(ctx, heat_energy_tally_coarsen(ctx, &t, other.level));
    assert_true(t.level == other.level && heat_energy_tally_count(&t) == 101);
    heat_energy_tally_clear(&t);
    heat_energy_tally_clear(&other);
    heat_context_free(ctx);
}

/* Energies a millionth of the range apart, at its low end. */
static void bins_are_narrow_where_it_is_cold(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const heat_energy_scale scale = {.origin = -1e6, .width = 5e3, .fine = 0.05, .core = 2};
    heat_energy_tally t, other;
    double mean, variance, sum = 0;

    heat_energy_tally_init(&t, scale);
    heat_energy_tally_init(&other, scale);
    for (int k = 0; k < 60; k++) {
        double apart = 0.1 * pow(1.5, k); /* to 2e9 */
        assert_ok(ctx, heat_energy_tally_add(ctx, k % 2 ? &t : &other, -1e6 + apart));
        sum += apart;
    }
    assert_true(t.level > 0);
    assert_ok(ctx, heat_energy_tally_merge(ctx, &other, &t));
    assert_true(other.n < HEAT_MOST_BINS && other.level == t.level);
    heat_energy_tally_moments(&other, &mean, &variance);
    assert_close(mean, -1e6 + sum / 60, 1e-6 * sum);
    for (int64_t k = 0; k < other.n; k++)
        if (other.bins[k].count > 0 && other.bins[k].sum < 5e3 * other.bins[k].count)
            assert_true(other.bins[k].count == 1);
    heat_energy_tally_clear(&t);
    heat_energy_tally_clear(&other);
    heat_context_free(ctx);
}

static void an_infinite_energy_is_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_energy_tally t;

    heat_energy_tally_init(&t, heat_energy_scale_of(0, 1));
    assert_int_equal(heat_energy_tally_add(ctx, &t, (double)INFINITY), HEAT_ERROR_UNABLE);
    assert_int_equal(heat_energy_tally_add(ctx, &t, (double)NAN), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "every state is allowed");
    heat_energy_tally_clear(&t);
    heat_context_free(ctx);
}

static heat_status widen(heat_context *ctx, void *arg)
{
    heat_energy_tally a, b;
    heat_status status;

    (void)arg;
    heat_energy_tally_init(&a, heat_energy_scale_of(0, 1));
    heat_energy_tally_init(&b, heat_energy_scale_of(0, 1));
    status = heat_energy_tally_add(ctx, &a, 5);
    if (status == HEAT_OK)
        status = heat_energy_tally_add(ctx, &a, -300);
    if (status == HEAT_OK)
        status = heat_energy_tally_merge(ctx, &b, &a);
    heat_energy_tally_clear(&a);
    heat_energy_tally_clear(&b);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    test_failing_allocations(widen, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_those_of_the_draws),
        cmocka_unit_test(whole_energies_keep_to_bins_of_their_own),
        cmocka_unit_test(outliers_join_bins_and_lose_nothing),
        cmocka_unit_test(bins_are_narrow_where_it_is_cold),
        cmocka_unit_test(an_infinite_energy_is_refused),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
