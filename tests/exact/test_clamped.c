/* Models conditioned on some of their variables, against sums over the whole states that agree with the held
 * values: energies and their changes, log Z, ground states, and what each engine samples. */
#include "base/context_private.h"
#include "model/views.h"
#include "sample/engine.h"
#include "support.h"

#include <heatbath/ground.h>
#include <heatbath/logz.h>
#include <heatbath/sample.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VARIABLES = 9, N_MODELS = 7 };

/* E(x) = |sum of the digits - 4| + x_0 x_2, digits 0 to 2: nothing but a black box. */
static int box_energy(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    (void)user;
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *x = states + 5 * r;
        energies[r] = abs(x[0] + x[1] + x[2] + x[3] + x[4] - 4) + x[0] * x[2];
    }
    return 0;
}

static heat_status make_potts(heat_context *ctx, bool tables, heat_model **model)
{
    static const int32_t i[] = {0, 1, 2, 3, 0, 1}, j[] = {1, 2, 3, 4, 2, 4};
    static const double couplings[] = {1, -0.5, 2, 0.25, 1.5, -1};
    double numbers[6 * 9], fields[5 * 3];
    heat_potts potts;

    for (int k = 0; k < 54; k++)
        numbers[k] = sin(k + 1.0);
    for (int k = 0; k < 15; k++)
        fields[k] = cos(3.0 * k);
    heat_potts_init(&potts);
    potts.n_variables = 5;
    potts.n_edges = 6;
    potts.i = i;
    potts.j = j;
    potts.couplings = tables ? NULL : couplings;
    potts.tables = tables ? numbers : NULL;
    potts.n_tables = tables ? 6 : 0;
    potts.fields = tables ? fields : NULL;
    potts.offset = 0.5;
    return heat_model_create_potts(ctx, &potts, model);
}

static heat_status make_qubo(heat_context *ctx, heat_model **model)
{
    static const int32_t i[] = {0, 0, 1, 2, 3, 4, 2, 5}, j[] = {1, 0, 2, 3, 4, 5, 2, 1};
    static const double terms[] = {3, -2, 1, -4, 2, 5, 1, -3};

    return heat_model_create_qubo(ctx, 6, 8, i, j, terms, 7, model);
}

static heat_status make_box(heat_context *ctx, heat_model **model)
{
    heat_custom custom;

    heat_custom_init(&custom);
    custom.n_variables = 5;
    custom.n_states = 3;
    custom.coding = HEAT_CODING_INDEX;
    custom.energy = box_energy;
    return heat_model_create_custom(ctx, &custom, model);
}

static heat_status make_model(heat_context *ctx, int which, heat_model **model)
{
    static const char *const specs[] = {"ea:3x3,J=gauss,h=gauss,seed=2", "regular:8,k=3,seed=4",
                                        "potts:2x3,q=2"};

    if (which < 3)
        return heat_model_load(ctx, specs[which], model);
    return which == 3   ? make_qubo(ctx, model)
           : which == 4 ? make_potts(ctx, false, model)
           : which == 5 ? make_potts(ctx, true, model)
                        : make_box(ctx, model);
}

static heat_model *make(heat_context *ctx, int which, heat_model_info *info)
{
    heat_model *model;

    assert_ok(ctx, make_model(ctx, which, &model));
    heat_model_describe(model, info);
    assert_true(info->n_variables <= MOST_VARIABLES);
    return model;
}

/* Value number a of a variable. */
static int8_t value_at(const heat_model_info *info, int64_t a)
{
    return (int8_t)(info->coding == HEAT_CODING_SPIN ? 2 * a - 1 : a);
}

/* Number x as a state. */
static void spell(const heat_model_info *info, int64_t x, int8_t *state)
{
    for (int32_t i = 0; i < info->n_variables; i++, x /= info->n_states)
        state[i] = value_at(info, x % info->n_states);
}

static int64_t count_states(const heat_model_info *info)
{
    return (int64_t)pow(info->n_states, info->n_variables);
}

