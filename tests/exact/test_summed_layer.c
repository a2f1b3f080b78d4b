/* The smaller layer of an RBM with the other summed out: its energies against sums over all states, and its
 * layout decision by decision against rows moved by the model's own energy changes, whose streams it shares.
 */
#include "kernel/isa.h"
#include "model/views.h"
#include "sample/engine.h"
#include "sample/layout.h"
#include "stats/log_sum.h"
#include "support.h"

#include <heatbath/logz.h>
#include <math.h>

enum { MOST_UNITS = 40, CHAINS = 12, RUNGS = 3 };

typedef struct machine {
    double weights[MOST_UNITS * MOST_UNITS], visible_bias[MOST_UNITS], hidden_bias[MOST_UNITS];
    heat_rbm rbm;
    heat_model *model, *summed;
} machine;

static void open_machine(heat_context *ctx, int32_t n_visible, int32_t n_hidden, heat_layer layer,
                         double strength, double temperature, machine *m)
{
    heat_stream stream;

    heat_stream_init(&stream, 5, HEAT_PURPOSE_TEST, (uint64_t)(100 * n_visible + n_hidden));
    for (int k = 0; k < n_visible * n_hidden; k++)
        m->weights[k] = strength * heat_stream_normal(&stream);
    for (int i = 0; i < n_visible; i++)
        m->visible_bias[i] = strength * heat_stream_normal(&stream);
    for (int j = 0; j < n_hidden; j++)
        m->hidden_bias[j] = strength * heat_stream_normal(&stream);
    heat_rbm_init(&m->rbm);
    m->rbm.n_visible = n_visible;
    m->rbm.n_hidden = n_hidden;
    m->rbm.visible = m->rbm.hidden = layer;
    m->rbm.weights = m->weights;
    m->rbm.visible_bias = m->visible_bias;
    m->rbm.hidden_bias = m->hidden_bias;
    m->rbm.offset = 0.75;
    assert_int_equal(heat_model_create_rbm(ctx, &m->rbm, &m->model), HEAT_OK);
    assert_int_equal(heat_model_create_summed(ctx, m->model, temperature, &m->summed), HEAT_OK);
    assert_non_null(m->summed);
}

static void close_machine(machine *m)
{
    heat_model_free(m->summed);
    heat_model_free(m->model);
}

/* The row of y in whole states, the other layer in state number x. */
static void compose(const machine *m, bool keeps_hidden, const int8_t *y, int x, int8_t *whole)
{
    int32_t n_visible = m->rbm.n_visible, n = n_visible + m->rbm.n_hidden, next = 0;

    for (int32_t i = 0; i < n; i++) {
        bool is_kept = (i >= n_visible) == keeps_hidden;
        int8_t value = (int8_t)(is_kept ? y[keeps_hidden ? i - n_visible : i] : (x >> next++ & 1));
        whole[i] = (int8_t)(m->rbm.visible == HEAT_LAYER_SPIN ? 2 * value - 1 : value);
    }
}

/* log sum_x exp(-E / T) by all x; mean and variance of E under them. */
static double sum_out(heat_context *ctx, const machine *m, const int8_t *y, double beta, double moments[2])
{
    bool keeps_hidden = m->rbm.n_hidden <= m->rbm.n_visible;
    int32_t n = keeps_hidden ? m->rbm.n_visible : m->rbm.n_hidden;
    heat_log_sum first = HEAT_LOG_SUM_EMPTY, second = HEAT_LOG_SUM_EMPTY;
    int8_t whole[2 * MOST_UNITS];

    for (int pass = 0; pass < 2; pass++)
        for (int x = 0; x < 1 << n; x++) {
            double energy;
            compose(m, keeps_hidden, y, x, whole);
            assert_int_equal(heat_model_energies(ctx, m->model, 1, whole, &energy), HEAT_OK);
            heat_log_sum_add(pass == 0 ? &first : &second, -beta * energy, 1,
                             pass == 0 ? energy : (energy - moments[0]) * (energy - moments[0]));
            moments[0] = pass == 0 ? heat_log_sum_mean(&first) : moments[0];
        }
    moments[1] = heat_log_sum_mean(&second);
    return heat_log_sum_value(&first);
}

