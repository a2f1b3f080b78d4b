/* Quadratic forms of numbers that are not negative: lowest points against all sets of numbers that may be
 * above 0, and ground states of RBMs of Gaussian and ReLU units. */
#include "exact/orthant_form.h"
#include "random/stream.h"
#include "stats/lu.h"
#include "support.h"
#include "unit_instance.h"

#include <heatbath/ground.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NUMBERS = 120, SMALL = 9 };

typedef struct form {
    heat_orthant_form f;
    double m[MOST_NUMBERS * MOST_NUMBERS], g[MOST_NUMBERS];
} form;

static double value_at(const heat_orthant_form *f, const double *x)
{
    double sum = 0;

    for (int i = 0; i < f->n; i++) {
        for (int j = 0; j < f->n; j++)
            sum += f->m[i * f->n + j] * x[i] * x[j] / 2;
        sum -= f->g[i] * x[i];
    }
    return sum;
}

/* A A^T / n + ridge, and positive numbers that add up to `off` off the diagonal: then not convex, but without
 * an end. */
static void make_form(uint64_t unit, int n, double ridge, double off, form *s)
{
    static double a[MOST_NUMBERS * MOST_NUMBERS];
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, unit);
    for (int k = 0; k < n * n; k++)
        a[k] = heat_stream_normal(&stream);
    for (int i = 0; i < n; i++) {
        s->g[i] = heat_stream_normal(&stream);
        for (int j = 0; j < n; j++) {
            s->m[i * n + j] = i == j ? ridge : 0;
            for (int k = 0; k < n; k++)
                s->m[i * n + j] += a[i * n + k] * a[j * n + k] / n;
        }
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            double more = off * heat_stream_uniform(&stream);
            s->m[i * n + j] += more;
            s->m[j * n + i] += more;
        }
    s->f = (heat_orthant_form){n, s->m, s->g};
}

/* The lowest of all points where the slope is 0 on a set of numbers and the others are 0. */
static double by_sets(const heat_orthant_form *f)
{
    double lowest = 0;

    for (int mask = 1; mask < 1 << f->n; mask++) {
        double a[SMALL * SMALL], b[SMALL], y[SMALL], x[SMALL] = {0};
        int32_t order[SMALL];
        int set[SMALL], k = 0;
        bool is_inside = true;
        for (int i = 0; i < f->n; i++)
            if (mask >> i & 1)
                set[k++] = i;
        for (int i = 0; i < k; i++) {
            b[i] = f->g[set[i]];
            for (int j = 0; j < k; j++)
                a[i * k + j] = f->m[set[i] * f->n + set[j]];
        }
        heat_lu_factor(k, a, order);
        heat_lu_solve(k, a, order, b, y);
        for (int i = 0; i < k; i++) {
            x[set[i]] = y[i];
            is_inside = is_inside && y[i] >= 0;
        }
        if (is_inside)
            lowest = fmin(lowest, value_at(f, x));
    }
    return lowest;
}

static void lowest_points_are_those_of_all_sets(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    int n_convex = 0;

    for (int k = 0; k < 60; k++) {
        bool is_convex = k % 3 == 0;
        form s;
        double x[SMALL], expected;
        heat_orthant_minimum found;
        make_form((uint64_t)k, 2 + k % (SMALL - 1), is_convex ? 0.05 : 0.3, is_convex ? 0 : 1.5, &s);
        expected = by_sets(&s.f);
        for (int road = 0; road < 2; road++) {
            assert_ok(ctx, heat_orthant_form_minimise(ctx, &s.f, road == 0, 400, 1, x, &found));
            assert_false(found.is_endless);
            for (int i = 0; i < s.f.n; i++)
                assert_true(x[i] >= 0);
            assert_close(found.value, expected, 1e-10 * (1 + fabs(expected)));
            assert_close(value_at(&s.f, x), found.value, 1e-12 * (1 + fabs(expected)));
            assert_true(found.is_proved == (road == 0 || strcmp(found.road, "active set") == 0));
            n_convex += road == 0 && strcmp(found.road, "active set") == 0;
        }
    }
    print_message("%d of 60 are convex\n", n_convex);
    assert_true(n_convex >= 20 && n_convex < 50);
    heat_context_free(ctx);
}

/* Of a hundred numbers, some forms next to singular: the conditions of the lowest point hold to rounding. */
static void active_sets_meet_the_conditions(void **state)
{
    (void)state;
    static const double ridges[] = {1, 0.1, 1e-4};
    heat_context *ctx = test_context();

    for (int k = 0; k < 9; k++) {
        static form s;
        double x[MOST_NUMBERS];
        int n_above = 0, n = 40 * (1 + k % 3);
        heat_orthant_minimum found;
        make_form(100 + (uint64_t)k, n, ridges[k / 3], 0, &s);
        assert_ok(ctx, heat_orthant_form_minimise(ctx, &s.f, true, 1, 1, x, &found));
        assert_true(found.is_proved);
        for (int i = 0; i < n; i++) {
            double slope = -s.g[i];
            for (int j = 0; j < n; j++)
                slope += s.m[i * n + j] * x[j];
            assert_true(x[i] >= 0 && slope >= -1e-9 && (x[i] == 0 || slope <= 1e-9));
            n_above += x[i] > 0;
        }
        assert_true(n_above > n / 8 && n_above < n);
    }
    heat_context_free(ctx);
}

