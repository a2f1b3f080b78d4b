/* Chains as bits: who gets them, and that states, energies, totals and moves are those of the model. */
#include "sample/bit_chains.h"
#include "sample/engine.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { N = 36 };

static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

static heat_chains_plan steady(int64_t n_chains, int32_t n_rungs, const double *betas)
{
    return (heat_chains_plan){.n_chains = n_chains,
                              .n_rungs = n_rungs,
                              .betas = betas,
                              .seed = 5,
                              .isa = "auto",
                              .is_steady = true};
}

static heat_status start_all(heat_context *ctx, heat_chains *c)
{
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < c->n_chains && status == HEAT_OK; k++) {
        heat_chains_set_rung(c, k, (int32_t)(k / (c->n_chains / c->n_rungs)));
        status = heat_chains_start(ctx, c, k, NULL, 0);
    }
    return status;
}

static heat_chains *started(heat_context *ctx, const heat_model *model, const heat_chains_plan *plan)
{
    heat_chains *c;

    assert_ok(ctx, heat_chains_create(ctx, model, plan, &c));
    assert_ok(ctx, start_all(ctx, c));
    return c;
}

static void sweep(heat_context *ctx, heat_chains *c, const heat_engine *engine, int n)
{
    for (int64_t unit = 0; unit < c->n_units; unit++) {
        for (int t = 0; t < n; t++)
            assert_ok(ctx, heat_engine_sweep(ctx, engine, c, unit));
        heat_chains_measure(c, unit);
    }
}

/* Every chain's energy and total, from its row by the model's own functions. */
static void check_chains(heat_context *ctx, const heat_model *model, const heat_chains *c)
{
    for (int64_t k = 0; k < c->n_chains; k++) {
        int8_t row[N];
        double energy;
        int64_t total = 0;
        heat_chains_get_state(c, k, row);
        assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &energy));
        assert_close(heat_chains_get_energy(c, k), energy, 1e-12);
        for (int32_t i = 0; i < c->n; i++)
            total += row[i];
        assert_int_equal(heat_chains_get_total(c, k), total);
    }
}