static heat_chains *open_within(heat_context *ctx, const machine *m, const char *isa,
                                const heat_layout *layout, const double *reference, double tolerance)
{
    static const double betas[RUNGS] = {0.2, 0.5, 0.8};
    heat_chains_plan plan = {.n_chains = CHAINS,
                             .n_rungs = RUNGS,
                             .betas = betas,
                             .seed = 11,
                             .group = RUNGS,
                             .isa = isa,
                             .layout = layout,
                             .reference = reference,
                             .tolerance = tolerance};
    heat_chains *c;

    assert_int_equal(heat_chains_create(ctx, m->summed, &plan, &c), HEAT_OK);
    for (int64_t k = 0; k < CHAINS; k++) {
        heat_chains_set_rung(c, k, (int32_t)(k % RUNGS));
        assert_int_equal(heat_chains_start(ctx, c, k, NULL, 0), HEAT_OK);
    }
    return c;
}

static heat_chains *open_chains(heat_context *ctx, const machine *m, const char *isa,
                                const heat_layout *layout, const double *reference)
{
    return open_within(ctx, m, isa, layout, reference, 0);
}

static void sweep_all(heat_context *ctx, heat_chains *c, const heat_site_rule *rule)
{
    for (int64_t unit = 0; unit < c->n_units; unit++)
        assert_int_equal(heat_chains_sweep(ctx, c, unit, rule), HEAT_OK);
}

static void assert_same_states(const heat_chains *a, const heat_chains *b, double tolerance)
{
    int8_t one[MOST_UNITS], other[MOST_UNITS];

    for (int64_t k = 0; k < CHAINS; k++) {
        heat_chains_get_state(a, k, one);
        heat_chains_get_state(b, k, other);
        assert_memory_equal(one, other, (size_t)a->n);
        assert_close(heat_chains_get_energy(a, k), heat_chains_get_energy(b, k),
                     tolerance * fmax(1, fabs(heat_chains_get_energy(b, k))));
    }
}

/* Strengths up to one at which odds leave the range of doubles, and the direct way is taken. */
static void energies_and_moments_are_those_of_all_states_summed(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const int32_t shapes[][2] = {{7, 3}, {3, 7}, {4, 4}, {9, 1}};
    static const double strengths[] = {0.4, 3, 300};

    for (int k = 0; k < 4; k++)
        for (int s = 0; s < 3; s++)
            for (int layer = HEAT_LAYER_BINARY; layer <= HEAT_LAYER_SPIN; layer++) {
                const double temperature = 1.25;
                machine m;
                heat_chains *c;
                open_machine(ctx, shapes[k][0], shapes[k][1], (heat_layer)layer, strengths[s], temperature,
                             &m);
                c = open_chains(ctx, &m, "auto", &heat_layout_summed, NULL);
                sweep_all(ctx, c, &heat_rule_heat_bath);
                for (int64_t chain = 0; chain < CHAINS; chain++) {
                    int8_t y[MOST_UNITS];
                    double want[2] = {0}, mean, variance, energy, log_sum;
                    heat_chains_get_state(c, chain, y);
                    log_sum = sum_out(ctx, &m, y, 1 / temperature, want);
                    assert_int_equal(heat_model_energies(ctx, m.summed, 1, y, &energy), HEAT_OK);
                    assert_close(energy, -temperature * log_sum, 1e-10 * strengths[s]);
                    assert_close(heat_chains_get_energy(c, chain), energy, 1e-10 * strengths[s]);
                    heat_chains_get_moments(c, chain, &mean, &variance);
                    assert_close(mean, want[0], 1e-10 * strengths[s]);
                    assert_close(variance, want[1], 1e-9 * strengths[s] * strengths[s]);
                }
                heat_chains_free(c);
                close_machine(&m);
            }
    heat_context_free(ctx);
}