/* Which variables are held: patterns 0 none, 1 two, 2 all but one, 3 all. */
enum { N_PATTERNS = 4 };
static void hold(const heat_model_info *info, int pattern, int8_t *clamp)
{
    for (int32_t i = 0; i < info->n_variables; i++) {
        bool held = pattern == 3 || (pattern == 2 && i != 2) || (pattern == 1 && (i == 1 || i == 3));
        clamp[i] = held ? value_at(info, i % info->n_states) : (int8_t)HEAT_FREE;
    }
}

static const char *clamp_file(const heat_model_info *info, const int8_t *clamp)
{
    char text[8 * MOST_VARIABLES] = "";

    for (int32_t i = 0; i < info->n_variables; i++) {
        size_t used = strlen(text);
        if (clamp[i] == HEAT_FREE)
            snprintf(text + used, sizeof text - used, "?\n");
        else
            snprintf(text + used, sizeof text - used, "%d\n", clamp[i]);
    }
    return test_file(".txt", text, strlen(text));
}

static bool agrees(const heat_model_info *info, const int8_t *clamp, const int8_t *state)
{
    for (int32_t i = 0; i < info->n_variables; i++)
        if (clamp[i] != HEAT_FREE && clamp[i] != state[i])
            return false;
    return true;
}

/* What is summed over the states that agree with the clamp. */
typedef struct sums {
    double log_z, mean_energy, lowest, highest;
    double value[MOST_VARIABLES]; /* means */
} sums;

static sums sum_states(heat_context *ctx, const heat_model *model, const int8_t *clamp, double temperature)
{
    heat_model_info info;
    sums s = {.lowest = (double)INFINITY, .highest = -(double)INFINITY};
    double z = 0;

    heat_model_describe(model, &info);
    for (int64_t x = 0; x < count_states(&info); x++) {
        int8_t state[MOST_VARIABLES];
        double energy, weight;
        spell(&info, x, state);
        if (!agrees(&info, clamp, state))
            continue;
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, state, &energy));
        weight = exp(-energy / temperature);
        z += weight;
        s.mean_energy += weight * energy;
        s.lowest = fmin(s.lowest, energy);
        s.highest = fmax(s.highest, energy);
        for (int32_t i = 0; i < info.n_variables; i++)
            s.value[i] += weight * state[i];
    }
    s.log_z = log(z);
    s.mean_energy /= z;
    for (int32_t i = 0; i < info.n_variables; i++)
        s.value[i] /= z;
    return s;
}

static void check_energies(heat_context *ctx, const heat_model *model, const heat_model *free_model,
                           const int8_t *clamp, double tolerance)
{
    heat_model_info info, whole_info;

    heat_model_describe(model, &whole_info);
    heat_model_describe(free_model, &info);
    assert_int_equal(info.coding, whole_info.coding);
    assert_int_equal(info.n_states, whole_info.n_states);
    assert_true(info.exact || !whole_info.exact);
    for (int64_t x = 0; x < count_states(&info); x++) {
        int8_t state[MOST_VARIABLES + 1], whole[MOST_VARIABLES];
        double energy, expected;
        spell(&info, x, state);
        memset(whole, 99, sizeof whole);
        heat_model_get_whole(free_model, 1, state, whole);
        assert_true(agrees(&whole_info, clamp, whole));
        assert_ok(ctx, heat_model_get_energy(ctx, free_model, 1, state, &energy));
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, whole, &expected));
        assert_close(energy, expected, tolerance);
        for (int32_t i = 0; i < info.n_variables; i++) {
            int8_t before = state[i], after = value_at(&info, (x + i) % info.n_states);
            double delta, changed;
            assert_ok(ctx, heat_model_deltas(ctx, free_model, 1, state, i, &after, &delta));
            state[i] = after;
            assert_ok(ctx, heat_model_get_energy(ctx, free_model, 1, state, &changed));
            assert_close(delta, changed - energy, tolerance);
            state[i] = before;
        }
        heat_model_get_whole(free_model, 1, state, state); /* in place */
        assert_memory_equal(state, whole, (size_t)whole_info.n_variables);
    }
}

