/* Custom models: whose memory is whose, what a failing callback does, and forbidden states. */
#include "kernel/isa.h"
#include "model/views.h"
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>

/* A callback's world: what it returns, and what was done to it. */
typedef struct world {
    int code;
    double value;
    int n_freed;
} world;

static int energy(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    const world *w = user;

    for (int64_t r = 0; r < n_rows; r++)
        energies[r] =
            states[2 * r] == 1 && states[2 * r + 1] == 1 ? w->value : states[2 * r] + 2.0 * states[2 * r + 1];
    return w->code;
}

static void count_free(void *user)
{
    ((world *)user)->n_freed++;
}

static heat_custom custom_of(world *w)
{
    heat_custom c;

    heat_custom_init(&c);
    c.user = w;
    c.name = "toy";
    c.n_variables = 2;
    c.energy = energy;
    c.free = count_free;
    return c;
}

static void energies_and_deltas_agree(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    world w = {.value = 7};
    heat_custom c = custom_of(&w);
    heat_model *model;
    const char *const names[] = {"left", "right"};
    const int8_t rows[] = {-1, -1, 1, -1}, up[] = {1, 1};
    double energies[2], deltas[2];

    c.names = names;
    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    assert_string_equal(heat_model_get_label(model, 1), "right");
    assert_ok(ctx, heat_model_get_energy(ctx, model, 2, rows, energies));
    assert_close(energies[0], -3, 0);
    assert_close(energies[1], -1, 0);
    assert_ok(ctx, heat_model_deltas(ctx, model, 2, rows, 1, up, deltas));
    assert_close(deltas[0], 4, 0);
    assert_close(deltas[1], 8, 0);
    assert_int_equal(w.n_freed, 0);
    heat_model_free(model);
    assert_int_equal(w.n_freed, 1);
    heat_context_free(ctx);
}