/* Where numbers that grow together win without end, and where only some that would have to be negative did.
 */
static void forms_without_an_end_are_told(void **state)
{
    (void)state;
    static const struct {
        double m[9], g[3];
        bool is_endless;
    } cases[] = {
        {{1, -2, 0, -2, 1, 0, 0, 0, 1}, {0, 0, 0}, true},
        {{1, 2, 0, 2, 1, 0, 0, 0, 1}, {1, 1, 1}, false},
        {{1, -0.6, -0.6, -0.6, 1, -0.6, -0.6, -0.6, 1}, {-1, -1, -1}, true}, /* of all three alone */
        {{1, -0.6, 0.6, -0.6, 1, 0.6, 0.6, 0.6, 1}, {1, -1, 0.5}, false},
        {{1, -1, 0, -1, 1, 0, 0, 0, 1}, {1, 1, 0}, true}, /* flat along two, which g leads along */
        {{-1, 0, 0, 0, 1, 0, 0, 0, 1}, {-1, 0, 0}, true},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int road = 0; road < 2; road++) {
            double x[3];
            heat_orthant_minimum found;
            assert_ok(ctx, heat_orthant_form_minimise(ctx, &(heat_orthant_form){3, cases[k].m, cases[k].g},
                                                      road == 0, 64, 1, x, &found));
            if (road == 0)
                assert_int_equal(found.is_endless, cases[k].is_endless);
            else
                assert_true(found.is_endless <= cases[k].is_endless); /* descents may not see it */
            if (!cases[k].is_endless)
                assert_close(found.value, by_sets(&(heat_orthant_form){3, cases[k].m, cases[k].g}), 1e-12);
        }
    heat_context_free(ctx);
}

/* States near a ground state lie higher; units that are held stay. */
static void ground_states_of_rbms_are_lowest(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 200);
    for (int k = 0; k < 3; k++) {
        instance s;
        heat_model *model;
        heat_ground_options options;
        heat_ground_result r;
        heat_ground_options_init(&options);
        heat_ground_result_init(&r);
        make(&s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_RELU, 0.3 + 0.1 * k);
        assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
        if (k == 2)
            options.clamp = test_file(".txt", "1.5 ? ? ? 0\n", 12);
        assert_ok(ctx, heat_ground(ctx, model, &options, &r));
        assert_int_equal(r.outcome, HEAT_OUTCOME_PROVED);
        assert_close(r.energy, energy_of(&s.rbm, r.values, r.values + V), 1e-12);
        assert_true(r.bound == r.energy);
        for (int t = 0; t < 2000; t++) {
            double moved[V + H], size = t % 2 == 0 ? 1e-3 : 1;
            for (int i = 0; i < V + H; i++) {
                bool is_held = k == 2 && (i == 0 || i == V + H - 1);
                moved[i] = r.values[i] + (is_held ? 0 : size * heat_stream_normal(&stream));
                moved[i] = i < V ? moved[i] : fmax(0, moved[i]);
            }
            assert_true(energy_of(&s.rbm, moved, moved + V) >= r.energy - 1e-12);
        }
        assert_true(k < 2 || (r.values[0] == 1.5 && r.values[V + H - 1] == 0));
        heat_ground_result_clear(&r);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void what_has_no_lowest_energy_is_told(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_model *model;
    heat_ground_result r;

    heat_ground_result_init(&r);
    make(&s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_RELU, 3);
    assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
    assert_int_equal(heat_ground(ctx, model, NULL, &r), HEAT_ERROR_UNDEFINED);
    assert_contains(heat_context_error(ctx), "no lowest value");
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status ground_little(heat_context *ctx, void *arg)
{
    instance *s = arg;
    heat_model *model = NULL;
    heat_ground_result r;
    heat_status status = heat_model_create_rbm(ctx, &s->rbm, &model);

    heat_ground_result_init(&r);
    if (status == HEAT_OK)
        status = heat_ground(ctx, model, NULL, &r);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    instance s;

    make(&s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_RELU, 0.4);
    test_failing_allocations(ground_little, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lowest_points_are_those_of_all_sets),
        cmocka_unit_test(active_sets_meet_the_conditions),
        cmocka_unit_test(forms_without_an_end_are_told),
        cmocka_unit_test(ground_states_of_rbms_are_lowest),
        cmocka_unit_test(what_has_no_lowest_energy_is_told),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
