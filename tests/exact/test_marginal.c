/* RBMs with one layer taken out: energies, log Z and ground states of what is left are those of the whole,
 * for every pairing; what has no lowest energy is refused. */
#include "exact/unit_enumeration.h"
#include "model/marginal.h"
#include "model/views.h"
#include "support.h"
#include "unit_instance.h"

#include <heatbath/ground.h>
#include <heatbath/logz.h>
#include <heatbath/sample.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static heat_model *model_of(heat_context *ctx, instance *s, heat_layer visible, heat_layer hidden,
                            double size, heat_unit_layers *u)
{
    heat_model *model;

    make(s, visible, hidden, size);
    assert_ok(ctx, heat_model_create_rbm(ctx, &s->rbm, &model));
    assert_true(heat_model_get_units(model, u));
    return model;
}

static double exact_log_z(heat_context *ctx, const heat_model *model, double t)
{
    heat_logz_options opt;
    heat_logz_result z;
    double value;

    heat_logz_options_init(&opt);
    heat_logz_result_init(&z);
    opt.temperature = t;
    opt.method = "exact";
    assert_ok(ctx, heat_logz(ctx, model, &opt, &z));
    value = z.log_z;
    heat_logz_result_clear(&z);
    return value;
}

/* --- sums --- */

static void log_z_is_that_of_what_is_left(void **state)
{
    (void)state;
    static const double temperatures[] = {1.25, 0.6};
    heat_context *ctx = test_context();

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < N_KINDS; b++)
            for (int k = 0; k < 2; k++) {
                double t = temperatures[k];
                instance s;
                heat_unit_layers u;
                heat_unit_sums sums = {.wants_moments = false};
                heat_model *model = model_of(ctx, &s, kinds[a], kinds[b], 0.6, &u);
                heat_marginal m;
                assert_int_equal(heat_marginal_fits(model), is_real(kinds[a]) != is_real(kinds[b]));
                if (heat_marginal_fits(model)) {
                    assert_ok(ctx, heat_unit_enumeration_run(ctx, &u, 1 / t, 1, &sums));
                    assert_ok(ctx, heat_marginal_create(ctx, model, t, &m));
                    assert_int_equal(m.is_graph, b != 4);
                    assert_close(exact_log_z(ctx, m.model, t) + m.log_volume + m.n_real * log(t) / 2,
                                 sums.log_z, 1e-10);
                    heat_marginal_clear(&m);
                }
                heat_model_free(model);
            }
    heat_context_free(ctx);
}

