/* Potts models against exact values: states of small models with couplings and with tables against
 * enumeration, and energies of tori and rings against a table. */
#include "compare.h"
#include "ledger.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "support.h"
#include "survival.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 5, Q = 3, EDGES = 7, MOST_P = 64 };

typedef struct subject {
    heat_context *ctx;
    double planted; /* factor of the temperature that is sampled at: 1, or a bug */
} subject;

/* Five variables on a ring with two chords; tables and fields are normal numbers. */
static heat_model *with_tables(heat_context *ctx)
{
    static const int32_t i[EDGES] = {0, 1, 2, 3, 4, 0, 3}, j[EDGES] = {1, 2, 3, 4, 0, 2, 1};
    double tables[EDGES * Q * Q], fields[N * Q];
    heat_potts potts;
    heat_stream stream;
    heat_model *model;

    heat_stream_init(&stream, 1, HEAT_PURPOSE_TEST, 0);
    for (int k = 0; k < EDGES * Q * Q; k++)
        tables[k] = heat_stream_normal(&stream);
    for (int k = 0; k < N * Q; k++)
        fields[k] = heat_stream_normal(&stream);
    heat_potts_init(&potts);
    potts.n_variables = N;
    potts.n_states = Q;
    potts.n_edges = potts.n_tables = EDGES;
    potts.i = i;
    potts.j = j;
    potts.tables = tables;
    potts.fields = fields;
    assert_ok(ctx, heat_model_create_potts(ctx, &potts, &model));
    return model;
}

static heat_model *small_model(heat_context *ctx, int k)
{
    static const char *const specs[] = {"potts:5,q=3,J=0.8,h=0.3", "potts:4,q=4,J=gauss,h=gauss,seed=2"};
    heat_model *model;

    if (k == 2)
        return with_tables(ctx);
    assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
    return model;
}

/* The least p-value over the engines of single moves, and ladders of them, and three models. */
static double judge_states(uint64_t seed, int factor, void *arg)
{
    const subject *s = arg;
    const double temperature = 0.9;
    double p[MOST_P];
    int n = 0;

    for (int model_k = 0; model_k < 3; model_k++) {
        heat_model *model = small_model(s->ctx, model_k);
        int64_t n_states;
        double *probability = compare_enumerate(s->ctx, model, temperature, &n_states);
        for (int k = 0; k < heat_engine_count(); k++) {
            const heat_engine *engine = heat_engine_at(k);
            compare_sample sample = {.model = model,
                                     .engine = engine->name,
                                     .temperature = temperature * s->planted,
                                     .n_draws = 16384 * factor,
                                     .n_sweeps = 40,
                                     .seed = seed * MOST_P + (uint64_t)n};
            if (engine->rule == NULL || engine->n_paired == 2 || engine == &heat_engine_gibbs)
                continue; /* clusters and exact draws need pairs of spins, gibbs layers */
            p[n++] = compare_states(s->ctx, &sample, probability, n_states);
            print_message("  model %d, %s: p = %.3g\n", model_k, engine->name, p[n - 1]);
        }
        free(probability);
        heat_model_free(model);
    }
    return survival_least(n, p);
}

static void states_follow_boltzmann(void **state)
{
    (void)state;
    subject s = {test_context(), 1};

    ledger_judge("states potts", judge_states, &s);
    heat_context_free(s.ctx);
}

static void a_wrong_temperature_is_caught(void **state)
{
    (void)state;
    subject s = {test_context(), 1.1};

    ledger_require_alarm("states potts", "T off by 10 %", judge_states, &s, 2);
    heat_context_free(s.ctx);
}

enum { MOST_ROWS = 64 };
typedef struct table {
    heat_context *ctx;
    test_row rows[MOST_ROWS];
    int n;
} table;

/* Warm enough for single moves, and small. */
static void keep_row(const test_row *row, void *arg)
{
    table *t = arg;
    bool is_torus = strcmp(row->name, "potts2d") == 0;

    if (strcmp(row->quantity, "energy_per_spin") != 0 || test_parameter(row, "T", 0) < 1.5 ||
        (is_torus ? test_parameter(row, "L", 0) > 5 : test_parameter(row, "N", 0) > 10))
        return;
    assert_true(t->n < MOST_ROWS);
    t->rows[t->n++] = *row;
}

static double judge_table(uint64_t seed, int factor, void *arg)
{
    const table *t = arg;
    compare_table cells = {0};

    for (int k = 0; k < t->n; k++) {
        const test_row *row = &t->rows[k];
        int l = (int)test_parameter(row, "L", 0), q = (int)test_parameter(row, "q", 0);
        char spec[64];
        heat_model *model;
        heat_sample_options opt;
        heat_sample_result r = {0};
        const heat_observable *energy;

        if (l > 0)
            snprintf(spec, sizeof spec, "potts:%dx%d,q=%d", l, l, q);
        else
            snprintf(spec, sizeof spec, "potts:%d,q=%d", (int)test_parameter(row, "N", 0), q);
        assert_ok(t->ctx, heat_model_load(t->ctx, spec, &model));
        heat_sample_options_init(&opt);
        opt.engine = k % 2 == 0 ? "heat-bath" : "metropolis";
        opt.seed = seed * MOST_ROWS + (uint64_t)k;
        opt.threads = 1;
        opt.replicas = 16;
        opt.temperature = test_parameter(row, "T", (double)NAN);
        opt.burn_in = 200;
        opt.sweeps = 2000 * factor;
        assert_ok(t->ctx, heat_sample(t->ctx, model, &opt, &r));
        assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
        energy = compare_find(&r.temperatures[0], "energy");
        compare_add(&cells, "energy", energy->mean / r.n_variables, energy->error / r.n_variables,
                    row->value);
        heat_sample_result_clear(&r);
        heat_model_free(model);
    }
    return compare_judge(&cells);
}

static void energies_meet_the_table(void **state)
{
    (void)state;
    table t = {.ctx = test_context()};

    test_each_row("exact/potts.tsv", keep_row, &t);
    assert_true(t.n >= 10);
    ledger_judge("table potts", judge_table, &t);
    heat_context_free(t.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_boltzmann),
        cmocka_unit_test(a_wrong_temperature_is_caught),
        cmocka_unit_test(energies_meet_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
