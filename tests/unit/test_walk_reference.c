/* Where paths to potentials begin: a density that integrates to 1, draws of it, and its mixture with a
 * potential. */
#include "sample/walk_reference.h"
#include "support.h"

#include <math.h>

enum { GRID = 100, N = 3, LANES = HEAT_SMOOTH_LANES };

static const double infinite = (double)INFINITY;
static const double mean[N] = {1, 0.3, -2};
static const double covariance[N * N] = {4, 0.1, 1.2, 0.1, 0.09, 0.05, 1.2, 0.05, 1};

static heat_walk_reference make(heat_context *ctx, bool is_dense, const double *lower, const double *upper)
{
    heat_smooth view = {.n = N, .lower = lower, .upper = upper};
    heat_walk_reference r;

    assert_ok(ctx, heat_walk_reference_init(ctx, &view, is_dense, mean, covariance, &r));
    return r;
}

/* The integral of exp(-A) within eight spreads, or the walls, and the means of x^2 under it. */
static double integrate(const heat_walk_reference *r, double squares[N])
{
    double low[N], high[N], sum = 0;

    for (int i = 0; i < N; i++) {
        double spread = sqrt(covariance[i * N + i]);
        low[i] = fmax(r->lower[i], mean[i] - 8 * spread);
        high[i] = fmin(r->upper[i], mean[i] + 8 * spread);
        squares[i] = 0;
    }
    for (int k = 0; k < GRID; k++)
        for (int l = 0; l < GRID; l++)
            for (int m = 0; m < GRID; m++) {
                double x[N] = {low[0] + (high[0] - low[0]) * (k + 0.5) / GRID,
                               low[1] + (high[1] - low[1]) * (l + 0.5) / GRID,
                               low[2] + (high[2] - low[2]) * (m + 0.5) / GRID};
                double p = exp(-heat_walk_reference_energy(r, 1, x));
                sum += p;
                for (int i = 0; i < N; i++)
                    squares[i] += p * x[i] * x[i];
            }
    for (int i = 0; i < N; i++)
        squares[i] /= sum;
    for (int i = 0; i < N; i++)
        sum *= (high[i] - low[i]) / GRID;
    return sum;
}

static void check(const heat_walk_reference *r)
{
    enum { DRAWS = 20000 };
    double squares[N], found[N] = {0}, fourth[N] = {0}, one = integrate(r, squares);
    heat_stream stream;

    assert_close(one, 1, 1e-3);
    heat_stream_init(&stream, 1, HEAT_PURPOSE_TEST, 0);
    for (int k = 0; k < DRAWS; k++) {
        double x[2 * N];
        heat_walk_reference_draw(r, &stream, 2, x);
        for (int i = 0; i < N; i++) {
            assert_true(x[2 * i] >= r->lower[i] && x[2 * i] <= r->upper[i]);
            found[i] += x[2 * i] * x[2 * i] / DRAWS;
            fourth[i] += pow(x[2 * i], 4) / DRAWS;
        }
    }
    for (int i = 0; i < N; i++)
        assert_close(found[i], squares[i], 4.5 * sqrt((fourth[i] - found[i] * found[i]) / DRAWS));
}

static void densities_integrate_to_one_and_draws_are_theirs(void **state)
{
    static const double lower[N] = {0, 0, -infinite}, upper[N] = {infinite, 0.5, infinite};
    static const double narrow[N] = {-8, 0, -infinite}, wide[N] = {9, 1.5, -1};
    heat_context *ctx = test_context();

    (void)state;
    for (int is_dense = 0; is_dense < 2; is_dense++) {
        heat_walk_reference r = make(ctx, is_dense, NULL, NULL);
        check(&r);
        heat_walk_reference_clear(&r);
        r = make(ctx, is_dense, lower, upper); /* one wall; two, so near that it is uniform */
        check(&r);
        heat_walk_reference_clear(&r);
        r = make(ctx, is_dense, narrow, wide); /* two walls about a normal distribution */
        check(&r);
        heat_walk_reference_clear(&r);
    }
    heat_context_free(ctx);
}

