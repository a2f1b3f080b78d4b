/* Shared objects as models: the example of the documents, and objects that are none. Their paths are the
 * program's arguments. */
#include "kernel/isa.h"
#include "model/smooth_rows.h"
#include "support.h"

#include <heatbath/custom.h>
#include <heatbath/sample.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char **object; /* [0] the example, then broken_object.c in the order of its numbers */

static void the_example_is_a_model(void **state)
{
    (void)state;
    const double rows[] = {1, 3, 2, 4}, slopes[] = {1 - 4 * 2, 4, 1, 0};
    heat_context *ctx = test_context();
    heat_model *model = NULL;
    heat_model_info info;
    heat_smooth view;
    double energies[2], gradients[4];

    assert_ok(ctx, heat_model_load(ctx, object[0], &model));
    heat_model_describe(model, &info);
    assert_string_equal(info.kind, "custom");
    assert_string_equal(info.name, object[0]);
    assert_string_equal(info.format, "shared object");
    assert_int_equal(info.n_variables, 2);
    assert_int_equal(info.n_states, 0);
    assert_string_equal(heat_model_get_label(model, 1), "height");
    assert_true(heat_model_is_thread_safe(model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    assert_true(view.has_gradient);
    assert_true(view.lower[0] == 0 && isinf(view.lower[1]) && isinf(view.upper[0]) && view.start[0] == 1);
    assert_ok(ctx, heat_smooth_evaluate_rows(ctx, &view, 2, rows, energies, gradients));
    assert_close(energies[0], 1 + 4, 0);
    assert_close(energies[1], 2, 0);
    for (int k = 0; k < 4; k++)
        assert_close(gradients[k], slopes[k], 0);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void broken_objects_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        heat_status status;
        const char *message;
    } cases[] = {
        {HEAT_ERROR_INPUT, "exports no heat_custom_fill"},
        {HEAT_ERROR_CALLBACK, "heat_custom_fill failed with code 17"},
        {HEAT_ERROR_INPUT, "sets no size"},
        {HEAT_ERROR_INPUT, "a size of 8 bytes, which no version"},
        {HEAT_ERROR_INPUT, "a later version of heatbath"},
        {HEAT_ERROR_ARGUMENT, "n_variables >= 1"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_model *model = NULL;
        assert_int_equal(heat_model_load(ctx, object[1 + k], &model), cases[k].status);
        assert_contains(heat_context_error(ctx), cases[k].message);
        assert_null(model);
    }
    heat_context_free(ctx);
}

static void files_that_are_no_objects_are_told(void **state)
{
    (void)state;
    static const char text[] = "3 2\n1 2 1\n2 3 1\n", head[] = "\177ELF and no more";
    const char *paths[] = {test_file(".so", text, sizeof text - 1), test_file(".bin", head, sizeof head - 1)};
    heat_context *ctx = test_context();

    for (int k = 0; k < 2; k++) {
        heat_model *model = NULL;
        assert_int_equal(heat_model_load(ctx, paths[k], &model), HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), "a shared object with a custom model was expected");
        assert_null(model);
    }
    heat_context_free(ctx);
}

/* p(x, y) of the example is exp(-x) times a normal distribution of y about x^2. */
static void the_example_is_sampled(void **state)
{
    (void)state;
    static const char *const engines[] = {"auto", "ula", "ensemble"};
    heat_context *ctx = test_context();
    heat_model *model = NULL;

    assert_ok(ctx, heat_model_load(ctx, object[0], &model));
    for (int k = 0; k < 3; k++) {
        heat_sample_options options;
        heat_sample_result r;
        const heat_observable *length;
        heat_sample_options_init(&options);
        heat_sample_result_init(&r);
        options.engine = engines[k];
        options.seed = test_seed();
        options.sweeps = k == 0 ? 10000 : 100;
        assert_ok(ctx, heat_sample(ctx, model, &options, &r));
        length = &r.temperatures[0].observables[2];
        assert_string_equal(length->name, "length");
        if (k == 0)
            assert_close(length->mean, 1, 4.5 * length->error);
        heat_sample_result_clear(&r);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static int half_square(void *user, int64_t n_rows, const double *rows, double *energies)
{
    (void)user;
    for (int64_t r = 0; r < n_rows; r++)
        energies[r] = rows[r] * rows[r] / 2;
    return 0;
}

/* Of bounds one side may be missing, and all may be infinite. */
static void bounds_stand_alone(void **state)
{
    (void)state;
    static const double below[] = {0}, open[] = {INFINITY};
    heat_context *ctx = test_context();
    heat_custom custom;

    heat_custom_init(&custom);
    custom.n_variables = 1;
    custom.n_states = 0;
    custom.real_energy = half_square;
    for (int k = 0; k < 2; k++) {
        heat_model *model = NULL;
        heat_smooth view;
        custom.upper = k == 0 ? below : open;
        assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
        assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
        assert_true((view.lower == NULL) == (view.upper == NULL));
        assert_true(k == 0 ? isinf(view.lower[0]) && view.upper[0] == 0 : view.upper == NULL);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void a_nan_names_its_place(void **state)
{
    (void)state;
    double rows[100] = {[70] = 2.5, [71] = 3}, energies[100];
    heat_context *ctx = test_context();
    heat_model *model = NULL;
    heat_smooth view;

    assert_ok(ctx, heat_model_load(ctx, object[7], &model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    assert_false(view.has_gradient);
    assert_int_equal(heat_smooth_evaluate_rows(ctx, &view, 100, rows, energies, NULL), HEAT_ERROR_CALLBACK);
    assert_contains(heat_context_error(ctx), "the energy is NaN at x = 2.5");
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status load(heat_context *ctx, void *arg)
{
    heat_model *model = NULL;
    heat_status status = heat_model_load(ctx, arg, &model);

    heat_model_free(model);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(load, object[0]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_a_model),
        cmocka_unit_test(broken_objects_say_what_is_wrong),
        cmocka_unit_test(files_that_are_no_objects_are_told),
        cmocka_unit_test(the_example_is_sampled),
        cmocka_unit_test(bounds_stand_alone),
        cmocka_unit_test(a_nan_names_its_place),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };

    if (argc != 9)
        return EXIT_FAILURE;
    object = argv + 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
