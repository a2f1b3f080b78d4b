/* Minima and saddles of potentials against the published ones, with their curvatures. */
#include "ground/potential_anneal.h"
#include "ground/potential_ground.h"
#include "kernel/isa.h"
#include "landscape/minima.h"
#include "support.h"

#include <math.h>
#include <string.h>

/* K. Mueller and L. D. Brown, Theor. Chim. Acta 53 (1979) 75. */
static double mueller_brown(const double *x, double *g)
{
    static const double height[4] = {-200, -100, -170, 15}, a[4] = {-1, -1, -6.5, 0.7},
                        b[4] = {0, 0, 11, 0.6}, c[4] = {-10, -10, -6.5, 0.7}, x0[4] = {1, 0, -0.5, -1},
                        y0[4] = {0, 0.5, 1.5, 1};
    double u = 0;

    g[0] = g[1] = 0;
    for (int k = 0; k < 4; k++) {
        double dx = x[0] - x0[k], dy = x[1] - y0[k];
        double e = height[k] * exp(a[k] * dx * dx + b[k] * dx * dy + c[k] * dy * dy);
        u += e;
        g[0] += e * (2 * a[k] * dx + b[k] * dy);
        g[1] += e * (b[k] * dx + 2 * c[k] * dy);
    }
    return u;
}

static double banana(const double *x, double *g)
{
    double a = 1 - x[0], b = x[1] - x[0] * x[0];

    g[0] = -2 * a - 400 * x[0] * b;
    g[1] = 200 * b;
    return a * a + 100 * b * b;
}

static double slope_to_a_wall(const double *x, double *g)
{
    g[0] = 2 * (x[0] + 3);
    g[1] = 2 * (x[1] - 0.5);
    return (x[0] + 3) * (x[0] + 3) + (x[1] - 0.5) * (x[1] - 0.5);
}

static double slope_to_the_other_wall(const double *x, double *g)
{
    g[0] = 2 * (x[0] - 3) + x[1];
    g[1] = 2 * (x[1] - 0.5) + x[0];
    return (x[0] - 3) * (x[0] - 3) + (x[1] - 0.5) * (x[1] - 0.5) + x[0] * x[1];
}

static double cubic(const double *x, double *g)
{
    g[0] = 3 * x[0] * x[0] - 3;
    return x[0] * x[0] * x[0] - 3 * x[0];
}

/* (A B)^2, which is 0 where A or B is: on two circles of radius 1. */
static double two_rings(const double *x, double *g)
{
    double left = (x[0] + 3) * (x[0] + 3) + x[1] * x[1] - 1;
    double right = (x[0] - 3) * (x[0] - 3) + x[1] * x[1] - 1, both = left * right;

    g[0] = 4 * both * (left * (x[0] - 3) + right * (x[0] + 3));
    g[1] = 4 * both * (left + right) * x[1];
    return both * both;
}

/* 0 on both branches of x y = 1, with a saddle of energy 1 at 0 between them. */
static double hyperbola(const double *x, double *g)
{
    double a = x[0] * x[1] - 1;

    g[0] = 2 * a * x[1];
    g[1] = 2 * a * x[0];
    return a * a;
}

static double quartic(const double *x, double *g)
{
    g[0] = 4 * x[0] * x[0] * x[0];
    return x[0] * x[0] * x[0] * x[0];
}

typedef double (*shape_fn)(const double *x, double *g);

typedef struct shape {
    int32_t n;
    shape_fn fn;
    bool is_blind; /* it gives no gradient */
} shape;

static heat_status evaluate(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const shape *s = self;

    (void)ctx;
    for (int64_t c = 0; c < b->n_chains; c++) {
        double x[2] = {0}, g[2];
        for (int32_t i = 0; i < s->n; i++)
            x[i] = b->x[i * b->stride + c];
        b->energies[c] = s->fn(x, g);
        for (int32_t i = 0; i < s->n && b->gradients != NULL; i++)
            b->gradients[i * b->stride + c] = g[i];
    }
    return HEAT_OK;
}