static void a_uniform_start_needs_all_walls(void **state)
{
    static const double lower[N] = {0, -1, 2}, upper[N] = {10, 1, 3}, open[N] = {10, infinite, 3},
                        x[N] = {1, 0, 2.5};
    heat_context *ctx = test_context();
    heat_smooth view = {.n = N, .lower = lower, .upper = upper};
    heat_walk_reference r;

    (void)state;
    assert_ok(ctx, heat_walk_reference_init_uniform(ctx, &view, &r));
    assert_close(heat_walk_reference_energy(&r, 1, x), log(20), 1e-14);
    heat_walk_reference_clear(&r);
    view.upper = open;
    assert_int_equal(heat_walk_reference_init_uniform(ctx, &view, &r), HEAT_ERROR_OPTION);
    heat_walk_reference_clear(&r);
    heat_context_free(ctx);
}

/* W = beta U + part A with U = sum of x_i^4 of eight chains side by side, at shifted places. */
static void mix_at(const heat_walk_reference *r, double shift, int moved, double *energies, double *gradients)
{
    static _Alignas(64) double x[N * LANES], beta[LANES], part[LANES], slopes[N * LANES];
    heat_smooth_block b = {
        .n_chains = LANES, .stride = LANES, .x = x, .energies = energies, .gradients = gradients};

    for (int c = 0; c < LANES; c++) {
        beta[c] = 0.3 * c;
        part[c] = 1 - c / 7.0;
        energies[c] = 0;
        for (int i = 0; i < N; i++) {
            double at = x[i * LANES + c] = 0.3 * i - 0.1 * c + (i == moved ? shift : 0);
            energies[c] += pow(at, 4);
            if (gradients != NULL)
                gradients[i * LANES + c] = 4 * pow(at, 3);
        }
    }
    energies[1] = infinite;
    heat_walk_reference_mix(r, &heat_walk_ref, &b, beta, part, slopes);
}

static void mixtures_have_gradients(void **state)
{
    static _Alignas(64) double energies[LANES], gradients[N * LANES], up[LANES], down[LANES];
    heat_context *ctx = test_context();

    (void)state;
    for (int is_dense = 0; is_dense < 2; is_dense++) {
        heat_walk_reference r = make(ctx, is_dense, NULL, NULL);
        mix_at(&r, 0, 0, energies, gradients);
        for (int c = 0; c < LANES; c++) {
            double x[N], sum = 0;
            for (int i = 0; i < N; i++)
                sum += pow(x[i] = 0.3 * i - 0.1 * c, 4);
            assert_true(c == 1 ? isinf(energies[c])
                               : fabs(energies[c] - (0.3 * c * sum +
                                                     (1 - c / 7.0) * heat_walk_reference_energy(&r, 1, x))) <
                                     1e-12);
        }
        for (int i = 0; i < N; i++) {
            mix_at(&r, 1e-5, i, up, NULL);
            mix_at(&r, -1e-5, i, down, NULL);
            for (int c = 0; c < LANES; c++)
                assert_true(c == 1 || fabs((up[c] - down[c]) / 2e-5 - gradients[i * LANES + c]) < 1e-7);
        }
        heat_walk_reference_clear(&r);
    }
    heat_context_free(ctx);
}

static void steps_are_linear_between(void **state)
{
    heat_context *ctx = test_context();
    heat_walk_reference r = make(ctx, false, NULL, NULL);

    (void)state;
    for (int k = 1; k <= 5; k++)
        assert_ok(ctx, heat_walk_reference_add_step(ctx, &r, k, k * k));
    assert_close(heat_walk_reference_get_step(&r, 0), 1, 0);
    assert_close(heat_walk_reference_get_step(&r, 2.5), 6.5, 1e-14);
    assert_close(heat_walk_reference_get_step(&r, 4), 16, 1e-14);
    assert_close(heat_walk_reference_get_step(&r, 9), 25, 0);
    heat_walk_reference_clear(&r);
    heat_context_free(ctx);
}

static heat_status build(heat_context *ctx, void *arg)
{
    heat_smooth view = {.n = N};
    heat_walk_reference r;
    heat_status status = heat_walk_reference_init(ctx, &view, true, mean, covariance, &r);

    (void)arg;
    if (status == HEAT_OK)
        status = heat_walk_reference_add_step(ctx, &r, 1, 1);
    heat_walk_reference_clear(&r);
    return status;
}

static void lost_memory_is_told(void **state)
{
    (void)state;
    test_failing_allocations(build, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_integrate_to_one_and_draws_are_theirs),
        cmocka_unit_test(a_uniform_start_needs_all_walls),
        cmocka_unit_test(mixtures_have_gradients),
        cmocka_unit_test(steps_are_linear_between),
        cmocka_unit_test(lost_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