/* Energies and their changes are -T log of the sums over the layer taken out. */
static void energies_are_free_energies(void **state)
{
    (void)state;
    const double t = 0.9;
    heat_context *ctx = test_context();
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 17);
    for (int a = 0; a < 3; a++)
        for (int b = 3; b < N_KINDS; b++) {
            instance s;
            heat_unit_layers u;
            heat_model *model = model_of(ctx, &s, kinds[a], kinds[b], 0.6, &u);
            heat_marginal m;
            assert_ok(ctx, heat_marginal_create(ctx, model, t, &m));
            for (int k = 0; k < 20; k++) {
                int8_t row[V], to;
                double v[V], f, energy, then, delta;
                int32_t site = (int32_t)heat_stream_below(&stream, V);
                for (int i = 0; i < V; i++)
                    v[i] = row[i] = heat_model_random_value(m.model, i, &stream);
                assert_ok(ctx, heat_rbm_free_energies_of(ctx, model, t, 1, v, &f));
                assert_ok(ctx, heat_model_energies(ctx, m.model, 1, row, &energy));
                assert_close(energy, f + t * (m.log_volume + m.n_real * log(t) / 2), 1e-11);
                to = heat_model_random_value(m.model, site, &stream);
                assert_ok(ctx, heat_model_deltas(ctx, m.model, 1, row, site, &to, &delta));
                row[site] = to;
                assert_ok(ctx, heat_model_energies(ctx, m.model, 1, row, &then));
                assert_close(delta, then - energy, 1e-11);
            }
            heat_marginal_clear(&m);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* By a method that knows nothing of units: log Z of large layers comes so. */
static void estimates_are_those_of_the_whole(void **state)
{
    (void)state;
    static const heat_layer pairs[][2] = {{HEAT_LAYER_GAUSSIAN, HEAT_LAYER_BINARY},
                                          {HEAT_LAYER_SPIN, HEAT_LAYER_GAUSSIAN},
                                          {HEAT_LAYER_GAUSSIAN, HEAT_LAYER_POTTS},
                                          {HEAT_LAYER_BINARY, HEAT_LAYER_RELU}};
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        instance s;
        heat_unit_layers u;
        heat_unit_sums sums = {.wants_moments = true};
        heat_model *model = model_of(ctx, &s, pairs[k][0], pairs[k][1], 0.6, &u);
        heat_logz_options opt;
        heat_logz_result z;
        const heat_logz_row *row;
        assert_ok(ctx, heat_unit_enumeration_run(ctx, &u, 1 / 1.5, 1, &sums));
        heat_logz_options_init(&opt);
        heat_logz_result_init(&z);
        opt.temperature = 1.5;
        opt.method = "mbar";
        assert_ok(ctx, heat_logz(ctx, model, &opt, &z));
        row = &z.rows[0];
        assert_true(!z.exact && row->error > 0 && row->error < 0.02);
        assert_close(z.log_z, sums.log_z, 5 * row->error);
        assert_close(z.bar, sums.log_z, 6 * z.bar_error);
        assert_close(row->free_energy, -1.5 * z.log_z, 1e-12);
        if (pairs[k][1] == HEAT_LAYER_RELU) {
            assert_true(isnan(row->mean_energy) && isnan(row->entropy));
        } else {
            assert_close(row->mean_energy, sums.mean_energy, 5 * row->mean_energy_error + 1e-12);
            assert_close(row->entropy, row->log_z + row->mean_energy / 1.5, 1e-12);
        }
        heat_logz_result_clear(&z);
        opt.temperature_set = "1,2";
        assert_int_equal(heat_logz(ctx, model, &opt, &z),
                         pairs[k][1] == HEAT_LAYER_RELU ? HEAT_ERROR_UNABLE : HEAT_OK);
        heat_logz_result_clear(&z);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* --- minima --- */

/* The lowest point of a parabola along one unit, or the best of its values. */
static void relax(const heat_rbm *r, heat_layer layer, int q, double *v, double *h, double *x)
{
    double at[3], low, best = (double)INFINITY, best_x = 0;

    if (is_real(layer)) {
        for (int k = 0; k < 3; k++) {
            *x = k - 1;
            at[k] = energy_of(r, v, h);
        }
        low = (at[0] - at[2]) / 2 / (at[0] - 2 * at[1] + at[2]);
        *x = layer == HEAT_LAYER_RELU ? fmax(0, low) : low;
        return;
    }
    for (int k = 0; k < (layer == HEAT_LAYER_POTTS ? q : 2); k++) {
        *x = layer == HEAT_LAYER_SPIN ? 2 * k - 1 : k;
        at[0] = energy_of(r, v, h);
        if (at[0] < best) {
            best = at[0];
            best_x = *x;
        }
    }
    *x = best_x;
}

/* Over all values of the layer that has some, the other one relaxed unit by unit. */
static double lowest_of(const heat_rbm *r)
{
    bool by_visible = !is_real(r->visible);
    heat_layer own = by_visible ? r->visible : r->hidden, other = by_visible ? r->hidden : r->visible;
    int q = own != HEAT_LAYER_POTTS ? 2
            : by_visible            ? Q_VISIBLE
                                    : Q_HIDDEN,
        n = by_visible ? V : H, count = 1;
    double lowest = (double)INFINITY;

    for (int i = 0; i < n; i++)
        count *= q;
    for (int state = 0; state < count; state++) {
        double v[V] = {0}, h[H] = {0};
        int left = state;
        for (int i = 0; i < n; i++, left /= q)
            *(by_visible ? v + i : h + i) = own == HEAT_LAYER_SPIN ? 2 * (left % q) - 1 : left % q;
        for (int i = 0; i < (by_visible ? H : V); i++)
            relax(r, other, by_visible ? Q_HIDDEN : Q_VISIBLE, v, h, by_visible ? h + i : v + i);
        lowest = fmin(lowest, energy_of(r, v, h));
    }
    return lowest;
}

static heat_status ground(heat_context *ctx, const heat_model *model, const char *method,
                          heat_ground_result *r)
{
    heat_ground_options opt;

    heat_ground_options_init(&opt);
    heat_ground_result_init(r);
    opt.method = method;
    return heat_ground(ctx, model, &opt, r);
}

static void ground_states_are_the_lowest(void **state)
{
    (void)state;
    static const char *const methods[] = {"auto", "exact", "anneal"};
    heat_context *ctx = test_context();

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < N_KINDS; b++)
            for (int k = 0; k < 3; k++) {
                instance s;
                heat_unit_layers u;
                heat_model *model;
                heat_ground_result r;
                double lowest;
                if (a == 3 && b >= 3)
                    continue;
                model = model_of(ctx, &s, kinds[a], kinds[b], 1, &u);
                lowest = lowest_of(&s.rbm);
                assert_ok(ctx, ground(ctx, model, methods[k], &r));
                assert_close(r.energy, lowest, 1e-9);
                assert_int_equal(r.outcome, k < 2 ? HEAT_OUTCOME_PROVED : r.outcome);
                assert_int_equal(r.n_variables, V + H);
                if (is_real(kinds[a]) || is_real(kinds[b])) {
                    assert_true(r.state == NULL && r.values != NULL);
                    assert_close(energy_of(&s.rbm, r.values, r.values + V), lowest, 1e-9);
                } else {
                    assert_true(r.state != NULL && r.values == NULL);
                }
                heat_ground_result_clear(&r);
                heat_model_free(model);
            }
    heat_context_free(ctx);
}

static void a_quadratic_form_is_lowest_where_its_slope_is_none(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_unit_layers u;
    heat_model *model = model_of(ctx, &s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_GAUSSIAN, 0.4, &u);
    heat_ground_result r;

    assert_ok(ctx, ground(ctx, model, "auto", &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_PROVED);
    for (int i = 0; i < V + H; i++)
        for (int side = -1; side <= 1; side += 2) {
            double x[V + H];
            memcpy(x, r.values, sizeof x);
            x[i] += 1e-3 * side;
            assert_true(energy_of(&s.rbm, x, x + V) > r.energy);
        }
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Kept states are distinct, best first, and have the energies that they are said to have. */
static void kept_states_are_values_too(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < N_KINDS; b++) {
            instance s;
            heat_unit_layers u;
            heat_model *model;
            heat_ground_options opt;
            heat_ground_result r;
            if (is_real(kinds[a]) == is_real(kinds[b]))
                continue;
            model = model_of(ctx, &s, kinds[a], kinds[b], 1, &u);
            heat_ground_options_init(&opt);
            heat_ground_result_init(&r);
            opt.keep = 4;
            assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
            assert_true(r.states == NULL && r.n_states >= 1);
            for (int64_t k = 0; k < r.n_states; k++) {
                const double *x = r.kept_values + k * (V + H);
                assert_close(energy_of(&s.rbm, x, x + V), r.state_energies[k], 1e-9);
                for (int64_t l = 0; l < k; l++)
                    assert_memory_not_equal(x, r.kept_values + l * (V + H), (V + H) * sizeof *x);
            }
            heat_ground_result_clear(&r);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

static void held_units_stay_where_they_are(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_unit_layers u;
    heat_model *model = model_of(ctx, &s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_SPIN, 1, &u);
    heat_ground_options opt;
    heat_ground_result r;
    double v[V], h[H] = {-1, 1}, lowest = (double)INFINITY;

    heat_ground_options_init(&opt);
    heat_ground_result_init(&r);
    opt.clamp = test_file(".txt", "? 0.75 ? -1 ?\n", 14);
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_true(r.values[1] == 0.75 && r.values[3] == -1);
    for (int k = 0; k < 2; k++) {
        v[1] = 0.75;
        h[1] = 2 * k - 1;
        for (int pass = 0; pass < 2; pass++)
            for (int i = 0; i < V; i += 2) {
                v[0] = pass == 0 && i == 0 ? 0 : v[0];
                v[2] = pass == 0 ? 0 : v[2];
                relax(&s.rbm, HEAT_LAYER_GAUSSIAN, 0, v, h, &v[i]);
            }
        lowest = fmin(lowest, energy_of(&s.rbm, v, h));
    }
    assert_close(r.energy, lowest, 1e-9);
    heat_ground_result_clear(&r);
    opt.clamp = test_file(".txt", "index,value\n0,0\n1,0\n2,0\n3,1\n4,1\n", 32); /* nothing is free */
    assert_int_not_equal(heat_ground(ctx, model, &opt, &r), HEAT_ERROR_INTERNAL);
    heat_ground_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void what_has_no_lowest_energy_is_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_unit_layers u;
    heat_model *model;
    heat_ground_options opt;
    heat_ground_result r;

    model = model_of(ctx, &s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_GAUSSIAN, 5, &u);
    assert_int_equal(ground(ctx, model, "auto", &r), HEAT_ERROR_UNDEFINED);
    heat_model_free(model);
    model = model_of(ctx, &s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_RELU, 5, &u);
    assert_int_equal(ground(ctx, model, "auto", &r), HEAT_ERROR_UNDEFINED);
    heat_model_free(model);
    model = model_of(ctx, &s, HEAT_LAYER_SPIN, HEAT_LAYER_GAUSSIAN, 0.1, &u);
    heat_ground_options_init(&opt);
    heat_ground_result_init(&r);
    opt.maximize = true;
    assert_int_equal(heat_ground(ctx, model, &opt, &r), HEAT_ERROR_UNDEFINED);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Two Potts layers of one q are a Potts graph. */
static void potts_layers_are_a_potts_graph(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_unit_layers u;
    heat_categorical graph;
    heat_model *model;
    heat_rbm rbm;

    make(&s, HEAT_LAYER_POTTS, HEAT_LAYER_POTTS, 1);
    s.rbm.hidden_states = Q_VISIBLE;
    assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
    assert_true(heat_model_get_units(model, &u) && heat_model_get_categorical(model, &graph));
    for (int state_number = 0; state_number < 243; state_number++) {
        int8_t row[V + H];
        double energy, sum = graph.offset;
        for (int i = 0, left = state_number; i < V + H; i++, left /= Q_VISIBLE)
            row[i] = (int8_t)(left % Q_VISIBLE);
        for (int i = 0; i < V + H; i++) {
            sum -= graph.field[i * Q_VISIBLE + row[i]];
            for (int64_t k = graph.row[i]; k < graph.row[i + 1]; k++)
                if (graph.col[k] > i)
                    sum -=
                        graph.tables[(graph.table[k] * Q_VISIBLE + row[i]) * Q_VISIBLE + row[graph.col[k]]];
        }
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
        assert_close(sum, energy, 1e-12);
    }
    heat_rbm_init(&rbm);
    assert_ok(ctx, heat_model_get_rbm(ctx, model, &rbm));
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Of a pairing: make, sample with a unit held, ground, logz. */
static heat_status everything(heat_context *ctx, void *arg)
{
    instance *s = arg;
    heat_model *model = NULL;
    heat_sample_options sampling;
    heat_sample_result draws;
    heat_ground_options search;
    heat_ground_result lowest;
    heat_logz_result z;
    heat_status status = heat_model_create_rbm(ctx, &s->rbm, &model);

    heat_sample_options_init(&sampling);
    heat_sample_result_init(&draws);
    heat_ground_options_init(&search);
    heat_ground_result_init(&lowest);
    heat_logz_result_init(&z);
    sampling.sweeps = 8;
    sampling.burn_in = 1;
    sampling.replicas = 2;
    sampling.threads = search.threads = 1;
    sampling.keep_states = true;
    sampling.clamp = search.clamp = "held.txt";
    if (status == HEAT_OK)
        status = heat_sample(ctx, model, &sampling, &draws);
    if (status == HEAT_OK)
        status = heat_ground(ctx, model, &search, &lowest);
    if (status == HEAT_OK)
        status = heat_logz(ctx, model, NULL, &z);
    heat_sample_result_clear(&draws);
    heat_ground_result_clear(&lowest);
    heat_logz_result_clear(&z);
    heat_model_free(model);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    static const heat_layer pairs[][2] = {{HEAT_LAYER_GAUSSIAN, HEAT_LAYER_POTTS},
                                          {HEAT_LAYER_BINARY, HEAT_LAYER_RELU},
                                          {HEAT_LAYER_GAUSSIAN, HEAT_LAYER_GAUSSIAN},
                                          {HEAT_LAYER_POTTS, HEAT_LAYER_SPIN}};
    FILE *file = fopen("held.txt", "w");

    assert_non_null(file);
    fputs("index,value\n0,1\n", file);
    fclose(file);
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        instance s;
        make(&s, pairs[k][0], pairs[k][1], 0.3);
        test_failing_allocations(everything, &s);
    }
    remove("held.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_z_is_that_of_what_is_left),
        cmocka_unit_test(energies_are_free_energies),
        cmocka_unit_test(estimates_are_those_of_the_whole),
        cmocka_unit_test(ground_states_are_the_lowest),
        cmocka_unit_test(a_quadratic_form_is_lowest_where_its_slope_is_none),
        cmocka_unit_test(kept_states_are_values_too),
        cmocka_unit_test(held_units_stay_where_they_are),
        cmocka_unit_test(what_has_no_lowest_energy_is_refused),
        cmocka_unit_test(potts_layers_are_a_potts_graph),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
