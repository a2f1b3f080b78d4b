/* Every engine's rule leaves the Boltzmann distribution invariant: the whole transition matrix of a sweep, in
 * double, on at most 8 spins (and 3 values on 5 sites): rows sum to 1, pi P = pi to 1e-12. */
#include "model/views.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STATES = 256 };

/* A toy: n variables of q values, all energies, by the model's own view. */
typedef struct toy {
    int32_t n, q, n_states;
    bool is_symmetric;
    double energy[MOST_STATES];
} toy;

static int32_t digit(const toy *t, int32_t state, int32_t site)
{
    while (site-- > 0)
        state /= t->q;
    return state % t->q;
}

static int32_t with_digit(const toy *t, int32_t state, int32_t site, int32_t value)
{
    int32_t power = 1;

    for (int32_t k = 0; k < site; k++)
        power *= t->q;
    return state + (value - digit(t, state, site)) * power;
}

static void tabulate(heat_context *ctx, const heat_model *model, toy *t)
{
    heat_model_info info;
    int8_t row[8];

    heat_model_describe(model, &info);
    t->n = info.n_variables;
    t->q = info.n_states;
    t->is_symmetric = !info.has_field;
    t->n_states = (int32_t)lrint(pow(t->q, t->n));
    assert_true(t->n <= 8 && t->n_states <= MOST_STATES);
    for (int32_t x = 0; x < t->n_states; x++) {
        for (int32_t i = 0; i < t->n; i++)
            row[i] = (int8_t)(info.coding == HEAT_CODING_SPIN ? 2 * digit(t, x, i) - 1 : digit(t, x, i));
        assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &t->energy[x]));
    }
}

static void boltzmann(const toy *t, double beta, double *pi)
{
    double low = t->energy[0], sum = 0;

    for (int32_t x = 0; x < t->n_states; x++)
        low = t->energy[x] < low ? t->energy[x] : low;
    for (int32_t x = 0; x < t->n_states; x++)
        sum += pi[x] = exp(-beta * (t->energy[x] - low));
    for (int32_t x = 0; x < t->n_states; x++)
        pi[x] /= sum;
}

/* One row of the sweep's transition matrix: where state `from` goes, site after site. */
static void sweep_row(const toy *t, heat_rule_fn rule, double beta, int32_t from, double *row)
{
    double next[MOST_STATES], x[8], p[8];

    memset(row, 0, sizeof next);
    row[from] = 1;
    for (int32_t site = 0; site < t->n; site++) {
        memset(next, 0, sizeof next);
        for (int32_t s = 0; s < t->n_states; s++) {
            if (row[s] == 0)
                continue;
            for (int32_t a = 0; a < t->q; a++)
                x[a] = -beta * (t->energy[with_digit(t, s, site, a)] - t->energy[s]);
            rule(t->q, digit(t, s, site), x, p);
            for (int32_t a = 0; a < t->q; a++)
                next[with_digit(t, s, site, a)] += row[s] * p[a];
        }
        memcpy(row, next, sizeof next);
    }
    if (t->is_symmetric && t->q == 2) /* the global flip that ends a sweep without field */
        for (int32_t s = 0; s < t->n_states / 2; s++) {
            double half = 0.5 * (row[s] + row[t->n_states - 1 - s]);
            row[s] = row[t->n_states - 1 - s] = half;
        }
}

/* Largest |sum of a row - 1| and |pi P - pi|, for a sweep at beta against the distribution at beta_of_pi. */
static void sweep_errors(const toy *t, heat_rule_fn rule, double beta, double beta_of_pi, double *row_error,
                         double *pi_error)
{
    double pi[MOST_STATES], moved[MOST_STATES] = {0}, row[MOST_STATES];

    boltzmann(t, beta_of_pi, pi);
    *row_error = *pi_error = 0;
    for (int32_t from = 0; from < t->n_states; from++) {
        double sum = 0;
        sweep_row(t, rule, beta, from, row);
        for (int32_t to = 0; to < t->n_states; to++) {
            assert_true(row[to] >= 0);
            sum += row[to];
            moved[to] += pi[from] * row[to];
        }
        *row_error = fmax(*row_error, fabs(sum - 1));
    }
    for (int32_t to = 0; to < t->n_states; to++)
        *pi_error = fmax(*pi_error, fabs(moved[to] - pi[to]));
}

static void check_engines(const toy *t, double beta)
{
    for (int k = 0; k < heat_engine_count(); k++) {
        const heat_engine *engine = heat_engine_at(k);
        double row_error, pi_error;
        if (engine->rule == NULL)
            continue;
        sweep_errors(t, engine->rule->probabilities, beta, beta, &row_error, &pi_error);
        assert_close(row_error, 0, 1e-12);
        assert_close(pi_error, 0, 1e-12);
    }
}

