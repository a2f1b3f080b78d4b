/* Kaufman's closed form against the table of exact values, and against sums over all states. */
#include "support.h"

#include <heatbath/exact.h>
#include <math.h>
#include <string.h>

/* log Z, mean energy and heat capacity over all states, every site bound to its right and upper neighbour. */
static void sum_states(int32_t lx, int32_t ly, double coupling, double temperature, double *log_z,
                       double *energy, double *heat_capacity)
{
    int32_t n = lx * ly;
    long double z = 0, first = 0, second = 0, lowest = -2.0L * n * fabsl((long double)coupling);

    for (uint32_t s = 0; s < (uint32_t)1 << n; s++) {
        int32_t aligned = 0;
        long double e, w;
        for (int32_t x = 0; x < lx; x++)
            for (int32_t y = 0; y < ly; y++) {
                uint32_t here = s >> (x * ly + y) & 1;
                aligned += here == (s >> ((x + 1) % lx * ly + y) & 1) ? 1 : -1;
                aligned += here == (s >> (x * ly + (y + 1) % ly) & 1) ? 1 : -1;
            }
        e = -(long double)coupling * aligned - lowest; /* from the bottom: variances do not cancel */
        w = expl(-e / temperature);
        z += w;
        first += w * e;
        second += w * e * e;
    }
    *log_z = (double)(logl(z) - lowest / temperature);
    *energy = (double)(first / z + lowest);
    *heat_capacity = (double)((second / z - first / z * (first / z)) / temperature / temperature);
}

/* valgrind computes long double as double: the sums over states are then no better than what they judge. */
static double slack(void)
{
    volatile long double x = 1.0L + 0x1p-60L;

    return x == 1.0L ? 10000 : 1;
}

static void small_lattices_agree_with_sums_over_states(void **state)
{
    static const int32_t sides[][2] = {{2, 2}, {2, 3}, {3, 2}, {3, 3}, {2, 5},
                                       {5, 2}, {3, 4}, {4, 3}, {4, 4}, {3, 5}};
    static const double temperatures[] = {0.05, 0.3, 1, 1.9, 2.2, 2.269185314213022, 2.3, 3, 10, 100, 1000};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof sides / sizeof *sides; k++)
        for (size_t t = 0; t < sizeof temperatures / sizeof *temperatures; t++)
            for (int sign = 1; sign >= -1; sign -= 2) {
                int32_t lx = sides[k][0], ly = sides[k][1];
                double coupling = 1.25 * sign, log_z, energy, capacity, z, e, c;
                if (sign < 0 && (lx % 2 != 0 || ly % 2 != 0))
                    continue;
                sum_states(lx, ly, coupling, temperatures[t], &log_z, &energy, &capacity);
                assert_ok(ctx, heat_exact_square_ising(ctx, lx, ly, coupling, temperatures[t], &z, &e, &c));
                assert_close(z, log_z, slack() * 1e-13 * log_z);
                assert_close(e, energy, slack() * (1e-13 * fabs(energy) + 1e-14 * lx * ly));
                assert_close(c, capacity, slack() * (1e-12 * capacity + 1e-13 * lx * ly / temperatures[t]));
            }
    heat_context_free(ctx);
}

typedef struct table_visit {
    heat_context *ctx;
    int compared;
} table_visit;

static void visit_row(const test_row *row, void *arg)
{
    table_visit *visit = arg;
    double length = test_parameter(row, "L", 0), temperature = test_parameter(row, "T", 0);
    double log_z, energy, capacity, value, sites = length * length;

    if (!(length >= 2 && length <= 1000 && temperature > 0))
        return;
    assert_ok(visit->ctx, heat_exact_square_ising(visit->ctx, (int32_t)length, (int32_t)length, 1,
                                                  temperature, &log_z, &energy, &capacity));
    if (strcmp(row->quantity, "lnZ") == 0)
        value = log_z;
    else if (strcmp(row->quantity, "energy_per_spin") == 0)
        value = energy / sites;
    else if (strcmp(row->quantity, "heat_capacity_per_spin") == 0)
        value = capacity / sites;
    else
        return;
    assert_close(value, row->value, 1e-12 * fmax(fabs(row->value), 1e-2));
    visit->compared++;
}

static void every_row_of_the_table_is_met(void **state)
{
    table_visit visit = {.ctx = test_context()};

    (void)state;
    test_each_row("exact/ising2d_kaufman.tsv", visit_row, &visit);
    assert_int_equal(visit.compared, 5 * 10 * 3);
    heat_context_free(visit.ctx);
}

