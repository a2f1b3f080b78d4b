/* Walks step by step against their equations, by hand and with the noise that the chains took; and the dense
 * scales that a burn-in learns against the equation that they solve. No statistics. */
#include "random/stream.h"
#include "sample/walk_motion.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { CHAINS = 21 };

static heat_chains *open_chains(heat_context *ctx, const heat_model *model, heat_walk_plan walk, int64_t n,
                                int32_t n_rungs, const double *betas)
{
    heat_chains_plan plan = {.n_chains = n,
                             .n_rungs = n_rungs,
                             .betas = betas,
                             .seed = test_seed(),
                             .isa = "auto",
                             .layout = &heat_layout_walks,
                             .walk = &walk};
    heat_chains *chains;

    walk.refined_from = INT32_MAX;
    walk.friction = 1;
    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &chains));
    for (int64_t chain = 0; chain < n; chain++)
        heat_chains_set_rung(chains, chain, (int32_t)(chain % n_rungs));
    for (int64_t unit = 0; unit < chains->n_units; unit++)
        assert_ok(ctx, heat_chains_start_whole_unit(ctx, chains, unit, NULL));
    return chains;
}

static heat_walk_unit *unit_of(const heat_chains *c, int64_t chain)
{
    const heat_walk_store *s = c->store;

    return &s->units[chain / c->width];
}

/* Where variable i of a chain stands in an array of its unit's. */
static int64_t place_of(const heat_chains *c, int64_t chain, int i)
{
    return i * unit_of(c, chain)->stride + chain % c->width;
}

enum { STEPS = 3 };
static const double lower[2] = {-1, 0}, upper[2] = {1.5, INFINITY};

/* The slope of U = x^4 / 4 + x y + y^2. */
static void find_slope(const double *x, double *slope)
{
    slope[0] = x[0] * x[0] * x[0] + x[1];
    slope[1] = x[0] + 2 * x[1];
}

/* On by so much; true if there was a wall. */
static bool go(double by, int i, bool has_walls, double *x, double *p)
{
    bool has_turned = false;

    x[i] += by * p[i];
    while (has_walls && !(x[i] >= lower[i] && x[i] <= upper[i])) {
        x[i] = 2 * (x[i] < lower[i] ? lower[i] : upper[i]) - x[i];
        p[i] = -p[i];
        has_turned = true;
    }
    return has_turned;
}

/* x' = x - h grad U + sqrt(2 T h) xi. */
static int step_overdamped(double h, double temperature, bool has_walls, const double *xi, double *x)
{
    double slope[2];
    int n_turns = 0;

    find_slope(x, slope);
    for (int i = 0; i < 2; i++) {
        double way = sqrt(2 * temperature * h) * xi[i] - h * slope[i];
        n_turns += go(1, i, has_walls, x, (double[2]){way, way});
    }
    return n_turns;
}

/* B A O A B, of friction 1. */
static int step_underdamped(double e, double temperature, bool has_walls, const double *xi, double *x,
                            double *p)
{
    double slope[2], keep = exp(-e), kick = sqrt((1 - keep * keep) * temperature);
    int n_turns = 0;

    find_slope(x, slope);
    for (int i = 0; i < 2; i++) {
        p[i] -= e / 2 * slope[i];
        n_turns += go(e / 2, i, has_walls, x, p);
        p[i] = keep * p[i] + kick * xi[i];
        n_turns += go(e / 2, i, has_walls, x, p);
    }
    find_slope(x, slope);
    for (int i = 0; i < 2; i++)
        p[i] -= e / 2 * slope[i];
    return n_turns;
}

/* The normal number of step k, variable i, that a chain's last sweep took. */
static double noise_of(const heat_chains *c, int64_t chain, int k, int i, bool is_single)
{
    const heat_walk_unit *u = unit_of(c, chain);
    int64_t at = u->normals.used + (2 * (k - STEPS) + i) * u->n_chains + chain % c->width;

    return is_single ? (double)((const float *)(const void *)u->normal)[at] : u->normal[at];
}

