/* Named potentials: energies at known points, gradients and curvatures against differences, every instruction
 * set against the reference bit for bit, partition functions against closed forms. */
#include "kernel/isa.h"
#include "model/smooth_rows.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { MOST = 16, CHAINS = 21, STRIDE = 24 };

static const char *covariance_file(void)
{
    static const char text[] = "0.5,-1,2\n2,0.6,0\n0.6,1,-0.25\n0,-0.25,0.5\n";

    return test_file(".csv", text, sizeof text - 1);
}

/* A model by its text, where "gaussian:" stands for one of three variables. */
static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model = NULL;
    char text[1024] = "";

    snprintf(text, sizeof text, "%s%s", spec, strcmp(spec, "gaussian:") == 0 ? covariance_file() : "");
    assert_ok(ctx, heat_model_load(ctx, text, &model));
    return model;
}

static heat_smooth view_of(const heat_model *model, const char *isa)
{
    heat_smooth view;

    assert_true(heat_model_get_smooth(model, heat_isa_get(isa), &view));
    assert_true(view.n <= MOST);
    return view;
}

static double energy_at(heat_context *ctx, const heat_model *model, const double *x, double *gradient)
{
    heat_smooth view = view_of(model, "auto");
    double energy;

    assert_ok(ctx, heat_smooth_evaluate_rows(ctx, &view, 1, x, &energy, gradient));
    return energy;
}

/* Points about where the potential lives: normal ones, within its bounds. */
static void draw_points(const heat_smooth *view, double x[MOST * STRIDE])
{
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_GENERATE, 7);
    for (int i = 0; i < view->n; i++)
        for (int c = 0; c < STRIDE; c++) {
            double at = (view->start == NULL ? 0 : view->start[i]) + heat_stream_normal(&stream);
            if (view->lower != NULL && at < view->lower[i])
                at = 2 * view->lower[i] - at;
            x[i * STRIDE + c] = at;
        }
}

static const char *const specs[] = {"double-well", "gaussian:"};
enum { N_SPECS = sizeof specs / sizeof *specs };

