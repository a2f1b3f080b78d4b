/* heat_ground as its callers see it: the enumerated minimum, the same bits for any threads, every way to
 * stop. */
#include "model/views.h"
#include "random/stream.h"
#include "support.h"

#include <heatbath/ground.h>
#include <math.h>
#include <string.h>

static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

static heat_ground_options annealing(void)
{
    heat_ground_options opt;

    heat_ground_options_init(&opt);
    opt.method = "anneal";
    opt.sweeps = 200;
    opt.restart_sweeps = 100;
    return opt;
}

static double enumerated_minimum(heat_context *ctx, const heat_model *model, int32_t n)
{
    double low = (double)INFINITY;

    for (int32_t x = 0; x < 1 << n; x++) {
        int8_t row[16];
        double e;
        for (int32_t i = 0; i < n; i++)
            row[i] = x >> i & 1 ? 1 : -1;
        assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &e));
        low = e < low ? e : low;
    }
    return low;
}

/* Annealing and the exact road on random graphs with fields: both find the minimum, one proves it. */
static void every_method_finds_the_enumerated_minimum(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int seed = 1; seed <= 40; seed++) {
        char spec[64];
        heat_model *model;
        heat_model_info info;
        double low;
        snprintf(spec, sizeof spec, seed % 2 ? "sk:%d,h=0.1,seed=%d" : "regular:%d,k=4,seed=%d", 6 + seed % 6,
                 seed);
        model = load(ctx, spec);
        heat_model_describe(model, &info);
        low = enumerated_minimum(ctx, model, info.n_variables);
        for (int exact = 0; exact < 2; exact++) {
            heat_ground_options opt = annealing();
            heat_ground_result r = {0};
            if (exact) {
                heat_ground_options_init(&opt);
                opt.method = "exact";
            }
            assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
            assert_close(r.energy, low, info.exact ? 0 : 1e-12);
            if (exact) {
                assert_int_equal(r.outcome, HEAT_OUTCOME_PROVED);
                assert_close(r.bound, low, info.exact ? 0 : 1e-12);
            }
            heat_ground_result_clear(&r);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:10x10x10,J=gauss,seed=4");
    heat_ground_options opt = annealing();
    heat_ground_result one = {0}, many = {0};

    opt.threads = 1;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &one));
    opt.threads = 3;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &many));
    assert_memory_equal(one.state, many.state, 1000);
    assert_memory_equal(&one.energy, &many.energy, sizeof one.energy);
    assert_int_equal(one.updates, 200 * 32 * 1000);
    assert_int_equal(one.sweeps, 200);
    assert_int_equal(one.restarts, 1);
    assert_int_equal(one.n_trajectory, many.n_trajectory);
    heat_ground_result_clear(&one);
    heat_ground_result_clear(&many);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void the_trajectory_falls_to_the_answer(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:12x12x12,seed=4");
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};

    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_BEST_FOUND);
    assert_true(r.n_trajectory >= 2);
    for (int64_t k = 1; k < r.n_trajectory; k++) {
        assert_true(r.trajectory_energy[k] < r.trajectory_energy[k - 1]);
        assert_true(r.trajectory_s[k] >= r.trajectory_s[k - 1]);
    }
    assert_close(r.trajectory_energy[r.n_trajectory - 1], r.energy, 0);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* The kept states are distinct, sorted, and what the exact road finds: a 4 x 4 glass has its ground states
 * all met. */
static void kept_states_are_the_best_and_distinct(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:4x4,seed=2");
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};
    double low = enumerated_minimum(ctx, model, 16);
    int64_t met = 0, n_lowest = 0, n_enumerated = 0;

    opt.keep = 100;
    opt.sweeps = 3000;
    opt.restart_sweeps = 30;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    for (int64_t k = 0; k < r.n_states; k++) {
        double e;
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, r.states + 16 * k, &e));
        assert_close(r.state_energies[k], e, 0);
        assert_true(r.states[16 * k] == 1 && r.state_counts[k] >= 1);
        assert_true(k == 0 || e >= r.state_energies[k - 1]);
        for (int64_t b = 0; b < k; b++)
            assert_memory_not_equal(r.states + 16 * k, r.states + 16 * b, 16);
        met += r.state_counts[k];
        n_lowest += e == low;
    }
    for (int32_t x = 0; x < 1 << 16; x += 2) { /* half of the states: the flip of each is the same */
        int8_t row[16];
        double e;
        for (int32_t i = 0; i < 16; i++)
            row[i] = x >> i & 1 ? 1 : -1;
        assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &e));
        n_enumerated += e == low;
    }
    assert_int_equal(n_lowest, n_enumerated);
    assert_true(met >= 3000 / 30 * 32 * 9 / 10); /* few anneals end higher than a hundred states */
    heat_ground_result_clear(&r);
    opt.keep = 1;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.n_states, 1);
    assert_close(r.state_energies[0], low, 0);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Anneals double; what is left after them is one more. */
