/* Block Gibbs over every pairing of layers: its transition matrix leaves the Boltzmann distribution where it
 * is, its moments are the exact ones, energies and rows are those of the states; held units leave the RBM of
 * the free ones. */
#include "exact/unit_enumeration.h"
#include "model/views.h"
#include "sample/engine.h"
#include "sample/unit_chains.h"
#include "support.h"
#include "unit_instance.h"

#include <heatbath/sample.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STATES = 64 };

static heat_model *model_of(heat_context *ctx, const instance *s, heat_unit_layers *u)
{
    heat_model *model;

    assert_ok(ctx, heat_model_create_rbm(ctx, &s->rbm, &model));
    assert_true(heat_model_get_units(model, u));
    return model;
}

/* --- the matrix --- */

static double value_at(const heat_unit_layer *l, int state, int i)
{
    int q = heat_unit_layer_states(l);

    while (i-- > 0)
        state /= q;
    return l->kind->layer == HEAT_LAYER_SPIN ? 2 * (state % q) - 1 : state % q;
}

static int states_of(const heat_unit_layer *l, double values[MOST_STATES][V])
{
    int count = (int)lrint(pow(heat_unit_layer_states(l), l->n));

    for (int s = 0; s < count; s++)
        for (int i = 0; i < l->n; i++)
            values[s][i] = value_at(l, s, i);
    return count;
}

/* p(values) of a layer in these fields, by the kind's means, which are its probabilities. */
static double probability(const heat_unit_layer *l, double beta, const double *field, const double *values)
{
    double mean[MOST], p = 1;

    l->kind->means(l, beta, field, mean, NULL);
    for (int i = 0; i < l->n; i++)
        switch (l->kind->layer) {
        case HEAT_LAYER_POTTS:
            p *= mean[i * l->q + (int)values[i]];
            break;
        case HEAT_LAYER_SPIN:
            p *= (1 + values[i] * mean[i]) / 2;
            break;
        default:
            p *= values[i] > 0 ? mean[i] : 1 - mean[i];
        }
    return p;
}

/* Largest |sum of a row - 1| and |pi P - pi| of sweeps at beta, pi at beta_of_pi. */
static void matrix_errors(const heat_unit_layers *u, double beta, double beta_of_pi, double *row_error,
                          double *pi_error)
{
    static double pi[MOST_STATES][MOST_STATES], moved[MOST_STATES][MOST_STATES];
    static double v[MOST_STATES][V], h[MOST_STATES][V];
    double z = 0, up[MOST], down[MOST];
    int n_v = states_of(&u->visible, v), n_h = states_of(&u->hidden, h);

    *row_error = *pi_error = 0;
    memset(moved, 0, sizeof moved);
    for (int a = 0; a < n_v; a++)
        for (int b = 0; b < n_h; b++)
            z += pi[a][b] = exp(-beta_of_pi * heat_units_energy(u, v[a], h[b], up));
    for (int a = 0; a < n_v; a++) { /* the hidden units of the start are forgotten */
        double start = 0, sum = 0;
        for (int b = 0; b < n_h; b++)
            start += pi[a][b] / z;
        heat_units_find_hidden_fields(u, v[a], up);
        for (int b = 0; b < n_h; b++) {
            double p = probability(&u->hidden, beta, up, h[b]);
            heat_units_find_visible_fields(u, h[b], down);
            for (int c = 0; c < n_v; c++) {
                double step = p * probability(&u->visible, beta, down, v[c]);
                moved[c][b] += start * step;
                sum += step;
            }
        }
        *row_error = fmax(*row_error, fabs(sum - 1));
    }
    for (int a = 0; a < n_v; a++)
        for (int b = 0; b < n_h; b++)
            *pi_error = fmax(*pi_error, fabs(moved[a][b] - pi[a][b] / z));
}