/* Of every walk, in double and in single precision, with walls and without. */
static void untested_moves_take_the_steps_of_their_equation(void **state)
{
    (void)state;
    const double h = 0.03, e = 0.4, temperature = 0.7, beta = 1 / temperature;
    heat_context *ctx = test_context();

    for (int way = 0; way < 6; way++) {
        const bool has_walls = way % 2 == 1, is_single = way / 2 == 1, is_underdamped = way / 2 == 2;
        const heat_walk_plan walk = {.move = is_underdamped ? &heat_walk_underdamped : &heat_walk_ula,
                                     .step = is_underdamped ? e : h,
                                     .n_steps = STEPS,
                                     .is_single = is_single};
        const double tolerance = is_single ? 5e-6 : 1e-13;
        double before[CHAINS][2], momentum[CHAINS][2];
        heat_load_options options;
        heat_model *model;
        heat_chains *c;
        int n_turns = 0;
        heat_load_options_init(&options);
        options.box = has_walls ? "-1:1.5,0:" : NULL;
        assert_ok(ctx, heat_model_load_with(ctx, "potential:x^4/4 + x*y + y^2", &options, &model));
        c = open_chains(ctx, model, walk, CHAINS, 1, &beta);
        for (int chain = 0; chain < CHAINS; chain++) {
            before[chain][0] = -0.9 + 0.11 * chain;
            before[chain][1] = 0.02 + 0.03 * chain;
            assert_ok(ctx, heat_chains_set_state(ctx, c, chain, before[chain]));
            for (int i = 0; i < 2; i++)
                momentum[chain][i] = unit_of(c, chain)->momentum[place_of(c, chain, i)];
        }
        for (int64_t unit = 0; unit < c->n_units; unit++)
            assert_ok(ctx, heat_chains_sweep(ctx, c, unit, NULL));
        for (int chain = 0; chain < CHAINS; chain++) {
            double x[2], *expected = before[chain], *p = momentum[chain];
            for (int k = 0; k < STEPS; k++) {
                const double xi[2] = {noise_of(c, chain, k, 0, is_single),
                                      noise_of(c, chain, k, 1, is_single)};
                n_turns += is_underdamped ? step_underdamped(e, temperature, has_walls, xi, expected, p)
                                          : step_overdamped(h, temperature, has_walls, xi, expected);
            }
            heat_chains_get_state(c, chain, x);
            for (int i = 0; i < 2; i++) {
                assert_close(x[i], expected[i], tolerance);
                assert_close(unit_of(c, chain)->momentum[place_of(c, chain, i)], p[i], tolerance);
            }
        }
        assert_true(has_walls ? n_turns > 5 : n_turns == 0);
        heat_chains_free(c);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* to = L from, or L' from, L a lower triangle of 3 by 3. */
static void multiply(const double *l, bool is_transposed, const double *from, double *to)
{
    memset(to, 0, 3 * sizeof *to);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j <= i; j++)
            to[is_transposed ? j : i] += l[3 * i + j] * from[is_transposed ? i : j];
}

/* p' = p - e/2 S' grad U, x' = x + e S p', and p' again, of chains on one rung and on two of scales S each.
 */
static void leapfrog_goes_by_the_scales_of_its_rung(void **state)
{
    (void)state;
    static const double factors[2][9] = {{1.3, 9, 8, 0.4, 0.8, 7, -0.2, 0.1, 0.7},
                                         {0.6, 6, 5, -0.3, 1.1, 4, 0.5, 0.2, 0.9}},
                        start[2][3] = {{0.3, -0.5, 0.2}, {-1, 0.1, 0.7}}, betas[2] = {1, 0.5}, e = 0.3;
    const heat_walk_plan walk = {.move = &heat_walk_hmc, .step = e, .mass = HEAT_MASS_DENSE};
    heat_context *ctx = test_context();
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, "potential:x^4/4 + x*y + y^2 + z^2 - y*z/2", &model));
    for (int32_t n_rungs = 1; n_rungs <= 2; n_rungs++) {
        heat_chains *c = open_chains(ctx, model, walk, 2, n_rungs, betas);
        heat_walk_store *s = c->store;
        heat_walk_unit *u = &s->units[0];
        double momentum[2][3], slope[2][3], turned[3];
        assert_int_equal(c->n_units, 1);
        for (int32_t r = 0; r < n_rungs; r++) {
            double *numbers = s->numbers + r * heat_walk_tuning_size(3, HEAT_MASS_DENSE);
            memcpy(heat_walk_tuning_scales(3, HEAT_MASS_DENSE, numbers), factors[r], sizeof factors[r]);
        }
        for (int chain = 0; chain < 2; chain++)
            assert_ok(ctx, heat_chains_set_state(ctx, c, chain, start[chain]));
        heat_walk_load_unit(c, 0);
        heat_walk_set_off(c, 0);
        for (int chain = 0; chain < 2; chain++)
            for (int i = 0; i < 3; i++) {
                momentum[chain][i] = u->momentum[place_of(c, chain, i)];
                slope[chain][i] = u->gradient[place_of(c, chain, i)];
            }
        assert_ok(ctx, heat_walk_leap(ctx, c, 0));
        for (int chain = 0; chain < 2; chain++) {
            const double *factor = factors[chain % n_rungs];
            double *p = momentum[chain], again[3];
            multiply(factor, true, slope[chain], turned);
            for (int i = 0; i < 3; i++) {
                p[i] -= e / 2 * turned[i];
                again[i] = u->new_gradient[place_of(c, chain, i)];
            }
            multiply(factor, false, p, turned);
            for (int i = 0; i < 3; i++)
                assert_close(u->new_x[place_of(c, chain, i)], start[chain][i] + e * turned[i], 1e-14);
            multiply(factor, true, again, turned);
            for (int i = 0; i < 3; i++)
                assert_close(u->momentum[place_of(c, chain, i)], p[i] - e / 2 * turned[i], 1e-14);
        }
        heat_chains_free(c);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* out = a b, or a b', of 3 by 3. */
static void multiply_all(const double *a, const double *b, bool is_transposed, double *out)
{
    for (int k = 0; k < 9; k++) {
        out[k] = 0;
        for (int j = 0; j < 3; j++)
            out[k] += a[k / 3 * 3 + j] * (is_transposed ? b[k % 3 * 3 + j] : b[3 * j + k % 3]);
    }
}

static void invert_matrix(const double *a, double *out)
{
    double determinant = 0;

    for (int k = 0; k < 9; k++) { /* cofactors of the transpose */
        int i = k % 3, j = k / 3, i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
        out[k] = a[3 * i1 + j1] * a[3 * i2 + j2] - a[3 * i1 + j2] * a[3 * i2 + j1];
    }
    for (int i = 0; i < 3; i++)
        determinant += a[i] * out[3 * i];
    for (int k = 0; k < 9; k++)
        out[k] /= determinant;
}

/* One window of few draws after another, whatever the draws: the square M of the scales is, of draws alone,
 * their covariance A, and with gradients, of squares G,
 *
 *     A = (X / T + 5 M_0) / (n + 4),    M (G / T + 5 A^-1) M = (n + 4) A,
 *
 * X and G sums of squares about the mean of n draws, and M_0 what it was before. */
static void dense_scales_solve_their_equation(void **state)
{
    (void)state;
    enum { N = 6 };
    const double temperature = 2.5;
    heat_walk_tuning t = {0};
    heat_stream stream;

    assert_true(heat_walk_tuning_size(3, HEAT_MASS_DENSE) <= 64);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 12);
    for (int has_gradient = 0; has_gradient < 2; has_gradient++) {
        const heat_walk_scaling how = {3, HEAT_MASS_DENSE, has_gradient == 1, 0};
        double numbers[64], *factor = heat_walk_tuning_scales(3, HEAT_MASS_DENSE, numbers);
        double before[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
        heat_walk_tuning_reset_scales(3, HEAT_MASS_DENSE, numbers);
        for (int window = 0; window < 3; window++) {
            double draws[2][N][3], mean[2][3] = {{0}}, squares[2][9] = {{0}}, a[9], m[9], inverse[9];
            for (int k = 0; k < N; k++) {
                for (int i = 0; i < 3; i++)
                    for (int what = 0; what < 2; what++) {
                        draws[what][k][i] = heat_stream_normal(&stream) + (i > 0 ? draws[what][k][i - 1] : 2);
                        mean[what][i] += draws[what][k][i] / N;
                    }
                heat_walk_tuning_add(&t, 3, HEAT_MASS_DENSE, draws[0][k],
                                     has_gradient == 1 ? draws[1][k] : NULL, 1, numbers);
            }
            for (int k = 0; k < 2 * N * 9; k++) {
                int what = k % 2, i = k / 2 % 3, j = k / 6 % 3;
                const double *x = draws[what][k / 18];
                squares[what][3 * i + j] += (x[i] - mean[what][i]) * (x[j] - mean[what][j]) / temperature;
            }
            heat_walk_tuning_rescale(&t, &how, temperature, numbers);
            assert_int_equal(t.n_draws, 0);
            for (int k = 0; k < 9; k++)
                a[k] = (squares[0][k] + 5 * before[k]) / (N + 4);
            for (int k = 0; k < 9; k++)
                factor[k] = k % 3 <= k / 3 ? factor[k] : 0; /* anything stands there */
            multiply_all(factor, factor, true, m);
            invert_matrix(a, inverse);
            for (int k = 0; k < 9; k++)
                squares[1][k] += 5 * inverse[k];
            multiply_all(m, squares[1], false, inverse);
            multiply_all(inverse, m, false, squares[1]);
            for (int k = 0; k < 9; k++)
                assert_close(has_gradient == 1 ? squares[1][k] / (N + 4) : m[k], a[k], 1e-10);
            memcpy(before, m, sizeof before);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(untested_moves_take_the_steps_of_their_equation),
        cmocka_unit_test(leapfrog_goes_by_the_scales_of_its_rung),
        cmocka_unit_test(dense_scales_solve_their_equation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
