/* What "auto" means here: a kernel that runs, and a thread or more. */
#include "support.h"

#include <heatbath/heatbath.h>
#include <string.h>

static void auto_is_a_kernel_that_runs_here(void **state)
{
    (void)state;
    const char *widest = heat_isa_resolve("auto");

    assert_non_null(widest);
    assert_string_not_equal(widest, "auto");
    assert_string_equal(heat_isa_resolve(widest), widest);
    assert_string_equal(heat_isa_resolve("ref"), "ref");
}

static void a_kernel_resolves_exactly_where_a_verb_takes_it(void **state)
{
    (void)state;
    static const char *const names[] = {"ref", "avx2", "avx512"};
    heat_context *ctx = test_context();
    heat_model *model = NULL;

    assert_ok(ctx, heat_model_load(ctx, "lattice:4x4", &model));
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        heat_sample_options options;
        heat_sample_result result;
        heat_status status;
        heat_sample_options_init(&options);
        heat_sample_result_init(&result);
        options.isa = names[k];
        options.sweeps = 8;
        options.burn_in = 0;
        status = heat_sample(ctx, model, &options, &result);
        assert_int_equal(status == HEAT_OK, heat_isa_resolve(names[k]) != NULL);
        heat_sample_result_clear(&result);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

#define TRY(verb, call)                                                                                      \
    {                                                                                                        \
        heat_##verb##_options options;                                                                       \
        heat_##verb##_result result;                                                                         \
        heat_status status;                                                                                  \
        heat_##verb##_options_init(&options);                                                                \
        heat_##verb##_result_init(&result);                                                                  \
        options.isa = name;                                                                                  \
        status = call;                                                                                       \
        assert_int_equal(status, expected);                                                                  \
        if (status != HEAT_OK)                                                                               \
            assert_contains(heat_context_error(ctx), "this machine cannot run it");                          \
        heat_##verb##_result_clear(&result);                                                                 \
    }

/* Exact ways of verbs come to no kernel that would be missed. */
static void verbs_that_use_no_kernel_refuse_what_is_not_here_too(void **state)
{
    (void)state;
    static const char *const names[] = {"ref", "avx2", "avx512"};
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input};
    heat_model *model = NULL, *well = NULL;
    heat_data *data = NULL;

    assert_ok(ctx, heat_model_load(ctx, "lattice:3x3", &model));
    assert_ok(ctx, heat_model_load(ctx, "double-well", &well));
    assert_ok(ctx, heat_data_load(ctx, "ising-teacher:lattice:3x3,n=20", NULL, &data));
    input.data = data;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const char *name = names[k];
        heat_status expected = heat_isa_resolve(name) != NULL ? HEAT_OK : HEAT_ERROR_OPTION;
        TRY(ground, heat_ground(ctx, model, &options, &result))
        TRY(logz, heat_logz(ctx, model, &options, &result))
        TRY(score, heat_score(ctx, model, data, &options, &result))
        TRY(learn, heat_learn(ctx, "ising", &input, &options, &result))
        TRY(explore, heat_explore(ctx, well, &options, &result))
    }
    heat_data_free(data);
    heat_model_free(well);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void unknown_kernels_resolve_to_nothing(void **state)
{
    (void)state;
    assert_null(heat_isa_resolve("sse9"));
    assert_null(heat_isa_resolve(""));
    assert_null(heat_isa_resolve(NULL));
}

static void threads_resolve_to_themselves_and_auto_to_the_cores(void **state)
{
    (void)state;
    assert_int_equal(heat_threads_resolve(1), 1);
    assert_int_equal(heat_threads_resolve(7), 7);
    assert_true(heat_threads_resolve(HEAT_AUTO) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_is_a_kernel_that_runs_here),
        cmocka_unit_test(a_kernel_resolves_exactly_where_a_verb_takes_it),
        cmocka_unit_test(verbs_that_use_no_kernel_refuse_what_is_not_here_too),
        cmocka_unit_test(unknown_kernels_resolve_to_nothing),
        cmocka_unit_test(threads_resolve_to_themselves_and_auto_to_the_cores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
