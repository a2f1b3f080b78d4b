/* Every search finds the enumerated ground state of hundreds of random graphs of up to 20 spins, with and
 * without fields, real and integer couplings, dense and sparse. */
#include "model/views.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "support.h"

#include <heatbath/engines.h>
#include <heatbath/ground.h>
#include <heatbath/sample.h>
#include <math.h>
#include <string.h>

enum { N_MODELS = 300, MOST_SPINS = 20 };

/* The lowest energy by Gray code, from the definition alone. */
static double lowest(heat_context *ctx, const heat_model *model, int32_t n)
{
    int8_t s[MOST_SPINS];
    double energy, low;

    for (int32_t k = 0; k < n; k++)
        s[k] = -1;
    assert_ok(ctx, heat_model_energies(ctx, model, 1, s, &energy));
    low = energy;
    for (uint32_t x = 1; x < 1u << n; x++) {
        int32_t k = __builtin_ctz(x);
        int8_t turned = (int8_t)-s[k];
        double delta;
        assert_ok(ctx, heat_model_deltas(ctx, model, 1, s, k, &turned, &delta));
        s[k] = turned;
        energy += delta;
        low = energy < low ? energy : low;
    }
    return low;
}

static heat_model *random_model(heat_context *ctx, uint64_t seed, int32_t n)
{
    int32_t i[MOST_SPINS * MOST_SPINS], j[MOST_SPINS * MOST_SPINS];
    double coupling[MOST_SPINS * MOST_SPINS], field[MOST_SPINS] = {0};
    int64_t m = 0;
    heat_stream stream;
    heat_model *model;
    double density;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 4);
    density = 0.15 + 0.85 * heat_stream_uniform(&stream);
    for (int32_t a = 0; a < n; a++) {
        if (seed % 3 == 0)
            field[a] = seed % 2 ? heat_stream_normal(&stream) : (double)heat_stream_below(&stream, 3) - 1;
        for (int32_t b = a + 1; b < n; b++)
            if (heat_stream_uniform(&stream) < density) {
                i[m] = a;
                j[m] = b;
                coupling[m++] =
                    seed % 2 ? heat_stream_normal(&stream) : (double)heat_stream_below(&stream, 11) - 5;
            }
    }
    assert_ok(ctx, heat_model_create_ising(ctx, n, m, i, j, coupling, field, 0, &model));
    return model;
}