/* Along every axis, by Richardson's step of two differences: an error of order h^4. */
static void gradients_are_slopes(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_SPECS; k++) {
        heat_model *model = load(ctx, specs[k]);
        heat_smooth view = view_of(model, "auto");
        double x[MOST * STRIDE], point[MOST], gradient[MOST];
        draw_points(&view, x);
        for (int c = 0; c < CHAINS; c++) {
            for (int i = 0; i < view.n; i++)
                point[i] = x[i * STRIDE + c];
            energy_at(ctx, model, point, gradient);
            for (int i = 0; i < view.n; i++) {
                double slope[2], here = point[i];
                for (int s = 0; s < 2; s++) {
                    double h = ldexp(1, -9 - s), above, below;
                    point[i] = here + h;
                    above = energy_at(ctx, model, point, NULL);
                    point[i] = here - h;
                    below = energy_at(ctx, model, point, NULL);
                    slope[s] = (above - below) / (2 * h);
                }
                point[i] = here;
                assert_close(gradient[i], (4 * slope[1] - slope[0]) / 3, 1e-7 * (1 + fabs(gradient[i])));
            }
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void curvatures_are_slopes_of_gradients(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_SPECS; k++) {
        heat_model *model = load(ctx, specs[k]);
        heat_smooth view = view_of(model, "auto");
        _Alignas(64) double x[MOST * STRIDE], v[MOST * STRIDE], product[MOST * STRIDE];
        heat_smooth_block b = {
            .n_chains = CHAINS, .stride = STRIDE, .x = x, .directions = v, .products = product};
        draw_points(&view, x);
        for (int j = 0; j < view.n * STRIDE; j++)
            v[j] = sin(1.0 + j);
        assert_non_null(view.multiply);
        assert_ok(ctx, view.multiply(ctx, view.self, &b));
        for (int c = 0; c < CHAINS; c++) {
            double at[2][MOST], g[2][MOST], slope[2][MOST];
            for (int s = 0; s < 2; s++) {
                double h = ldexp(1, -9 - s);
                for (int i = 0; i < view.n; i++) {
                    at[0][i] = x[i * STRIDE + c] - h * v[i * STRIDE + c];
                    at[1][i] = x[i * STRIDE + c] + h * v[i * STRIDE + c];
                }
                energy_at(ctx, model, at[0], g[0]);
                energy_at(ctx, model, at[1], g[1]);
                for (int i = 0; i < view.n; i++)
                    slope[s][i] = (g[1][i] - g[0][i]) / (2 * h);
            }
            for (int i = 0; i < view.n; i++)
                assert_close(product[i * STRIDE + c], (4 * slope[1][i] - slope[0][i]) / 3,
                             1e-6 * (1 + fabs(product[i * STRIDE + c])));
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void instruction_sets_agree_bit_for_bit(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_SPECS; k++) {
        heat_model *model = load(ctx, specs[k]);
        _Alignas(64) double x[MOST * STRIDE], e[4][STRIDE], g[4][MOST * STRIDE], h[4][MOST * STRIDE];
        for (int isa = 0; isa < heat_isa_count(); isa++) {
            heat_smooth view = view_of(model, heat_isa_at(isa)->name);
            heat_smooth_block b = {.n_chains = STRIDE,
                                   .stride = STRIDE,
                                   .x = x,
                                   .energies = e[isa],
                                   .gradients = g[isa],
                                   .directions = x,
                                   .products = h[isa]};
            size_t size = (size_t)view.n * STRIDE * sizeof **g;
            draw_points(&view, x);
            assert_ok(ctx, heat_smooth_evaluate(ctx, &view, &b));
            assert_ok(ctx, view.multiply(ctx, view.self, &b));
            assert_memory_equal(e[isa], e[0], sizeof e[0]);
            assert_memory_equal(g[isa], g[0], size);
            assert_memory_equal(h[isa], h[0], size);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void double_wells_are_known(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "double-well");
    double z = 0, step = 0x1p-6;

    assert_true(energy_at(ctx, model, (double[]){1}, NULL) == 0);
    assert_true(energy_at(ctx, model, (double[]){-1}, NULL) == 0);
    assert_true(energy_at(ctx, model, (double[]){0}, NULL) == 1);
    assert_true(energy_at(ctx, model, (double[]){2}, NULL) == 9);
    for (double x = -5; x <= 5; x += step) /* the trapezoid rule, of a function that ends in nothing */
        z += step * exp(-energy_at(ctx, model, &x, NULL) / 0.5);
    assert_close(z, 1.4109147032, 1e-10);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void a_covariance_comes_back(void **state)
{
    (void)state;
    static const double c[3][3] = {{2, 0.6, 0}, {0.6, 1, -0.25}, {0, -0.25, 0.5}};
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "gaussian:");
    heat_smooth view = view_of(model, "auto");
    double x[3] = {0.5, -1, 2}, gradient[3];

    assert_true(energy_at(ctx, model, x, NULL) == 0);
    for (int j = 0; j < 3; j++) { /* at m + C e_j the gradient is e_j, the energy C_jj / 2 */
        for (int i = 0; i < 3; i++)
            x[i] = (const double[]){0.5, -1, 2}[i] + c[i][j];
        assert_close(energy_at(ctx, model, x, gradient), c[j][j] / 2, 1e-15);
        for (int i = 0; i < 3; i++)
            assert_close(gradient[i], i == j, 1e-15);
        assert_close(view.scale[j], sqrt(c[j][j]), 1e-15);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static void matrices_that_are_no_covariance_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"1,2\n", "1 x 2 numbers"},
        {"1,2\n2,1\n", "not positive definite"},
        {"1,0.5\n0.4,1\n", "C[0][1] is 0.5 and C[1][0] is 0.4"},
        {"1 0\n0\n", ":2:2: a line of 1 numbers, expected 2"},
        {"1,x\n", ":1:3:"},
        {"", "0 x 0 numbers"},
        {"-1\n", "not positive definite"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_model *model = NULL;
        char spec[1024];
        snprintf(spec, sizeof spec, "gaussian:%s", test_file(".csv", cases[k].text, strlen(cases[k].text)));
        assert_int_equal(heat_model_load(ctx, spec, &model), HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), cases[k].message);
        assert_null(model);
    }
    heat_context_free(ctx);
}

static heat_status load_gaussian(heat_context *ctx, void *arg)
{
    heat_model *model = NULL;
    heat_status status = heat_model_load(ctx, arg, &model);

    heat_model_free(model);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    char spec[1024];

    snprintf(spec, sizeof spec, "gaussian:%s", covariance_file());
    test_failing_allocations(load_gaussian, spec);
}

static void a_potential_says_what_it_is(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "gaussian:");
    heat_model_info info;

    heat_model_describe(model, &info);
    assert_string_equal(info.kind, "potential");
    assert_int_equal(info.n_variables, 3);
    assert_int_equal(info.n_states, 0);
    assert_string_equal(heat_model_get_label(model, 0), "x");
    assert_string_equal(heat_model_get_label(model, 2), "z");
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(curvatures_are_slopes_of_gradients),
        cmocka_unit_test(instruction_sets_agree_bit_for_bit),
        cmocka_unit_test(double_wells_are_known),
        cmocka_unit_test(a_covariance_comes_back),
        cmocka_unit_test(matrices_that_are_no_covariance_are_refused),
        cmocka_unit_test(failing_allocations_leak_nothing),
        cmocka_unit_test(a_potential_says_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