/* A random graph: each pair with probability 0.6, couplings +-1 or normal, fields on every other graph. */
static heat_model *random_ising(heat_context *ctx, uint64_t seed, int32_t n)
{
    int32_t i[28], j[28];
    double coupling[28], field[8];
    int64_t n_edges = 0;
    heat_stream stream;
    heat_model *model;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 1);
    for (int32_t a = 0; a < n; a++) {
        field[a] = seed % 2 ? heat_stream_normal(&stream) : 0;
        for (int32_t b = a + 1; b < n; b++)
            if (heat_stream_uniform(&stream) < 0.6) {
                i[n_edges] = a;
                j[n_edges] = b;
                coupling[n_edges++] = seed % 3                             ? heat_stream_normal(&stream)
                                      : heat_stream_uniform(&stream) < 0.5 ? 1
                                                                           : -1;
            }
    }
    assert_ok(ctx, heat_model_create_ising(ctx, n, n_edges, i, j, coupling, field, 0.25, &model));
    return model;
}

static void spins_are_left_in_equilibrium(void **state)
{
    (void)state;
    static const double betas[] = {0, 0.1, 0.7, 3};
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < 12; seed++) {
        heat_model *model = random_ising(ctx, seed, 3 + (int32_t)(seed % 6));
        toy t;
        tabulate(ctx, model, &t);
        for (int b = 0; b < 4; b++)
            check_engines(&t, betas[b]);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Three values a site, no symmetry: pair terms of a fixed pseudo-random table. */
static int potts_energy(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    int32_t n = *(const int32_t *)user;

    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *a = states + r * n;
        energies[r] = 0;
        for (int32_t i = 0; i < n; i++)
            energies[r] += sin(1.7 * i + 2.3 * a[i]) - cos(0.9 * i + a[i] + 2.1 * a[(i + 1) % n]);
    }
    return 0;
}

static void three_values_are_left_in_equilibrium(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    int32_t n = 5;
    heat_custom custom;
    heat_model *model;
    toy t;

    heat_custom_init(&custom);
    custom.n_variables = n;
    custom.n_states = 3;
    custom.coding = HEAT_CODING_INDEX;
    custom.energy = potts_energy;
    custom.user = &n;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
    tabulate(ctx, model, &t);
    check_engines(&t, 0.8);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* The Potts kind: couplings and fields of three values on five sites. */
static void potts_models_are_left_in_equilibrium(void **state)
{
    (void)state;
    static const char *const specs[] = {"potts:5,q=3", "potts:5,q=3,J=gauss,h=gauss",
                                        "potts:5,q=3,graph=complete,J=-1,h=0.5"};
    heat_context *ctx = test_context();

    for (int k = 0; k < 3; k++) {
        heat_model *model;
        toy t;
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        tabulate(ctx, model, &t);
        check_engines(&t, 0.8);
        check_engines(&t, 3);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Power: a temperature off by one per cent is far outside the tolerance. */
static void a_wrong_temperature_is_noticed(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = random_ising(ctx, 1, 6);
    toy t;

    tabulate(ctx, model, &t);
    for (int k = 0; k < heat_engine_count(); k++) {
        double row_error, pi_error;
        if (heat_engine_at(k)->rule == NULL)
            continue;
        sweep_errors(&t, heat_engine_at(k)->rule->probabilities, 0.7 * 1.01, 0.7, &row_error, &pi_error);
        assert_true(pi_error > 1e-6);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* What an engine does besides moves by its rule, its own sweeps and its trades, has no matrix here: the test
 * that holds it is named. */
static void what_is_no_rule_is_tested_elsewhere(void **state)
{
    (void)state;
    static const struct {
        const char *engine, *test;
    } elsewhere[] = {{"wolff", "test_cluster_moves"},
                     {"swendsen-wang", "test_cluster_moves"},
                     {"tempering", "test_exchange"},
                     {"houdayer", "test_houdayer"},
                     {"population", "test_population"},
                     {"exact", "test_elimination"},
                     {"ula", "test_walks"},
                     {"underdamped", "test_walks"},
                     {"mala", "test_walks"},
                     {"hmc", "test_walks"},
                     {"nuts", "test_walks"},
                     {"random-walk", "test_walks"},
                     {"ensemble", "test_walks"}};

    for (int k = 0; k < heat_engine_count(); k++) {
        const heat_engine *e = heat_engine_at(k);
        bool is_named = false, is_rule = e->rule != NULL && e->layout == NULL && e->sweep == NULL &&
                                         e->after_sweep == NULL && heat_engine_moves_chains(e);
        for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
            is_named |= strcmp(elsewhere[i].engine, e->name) == 0;
        if (is_named == is_rule)
            fail_msg("engine %s: %s", e->name,
                     is_rule ? "its rule is tested here, not elsewhere" : "no test of its matrix is named");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spins_are_left_in_equilibrium),
        cmocka_unit_test(three_values_are_left_in_equilibrium),
        cmocka_unit_test(potts_models_are_left_in_equilibrium),
        cmocka_unit_test(a_wrong_temperature_is_noticed),
        cmocka_unit_test(what_is_no_rule_is_tested_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