static void every_method_finds_the_ground_state(void **state)
{
    (void)state;
#define WORD(tag, name, help) name,
    static const char *const methods[] = {"auto", HEAT_GROUND_METHODS(WORD)};
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        int32_t n =
            seed % 25 == 0 ? 20 : 4 + (int32_t)(seed % 11); /* mostly small: enumeration doubles a spin */
        heat_model *model = random_model(ctx, seed, n);
        double low = lowest(ctx, model, n);
        for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
            heat_ground_options opt;
            heat_ground_result r = {0};
            heat_ground_options_init(&opt);
            opt.method = methods[m];
            opt.threads = 1;
            if (strcmp(methods[m], "anneal") == 0)
                opt.sweeps = 500;
            assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
            if (!(fabs(r.energy - low) <= 1e-9))
                fail_msg("model %llu, method %s: %.15g, the ground state has %.15g", (unsigned long long)seed,
                         methods[m], r.energy, low);
            heat_ground_result_clear(&r);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Layers are no graph of their own choice, and spins no space. */
static bool is_refused(const char *engine)
{
    const heat_engine *e = heat_engine_get(engine);

    return e == &heat_engine_gibbs || e->walk != NULL;
}

/* The lowest energy among all draws of a scan, or +infinity where the engine refuses the model. */
static double lowest_drawn(heat_context *ctx, const heat_model *model, const char *engine, int32_t n)
{
    heat_sample_options opt;
    heat_sample_result r = {0};
    double energy, low = (double)INFINITY;
    heat_status status;

    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.temperature_set = "0.3,1,2,4,8";
    opt.threads = 1;
    opt.replicas = 8;
    if (strcmp(engine, "population") == 0) {
        opt.population = 50;
    } else {
        opt.burn_in = strcmp(engine, "exact") == 0 ? opt.burn_in : 0;
        opt.sweeps = 60;
    }
    opt.keep_states = true;
    status = heat_sample(ctx, model, &opt, &r);
    if (status != HEAT_OK) {
        assert_true(is_refused(engine));
        return low;
    }
    for (int64_t k = 0; k < r.n_temperatures * r.n_chains * r.n_draws; k++) {
        assert_ok(ctx, heat_model_energies(ctx, model, 1, r.states + k * n, &energy));
        low = energy < low ? energy : low;
    }
    heat_sample_result_clear(&r);
    return low;
}

static void every_engine_meets_the_ground_state(void **state)
{
    (void)state;
#define ENGINE_WORD(tag, name, help) name,
    static const char *const engines[] = {HEAT_ENGINES(ENGINE_WORD)};
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < 200; seed++) {
        int32_t n = 4 + (int32_t)(seed % 7);
        heat_model *model = random_model(ctx, seed, n);
        double low = lowest(ctx, model, n);
        for (size_t k = 0; k < sizeof engines / sizeof *engines; k++) {
            double found = lowest_drawn(ctx, model, engines[k], n);
            if (!(fabs(found - low) <= 1e-9) && !is_refused(engines[k]))
                fail_msg("model %llu, engine %s: %.15g, the ground state has %.15g", (unsigned long long)seed,
                         engines[k], found, low);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static heat_ground_result search(heat_context *ctx, const heat_model *model, const char *method,
                                 bool maximize)
{
    heat_ground_options opt;
    heat_ground_result r = {0};

    heat_ground_options_init(&opt);
    heat_ground_result_init(&r);
    opt.method = method;
    opt.maximize = maximize;
    opt.threads = 1;
    opt.keep = strcmp(method, "anneal") == 0 ? 5 : 0;
    opt.sweeps = strcmp(method, "anneal") == 0 ? 300 : HEAT_AUTO;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    return r;
}

/* max E = -min(-E): the same search, so the same states, bounds and trajectories, with the sign turned. */
static void compare_with_the_negative(heat_context *ctx, const heat_model *model, const heat_model *negative,
                                      const char *method, uint64_t seed)
{
    heat_ground_result high = search(ctx, model, method, true), low = search(ctx, negative, method, false);

    if (!(high.energy == -low.energy && high.outcome == low.outcome && high.n_states == low.n_states &&
          high.n_trajectory == low.n_trajectory))
        fail_msg("model %llu, method %s: the maximum is %.17g, the minimum of -E %.17g",
                 (unsigned long long)seed, method, high.energy, low.energy);
    assert_memory_equal(high.state, low.state, (size_t)high.n_variables);
    assert_true(isnan(high.bound) == isnan(low.bound));
    if (!isnan(low.bound)) { /* a Potts model that no exact method solved has none */
        assert_close(high.bound, -low.bound, 0);
        assert_true(high.bound >= high.energy && low.bound <= low.energy);
    }
    for (int64_t k = 0; k < high.n_trajectory; k++)
        assert_close(high.trajectory_energy[k], -low.trajectory_energy[k], 0);
    for (int64_t k = 0; k < high.n_states; k++) {
        double energy;
        assert_close(high.state_energies[k], -low.state_energies[k], 0);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, high.states + k * high.n_variables, &energy));
        assert_close(energy, high.state_energies[k], 0);
    }
    heat_ground_result_clear(&high);
    heat_ground_result_clear(&low);
}

static void the_maximum_is_minus_the_minimum_of_minus_e(void **state)
{
    (void)state;
    enum { N_TERMS = 40, N_QUBOS = 60 };
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_QUBOS; seed++) {
        int32_t i[N_TERMS], j[N_TERMS], n = 3 + (int32_t)(seed % 9);
        double terms[N_TERMS], negatives[N_TERMS];
        heat_stream stream;
        heat_model *model, *negative;
        bool is_qubo = seed % 2;
        heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 11);
        for (int t = 0; t < N_TERMS; t++) { /* multiples of 1/4: sums are exact in either sign */
            i[t] = (int32_t)heat_stream_below(&stream, (uint64_t)n);
            j[t] = (int32_t)heat_stream_below(&stream, (uint64_t)n);
            if (!is_qubo && i[t] == j[t])
                j[t] = (i[t] + 1) % n;
            terms[t] = ((double)heat_stream_below(&stream, 33) - 16) / 4;
            negatives[t] = -terms[t];
        }
        if (is_qubo) {
            assert_ok(ctx, heat_model_create_qubo(ctx, n, N_TERMS, i, j, terms, 1.5, &model));
            assert_ok(ctx, heat_model_create_qubo(ctx, n, N_TERMS, i, j, negatives, -1.5, &negative));
        } else {
            assert_ok(ctx, heat_model_create_ising(ctx, n, N_TERMS, i, j, terms, NULL, 1.5, &model));
            assert_ok(ctx, heat_model_create_ising(ctx, n, N_TERMS, i, j, negatives, NULL, -1.5, &negative));
        }
        compare_with_the_negative(ctx, model, negative, "exact", seed);
        compare_with_the_negative(ctx, model, negative, "anneal", seed);
        heat_model_free(model);
        heat_model_free(negative);
    }
    heat_context_free(ctx);
}

