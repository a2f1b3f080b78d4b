/* Marginals by the public function against sums over all states. */
#include "base/memory.h"
#include "io/store.h"
#include "support.h"

#include <heatbath/exact.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t gib = (int64_t)1 << 30;

/* Compares every number with its definition, by energies of all states. */
static void compare(heat_context *ctx, const char *spec, double temperature)
{
    heat_marginals m = {0};
    heat_model *model;
    heat_model_info info;
    double z = 0, energy, mean = 0, *single, *pair, lowest = INFINITY;
    int8_t value[20], state[20];
    int64_t count = 1, q;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    heat_model_describe(model, &info);
    assert_ok(ctx, heat_exact_marginals(ctx, model, temperature, gib, 1, &m));
    assert_int_equal(m.n_variables, info.n_variables);
    assert_int_equal(m.n_states, info.n_states);
    assert_int_equal(m.n_pairs, info.n_edges);
    q = info.n_states;
    single = calloc((size_t)(info.n_variables * q), sizeof *single);
    pair = calloc((size_t)(m.n_pairs * q * q), sizeof *pair);
    for (int32_t v = 0; v < info.n_variables; v++)
        count *= q;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t number = 0; number < count; number++) {
            int64_t rest = number;
            double w;
            for (int32_t v = 0; v < info.n_variables; v++, rest /= q) {
                value[v] = (int8_t)(rest % q);
                state[v] = (int8_t)(info.coding == HEAT_CODING_SPIN ? 2 * value[v] - 1 : value[v]);
            }
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, state, &energy));
            lowest = fmin(lowest, energy);
            if (pass == 0)
                continue;
            w = exp((lowest - energy) / temperature);
            z += w;
            mean += w * energy;
            for (int32_t v = 0; v < info.n_variables; v++)
                single[v * q + value[v]] += w;
            for (int64_t k = 0; k < m.n_pairs; k++)
                pair[(k * q + value[m.i[k]]) * q + value[m.j[k]]] += w;
        }
    for (int64_t k = 0; k < info.n_variables * q; k++)
        assert_close(m.single[k], single[k] / z, 1e-12);
    for (int64_t k = 0; k < m.n_pairs * q * q; k++)
        assert_close(m.pair[k], pair[k] / z, 1e-12);
    assert_close(m.log_z, log(z) - lowest / temperature, 1e-11);
    assert_close(m.mean_energy, mean / z, 1e-11 * (1 + fabs(mean / z)));
    assert_close(m.entropy, m.log_z + m.mean_energy / temperature, 0);
    free(single);
    free(pair);
    heat_marginals_clear(&m);
    heat_model_free(model);
}

static void marginals_agree_with_sums_over_states(void **state)
{
    static const char *const specs[] = {"lattice:3x4,h=0.3", "ea:3x4,open,seed=2", "sk:9,seed=1,h=gauss",
                                        "regular:12,k=3",    "potts:2x3,q=3",      "potts:6,q=4,h=gauss"};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        compare(ctx, specs[k], 1.3);
        compare(ctx, specs[k], 0.4);
    }
    heat_context_free(ctx);
}

/* Of a lattice too wide to eliminate: each spin up and down alike, pairs as the energy says. */
static void wide_planar_graphs_have_marginals(void **state)
{
    heat_context *ctx = test_context();
    heat_marginals m = {0};
    heat_model *model, *cube;
    double energy = 0;

    (void)state;
    assert_ok(ctx, heat_model_load(ctx, "lattice:40x40,open", &model));
    assert_ok(ctx, heat_model_load(ctx, "ea:10x10x10", &cube));
    assert_ok(ctx, heat_exact_marginals(ctx, model, 2.5, gib, 1, &m));
    assert_string_equal(m.method, "planar");
    for (int32_t v = 0; v < 1600; v++)
        assert_close(m.single[2 * v], 0.5, 0);
    for (int64_t k = 0; k < m.n_pairs; k++)
        energy -= m.pair[4 * k] - m.pair[4 * k + 1] - m.pair[4 * k + 2] + m.pair[4 * k + 3];
    assert_close(energy, m.mean_energy, 1e-9);
    assert_true(m.entropy > 0 && m.entropy < 1600 * log(2));
    heat_marginals_clear(&m);
    assert_int_equal(heat_exact_marginals(ctx, cube, 1, gib, 1, &m), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "too wide");
    assert_null(m.single);
    assert_int_equal(heat_exact_marginals(ctx, model, 0, gib, 1, &m), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_exact_marginals(ctx, NULL, 1, gib, 1, &m), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_exact_marginals(NULL, model, 1, gib, 1, &m), HEAT_ERROR_ARGUMENT);
    heat_marginals_clear(NULL);
    heat_model_free(model);
    heat_model_free(cube);
    heat_context_free(ctx);
}

/* A file of all arrays holds what was given; a uniform complete graph is too large for other roads. */
static void saved_marginals_are_those_given(void **state)
{
    heat_context *ctx = test_context();
    heat_marginals m = {0};
    heat_store *store;
    heat_model *model;
    double *pair, *log_z;
    int32_t i[4950], j[4950];
    double couplings[4950];
    int64_t extent[HEAT_STORE_MAX_RANK];
    int rank, e = 0;
    const char *path = test_file(".h5", "", 0);

    (void)state;
    for (int32_t v = 0; v < 100; v++)
        for (int32_t w = 0; w < v; w++, e++) {
            i[e] = w;
            j[e] = v;
            couplings[e] = 0.01;
        }
    assert_ok(ctx, heat_model_create_ising(ctx, 100, e, i, j, couplings, NULL, 0, &model));
    assert_ok(ctx, heat_exact_marginals(ctx, model, 0.9, gib, 1, &m));
    assert_string_equal(m.method, "magnetization");
    assert_ok(ctx, heat_marginals_save(ctx, model, &m, path));
    assert_ok(ctx, heat_store_open(ctx, path, "marginals", &store));
    assert_ok(ctx, heat_store_get(ctx, store, "pair", HEAT_STORE_DOUBLE, &rank, extent, &pair));
    assert_ok(ctx, heat_store_get(ctx, store, "log_z", HEAT_STORE_DOUBLE, &e, NULL, &log_z));
    assert_true(rank == 3 && extent[0] == 4950 && extent[1] == 2 && extent[2] == 2);
    assert_memory_equal(pair, m.pair, 4950 * 4 * sizeof *pair);
    assert_close(*log_z, m.log_z, 0);
    assert_close(2 * (pair[0] + pair[3]) - 1, (-m.mean_energy / 0.01) / 4950, 1e-13);
    heat_store_close(store);
    assert_int_equal(heat_marginals_save(ctx, model, &m, "m.txt"), HEAT_ERROR_OPTION);
    heat_free(pair);
    heat_free(log_z);
    heat_marginals_clear(&m);
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status marginals(heat_context *ctx, void *arg)
{
    heat_marginals m = {0};
    heat_status status = heat_exact_marginals(ctx, arg, 1, gib, 1, &m);

    heat_marginals_clear(&m);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    heat_context *ctx = test_context();
    heat_model *spins, *potts;

    (void)state;
    assert_ok(ctx, heat_model_load(ctx, "lattice:3x4", &spins));
    assert_ok(ctx, heat_model_load(ctx, "potts:3x3,q=3", &potts));
    test_failing_allocations(marginals, spins);
    test_failing_allocations(marginals, potts);
    heat_model_free(spins);
    heat_model_free(potts);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marginals_agree_with_sums_over_states),
        cmocka_unit_test(wide_planar_graphs_have_marginals),
        cmocka_unit_test(saved_marginals_are_those_given),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