/* Searches a shape; the model lends its name and says that threads may. */
static heat_status search(heat_context *ctx, const shape *s, const double *lower, const double *upper,
                          heat_ground_result *r)
{
    heat_ground_options opt;
    heat_model *model = NULL;
    heat_smooth view = {.n = s->n,
                        .self = s,
                        .evaluate = evaluate,
                        .has_gradient = !s->is_blind,
                        .lower = lower,
                        .upper = upper};
    heat_status status;

    heat_ground_options_init(&opt);
    heat_ground_result_init(r);
    assert_ok(ctx, heat_model_load(ctx, s->n == 2 ? "muller-brown" : "double-well", &model));
    view.model = model; /* in which annealed walks would go */
    r->n_variables = s->n;
    status = heat_ground_of_potential(ctx, &view, &opt, r);
    heat_model_free(model);
    return status;
}

static void mueller_and_brown(void **state)
{
    static const double minima[3][3] = {{-0.55822363, 1.44172584, -146.69951721},
                                        {0.62349940, 0.02803776, -108.16672412},
                                        {-0.05001082, 0.46669410, -80.76781813}};
    static const double curvatures[3][2] = {{410.531, 4068.199}, {543.836, 3005.396}, {221.037, 1479.197}};
    static const double saddles[2][3] = {{0.21248658, 0.29298833, -72.24894011},
                                         {-0.82200156, 0.62431280, -40.66484351}};
    const shape s = {2, mueller_brown, false};
    heat_context *ctx = test_context();
    heat_ground_result r;

    (void)state;
    assert_ok(ctx, search(ctx, &s, NULL, NULL, &r));
    assert_int_equal(r.n_states, 3);
    for (int k = 0; k < 3; k++) {
        assert_close(r.kept_values[2 * k], minima[k][0], 1e-8);
        assert_close(r.kept_values[2 * k + 1], minima[k][1], 1e-8);
        assert_close(r.state_energies[k], minima[k][2], 1e-8);
        for (int i = 0; i < 2; i++)
            assert_close(r.curvatures[2 * k + i], curvatures[k][i], 1e-3);
    }
    assert_int_equal(r.n_saddles, 2);
    for (int k = 0; k < 2; k++) {
        assert_close(r.saddles[2 * k], saddles[k][0], 1e-8);
        assert_close(r.saddles[2 * k + 1], saddles[k][1], 1e-8);
        assert_close(r.saddle_energies[k], saddles[k][2], 1e-8);
        assert_true(r.saddle_curvatures[2 * k] < 0 && r.saddle_curvatures[2 * k + 1] > 0);
    }
    assert_int_equal(r.saddle_ends[0] + r.saddle_ends[1], 1 + 2); /* from the middle one to the right */
    assert_int_equal(r.saddle_ends[2] + r.saddle_ends[3], 0 + 2); /* and to the left */
    heat_ground_result_clear(&r);
    heat_context_free(ctx);
}

/* Without a gradient: differences of energies, as exact as rounding lets them be. */
static void energies_alone_do(void **state)
{
    static const double minima[3][3] = {{-0.55822363, 1.44172584, -146.69951721},
                                        {0.62349940, 0.02803776, -108.16672412},
                                        {-0.05001082, 0.46669410, -80.76781813}};
    static const double curvatures[3][2] = {{410.531, 4068.199}, {543.836, 3005.396}, {221.037, 1479.197}};
    const double lower[] = {-2, -1}, upper[] = {2, 3};
    const shape s = {2, mueller_brown, true}, wall = {2, slope_to_a_wall, true}, valley = {2, banana, true};
    heat_context *ctx = test_context();
    heat_ground_result r;

    (void)state;
    assert_ok(ctx, search(ctx, &s, NULL, NULL, &r));
    assert_int_equal(r.n_states, 3);
    assert_int_equal(r.n_saddles, 2);
    assert_contains(r.reason, "differences of the energy");
    for (int k = 0; k < 3; k++) {
        assert_close(r.kept_values[2 * k], minima[k][0], 1e-7);
        assert_close(r.kept_values[2 * k + 1], minima[k][1], 1e-7);
        assert_close(r.state_energies[k], minima[k][2], 1e-8);
        for (int i = 0; i < 2; i++)
            assert_close(r.curvatures[2 * k + i], curvatures[k][i], 2e-2);
    }
    assert_close(r.saddle_energies[0], -72.24894011, 1e-6);
    assert_close(r.saddle_energies[1], -40.66484351, 1e-6);
    heat_ground_result_clear(&r);
    assert_ok(ctx, search(ctx, &wall, lower, upper, &r)); /* which no energy is asked for beyond */
    assert_int_equal(r.n_states, 1);
    assert_close(r.values[0], -2, 0);
    assert_close(r.values[1], 0.5, 1e-7);
    heat_ground_result_clear(&r);
    assert_ok(ctx, search(ctx, &valley, NULL, NULL, &r));
    assert_int_equal(r.n_states, 1);
    assert_close(r.values[0], 1, 1e-6);
    assert_close(r.values[1], 1, 1e-6);
    heat_ground_result_clear(&r);
    heat_context_free(ctx);
}