static void anneals_double_within_the_sweeps(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:10x10x10,seed=4");
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};

    opt.restart_sweeps = HEAT_AUTO;
    opt.sweeps = 2000; /* 250 + 500 + 1250 */
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.sweeps, 2000);
    assert_int_equal(r.restarts, 2);
    assert_true(r.hot > r.cold && r.cold > 0);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void a_target_ends_the_search(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:10x10x10,seed=4");
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};

    opt.sweeps = 1000000;
    opt.target_energy = -1500;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_COMPLETED);
    assert_true(r.energy <= -1500);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Without frustration the bound is met, and that is a proof. */
static void a_ferromagnet_is_proved_by_its_bound(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:20x20,h=0.5");
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};

    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_PROVED);
    assert_close(r.energy, -1000, 0);
    assert_close(r.bound, -1000, 0);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void a_stop_request_gives_a_state(void **state)
{
    (void)state;
    static const char *const methods[] = {"anneal", "exact"};
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:6x6,seed=4");

    heat_context_stop(ctx);
    for (int m = 0; m < 2; m++) {
        heat_ground_options opt;
        heat_ground_result r = {0};
        double energy;
        heat_ground_options_init(&opt);
        opt.method = methods[m];
        assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
        assert_int_equal(r.outcome, HEAT_OUTCOME_INTERRUPTED);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, r.state, &energy));
        assert_close(energy, r.energy, 0);
        heat_ground_result_clear(&r);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static void time_ends_the_search(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:10x10x10,seed=4");
    heat_ground_options opt;
    heat_ground_result r = {0};

    heat_ground_options_init(&opt);
    opt.time = 0.05;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_TIME);
    assert_true(r.seconds >= 0.04); /* what follows the search is taken from its time */
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void small_models_have_answers(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const double field[] = {-2};
    heat_model *none, *one;
    heat_ground_result r = {0};
    heat_ground_options opt = annealing();

    assert_ok(ctx, heat_model_create_ising(ctx, 0, 0, NULL, NULL, NULL, NULL, 3, &none));
    assert_ok(ctx, heat_model_create_ising(ctx, 1, 0, NULL, NULL, NULL, field, 0, &one));
    for (int m = 0; m < 2; m++) {
        const heat_ground_options *o = m == 0 ? NULL : &opt;
        assert_ok(ctx, heat_ground(ctx, none, o, &r));
        assert_close(r.energy, 3, 0);
        heat_ground_result_clear(&r);
        assert_ok(ctx, heat_ground(ctx, one, o, &r));
        assert_close(r.energy, -2, 0);
        assert_int_equal(r.state[0], -1);
        heat_ground_result_clear(&r);
    }
    heat_model_free(none);
    heat_model_free(one);
    heat_context_free(ctx);
}

static int valley(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    (void)user;
    for (int64_t r = 0; r < n_rows; r++) {
        energies[r] = 0;
        for (int k = 0; k < 12; k++)
            energies[r] += (states[12 * r + k] - k % 4) * (states[12 * r + k] - k % 4);
    }
    return 0;
}

static void a_custom_model_is_searched_too(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};
    heat_custom c;
    heat_model *model;

    heat_custom_init(&c);
    c.n_variables = 12;
    c.n_states = 4;
    c.coding = HEAT_CODING_INDEX;
    c.energy = valley;
    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_close(r.energy, 0, 0);
    for (int k = 0; k < 12; k++)
        assert_int_equal(r.state[k], k % 4);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* The valley's rim, with the states below 0 ... 3 everywhere forbidden. */
static int rim(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    valley(user, n_rows, states, energies);
    for (int64_t r = 0; r < n_rows; r++)
        if (states[12 * r] == 3)
            energies[r] = (double)INFINITY;
    return 0;
}

/* Each variable k is best off farthest from k % 4; what is forbidden is no maximum. */
static void a_forbidden_state_is_no_maximum(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};
    heat_custom c;
    heat_model *model;

    heat_custom_init(&c);
    c.n_variables = 12;
    c.n_states = 4;
    c.coding = HEAT_CODING_INDEX;
    c.energy = rim;
    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    opt.maximize = true;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_close(r.energy, 3 * (9 + 4 + 4 + 9) - 9 + 4, 0); /* variable 0 stops at 2 */
    assert_int_equal(r.state[0], 2);
    assert_true(isnan(r.bound));
    for (int64_t k = 1; k < r.n_trajectory; k++)
        assert_true(r.trajectory_energy[k] > r.trajectory_energy[k - 1] || isinf(r.trajectory_energy[k - 1]));
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Decimal couplings: the bound is the exact sum rounded down, and signs, not sums, prove. */
static void the_bound_is_tight_and_holds(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const int32_t i[] = {0, 1, 0, 2}, j[] = {1, 2, 2, 3};
    double coupling[] = {-0.3, -0.3, -0.3, 1e-18};
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};
    heat_model *model;

    assert_ok(ctx, heat_model_create_ising(ctx, 4, 4, i, j, coupling, NULL, 0, &model));
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_close(r.bound, -0.9, 0);
    assert_int_equal(r.outcome, HEAT_OUTCOME_BEST_FOUND);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    coupling[0] = 0.3; /* no frustration left: only the tiny bond could be missed, and it is not */
    coupling[1] = -0.3;
    assert_ok(ctx, heat_model_create_ising(ctx, 4, 4, i, j, coupling, NULL, 0, &model));
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_PROVED);
    assert_close(r.bound, r.energy, 0);
    assert_int_equal(r.state[2], r.state[3]);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Under auto a small model is proved, and annealed for the states that are asked for. */
