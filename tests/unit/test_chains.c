/* Chain sets: a chain's bits belong to the chain alone, rows come back as they went in, energies are
 * followed. */
#include "sample/engine.h"
#include "sample/lane_chains.h"
#include "sample/row_chains.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { N = 30, MOST = 80 };

static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

/* On the engine's layout; on the fastest where that is NULL. */
static heat_chains *started(heat_context *ctx, const heat_model *model, const heat_engine *engine,
                            int64_t n_chains, double beta)
{
    heat_chains_plan plan = {.n_chains = n_chains,
                             .n_rungs = 1,
                             .betas = &beta,
                             .seed = 5,
                             .isa = "auto",
                             .layout = engine == NULL ? NULL : engine->layout,
                             .burn_in = 20};
    heat_chains *chains;

    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &chains));
    for (int64_t k = 0; k < n_chains; k++)
        assert_ok(ctx, heat_chains_start(ctx, chains, k, NULL, 0));
    return chains;
}

static void sweep(heat_context *ctx, heat_chains *chains, const heat_engine *engine, int n)
{
    for (int64_t unit = 0; unit < chains->n_units; unit++)
        for (int t = 0; t < n; t++)
            assert_ok(ctx, heat_engine_sweep(ctx, engine, chains, unit));
}

/* Blocks of 16, 32 and 64 lanes give chain k the same life, and units of many-valued variables too. */
static void check_independence(const char *spec)
{
    static const int64_t sizes[] = {3, 8, 20, 65, 256, 1100};
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, spec);
    heat_pairwise pairs;
    bool is_pairwise = heat_model_get_pairwise(model, &pairs);

    for (int k = 0; k < heat_engine_count(); k++) {
        int8_t first[3][N], now[N];
        if (!heat_engine_moves_chains(heat_engine_at(k)) ||
            (!is_pairwise && heat_engine_at(k)->rule == NULL) || heat_engine_at(k) == &heat_engine_gibbs ||
            heat_engine_at(k)->walk != NULL)
            continue;
        for (int size = 0; size < 6; size++) {
            heat_chains *chains = started(ctx, model, heat_engine_at(k), sizes[size], 0.7);
            sweep(ctx, chains, heat_engine_at(k), 70);
            for (int64_t c = 0; c < 3; c++) {
                heat_chains_get_state(chains, c, size == 0 ? first[c] : now);
                if (size > 0)
                    assert_memory_equal(now, first[c], N);
            }
            assert_memory_not_equal(first[0], first[1], N);
            heat_chains_free(chains);
        }
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static void a_chain_does_not_know_its_neighbours(void **state)
{
    (void)state;
    check_independence("ea:5x6,J=gauss,seed=2");
    check_independence("potts:5x6,q=3,J=gauss");
}

static void check_following(heat_context *ctx, const char *spec, const heat_engine *engine)
{
    heat_model *model = load(ctx, spec);
    heat_chains *chains = started(ctx, model, engine, 9, 0.6);
    heat_model_info info;

    heat_model_describe(model, &info);
    sweep(ctx, chains, engine, 101);
    for (int64_t unit = 0; unit < chains->n_units; unit++)
        heat_chains_measure(chains, unit);
    for (int64_t c = 0; c < 9; c++) {
        int8_t row[MOST];
        double energy;
        int64_t total = 0;
        heat_chains_get_state(chains, c, row);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
        for (int i = 0; i < info.n_variables; i++)
            total += row[i];
        assert_close(heat_chains_get_energy(chains, c), energy, info.exact ? 0 : 1e-11);
        assert_int_equal(heat_chains_get_total(chains, c), total);
        if (engine->rule != NULL)
            assert_true(heat_chains_get_acceptance(chains, c) > 0);
    }
    heat_chains_free(chains);
    heat_model_free(model);
}

/* What rounding lost is that of the first sweep of sixteen: the other sweeps keep it. */
static void a_series_follows_with_the_lost_energy_of_some_sweeps_ago(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:5x6,J=gauss,seed=2");
    heat_chains *chains = started(ctx, model, &heat_engine_metropolis, 9, 0.6);
    double lost = 0;
    int n_changes = 0;

    sweep(ctx, chains, &heat_engine_metropolis, 20);
    for (int k = 0; k < 64; k++) {
        double before = lost, energy;
        int8_t row[MOST];
        sweep(ctx, chains, &heat_engine_metropolis, 1);
        heat_chains_follow(chains, 0);
        lost = heat_chains_get_energy(chains, 3) - heat_chains_get_walk_energy(chains, 3);
        if (k % 16 == 0) {
            n_changes += fabs(lost - before) > 1e-12;
            heat_chains_get_state(chains, 3, row);
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
            assert_close(heat_chains_get_energy(chains, 3), energy, 1e-11);
        } else {
            assert_close(lost, before, 1e-12);
        }
    }
    assert_int_equal(n_changes, 4);
    heat_chains_free(chains);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void energy_and_total_are_followed(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_following(ctx, "ea:5x6,seed=1", &heat_engine_metropolis);
    check_following(ctx, "ea:5x6,seed=1", &heat_engine_heat_bath);
    check_following(ctx, "ea:5x6,J=gauss,h=0.3", &heat_engine_heat_bath);
    check_following(ctx, "lattice:30,J=0.1", &heat_engine_metropolis);
    check_following(ctx, "potts:5x6,q=3,h=0.5", &heat_engine_metropolis);
    check_following(ctx, "potts:5x6,q=7,J=gauss,h=gauss", &heat_engine_heat_bath);
    check_following(ctx, "ea:5x6,h=0.5,seed=1", &heat_engine_wolff);
    check_following(ctx, "ea:5x6,J=gauss,h=0.3", &heat_engine_wolff);
    check_following(ctx, "lattice:5x6", &heat_engine_swendsen_wang);
    check_following(ctx, "lattice:30,J=0.1", &heat_engine_swendsen_wang);
    check_following(ctx, "sk:70,J=pm,h=1", &heat_engine_metropolis); /* dense */
    check_following(ctx, "sk:80", &heat_engine_heat_bath);
    heat_context_free(ctx);
}

static void a_given_state_comes_back(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:5x6");
    heat_chains *chains = started(ctx, model, NULL, 5, 1);
    int8_t given[N], row[N];

    for (int i = 0; i < N; i++)
        given[i] = i % 3 == 0 ? 1 : -1;
    sweep(ctx, chains, &heat_engine_heat_bath, 3);
    assert_ok(ctx, heat_chains_start(ctx, chains, 4, given, 0));
    heat_chains_get_state(chains, 4, row);
    assert_memory_equal(row, given, N);
    heat_chains_free(chains);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* A unit at once is its chains one by one: the same energies, and the same lives after. */
static void check_units(heat_context *ctx, const char *spec, const heat_layout *layout, int64_t n_chains)
{
    heat_model *model = load(ctx, spec);
    heat_engine engine = {.layout = layout};
    heat_chains *apart = started(ctx, model, &engine, n_chains, 1),
                *together = started(ctx, model, &engine, n_chains, 1);

    sweep(ctx, together, &heat_engine_heat_bath, 2); /* what was there before must not show */
    for (int64_t unit = 0; unit < together->n_units; unit++) {
        bool is_started;
        assert_ok(ctx, heat_chains_start_unit(ctx, together, unit, NULL, 0, &is_started));
        assert_true(is_started);
        heat_chains_measure(apart, unit);
        heat_chains_measure(together, unit);
    }
    for (int64_t k = 0; k < n_chains; k++)
        assert_true(heat_chains_get_energy(together, k) == heat_chains_get_energy(apart, k));
    sweep(ctx, apart, &heat_engine_heat_bath, 3);
    sweep(ctx, together, &heat_engine_heat_bath, 3);
    for (int64_t k = 0; k < n_chains; k++)
        assert_true(heat_chains_get_walk_energy(together, k) == heat_chains_get_walk_energy(apart, k));
    heat_chains_free(together);
    heat_chains_free(apart);
    heat_model_free(model);
}

static void a_unit_starts_as_its_chains_do(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_units(ctx, "lattice:5x6", &heat_layout_lanes, 5);
    check_units(ctx, "ea:5x6,h=1", &heat_layout_lanes, 70);
    check_units(ctx, "ea:5x6,J=gauss,h=0.3", &heat_layout_lanes, 300);
    check_units(ctx, "sk:80", &heat_layout_lanes, 20);
    check_units(ctx, "lattice:5x6", NULL, 70);
    check_units(ctx, "potts:5x6,q=3", NULL, 5);
    heat_context_free(ctx);
}

static void a_stopped_start_starts_nothing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:5x6");
    heat_chains *chains = started(ctx, model, NULL, 5, 1);
    bool is_started;

    heat_context_stop(ctx);
    assert_ok(ctx, heat_chains_start_unit(ctx, chains, 0, NULL, 1, &is_started));
    assert_false(is_started);
    heat_chains_free(chains);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Of a large graph a search makes a part of a sweep, with the energies of the states that it leaves. */
static void a_stopped_search_ends_within_a_sweep(void **state)
{
    (void)state;
    enum { MANY = 40000 };
    const double beta = 0.5;
    heat_chains_plan plan = {.n_chains = 2, .n_rungs = 1, .betas = &beta, .isa = "auto", .is_search = true};
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:200x200,seed=3");
    heat_chains *chains;
    static int8_t before[MANY], after[MANY];
    int32_t last = 0;
    double energy;

    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &chains));
    for (int64_t k = 0; k < 2; k++)
        assert_ok(ctx, heat_chains_start(ctx, chains, k, NULL, 0));
    chains->layout->get_state(chains, 1, before);
    heat_context_stop(ctx);
    assert_ok(ctx, heat_chains_sweep(ctx, chains, 0, heat_engine_metropolis.rule));
    chains->layout->get_state(chains, 1, after);
    for (int32_t i = 0; i < MANY; i++)
        last = before[i] != after[i] ? i : last;
    assert_true(last > 100 && last < MANY - 2000);
    assert_ok(ctx, heat_model_energies(ctx, model, 1, after, &energy));
    assert_close(heat_chains_get_walk_energy(chains, 1), energy, 0);
    heat_chains_free(chains);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Restarts are new streams: the same chain does not live twice. */
static void a_restart_is_another_life(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:5x6");
    heat_chains *chains = started(ctx, model, NULL, 2, 1);
    int8_t before[N], after[N];

    heat_chains_get_state(chains, 0, before);
    assert_ok(ctx, heat_chains_start(ctx, chains, 0, NULL, 1));
    heat_chains_get_state(chains, 0, after);
    assert_memory_not_equal(before, after, N);
    heat_chains_free(chains);
    heat_model_free(model);
    heat_context_free(ctx);
}

typedef struct ring {
    int32_t n, q;
} ring;

static int ring_energy(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    const ring *w = user;

    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *a = states + r * w->n;
        energies[r] = 0;
        for (int32_t i = 0; i < w->n; i++)
            energies[r] -= (a[i] == a[(i + 1) % w->n]) + 0.3 * (a[i] == 0);
    }
    return 0;
}

/* The row sweep against the rule, decision by decision, from a copy of the chain's own stream. */
static void rows_move_as_the_rule_says(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    ring w = {6, 3};
    heat_custom custom;
    heat_model *model;

    heat_custom_init(&custom);
    custom.user = &w;
    custom.n_variables = w.n;
    custom.n_states = w.q;
    custom.coding = HEAT_CODING_INDEX;
    custom.energy = ring_energy;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
    for (int k = 0; k < heat_engine_count(); k++) {
        const heat_engine *engine = heat_engine_at(k);
        heat_chains *chains;
        if (engine->rule == NULL || engine == &heat_engine_gibbs)
            continue;
        chains = started(ctx, model, engine, 7, 1.3);
        for (int t = 0; t < 200; t++) {
            heat_stream stream = ((heat_row_store *)chains->store)->streams[6];
            int8_t row[6], got[6];
            heat_chains_get_state(chains, 6, row);
            for (int32_t site = 0; site < w.n; site++) {
                double e[3], x[3], p[3], u = heat_stream_uniform(&stream);
                int8_t current = row[site], next = 0;
                for (int8_t a = 0; a < 3; a++) {
                    row[site] = a;
                    ring_energy(&w, 1, row, &e[a]);
                }
                for (int8_t a = 0; a < 3; a++)
                    x[a] = -1.3 * (e[a] - e[current]);
                engine->rule->probabilities(3, current, x, p);
                while (next < 2 && !(u < p[next]))
                    u -= p[next++];
                row[site] = next;
            }
            sweep(ctx, chains, engine, 1);
            heat_chains_get_state(chains, 6, got);
            assert_memory_equal(got, row, 6);
        }
        heat_chains_free(chains);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status create_and_free(heat_context *ctx, void *arg)
{
    const double beta = 1;
    heat_chains *chains = NULL;
    heat_chains_plan plan = {
        .n_chains = 40, .n_rungs = 1, .betas = &beta, .seed = 1, .isa = "auto", .track_best = true};
    heat_status status = heat_chains_create(ctx, arg, &plan, &chains);

    if (status == HEAT_OK)
        status = heat_chains_start(ctx, chains, 39, NULL, 0);
    heat_chains_free(chains);
    return status;
}

static void failing_memory_leaks_nothing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:5x6");

    test_failing_allocations(create_and_free, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_does_not_know_its_neighbours),
        cmocka_unit_test(energy_and_total_are_followed),
        cmocka_unit_test(a_series_follows_with_the_lost_energy_of_some_sweeps_ago),
        cmocka_unit_test(a_given_state_comes_back),
        cmocka_unit_test(a_unit_starts_as_its_chains_do),
        cmocka_unit_test(a_stopped_start_starts_nothing),
        cmocka_unit_test(a_stopped_search_ends_within_a_sweep),
        cmocka_unit_test(a_restart_is_another_life),
        cmocka_unit_test(rows_move_as_the_rule_says),
        cmocka_unit_test(failing_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