static void a_curved_valley_has_one_minimum(void **state)
{
    const shape s = {2, banana, false};
    heat_context *ctx = test_context();
    heat_ground_result r;

    (void)state;
    assert_ok(ctx, search(ctx, &s, NULL, NULL, &r));
    assert_int_equal(r.n_states, 1);
    assert_int_equal(r.n_saddles, 0);
    assert_close(r.values[0], 1, 1e-12);
    assert_close(r.values[1], 1, 1e-12);
    heat_ground_result_clear(&r);
    heat_context_free(ctx);
}

/* The second, held at x = 1, is lowest at y = 0. */
static void a_ring_is_one_minimum(void **state)
{
    const shape rings = {2, two_rings, false}, flat = {1, quartic, false}, curved = {2, banana, false};
    heat_context *ctx = test_context();
    heat_ground_result r;

    (void)state;
    assert_ok(ctx, search(ctx, &rings, NULL, NULL, &r));
    assert_int_equal(r.n_states, 2);
    for (int k = 0; k < 2; k++) {
        const double *x = r.kept_values + 2 * k;
        assert_close(hypot(fabs(x[0]) - 3, x[1]), 1, 1e-6);
        assert_close(r.state_energies[k], 0, 1e-12);
        assert_true(r.extents[k] > 1 && r.extents[k] < 2.01);
        assert_true(r.state_counts[k] > 10);
    }
    assert_true(r.kept_values[0] * r.kept_values[2] < 0); /* one on either side */
    heat_ground_result_clear(&r);
    assert_ok(ctx, search(ctx, &flat, NULL, NULL, &r)); /* one point, however far off quenches end */
    assert_int_equal(r.n_states, 1);
    assert_true(r.extents[0] == 0);
    heat_ground_result_clear(&r);
    assert_ok(ctx, search(ctx, &curved, NULL, NULL, &r));
    assert_true(r.extents[0] == 0);
    heat_ground_result_clear(&r);
    heat_context_free(ctx);
}

/* Each valley is one minimum, and the two are neighbours over a saddle that lies between their nearest
 * points. */
static void valleys_have_saddles_between_them(void **state)
{
    const shape shapes[2] = {{2, two_rings, false}, {2, hyperbola, false}};
    const double height[2] = {4096, 1};
    heat_context *ctx = test_context();

    (void)state;
    for (int k = 0; k < 2; k++) {
        heat_ground_result r;
        assert_ok(ctx, search(ctx, &shapes[k], NULL, NULL, &r));
        assert_int_equal(r.n_states, 2);
        assert_int_equal(r.n_saddles, 1);
        assert_close(r.saddle_energies[0], height[k], 1e-9 * height[k]);
        assert_close(hypot(r.saddles[0], r.saddles[1]), 0, 1e-9);
        assert_int_equal(r.saddle_ends[0] + r.saddle_ends[1], 1);
        heat_ground_result_clear(&r);
    }
    heat_context_free(ctx);
}

static void walls_hold(void **state)
{
    const double lower[2] = {-1, -1}, upper[2] = {1, 1}, lowest[2][2] = {{-1, 0.5}, {1, 0}};
    const shape shapes[2] = {{2, slope_to_a_wall, false}, {2, slope_to_the_other_wall, false}};
    heat_context *ctx = test_context();

    (void)state;
    for (int k = 0; k < 2; k++) {
        heat_ground_result r;
        assert_ok(ctx, search(ctx, &shapes[k], lower, upper, &r));
        assert_int_equal(r.n_states, 1);
        assert_close(r.values[0], lowest[k][0], 0);
        assert_close(r.values[1], lowest[k][1], 1e-9);
        heat_ground_result_clear(&r);
    }
    heat_context_free(ctx);
}

static double incline(const double *x, double *g)
{
    g[0] = 1;
    return x[0];
}