/* Around the critical point, where one of the four terms changes sign. */
static void derivatives_are_derivatives(void **state)
{
    heat_context *ctx = test_context();

    (void)state;
    for (int32_t k = -4; k <= 4; k++) {
        double t = 2.269185314213022 * (1 + 0.02 * k), step = 1e-4, z[2], e[3], c;
        assert_ok(ctx, heat_exact_square_ising(ctx, 24, 10, 1, t, NULL, &e[0], &c));
        assert_ok(ctx, heat_exact_square_ising(ctx, 24, 10, 1, t - step, &z[0], &e[1], NULL));
        assert_ok(ctx, heat_exact_square_ising(ctx, 24, 10, 1, t + step, &z[1], &e[2], NULL));
        assert_close((z[1] - z[0]) / (1 / (t - step) - 1 / (t + step)), e[0], 1e-6 * fabs(e[0]));
        assert_close((e[2] - e[1]) / (2 * step), c, 1e-6 * c);
    }
    heat_context_free(ctx);
}

static void sides_may_be_swapped(void **state)
{
    heat_context *ctx = test_context();
    double z[2], e[2], c[2];

    (void)state;
    for (double t = 0.2; t < 6; t += 0.3) {
        assert_ok(ctx, heat_exact_square_ising(ctx, 7, 50, 1, t, &z[0], &e[0], &c[0]));
        assert_ok(ctx, heat_exact_square_ising(ctx, 50, 7, 1, t, &z[1], &e[1], &c[1]));
        assert_close(z[0], z[1], 1e-13 * z[0]);
        assert_close(e[0], e[1], 1e-13 * fabs(e[0]));
        assert_close(c[0], c[1], 1e-11 * c[0] + 1e-12);
    }
    heat_context_free(ctx);
}

static void extremes_meet_their_limits(void **state)
{
    heat_context *ctx = test_context();
    double z, e, c, cold[3], colder[3];

    (void)state;
    assert_ok(ctx, heat_exact_square_ising(ctx, 8, 8, 1, 1e15, &z, &e, &c));
    assert_close(z, 64 * log(2), 1e-12);
    assert_close(e, -128e-15, 1e-26);
    assert_close(c, 128e-30, 1e-40);
    assert_ok(ctx, heat_exact_square_ising(ctx, 2, 8, 1, 1e15, NULL, &e, NULL));
    assert_close(e, -(16 * 2 + 16) * 1e-15, 1e-26);
    assert_ok(ctx, heat_exact_square_ising(ctx, 8, 8, 0, 1, &z, &e, &c));
    assert_close(z, 64 * log(2), 1e-12);
    assert_close(e, 0, 0);
    assert_ok(ctx, heat_exact_square_ising(ctx, 8, 8, 1, 1 / 99.9, &cold[0], &cold[1], &cold[2]));
    assert_ok(ctx, heat_exact_square_ising(ctx, 8, 8, 1, 1 / 100.1, &colder[0], &colder[1], &colder[2]));
    assert_close(colder[0] - cold[0], 0.2 * 128, 1e-9);
    assert_close(cold[1], -128, 1e-12);
    assert_close(colder[1], -128, 0);
    assert_close(colder[2], 0, 0);
    assert_ok(ctx, heat_exact_square_ising(ctx, 1000, 1000, 1, 1e-9, &z, &e, &c));
    assert_close(z, 2e15, 1);
    heat_context_free(ctx);
}

static void bad_arguments_are_named(void **state)
{
    heat_context *ctx = test_context();
    double z;

    (void)state;
    assert_int_equal(heat_exact_square_ising(ctx, 1, 4, 1, 1, &z, NULL, NULL), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "1 x 4");
    assert_int_equal(heat_exact_square_ising(ctx, 4, 4, 1, 0, &z, NULL, NULL), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_exact_square_ising(ctx, 4, 4, 1, NAN, &z, NULL, NULL), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_exact_square_ising(ctx, 4, 4, INFINITY, 1, &z, NULL, NULL), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_exact_square_ising(ctx, 4, 5, -1, 1, &z, NULL, NULL), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "4 x 5");
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_lattices_agree_with_sums_over_states),
        cmocka_unit_test(every_row_of_the_table_is_met),
        cmocka_unit_test(derivatives_are_derivatives),
        cmocka_unit_test(sides_may_be_swapped),
        cmocka_unit_test(extremes_meet_their_limits),
        cmocka_unit_test(bad_arguments_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