static void the_sweep_leaves_boltzmann_where_it_is(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            instance s;
            heat_unit_layers u;
            heat_model *model;
            double row_error, pi_error;
            make(&s, kinds[a], kinds[b], 0.8);
            model = model_of(ctx, &s, &u);
            matrix_errors(&u, 0.7, 0.7, &row_error, &pi_error);
            assert_close(row_error, 0, 1e-12);
            assert_close(pi_error, 0, 1e-12);
            matrix_errors(&u, 0.7, 0.8, &row_error, &pi_error);
            assert_true(pi_error > 1e-6);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* --- the chains --- */

static heat_chains *start(heat_context *ctx, const heat_model *model, int64_t n_chains, double beta)
{
    const heat_chains_plan plan = {.n_chains = n_chains,
                                   .n_rungs = 1,
                                   .betas = &beta,
                                   .seed = 11,
                                   .isa = "auto",
                                   .layout = &heat_layout_units,
                                   .rule = &heat_rule_heat_bath};
    heat_chains *chains;

    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &chains));
    for (int64_t unit = 0; unit < chains->n_units; unit++)
        assert_ok(ctx, heat_chains_start_whole_unit(ctx, chains, unit, NULL));
    return chains;
}

static void sweep(heat_context *ctx, heat_chains *chains, int count)
{
    for (int k = 0; k < count; k++)
        for (int64_t unit = 0; unit < chains->n_units; unit++)
            assert_ok(ctx, heat_chains_sweep(ctx, chains, unit, &heat_rule_heat_bath));
}

static void read_values(const heat_unit_layers *u, const heat_chains *chains, int64_t chain, double *values)
{
    double row[V + H];

    heat_chains_get_state(chains, chain, row);
    heat_units_read_row(u, row, values);
}

static void energies_and_rows_are_those_of_states(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < N_KINDS; b++) {
            instance s;
            heat_unit_layers u;
            heat_model *model;
            heat_chains *chains;
            double row[V + H];
            if (a < 2 && b < 2)
                continue;
            make(&s, kinds[a], kinds[b], 0.3);
            model = model_of(ctx, &s, &u);
            chains = start(ctx, model, 11, 0.9);
            assert_int_equal(heat_row_bytes(&chains->form), chains->info.n_states == 0 ? sizeof row : V + H);
            for (int k = 0; k < 3; k++, sweep(ctx, chains, 2))
                for (int64_t c = 0; c < 11; c++) {
                    double values[V + H], energy;
                    read_values(&u, chains, c, values);
                    for (int i = 0; i < V + H; i++)
                        assert_true(heat_unit_has_value(i < V ? &u.visible : &u.hidden, values[i]));
                    assert_close(heat_chains_get_energy(chains, c), energy_of(&s.rbm, values, values + V),
                                 1e-12);
                    heat_chains_get_state(chains, c, row);
                    assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &energy));
                    assert_close(energy, energy_of(&s.rbm, values, values + V), 1e-12);
                }
            heat_chains_get_state(chains, 3, row);
            assert_ok(ctx, heat_chains_set_state(ctx, chains, 4, row));
            assert_close(heat_chains_get_energy(chains, 3), heat_chains_get_energy(chains, 4), 1e-12);
            heat_chains_free(chains);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* The mean of one number over independent chains. */
static void check_mean(const double *x, int64_t n, double expected)
{
    double sum = 0, squares = 0;

    for (int64_t k = 0; k < n; k++)
        sum += x[k];
    for (int64_t k = 0; k < n; k++)
        squares += (x[k] - sum / (double)n) * (x[k] - sum / (double)n);
    assert_close(sum / (double)n, expected, 5 * sqrt(squares) / (double)n + 1e-12);
}

static void check_layer(const heat_unit_layer *l, int first, const double *mean, const double *square,
                        int64_t n, double (*values)[V + H], double *x)
{
    for (int i = 0; i < l->n; i++) {
        for (int32_t a = 0; a < l->q; a++) {
            for (int64_t k = 0; k < n; k++) {
                int32_t place;
                double feature = heat_unit_feature(l, values[k][first + i], &place);
                x[k] = place == a ? feature : 0;
            }
            check_mean(x, n, mean[i * l->q + a]);
        }
        for (int64_t k = 0; k < n; k++)
            x[k] = values[k][first + i] * values[k][first + i];
        if (l->precision != NULL)
            check_mean(x, n, square[i]);
    }
}