static void every_decision_is_that_of_rows(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const double strengths[] = {0.4, 300};
    static const heat_site_rule *const rules[] = {&heat_rule_heat_bath, &heat_rule_metropolis};
    double reference[MOST_UNITS];

    for (int j = 0; j < MOST_UNITS; j++)
        reference[j] = cos(j);
    for (int k = 0; k < 16; k++) {
        const heat_site_rule *rule = rules[k & 1];
        bool is_wide = k & 2, is_tilted = k & 4, keeps_hidden = k & 8;
        for (int isa = 0; isa < heat_isa_count(); isa++) {
            heat_chains *rows, *summed;
            machine m;
            open_machine(ctx, keeps_hidden ? 37 : 9, keeps_hidden ? 9 : 37, HEAT_LAYER_BINARY,
                         strengths[is_wide], 1.25, &m);
            rows = open_chains(ctx, &m, "auto", &heat_layout_rows, is_tilted ? reference : NULL);
            summed = open_chains(ctx, &m, heat_isa_at(isa)->name, NULL, is_tilted ? reference : NULL);
            assert_ptr_equal(summed->layout, &heat_layout_summed);
            for (int sweep = 0; sweep < 100; sweep++) {
                sweep_all(ctx, rows, rule);
                sweep_all(ctx, summed, rule);
                assert_same_states(rows, summed, 1e-10);
            }
            assert_close(heat_chains_get_acceptance(rows, 1), heat_chains_get_acceptance(summed, 1), 0);
            assert_close(heat_chains_get_path_energy(rows, 2), heat_chains_get_path_energy(summed, 2), 1e-7);
            heat_chains_free(rows);
            heat_chains_free(summed);
            close_machine(&m);
        }
    }
    heat_context_free(ctx);
}

/* Odds of single precision: numbers so close to a probability that they decide otherwise are one in a
 * million. */
static void singles_walk_as_rows_within_their_resolution(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    enum { SWEEPS = 300 };
    const double tolerance = 1e-5, temperature = 1.25;
    machine m;

    open_machine(ctx, MOST_UNITS, 12, HEAT_LAYER_BINARY, 0.6, temperature, &m);
    for (int isa = 0; isa < heat_isa_count(); isa++) {
        heat_chains *rows = open_chains(ctx, &m, "auto", &heat_layout_rows, NULL);
        heat_chains *singles = open_within(ctx, &m, heat_isa_at(isa)->name, NULL, NULL, tolerance);
        double square = 0;
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            sweep_all(ctx, rows, &heat_rule_metropolis);
            sweep_all(ctx, singles, &heat_rule_metropolis);
            assert_same_states(rows, singles, 1e-4);
            for (int64_t k = 0; k < CHAINS; k++) {
                double off = heat_chains_get_energy(singles, k) - heat_chains_get_energy(rows, k);
                square += off / temperature * off / temperature / CHAINS / SWEEPS;
            }
        }
        assert_true(sqrt(square) > 1e-8 && sqrt(square) < 2.5e-7 * sqrt(MOST_UNITS) * 2);
        heat_chains_free(singles);
        heat_chains_free(rows);
    }
    close_machine(&m);
    heat_context_free(ctx);
}

/* Where the tolerance asks for more, and where odds could leave the range of floats, walks are of doubles. */
static void singles_are_for_whom_they_serve(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const struct {
        double strength, tolerance;
        bool is_single;
    } cases[] = {{0.6, 1e-5, true}, {0.6, 1e-7, false}, {12, 1e-5, false}};

    for (int k = 0; k < 3; k++) {
        heat_chains *rows, *c;
        double off = 0;
        machine m;
        open_machine(ctx, MOST_UNITS, 12, HEAT_LAYER_BINARY, cases[k].strength, 1.25, &m);
        rows = open_chains(ctx, &m, "auto", &heat_layout_rows, NULL);
        c = open_within(ctx, &m, "auto", &heat_layout_summed, NULL, cases[k].tolerance);
        for (int sweep = 0; sweep < 20; sweep++) {
            sweep_all(ctx, rows, &heat_rule_metropolis);
            sweep_all(ctx, c, &heat_rule_metropolis);
        }
        for (int64_t chain = 0; chain < CHAINS; chain++)
            off = fmax(off, fabs(heat_chains_get_energy(c, chain) / heat_chains_get_energy(rows, chain) - 1));
        assert_int_equal(off > 1e-11, cases[k].is_single);
        heat_chains_free(c);
        heat_chains_free(rows);
        close_machine(&m);
    }
    heat_context_free(ctx);
}