static void free_states_have_the_energies_of_whole_ones(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int which = 0; which < N_MODELS; which++)
        for (int pattern = 0; pattern < N_PATTERNS; pattern++) {
            heat_model_info info;
            heat_model *model = make(ctx, which, &info), *free_model = NULL;
            int8_t clamp[MOST_VARIABLES], read[MOST_VARIABLES];
            hold(&info, pattern, clamp);
            assert_ok(ctx, heat_model_load_clamp(ctx, model, clamp_file(&info, clamp), read));
            assert_memory_equal(read, clamp, (size_t)info.n_variables);
            assert_ok(ctx, heat_model_create_clamped(ctx, model, clamp, &free_model));
            check_energies(ctx, model, free_model, clamp, info.exact ? 0 : 1e-12);
            heat_model_free(free_model);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

static void log_z_counts_the_states_that_agree(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int which = 0; which < N_MODELS; which++)
        for (int pattern = 0; pattern < N_PATTERNS; pattern++) {
            heat_model_info info;
            heat_model *model = make(ctx, which, &info);
            int8_t clamp[MOST_VARIABLES];
            heat_logz_options opt;
            heat_logz_result r = {0};
            sums expected;
            hold(&info, pattern, clamp);
            expected = sum_states(ctx, model, clamp, 1.5);
            heat_logz_options_init(&opt);
            opt.temperature = 1.5;
            opt.method = "exact";
            opt.clamp = clamp_file(&info, clamp);
            assert_ok(ctx, heat_logz(ctx, model, &opt, &r));
            assert_close(r.log_z, expected.log_z, 1e-11);
            assert_close(r.rows[0].mean_energy, expected.mean_energy, 1e-11);
            heat_logz_result_clear(&r);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

static void check_ground(heat_context *ctx, const heat_model *model, const int8_t *clamp, bool maximize,
                         const sums *expected)
{
    heat_model_info info;
    heat_ground_options opt;
    heat_ground_result r = {0};

    heat_model_describe(model, &info);
    heat_ground_options_init(&opt);
    opt.clamp = clamp_file(&info, clamp);
    opt.maximize = maximize;
    opt.keep = 5;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.n_variables, info.n_variables);
    assert_close(r.energy, maximize ? expected->highest : expected->lowest, 1e-12);
    assert_true(agrees(&info, clamp, r.state));
    assert_true(r.n_states >= 1);
    for (int64_t k = 0; k < r.n_states; k++) {
        double energy;
        const int8_t *row = r.states + k * info.n_variables;
        assert_true(agrees(&info, clamp, row));
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
        assert_close(r.state_energies[k], energy, 1e-12);
    }
    heat_ground_result_clear(&r);
}

static void ground_states_are_the_best_that_agree(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int which = 0; which < N_MODELS; which++)
        for (int pattern = 0; pattern < N_PATTERNS; pattern++) {
            heat_model_info info;
            heat_model *model = make(ctx, which, &info);
            int8_t clamp[MOST_VARIABLES];
            sums expected;
            hold(&info, pattern, clamp);
            expected = sum_states(ctx, model, clamp, 1.5);
            check_ground(ctx, model, clamp, false, &expected);
            check_ground(ctx, model, clamp, true, &expected);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

static void check_samples(heat_context *ctx, const heat_model *model, const char *engine, const int8_t *clamp,
                          double temperature)
{
    heat_model_info info;
    sums expected = sum_states(ctx, model, clamp, temperature);
    heat_sample_options opt;
    heat_sample_result r = {0};
    const heat_observable *energy;

    heat_model_describe(model, &info);
    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.clamp = clamp_file(&info, clamp);
    opt.temperature_set = "1.5,3";
    opt.observables = "spins,overlap";
    opt.keep_states = true;
    opt.thin = 100;
    if (strcmp(engine, "population") != 0)
        opt.sweeps = 4000;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    assert_int_equal(r.n_variables, info.n_variables);
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    for (int64_t k = 0; k < r.n_temperatures * r.n_chains * r.n_draws; k++) {
        double e;
        const int8_t *row = r.states + k * info.n_variables;
        assert_true(agrees(&info, clamp, row));
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &e));
        assert_close(r.energies[k], e, 1e-6);
    }
    energy = &r.temperatures[0].observables[0];
    assert_close(energy->mean, expected.mean_energy, 5 * energy->error + 1e-9);
    for (int32_t i = 0; i < info.n_variables; i++)
        assert_close(r.temperatures[0].spin_mean[i], expected.value[i],
                     6 * r.temperatures[0].spin_error[i] + 1e-9);
    for (int32_t k = 0; k < r.temperatures[0].n_observables; k++) {
        const heat_observable *o = &r.temperatures[0].observables[k];
        double sum = 0;
        for (int32_t i = 0; i < info.n_variables; i++)
            sum += expected.value[i];
        if (strcmp(o->name, "magnetization") == 0)
            assert_close(o->mean, sum, 5 * o->error + 1e-9);
    }
    heat_sample_result_clear(&r);
}