static void no_bottom_is_an_error(void **state)
{
    const shape shapes[2] = {{1, cubic, false}, {1, incline, false}};
    heat_context *ctx = test_context();
    heat_ground_result r;

    (void)state;
    for (int k = 0; k < 2; k++) {
        assert_int_equal(search(ctx, &shapes[k], NULL, NULL, &r), HEAT_ERROR_UNDEFINED);
        heat_ground_result_clear(&r);
    }
    heat_context_free(ctx);
}

/* --- annealing --- */

static heat_ground_result anneal(heat_context *ctx, const char *spec, const heat_ground_options *opt)
{
    heat_model *model;
    heat_ground_result r;

    heat_ground_result_init(&r);
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_ok(ctx, heat_ground(ctx, model, opt, &r));
    heat_model_free(model);
    return r;
}

/* Rastrigin's function of six coordinates has 11^6 minima within its usual box: scattered quenches do not
 * reach the lowest, cooled walks do. */
static void cooled_walks_find_what_quenches_miss(void **state)
{
    (void)state;
    const char *spec = "potential:sum(i=1..6, (x[i]-2.5)^2 + 10 - 10*cos(6.283185307179586*(x[i]-2.5)))";
    heat_context *ctx = test_context();
    heat_minima found = {.n_visited = 0};
    double scattered, annealed;
    heat_ground_options opt;
    heat_ground_result r;
    heat_model *model;
    heat_smooth view;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    assert_ok(ctx, heat_minima_scatter(ctx, &view, 1, HEAT_AUTO, 1, &found));
    scattered = found.minima.energy[heat_minima_lowest(&found)];
    heat_ground_options_init(&opt);
    heat_ground_result_init(&r);
    assert_ok(ctx, heat_potential_anneal(ctx, &view, &opt, 0, &found, &r));
    annealed = found.minima.energy[heat_minima_lowest(&found)];
    print_message("scattered %g, annealed %g\n", scattered, annealed);
    assert_true(scattered > 10 && annealed < 8);
    assert_true(r.n_trajectory == 2 && r.trajectory_energy[0] == scattered &&
                r.trajectory_energy[1] == annealed);
    heat_ground_result_clear(&r);
    heat_minima_close(&found);
    heat_model_free(model);
    heat_ground_options_init(&opt);
    opt.sweeps = 20000;
    opt.keep = 1;
    r = anneal(ctx, spec, &opt);
    assert_string_equal(r.method, "anneal");
    assert_string_equal(r.schedule, "cyclic");
    assert_close(r.energy, 0, 1e-9);
    for (int i = 0; i < 6; i++)
        assert_close(r.values[i], 2.5, 1e-6);
    assert_true(r.n_trajectory >= 2 && r.trajectory_energy[r.n_trajectory - 1] == r.energy);
    assert_true(r.sweeps == 20000 && r.hot > r.cold && r.n_states == 1);
    heat_ground_result_clear(&r);
    heat_context_free(ctx);
}

static void the_schedule_and_the_start_are_as_asked_for(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_ground_options opt;
    heat_ground_result r;

    heat_ground_options_init(&opt);
    r = anneal(ctx, "potential:x^2 + y^2", &opt); /* one minimum: nothing to anneal */
    assert_string_equal(r.method, "quench");
    assert_true(r.schedule == NULL && r.n_trajectory == 1);
    heat_ground_result_clear(&r);
    opt.schedule = "geometric:2:0.1";
    opt.sweeps = 300;
    opt.initial = test_file(".txt", "0.25 -3\n", 8);
    r = anneal(ctx, "potential:x^2 + y^2", &opt);
    assert_string_equal(r.method, "anneal");
    assert_string_equal(r.schedule, "geometric");
    assert_int_equal(r.sweeps, 300);
    assert_close(r.energy, 0, 1e-12);
    heat_ground_result_clear(&r);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mueller_and_brown),
        cmocka_unit_test(energies_alone_do),
        cmocka_unit_test(a_curved_valley_has_one_minimum),
        cmocka_unit_test(a_ring_is_one_minimum),
        cmocka_unit_test(valleys_have_saddles_between_them),
        cmocka_unit_test(walls_hold),
        cmocka_unit_test(no_bottom_is_an_error),
        cmocka_unit_test(cooled_walks_find_what_quenches_miss),
        cmocka_unit_test(the_schedule_and_the_start_are_as_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
