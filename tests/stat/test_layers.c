/* Block Gibbs of RBMs against exact values: the distribution of states of small machines, whatever their
 * layers are, and means of tabulated ones. */
#include "compare.h"
#include "ledger.h"
#include "random/stream.h"
#include "support.h"
#include "survival.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct subject {
    heat_context *ctx;
    double warmer; /* the planted bug: times the temperature that is asked for */
} subject;

static heat_model *small_rbm(heat_context *ctx, heat_layer visible, heat_layer hidden)
{
    double weights[4 * 3], b[4], c[3];
    heat_rbm rbm;
    heat_stream stream;
    heat_model *model;

    heat_stream_init(&stream, 8, HEAT_PURPOSE_TEST, 1);
    for (int k = 0; k < 12; k++)
        weights[k] = 0.7 * heat_stream_normal(&stream);
    for (int i = 0; i < 4; i++)
        b[i] = 0.4 * heat_stream_normal(&stream);
    for (int j = 0; j < 3; j++)
        c[j] = 0.4 * heat_stream_normal(&stream);
    heat_rbm_init(&rbm);
    rbm.n_visible = 4;
    rbm.n_hidden = 3;
    rbm.visible = visible;
    rbm.hidden = hidden;
    rbm.weights = weights;
    rbm.visible_bias = b;
    rbm.hidden_bias = c;
    assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
    return model;
}

/* Every pairing of layers by the engines whose moves are single variables' or layers'. */
static double judge_states(uint64_t seed, int factor, void *arg)
{
    static const char *const engines[] = {"gibbs", "metropolis", "tempering"};
    const subject *s = arg;
    double p[12];
    int n = 0;

    for (int k = 0; k < 4; k++) {
        heat_model *model = small_rbm(s->ctx, k & 1 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY,
                                      k & 2 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY);
        int64_t n_states;
        double *probability = compare_enumerate(s->ctx, model, 0.9, &n_states);
        for (int e = 0; e < 3; e++) {
            compare_sample sample = {.model = model,
                                     .engine = engines[e],
                                     .temperature = 0.9 * s->warmer,
                                     .n_draws = 16384 * factor,
                                     .n_sweeps = 40,
                                     .seed = seed * 16 + (uint64_t)n};
            p[n++] = compare_states(s->ctx, &sample, probability, n_states);
            print_message("  pairing %d, %s: p = %.3g\n", k, engines[e], p[n - 1]);
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

    ledger_judge("states gibbs", judge_states, &s);
    heat_context_free(s.ctx);
}

static void a_wrong_temperature_is_noticed(void **state)
{
    (void)state;
    subject s = {test_context(), 1.1};

    assert_true(judge_states(ledger_get_seed("states gibbs"), 1, &s) < 1e-9);
    heat_context_free(s.ctx);
}

typedef struct machine {
    heat_context *ctx;
    const char *name;
    heat_sample_result result;
    compare_table *cells;
} machine;

static void compare_row(const test_row *row, void *arg)
{
    machine *m = arg;
    int unit;

    if (strcmp(row->name, m->name) != 0 || sscanf(row->quantity, "mean_v%d", &unit) != 1)
        return;
    compare_add(m->cells, row->quantity, m->result.temperatures[0].spin_mean[unit],
                m->result.temperatures[0].spin_error[unit], row->value);
}

static double judge_table(uint64_t seed, int factor, void *arg)
{
    static const char *const names[] = {"rbm_8x6", "rbm_12x10", "rbm_20x16"};
    compare_table cells = {0};

    for (int k = 0; k < 3; k++) {
        machine m = {.ctx = arg, .name = names[k], .cells = &cells};
        heat_sample_options opt;
        heat_model *model;
        char file[64];
        snprintf(file, sizeof file, "exact/instances/%s_W.txt", names[k]);
        assert_ok(m.ctx, heat_model_load(m.ctx, test_data(file), &model));
        heat_sample_options_init(&opt);
        opt.engine = "gibbs";
        opt.seed = seed * 4 + (uint64_t)k;
        opt.replicas = 16;
        opt.sweeps = 20000 * factor;
        opt.observables = "spins";
        assert_ok(m.ctx, heat_sample(m.ctx, model, &opt, &m.result));
        assert_int_equal(m.result.outcome, HEAT_OUTCOME_CONVERGED);
        test_each_row("exact/rbm_small.tsv", compare_row, &m);
        heat_sample_result_clear(&m.result);
        heat_model_free(model);
    }
    assert_int_equal(cells.cells[0], 3);
    return compare_judge(&cells);
}

static void means_meet_the_table(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    test_data("exact/rbm_small.tsv");
    ledger_judge("table rbm_small", judge_table, ctx);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_boltzmann),
        cmocka_unit_test(a_wrong_temperature_is_noticed),
        cmocka_unit_test(means_meet_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