/* Couplings an edge, or tables that are not symmetric; every sum of them is exact in either sign. */
static void the_maximum_of_potts_models_too(void **state)
{
    (void)state;
    enum { N_EDGES = 14, Q = 3, N_MOST = 7, N_TABLE = N_EDGES * Q * Q };
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < 40; seed++) {
        int32_t i[N_EDGES], j[N_EDGES], n = 3 + (int32_t)(seed % 5);
        double terms[N_TABLE + N_MOST * Q], negatives[N_TABLE + N_MOST * Q];
        heat_potts potts;
        heat_stream stream;
        heat_model *models[2];
        heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 12);
        for (int e = 0; e < N_EDGES; e++) {
            i[e] = (int32_t)heat_stream_below(&stream, (uint64_t)n);
            j[e] = (i[e] + 1 + (int32_t)heat_stream_below(&stream, (uint64_t)n - 1)) % n;
        }
        for (int t = 0; t < N_TABLE + N_MOST * Q; t++) {
            terms[t] = ((double)heat_stream_below(&stream, 33) - 16) / 4;
            negatives[t] = -terms[t];
        }
        for (int sign = 0; sign < 2; sign++) {
            const double *numbers = sign == 0 ? terms : negatives;
            heat_potts_init(&potts);
            potts.n_variables = n;
            potts.n_states = Q;
            potts.n_edges = N_EDGES;
            potts.i = i;
            potts.j = j;
            potts.n_tables = seed % 2 ? N_EDGES : 0;
            potts.tables = seed % 2 ? numbers : NULL;
            potts.couplings = seed % 2 ? NULL : numbers;
            potts.fields = seed % 4 < 2 ? numbers + N_TABLE : NULL;
            potts.offset = sign == 0 ? 1.5 : -1.5;
            assert_ok(ctx, heat_model_create_potts(ctx, &potts, &models[sign]));
        }
        compare_with_the_negative(ctx, models[0], models[1], "exact", seed);
        compare_with_the_negative(ctx, models[0], models[1], "anneal", seed);
        heat_model_free(models[0]);
        heat_model_free(models[1]);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_finds_the_ground_state),
        cmocka_unit_test(every_engine_meets_the_ground_state),
        cmocka_unit_test(the_maximum_is_minus_the_minimum_of_minus_e),
        cmocka_unit_test(the_maximum_of_potts_models_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