static void energies_and_totals_are_those_of_the_rows(void **state)
{
    (void)state;
    /* even and odd numbers of links, open ends, fields of one and of two units, double couplings */
    static const char *const specs[] = {"ea:6x6,seed=1",    "lattice:3x3x4,J=0.5", "ea:4x5,open,seed=2",
                                        "regular:30,k=5",   "lattice:4x4,h=2",     "regular:20,k=3,J=pm,h=1",
                                        "lattice:2x6,J=-3", "regular:20,k=12"};
    static const double betas[] = {0.3, 0.7};
    heat_context *ctx = test_context();
    const heat_chains_plan plan = steady(2 * 130, 2, betas);

    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        heat_model *model = load(ctx, specs[s]);
        for (int e = 0; e < 2; e++) {
            heat_chains *c = started(ctx, model, &plan);
            assert_ptr_equal(c->layout, &heat_layout_bits);
            assert_int_equal(c->n_units, 2);
            sweep(ctx, c, e == 0 ? &heat_engine_metropolis : &heat_engine_heat_bath, 33);
            check_chains(ctx, model, c);
            assert_true(heat_chains_get_acceptance(c, 0) > 0);
            assert_true(heat_chains_get_acceptance(c, 0) < 1);
            heat_chains_free(c);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void rows_come_back_as_they_went_in(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:6x6,seed=1");
    const double beta = 0.5;
    const heat_chains_plan plan = steady(600, 1, &beta);
    heat_chains *c = started(ctx, model, &plan);
    int8_t row[N], back[N];

    assert_int_equal(c->n_units, 2);
    for (int64_t k = 0; k < 600; k += 37) {
        for (int32_t i = 0; i < N; i++)
            row[i] = (i * 7 + k) % 3 == 0 ? 1 : -1;
        assert_ok(ctx, heat_chains_set_state(ctx, c, k, row));
        heat_chains_get_state(c, k, back);
        assert_memory_equal(row, back, N);
    }
    sweep(ctx, c, &heat_engine_heat_bath, 1);
    check_chains(ctx, model, c);
    heat_chains_free(c);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void instruction_sets_give_the_same_chains(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:6x6,seed=1");
    const double beta = 0.5;
    heat_chains_plan plan = steady(200, 1, &beta);
    int8_t first[N], row[N];

    for (int k = 0; k < heat_isa_count(); k++) {
        heat_chains *c;
        plan.isa = heat_isa_at(k)->name;
        c = started(ctx, model, &plan);
        sweep(ctx, c, &heat_engine_heat_bath, 70);
        heat_chains_get_state(c, 150, k == 0 ? first : row);
        if (k > 0)
            assert_memory_equal(first, row, N);
        heat_chains_free(c);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static const heat_layout *layout_of(heat_context *ctx, const char *spec, const heat_chains_plan *plan)
{
    heat_model *model = load(ctx, spec);
    const heat_layout *layout;
    heat_chains *c;

    assert_ok(ctx, heat_chains_create(ctx, model, plan, &c));
    layout = c->layout;
    for (int64_t k = 0; k < c->n_chains; k++)
        assert_in_range(k / c->width, 0, c->n_units - 1);
    heat_chains_free(c);
    heat_model_free(model);
    return layout;
}

static void only_what_fits_is_taken(void **state)
{
    (void)state;
    static const double betas[] = {0.3, 0.5, 0.7};
    heat_context *ctx = test_context();
    heat_chains_plan plan = steady(512, 1, betas);

    assert_ptr_equal(layout_of(ctx, "ea:6x6", &plan), &heat_layout_bits);
    assert_ptr_equal(layout_of(ctx, "ea:6x6,J=gauss", &plan), &heat_layout_lanes);
    assert_ptr_equal(layout_of(ctx, "lattice:6x6,h=0.3", &plan), &heat_layout_lanes);
    assert_ptr_equal(layout_of(ctx, "regular:30,k=15", &plan), &heat_layout_lanes);
    plan.is_steady = false;
    assert_ptr_equal(layout_of(ctx, "ea:6x6", &plan), &heat_layout_lanes);
    plan = steady(100, 1, betas);
    assert_ptr_equal(layout_of(ctx, "ea:6x6", &plan), &heat_layout_lanes);
    plan = steady(3 * 601, 3, betas); /* a prime number of chains a temperature: no unit of one temperature */
    assert_ptr_equal(layout_of(ctx, "ea:6x6", &plan), &heat_layout_lanes);
    plan = steady(3 * 600, 3, betas);
    assert_ptr_equal(layout_of(ctx, "ea:6x6", &plan), &heat_layout_bits);
    plan = steady(601, 1, betas);
    assert_ptr_equal(layout_of(ctx, "ea:6x6", &plan), &heat_layout_bits);
    plan.group = 2;
    plan.n_chains = 602;
    assert_ptr_equal(layout_of(ctx, "ea:6x6", &plan), &heat_layout_bits);
    heat_context_free(ctx);
}

static heat_status make_chains(heat_context *ctx, void *arg)
{
    const double beta = 0.5;
    const heat_chains_plan plan = steady(200, 1, &beta);
    heat_chains *c = NULL;
    heat_status status = heat_chains_create(ctx, arg, &plan, &c);

    if (status == HEAT_OK)
        status = start_all(ctx, c);
    heat_chains_free(c);
    return status;
}

static void failing_allocations_leave_nothing_behind(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:4x4,h=1");

    test_failing_allocations(make_chains, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_and_totals_are_those_of_the_rows),
        cmocka_unit_test(rows_come_back_as_they_went_in),
        cmocka_unit_test(instruction_sets_give_the_same_chains),
        cmocka_unit_test(only_what_fits_is_taken),
        cmocka_unit_test(failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