/* Every engine that takes the model, on what it then moves; fixed seeds: no chance. */
static void every_engine_samples_the_conditional_distribution(void **state)
{
    (void)state;
    static const int models[] = {0, 3, 4, 6};
    heat_context *ctx = test_context();

    for (int m = 0; m < 4; m++)
        for (int e = 0; e < heat_engine_count(); e++) {
            const heat_engine *engine = heat_engine_at(e);
            heat_model_info info;
            heat_model *model = make(ctx, models[m], &info);
            int8_t clamp[MOST_VARIABLES];
            heat_pairwise graph;
            bool has_pairs = heat_model_get_pairwise(model, &graph);
            hold(&info, 1, clamp);
            if (engine == &heat_engine_gibbs || engine->walk != NULL) {
                heat_model_free(model);
                continue; /* no layers, and no space */
            }
            if (has_pairs || engine->rule == &heat_rule_metropolis || engine->rule == &heat_rule_heat_bath)
                if (has_pairs || engine->n_paired < 2)
                    check_samples(ctx, model, engine->name, clamp, 1.5);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

static void words_say_what_cannot_be_held(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model_info info;
    heat_model *model = make(ctx, 1, &info), *free_model = NULL;
    int8_t clamp[MOST_VARIABLES];
    heat_sample_options opt;
    heat_sample_result r = {0};

    hold(&info, 1, clamp);
    clamp[2] = 0;
    assert_int_equal(heat_model_create_clamped(ctx, model, clamp, &free_model), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "variable 2: 0 is neither HEAT_FREE nor in the coding");
    assert_int_equal(heat_model_create_clamped(ctx, NULL, clamp, &free_model), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_model_load_clamp(ctx, model, NULL, clamp), HEAT_ERROR_ARGUMENT);
    heat_sample_options_init(&opt);
    opt.clamp = test_file(".txt", "0,1\n", 4);
    opt.initial = test_file(".txt", "-1 1 1 1 1 1 1 1", 16);
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "option --initial: variable 0 is -1 here and clamped at 1");
    opt.initial = test_file(".txt", "1 1 1 1 1 1 1 1", 15);
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status clamp_one(heat_context *ctx, void *which)
{
    heat_model *model = NULL, *free_model = NULL;
    heat_model_info info;
    int8_t clamp[MOST_VARIABLES], state[MOST_VARIABLES] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    double energy;
    heat_status status = make_model(ctx, *(const int *)which, &model);

    if (status == HEAT_OK) {
        heat_model_describe(model, &info);
        hold(&info, 1, clamp);
        status = heat_model_create_clamped(ctx, model, clamp, &free_model);
    }
    if (status == HEAT_OK)
        status = heat_model_energies(ctx, free_model, 1, state, &energy);
    heat_model_free(free_model);
    heat_model_free(model);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static int which[] = {0, 3, 4, 5, 6};

    for (int k = 0; k < 5; k++)
        test_failing_allocations(clamp_one, &which[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_states_have_the_energies_of_whole_ones),
        cmocka_unit_test(log_z_counts_the_states_that_agree),
        cmocka_unit_test(ground_states_are_the_best_that_agree),
        cmocka_unit_test(every_engine_samples_the_conditional_distribution),
        cmocka_unit_test(words_say_what_cannot_be_held),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