static void moments_are_the_exact_ones(void **state)
{
    (void)state;
    enum { CHAINS = 20000, SWEEPS = 25 };
    static double values[CHAINS][V + H], x[CHAINS];
    heat_context *ctx = test_context();

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < N_KINDS; b++) {
            double visible[MOST], hidden[MOST], visible_square[V], hidden_square[H], pair[MOST * MOST];
            heat_unit_sums sums = {.wants_moments = true,
                                   .visible_mean = visible,
                                   .hidden_mean = hidden,
                                   .pair_mean = pair,
                                   .visible_square = visible_square,
                                   .hidden_square = hidden_square};
            instance s;
            heat_unit_layers u;
            heat_model *model;
            heat_chains *chains;
            if ((a < 2 && b < 2) || (kinds[a] == HEAT_LAYER_GAUSSIAN && kinds[b] == HEAT_LAYER_RELU))
                continue;
            make(&s, kinds[a], kinds[b], 0.4);
            model = model_of(ctx, &s, &u);
            assert_ok(ctx, heat_unit_enumeration_run(ctx, &u, 0.8, 1, &sums));
            chains = start(ctx, model, CHAINS, 0.8);
            sweep(ctx, chains, SWEEPS);
            for (int64_t c = 0; c < CHAINS; c++) {
                read_values(&u, chains, c, values[c]);
                x[c] = heat_chains_get_energy(chains, c);
            }
            check_mean(x, CHAINS, sums.mean_energy);
            check_layer(&u.visible, 0, visible, visible_square, CHAINS, values, x);
            check_layer(&u.hidden, V, hidden, hidden_square, CHAINS, values, x);
            heat_chains_free(chains);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* --- the verb --- */

static void sample_keeps_numbers_and_refuses_what_has_none(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt;
    heat_sample_result r, again;
    instance s;
    heat_unit_layers u;
    heat_model *model;

    make(&s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_SPIN, 0.3);
    model = model_of(ctx, &s, &u);
    heat_sample_options_init(&opt);
    opt.sweeps = 400;
    opt.burn_in = 50;
    opt.keep_states = 1;
    opt.thin = 10;
    opt.observables = "spins";
    heat_sample_result_init(&r);
    heat_sample_result_init(&again);
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    opt.threads = 2;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &again));
    assert_true(r.states == NULL && r.values != NULL);
    assert_string_equal(r.layout, "units");
    assert_string_equal(r.engine, "gibbs");
    for (int64_t k = 0; k < r.n_chains * r.n_draws; k++) {
        const double *values = r.values + k * (V + H);
        assert_close(energy_of(&s.rbm, values, values + V), r.energies[k], 1e-12);
        assert_memory_equal(values, again.values + k * (V + H), (V + H) * sizeof *values);
    }
    heat_sample_result_clear(&r);
    heat_sample_result_clear(&again);
    opt.engine = "metropolis";
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "gibbs, heat-bath and tempering");
    opt.engine = "auto";
    opt.observables = "overlap";
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    heat_sample_options_init(&opt);
    opt.engine = "population";
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    opt.engine = "auto";
    opt.histogram = "overlap";
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* An energy without a lowest value has no distribution. */
static void units_that_run_away_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_sample_options opt;
    heat_sample_result r;
    instance s;
    heat_unit_layers u;
    heat_model *model;

    make(&s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_RELU, 0.3);
    for (int k = 0; k < V * H; k++)
        s.weights[k] = 5;
    model = model_of(ctx, &s, &u);
    heat_sample_options_init(&opt);
    heat_sample_result_init(&r);
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_UNDEFINED);
    assert_contains(heat_context_error(ctx), "run away to infinity");
    heat_model_free(model);
    heat_context_free(ctx);
}