static void forbidden_states_are_left_and_not_entered(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    world w = {.value = (double)INFINITY};
    heat_custom c = custom_of(&w);
    heat_model *model;
    const int8_t outside[] = {1, 1}, inside[] = {1, -1}, down = -1, up = 1;
    double delta;

    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    assert_ok(ctx, heat_model_deltas(ctx, model, 1, inside, 1, &up, &delta));
    assert_true(delta == (double)INFINITY);
    assert_ok(ctx, heat_model_deltas(ctx, model, 1, outside, 1, &down, &delta));
    assert_true(delta == -(double)INFINITY);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void failures_are_named(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    world w = {.value = 7};
    heat_custom c = custom_of(&w);
    heat_model *model;
    const int8_t row[] = {1, 1};
    double e;

    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    w.code = 42;
    assert_int_equal(heat_model_get_energy(ctx, model, 1, row, &e), HEAT_ERROR_CALLBACK);
    assert_contains(heat_context_error(ctx), "toy: its energy callback failed with code 42");
    w.code = 0;
    w.value = (double)NAN;
    assert_int_equal(heat_model_get_energy(ctx, model, 1, row, &e), HEAT_ERROR_CALLBACK);
    assert_contains(heat_context_error(ctx), "returned nan");
    w.value = -(double)INFINITY;
    assert_int_equal(heat_model_get_energy(ctx, model, 1, row, &e), HEAT_ERROR_CALLBACK);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void a_refused_struct_stays_the_callers(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    world w = {.value = 7};
    heat_custom c = custom_of(&w);
    heat_model *model;

    c.energy = NULL;
    assert_int_equal(heat_model_create_custom(ctx, &c, &model), HEAT_ERROR_ARGUMENT);
    c = custom_of(&w);
    c.n_states = 3; /* spins have two values */
    assert_int_equal(heat_model_create_custom(ctx, &c, &model), HEAT_ERROR_ARGUMENT);
    c.coding = HEAT_CODING_INDEX;
    c.n_states = 128;
    assert_int_equal(heat_model_create_custom(ctx, &c, &model), HEAT_ERROR_ARGUMENT);
    assert_int_equal(w.n_freed, 0);
    heat_context_free(ctx);
}

/* x + 2 y, a row at a time; tells if it was asked for x below 0. */
static int plane(void *user, int64_t n_rows, const double *rows, double *energies)
{
    for (int64_t r = 0; r < n_rows; r++) {
        energies[r] = rows[2 * r] + 2 * rows[2 * r + 1];
        if (rows[2 * r] < 0)
            return 5;
    }
    return ((const world *)user)->code;
}

static heat_custom real_of(world *w)
{
    static const double lower[] = {0, -(double)INFINITY}, upper[] = {3, (double)INFINITY}, start[] = {1, 1};
    heat_custom c = custom_of(w);

    c.energy = NULL;
    c.n_states = 0;
    c.real_energy = plane;
    c.lower = lower;
    c.upper = upper;
    c.start = start;
    return c;
}

static void real_variables_keep_within_their_walls(void **state)
{
    (void)state;
    const double rows[] = {1, 2, -1, 0, 4, 0, 0, 1};
    heat_context *ctx = test_context();
    world w = {.code = 0};
    heat_custom c = real_of(&w);
    heat_model *model;
    heat_smooth view;
    double e[4], gradients[8];

    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    assert_true(view.lower != c.lower && view.start != c.start);
    assert_string_equal(heat_model_get_label(model, 1), "y");
    assert_ok(ctx, heat_model_get_energy_of(ctx, model, 4, rows, e, NULL));
    assert_true(e[0] == 5 && isinf(e[1]) && isinf(e[2]) && e[3] == 2);
    assert_int_equal(heat_model_get_energy_of(ctx, model, 4, rows, e, gradients), HEAT_ERROR_UNABLE);
    w.code = 42;
    assert_int_equal(heat_model_get_energy_of(ctx, model, 1, rows, e, NULL), HEAT_ERROR_CALLBACK);
    assert_contains(heat_context_error(ctx), "toy: its real_energy callback failed with code 42");
    heat_model_free(model);
    assert_int_equal(w.n_freed, 1);
    heat_context_free(ctx);
}

static int slopes(void *user, int64_t n_rows, const double *rows, double *energies, double *gradients)
{
    for (int64_t r = 0; r < n_rows; r++) {
        gradients[2 * r] = 1;
        gradients[2 * r + 1] = 2;
    }
    return plane(user, n_rows, rows, energies);
}

/* What is written in doubles is not walked in by floats. */
static void single_precision_is_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    world w = {.code = 0};
    heat_custom c = real_of(&w);
    heat_model *model;
    heat_sample_options options;
    heat_sample_result result;

    c.real_gradient = slopes;
    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    heat_sample_options_init(&options);
    heat_sample_result_init(&result);
    options.engine = "ula";
    options.precision = "single";
    assert_int_equal(heat_sample(ctx, model, &options, &result), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "toy is evaluated in double precision alone");
    heat_sample_result_clear(&result);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void unsound_structs_of_real_variables_are_refused(void **state)
{
    (void)state;
    static const double none[] = {0, 0}, nan_there[] = {1, (double)NAN}, far[] = {4, 0};
    heat_context *ctx = test_context();
    world w = {.code = 0};
    heat_custom c[5];
    heat_model *model;

    for (int k = 0; k < 5; k++)
        c[k] = real_of(&w);
    c[0].real_energy = NULL;
    c[1].energy = energy;
    c[2].upper = none;
    c[3].start = far;
    c[4].lower = nan_there;
    for (int k = 0; k < 5; k++)
        assert_int_equal(heat_model_create_custom(ctx, &c[k], &model), HEAT_ERROR_ARGUMENT);
    assert_int_equal(w.n_freed, 0);
    heat_context_free(ctx);
}

/* A coordinate called `energy` would stand in place of the energy in every result. */
static void names_of_other_things_are_refused(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"a", "energy"}, {"virial", "b"}, {"draw", "b"},
                                           {"a", "lp__"},   {"", "b"},       {"a", "a"}};
    static const char *const fine[2] = {"energy_", "E"};
    heat_context *ctx = test_context();
    world w = {.value = 7};
    heat_custom c = real_of(&w);
    heat_model *model;

    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        c.names = pairs[k];
        assert_int_equal(heat_model_create_custom(ctx, &c, &model), HEAT_ERROR_ARGUMENT);
        assert_contains(heat_context_error(ctx), "named '");
    }
    assert_int_equal(w.n_freed, 0);
    c.names = fine;
    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status create_real(heat_context *ctx, void *arg)
{
    const double row[] = {1, 2};
    heat_custom c = real_of(arg);
    heat_model *model = NULL;
    double e;
    heat_status status = heat_model_create_custom(ctx, &c, &model);

    if (status == HEAT_OK)
        status = heat_model_get_energy_of(ctx, model, 1, row, &e, NULL);
    heat_model_free(model);
    return status;
}

static heat_status create_and_use(heat_context *ctx, void *arg)
{
    heat_custom c = custom_of(arg);
    heat_model *model = NULL;
    const int8_t row[] = {1, -1}, up = 1;
    double delta;
    heat_status status = heat_model_create_custom(ctx, &c, &model);

    if (status == HEAT_OK)
        status = heat_model_deltas(ctx, model, 1, row, 1, &up, &delta);
    heat_model_free(model);
    return status;
}

static void failing_memory_leaks_nothing(void **state)
{
    (void)state;
    world w = {.value = 7};

    test_failing_allocations(create_and_use, &w);
    test_failing_allocations(create_real, &w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_and_deltas_agree),
        cmocka_unit_test(forbidden_states_are_left_and_not_entered),
        cmocka_unit_test(failures_are_named),
        cmocka_unit_test(a_refused_struct_stays_the_callers),
        cmocka_unit_test(real_variables_keep_within_their_walls),
        cmocka_unit_test(single_precision_is_refused),
        cmocka_unit_test(unsound_structs_of_real_variables_are_refused),
        cmocka_unit_test(names_of_other_things_are_refused),
        cmocka_unit_test(failing_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
