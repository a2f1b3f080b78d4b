/* Chains that move by clusters: Wolff's sweeps, states in the model's coding, what has no clusters. */
#include "sample/cluster_chains.h"
#include "sample/engine.h"
#include "support.h"

#include <heatbath/sample.h>
#include <string.h>

static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

static heat_chains_plan plan_of(const double *beta, int64_t n_chains, int64_t burn_in)
{
    return (heat_chains_plan){.n_chains = n_chains,
                              .n_rungs = 1,
                              .betas = beta,
                              .seed = 3,
                              .isa = "auto",
                              .layout = &heat_layout_clusters,
                              .burn_in = burn_in};
}

static void sweep(heat_context *ctx, heat_chains *c, const heat_engine *engine, int n)
{
    for (int64_t unit = 0; unit < c->n_units; unit++)
        for (int t = 0; t < n; t++)
            assert_ok(ctx, heat_engine_sweep(ctx, engine, c, unit));
}

/* In the second half of the burn-in clusters and visits are counted; from them comes a number that then
 * stays. */
static void wolff_settles_its_sweep_in_the_burn_in(void **state)
{
    (void)state;
    enum { N = 144, CHAINS = 3, BURN_IN = 40 };
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:12x12");
    const double beta = 0.3;
    const heat_chains_plan plan = plan_of(&beta, CHAINS, BURN_IN);
    heat_chains *c;
    heat_cluster_store *s;
    int64_t settled[CHAINS];

    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &c));
    s = c->store;
    assert_true(s->model->is_lattice && s->counts_energy);
    for (int64_t k = 0; k < CHAINS; k++)
        assert_ok(ctx, heat_chains_start(ctx, c, k, NULL, 0));
    sweep(ctx, c, &heat_engine_wolff, BURN_IN / 2);
    for (int k = 0; k < CHAINS; k++)
        assert_int_equal(s->seen_sites[k], 0);
    sweep(ctx, c, &heat_engine_wolff, BURN_IN / 2);
    for (int k = 0; k < CHAINS; k++) {
        assert_true(s->seen_sites[k] >= BURN_IN / 2 * N);
        assert_int_equal(s->n_clusters[k], 0);
    }
    sweep(ctx, c, &heat_engine_wolff, 1);
    for (int k = 0; k < CHAINS; k++) {
        double sites = (double)s->seen_sites[k] / (double)s->seen_clusters[k];
        settled[k] = s->n_clusters[k];
        assert_true(settled[k] > 1);
        assert_close((double)settled[k] * sites, N, sites / 2 + 1e-9);
    }
    sweep(ctx, c, &heat_engine_wolff, 50);
    assert_memory_equal(settled, s->n_clusters, sizeof settled);
    heat_chains_free(c);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void states_keep_the_models_coding(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const int32_t i[] = {0, 1, 2, 0}, j[] = {1, 2, 3, 3};
    const double terms[] = {1, -2, 0.5, 1}, beta = 0.5;
    const heat_chains_plan plan = plan_of(&beta, 2, 0);
    heat_model *model;
    heat_chains *c;

    assert_ok(ctx, heat_model_create_qubo(ctx, 4, 4, i, j, terms, 0, &model));
    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &c));
    for (int x = 0; x < 16; x++) {
        int8_t row[4] = {(int8_t)(x & 1), (int8_t)(x >> 1 & 1), (int8_t)(x >> 2 & 1), (int8_t)(x >> 3)},
               got[4];
        double energy;
        assert_ok(ctx, heat_chains_start(ctx, c, x % 2, row, 0));
        heat_chains_get_state(c, x % 2, got);
        assert_memory_equal(row, got, 4);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
        assert_close(heat_chains_get_energy(c, x % 2), energy, 0);
        assert_int_equal(heat_chains_get_total(c, x % 2), row[0] + row[1] + row[2] + row[3]);
    }
    heat_chains_free(c);
    heat_model_free(model);
    heat_context_free(ctx);
}

static int no_pairs(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    (void)user;
    (void)states;
    memset(energies, 0, (size_t)n_rows * sizeof *energies);
    return 0;
}

static heat_status sample_by_clusters(heat_context *ctx, const heat_model *model, const char *engine)
{
    heat_sample_options opt;
    heat_sample_result r = {0};
    heat_status status;

    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.sweeps = 50;
    opt.burn_in = 10;
    status = heat_sample(ctx, model, &opt, &r);
    heat_sample_result_clear(&r);
    return status;
}

static void models_without_clusters_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const int32_t i[] = {0}, j[] = {1};
    double coupling[] = {1}, field[6] = {0.5};
    heat_custom custom;
    heat_potts potts;
    heat_model *model;

    heat_custom_init(&custom);
    custom.n_variables = 3;
    custom.n_states = 2;
    custom.energy = no_pairs;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
    assert_int_equal(sample_by_clusters(ctx, model, "wolff"), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "option --engine: wolff moves clusters of spins");
    heat_model_free(model);
    heat_potts_init(&potts);
    potts.n_variables = 2;
    potts.n_states = 3;
    potts.n_edges = 1;
    potts.i = i;
    potts.j = j;
    potts.couplings = coupling;
    assert_ok(ctx, heat_model_create_potts(ctx, &potts, &model));
    assert_ok(ctx, sample_by_clusters(ctx, model, "swendsen-wang"));
    heat_model_free(model);
    potts.fields = field;
    assert_ok(ctx, heat_model_create_potts(ctx, &potts, &model));
    assert_int_equal(sample_by_clusters(ctx, model, "swendsen-wang"), HEAT_ERROR_OPTION);
    heat_model_free(model);
    potts.fields = NULL;
    coupling[0] = -1;
    assert_ok(ctx, heat_model_create_potts(ctx, &potts, &model));
    assert_int_equal(sample_by_clusters(ctx, model, "wolff"), HEAT_ERROR_OPTION);
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status create_and_start(heat_context *ctx, void *arg)
{
    const double beta = 0.4;
    const heat_chains_plan plan = plan_of(&beta, 3, 5);
    heat_chains *c;
    heat_status status = heat_chains_create(ctx, arg, &plan, &c);

    if (status == HEAT_OK)
        status = heat_chains_start(ctx, c, 0, NULL, 0);
    heat_chains_free(c);
    return status;
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    static const char *const specs[] = {"lattice:4x5", "ea:4x5,J=gauss,h=1,seed=2"};
    heat_context *ctx = test_context();

    for (int k = 0; k < 2; k++) {
        heat_model *model = load(ctx, specs[k]);
        test_failing_allocations(create_and_start, model);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wolff_settles_its_sweep_in_the_burn_in),
        cmocka_unit_test(states_keep_the_models_coding),
        cmocka_unit_test(models_without_clusters_are_refused),
        cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