static void compare_instruction_sets(heat_context *ctx, double tolerance)
{
    heat_chains *plain;
    machine m;

    open_machine(ctx, 40, 12, HEAT_LAYER_BINARY, 0.6, 0.8, &m);
    plain = open_within(ctx, &m, "ref", NULL, NULL, tolerance);
    for (int sweep = 0; sweep < 70; sweep++)
        sweep_all(ctx, plain, &heat_rule_metropolis);
    for (int k = 1; k < heat_isa_count(); k++) {
        heat_chains *c = open_within(ctx, &m, heat_isa_at(k)->name, NULL, NULL, tolerance);
        for (int sweep = 0; sweep < 70; sweep++)
            sweep_all(ctx, c, &heat_rule_metropolis);
        for (int64_t chain = 0; chain < CHAINS; chain++) {
            double a[2], b[2];
            assert_true(heat_chains_get_energy(c, chain) == heat_chains_get_energy(plain, chain));
            heat_chains_get_moments(c, chain, &a[0], &a[1]);
            heat_chains_get_moments(plain, chain, &b[0], &b[1]);
            assert_true(a[0] == b[0] && a[1] == b[1]);
        }
        heat_chains_free(c);
    }
    heat_chains_free(plain);
    close_machine(&m);
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    compare_instruction_sets(ctx, 0);
    compare_instruction_sets(ctx, 1e-5);
    heat_context_free(ctx);
}

/* Not only log Z: energies come from the units that were summed out as well. */
static void estimates_tell_the_energy_of_the_whole(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const char *const methods[] = {"mbar", "ais", "population"};
    static const char *const references[] = {"uniform", "base-rate"};
    heat_logz_options options;
    heat_logz_result exact = {0};
    machine m;

    open_machine(ctx, 10, 7, HEAT_LAYER_BINARY, 0.8, 1.25, &m);
    heat_logz_options_init(&options);
    options.temperature = 1.25;
    options.method = "exact";
    assert_int_equal(heat_logz(ctx, m.model, &options, &exact), HEAT_OK);
    for (int k = 0; k < 6; k++) {
        heat_logz_result r = {0};
        const heat_logz_row *row, *truth = exact.rows;
        options.method = methods[k / 2];
        options.reference = references[k % 2];
        options.target_error = 0.005;
        assert_int_equal(heat_logz(ctx, m.model, &options, &r), HEAT_OK);
        row = r.rows;
        assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
        assert_close(row->log_z, truth->log_z, 5 * row->error);
        assert_close(row->mean_energy, truth->mean_energy, 5 * row->mean_energy_error);
        assert_close(row->heat_capacity, truth->heat_capacity, 5 * row->heat_capacity_error);
        assert_close(row->entropy, truth->entropy, 5 * row->entropy_error);
        assert_true(row->mean_energy_error < 0.15 && row->heat_capacity_error < 0.5);
        heat_logz_result_clear(&r);
    }
    heat_logz_result_clear(&exact);
    close_machine(&m);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_and_moments_are_those_of_all_states_summed),
        cmocka_unit_test(every_decision_is_that_of_rows),
        cmocka_unit_test(singles_walk_as_rows_within_their_resolution),
        cmocka_unit_test(singles_are_for_whom_they_serve),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(estimates_tell_the_energy_of_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