static void states_are_kept_beside_a_proof(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:4x4,seed=2");
    heat_ground_options opt;
    heat_ground_result r = {0};

    heat_ground_options_init(&opt);
    opt.keep = 4;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_PROVED);
    assert_string_equal(r.method, "elimination");
    assert_string_equal(r.schedule, "geometric");
    assert_int_equal(r.n_states, 4);
    assert_close(r.state_energies[0], r.energy, 0);
    assert_close(r.bound, r.energy, 0);
    assert_true(r.updates > 0 && r.hot > r.cold);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void an_initial_state_is_where_it_starts(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:8,J=-1");
    const char *text = "1 -1 1 -1\n1,-1,1,-1\n";
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};

    opt.initial = test_file(".txt", text, strlen(text));
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_PROVED);
    assert_int_equal(r.updates, 0); /* already there */
    assert_int_equal(r.state[0], 1);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Reheated, replicas go on from where they were; the lowest state that any of them saw is kept. */
static void a_cyclic_schedule_reheats(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:6x6,seed=4");
    heat_ground_options opt = annealing();
    heat_ground_result exact = {0}, r = {0};

    assert_ok(ctx, heat_ground(ctx, model, NULL, &exact));
    assert_int_equal(exact.outcome, HEAT_OUTCOME_PROVED);
    opt.schedule = "cyclic:2:0.2:100";
    opt.restart_sweeps = HEAT_AUTO;
    opt.sweeps = 1000;
    opt.keep = 2;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_string_equal(r.schedule, "cyclic");
    assert_int_equal(r.period, 100);
    assert_int_equal(r.restarts, 9);
    assert_close(r.energy, exact.energy, 0);
    assert_true(r.n_states == 2 && r.state_counts[0] > 1);
    heat_ground_result_clear(&r);
    heat_ground_result_clear(&exact);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void bad_schedules_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",          "linear",       "linear:1",   "linear:1:2",  "geometric:2:0",
        "cubic:2:1", "linear:2:1:3", "cyclic:2:1", "cyclic:2:1:1"};
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:8x8");

    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        heat_ground_options opt = annealing();
        heat_ground_result r = {0};
        opt.schedule = bad[k];
        assert_int_equal(heat_ground(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "option --schedule");
    }
    heat_model_free(model);
    model = load(
        ctx, "lattice:3"); /* small enough for a proof, which reads no schedule: it is refused all the same */
    {
        heat_ground_options opt;
        heat_ground_result r = {0};
        heat_ground_options_init(&opt);
        opt.schedule = "cubic:2:1";
        assert_int_equal(heat_ground(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status run_and_clear(heat_context *ctx, void *arg)
{
    heat_ground_options opt = annealing();
    heat_ground_result r = {0};
    heat_status status;

    opt.threads = 1;
    opt.sweeps = 5;
    opt.keep = 3;
    opt.maximize = true;
    status = heat_ground(ctx, arg, &opt, &r);
    heat_ground_result_clear(&r);
    return status;
}

static void failing_memory_leaks_nothing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:4x5,h=0.5");

    test_failing_allocations(run_and_clear, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_finds_the_enumerated_minimum),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(the_trajectory_falls_to_the_answer),
        cmocka_unit_test(kept_states_are_the_best_and_distinct),
        cmocka_unit_test(anneals_double_within_the_sweeps),
        cmocka_unit_test(a_target_ends_the_search),
        cmocka_unit_test(a_ferromagnet_is_proved_by_its_bound),
        cmocka_unit_test(a_stop_request_gives_a_state),
        cmocka_unit_test(time_ends_the_search),
        cmocka_unit_test(small_models_have_answers),
        cmocka_unit_test(a_custom_model_is_searched_too),
        cmocka_unit_test(a_forbidden_state_is_no_maximum),
        cmocka_unit_test(the_bound_is_tight_and_holds),
        cmocka_unit_test(states_are_kept_beside_a_proof),
        cmocka_unit_test(an_initial_state_is_where_it_starts),
        cmocka_unit_test(a_cyclic_schedule_reheats),
        cmocka_unit_test(bad_schedules_are_refused),
        cmocka_unit_test(failing_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
