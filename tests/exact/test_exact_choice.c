/* Which road is taken, what it is said to cost, and in which words it is refused. */
#include "exact/exact_choice.h"
#include "support.h"

#include <heatbath/ground.h>
#include <heatbath/logz.h>
#include <math.h>
#include <string.h>

static const int64_t gib = (int64_t)1 << 30;

static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

static void narrow_graphs_are_eliminated(void **state)
{
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:8x8,J=1");
    heat_exact_choice choice;
    heat_elimination_sum sum = {0};

    (void)state;
    assert_ok(ctx, heat_exact_choose(ctx, model, gib, false, &choice));
    assert_string_equal(choice.cost.method, "elimination");
    assert_true(choice.cost.affordable && choice.plan != NULL);
    assert_true(choice.cost.width <= 16 && choice.cost.width_affordable == 26);
    assert_false(choice.cost.width_is_bound);
    assert_true(choice.cost.bytes > 8 * ldexp(1, choice.cost.width) && choice.cost.bytes < 1 << 22);
    assert_true(choice.cost.operations > ldexp(1, choice.cost.width) && choice.cost.operations < 1e7);
    assert_ok(ctx, heat_elimination_run_sum(ctx, choice.plan, 1, false, 1, &sum));
    assert_true(sum.log_z > 128);
    heat_exact_choice_clear(&choice);
    heat_model_free(model);
    heat_context_free(ctx);
}

static int flat_energy(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    (void)user;
    (void)states;
    memset(energies, 0, (size_t)n_rows * sizeof *energies);
    return 0;
}

static heat_model *flat_model(heat_context *ctx, int32_t n)
{
    heat_custom custom;
    heat_model *model;

    heat_custom_init(&custom);
    custom.name = "flat";
    custom.n_variables = n;
    custom.energy = flat_energy;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
    return model;
}

static void models_without_a_graph_are_enumerated(void **state)
{
    heat_context *ctx = test_context();
    heat_model *few = flat_model(ctx, 12), *many = flat_model(ctx, 60);
    heat_exact_choice choice;

    (void)state;
    assert_ok(ctx, heat_exact_choose(ctx, few, gib, true, &choice));
    assert_string_equal(choice.cost.method, "enumeration");
    assert_true(choice.cost.affordable && choice.plan == NULL);
    assert_close(choice.cost.operations, 4096, 0);
    heat_exact_choice_clear(&choice);
    assert_ok(ctx, heat_exact_choose(ctx, many, gib, true, &choice));
    assert_false(choice.cost.affordable);
    assert_int_equal(heat_exact_fail(ctx, &choice.cost, gib), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "1.15e+18");
    heat_exact_choice_clear(&choice);
    heat_model_free(few);
    heat_model_free(many);
    heat_context_free(ctx);
}

/* As many table entries as states: states are cheaper, and take no memory. */
static void dense_graphs_are_enumerated(void **state)
{
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "sk:22,seed=1");
    heat_exact_choice choice;

    (void)state;
    assert_ok(ctx, heat_exact_choose(ctx, model, gib, true, &choice));
    assert_string_equal(choice.cost.method, "enumeration");
    assert_int_equal(choice.cost.width, 21);
    assert_close(heat_exact_seconds(&choice.cost), (4194304 * HEAT_SPIN_STATE_NS + HEAT_TABLE_NS) * 1e-9,
                 1e-12);
    heat_exact_choice_clear(&choice);
    assert_ok(ctx, heat_exact_choose(ctx, model, 1 << 22, true, &choice));
    assert_string_equal(choice.cost.method, "enumeration");
    assert_true(choice.cost.affordable && choice.plan == NULL);
    assert_true(choice.cost.width_is_bound && choice.cost.width == 21 && choice.cost.width_affordable == 17);
    heat_exact_choice_clear(&choice);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void machines_of_two_layers_enumerate_the_smaller_one(void **state)
{
    heat_context *ctx = test_context();
    heat_rbm rbm;
    heat_model *model;
    heat_logz_result z = {0};
    heat_ground_options opt;
    heat_ground_result g = {0};
    double weights[40 * 16];

    (void)state;
    for (int k = 0; k < 40 * 16; k++)
        weights[k] = k % 7 - 3;
    heat_rbm_init(&rbm);
    rbm.n_visible = 40;
    rbm.n_hidden = 16;
    rbm.weights = weights;
    assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
    assert_ok(ctx, heat_logz(ctx, model, NULL, &z));
    assert_string_equal(z.method, "layer enumeration");
    assert_true(z.exact && z.rows[0].entropy > 0 && z.rows[0].entropy < 56 * log(2));
    heat_ground_options_init(&opt);
    opt.method = "exact";
    assert_ok(ctx, heat_ground(ctx, model, &opt, &g));
    assert_string_equal(g.method, "layer enumeration");
    assert_int_equal(g.outcome, HEAT_OUTCOME_PROVED);
    assert_true(-g.energy <= z.log_z && z.log_z <= 56 * log(2) - g.energy);
    heat_logz_result_clear(&z);
    heat_ground_result_clear(&g);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void refusals_name_the_widths_and_the_memory(void **state)
{
    heat_context *ctx = test_context();
    heat_model *cube = load(ctx, "ea:10x10x10,seed=1"), *strip = load(ctx, "lattice:20x40,J=1,open");
    heat_exact_cost cost;

    (void)state;
    assert_ok(ctx, heat_exact_estimate(ctx, cube, 8 * gib, &cost));
    assert_false(cost.affordable);
    assert_int_equal(cost.size, sizeof cost);
    assert_true(cost.width_is_bound && cost.width > cost.width_affordable && cost.width_affordable == 28);
    assert_int_equal(heat_exact_fail(ctx, &cost, 8 * gib), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx),
                    "(at least), width 28 affordable with 8.0 GiB (option --memory)");
    /* wide enough, but the way back keeps more tables than two */
    assert_ok(ctx, heat_exact_estimate(ctx, strip, 1 << 26, &cost));
    assert_true(!cost.affordable && cost.width == 20 && !cost.width_is_bound);
    assert_int_equal(heat_exact_fail(ctx, &cost, 1 << 26), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "too large for exact elimination: width 20 found, which needs");
    assert_ok(ctx, heat_exact_estimate(ctx, strip, 2 * gib, &cost));
    assert_true(cost.affordable);
    assert_int_equal(heat_exact_estimate(ctx, NULL, gib, &cost), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_exact_estimate(ctx, strip, 0, &cost), HEAT_ERROR_ARGUMENT);
    heat_model_free(cube);
    heat_model_free(strip);
    heat_context_free(ctx);
}

static heat_status estimate(heat_context *ctx, void *arg)
{
    heat_exact_cost cost;

    return heat_exact_estimate(ctx, arg, gib, &cost);
}

static void every_failing_allocation_is_reported(void **state)
{
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:4x6,J=1");

    (void)state;
    test_failing_allocations(estimate, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrow_graphs_are_eliminated),
        cmocka_unit_test(models_without_a_graph_are_enumerated),
        cmocka_unit_test(dense_graphs_are_enumerated),
        cmocka_unit_test(machines_of_two_layers_enumerate_the_smaller_one),
        cmocka_unit_test(refusals_name_the_widths_and_the_memory),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