/* --- held units --- */

static void held_units_leave_the_rbm_of_the_free_ones(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 3);
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < N_KINDS; b++)
            for (int mask = 1; mask < (1 << (V + H)) - 1; mask++) {
                instance s;
                heat_unit_layers u;
                heat_model *model, *part;
                heat_model_info info;
                double values[V + H], held[V + H], field[MOST], energy, whole;
                heat_row_form form;
                double row[V + H], back[V + H];
                int n_free = 0;
                make(&s, kinds[a], kinds[b], 0.7);
                model = model_of(ctx, &s, &u);
                heat_model_describe(model, &info);
                form = heat_model_row_form(&info);
                memset(field, 0, sizeof field);
                u.visible.kind->draw(&u.visible, 1, field, &stream, values);
                u.hidden.kind->draw(&u.hidden, 1, field, &stream, values + V);
                for (int i = 0; i < V + H; i++) /* of models of states in their coding */
                    if (info.n_states > 0 && info.coding == HEAT_CODING_INDEX &&
                        kinds[i < V ? a : b] == HEAT_LAYER_SPIN)
                        values[i] = (values[i] + 1) / 2;
                for (int i = 0; i < V + H; i++) {
                    held[i] = mask >> i & 1 ? values[i] : (double)NAN;
                    if (isnan(held[i]))
                        heat_row_set(&form, row, n_free++, values[i]);
                }
                assert_ok(ctx, heat_model_create_clamped_values(ctx, model, held, &part));
                assert_ok(ctx, heat_model_energies(ctx, part, 1, row, &energy));
                heat_model_get_whole(part, 1, row, back);
                assert_ok(ctx, heat_model_energies(ctx, model, 1, back, &whole));
                assert_close(energy, whole, 1e-11);
                for (int i = 0; i < V + H; i++)
                    assert_true(heat_row_get(&form, back, i) == values[i]);
                heat_model_free(part);
                heat_model_free(model);
            }
    heat_context_free(ctx);
}

/* With the visible layer held, Z of what is left is exp(-F). */
static void what_is_left_of_a_held_layer_has_its_free_energy(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int b = 0; b < N_KINDS; b++) {
        static const double held[V + H] = {0.3, -1.2, 2, NAN, NAN};
        static const double none[V + H] = {NAN, NAN, NAN, -1, 0.5};
        instance s;
        heat_unit_layers u, rest;
        heat_model *model, *part;
        heat_unit_sums sums = {.wants_moments = false};
        double f;
        make(&s, HEAT_LAYER_GAUSSIAN, kinds[b], 0.7);
        model = model_of(ctx, &s, &u);
        assert_ok(ctx, heat_model_create_clamped_values(ctx, model, held, &part));
        assert_true(heat_model_get_units(part, &rest) && rest.visible.n == 0 && rest.hidden.n == H);
        assert_ok(ctx, heat_rbm_free_energies_of(ctx, model, 1.3, 1, held, &f));
        assert_ok(ctx, heat_unit_enumeration_run(ctx, &rest, 1 / 1.3, 1, &sums));
        assert_close(sums.log_z, -f / 1.3, 1e-11);
        heat_model_free(part);
        if (kinds[b] != HEAT_LAYER_GAUSSIAN) {
            assert_int_equal(heat_model_create_clamped_values(ctx, model, none, &part), HEAT_ERROR_ARGUMENT);
            assert_contains(heat_context_error(ctx), "is no value of a");
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sweep_leaves_boltzmann_where_it_is),
        cmocka_unit_test(energies_and_rows_are_those_of_states),
        cmocka_unit_test(moments_are_the_exact_ones),
        cmocka_unit_test(sample_keeps_numbers_and_refuses_what_has_none),
        cmocka_unit_test(units_that_run_away_are_refused),
        cmocka_unit_test(held_units_leave_the_rbm_of_the_free_ones),
        cmocka_unit_test(what_is_left_of_a_held_layer_has_its_free_energy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
