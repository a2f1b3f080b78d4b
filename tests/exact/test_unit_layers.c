/* RBMs of every pairing of layers: free energies against sums and integrals over the hidden layer, draws
 * against conditional means, log Z, mean energies and moments of exact sums against brute force, quadrature
 * and differences, energies of states, files. */
#include "exact/unit_enumeration.h"
#include "model/views.h"
#include "stats/log_sum.h"
#include "support.h"
#include "unit_instance.h"

#include <heatbath/logz.h>
#include <heatbath/sample.h>
#include <heatbath/score.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 4001 };

/* --- units summed by brute force --- */

/* Values of a unit and the logarithms of their weights: of a whole line equal ones, of half of it Simpson's.
 */
static int points_of(heat_layer layer, int q, int points, double *value, double *log_weight)
{
    double low = layer == HEAT_LAYER_RELU ? 0 : -14, step = (14 - low) / (points - 1);
    int n = layer == HEAT_LAYER_POTTS ? q : is_real(layer) ? points : 2;

    for (int k = 0; k < n; k++) {
        value[k] = layer == HEAT_LAYER_SPIN ? 2 * k - 1 : is_real(layer) ? low + step * k : k;
        log_weight[k] = !is_real(layer)                ? 0
                        : layer == HEAT_LAYER_GAUSSIAN ? log(step)
                        : k == 0 || k == n - 1         ? log(step / 3)
                                                       : log((k % 2 == 1 ? 4 : 2) * step / 3);
    }
    return n;
}

/* -F_T(v) / T by hidden units one by one: given v they are independent. */
static double log_weight_of(const heat_rbm *r, double t, const double *v)
{
    static double value[POINTS], log_weight[POINTS], term[POINTS];
    int n = points_of(r->hidden, Q_HIDDEN, POINTS, value, log_weight);
    double zero[H] = {0}, base = energy_of(r, v, zero), sum = -base / t;

    for (int j = 0; j < H; j++) {
        for (int k = 0; k < n; k++) {
            double h[H] = {0};
            h[j] = value[k];
            term[k] = log_weight[k] - (energy_of(r, v, h) - base) / t;
        }
        sum += heat_log_sum_exp(n, term);
    }
    return sum;
}

static void free_energies_are_sums_over_hidden_units(void **state)
{
    (void)state;
    static const double temperatures[] = {1, 0.7, 2.5};
    heat_context *ctx = test_context();
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 99);
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 5; b++) {
            instance s;
            heat_model *model;
            make(&s, kinds[a], kinds[b], 0.7);
            assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
            for (int k = 0; k < 3; k++) {
                double v[V], f, t = temperatures[k];
                for (int i = 0; i < V; i++)
                    v[i] = kinds[a] == HEAT_LAYER_GAUSSIAN ? 2 * heat_stream_normal(&stream)
                           : kinds[a] == HEAT_LAYER_POTTS  ? (int)heat_stream_below(&stream, Q_VISIBLE)
                           : kinds[a] == HEAT_LAYER_SPIN   ? 2 * (int)heat_stream_below(&stream, 2) - 1
                                                           : (int)heat_stream_below(&stream, 2);
                assert_ok(ctx, heat_rbm_free_energies_of(ctx, model, t, 1, v, &f));
                assert_close(-f / t, log_weight_of(&s.rbm, t, v), 1e-9);
            }
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* --- the kinds --- */

/* log_sum's derivative by the field is beta times the mean, by the precision -beta/2 times the mean square;
 * far out on both sides too. */
static void means_are_derivatives_and_draws_have_them(void **state)
{
    (void)state;
    static const double fields[] = {-60, -9, -3.01, -2.99, -0.4, 0, 0.3, 1.5, 8, 50};
    enum { N_FIELDS = sizeof fields / sizeof *fields, DRAWS = 40000 };
    const double beta = 0.8, step = 1e-4;
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 5);
    for (int k = 0; k < 5; k++)
        for (int at = 0; at < N_FIELDS; at++) {
            double precision = 1.3, up = precision * (1 + step), down = precision * (1 - step), square, slope;
            double field[3] = {fields[at], 0.2, -0.1}, mean[3], x, sum = 0, squares = 0, deviation;
            heat_unit_layer l = {heat_layer_kind_get(kinds[k]), 1, kinds[k] == HEAT_LAYER_POTTS ? 3 : 1,
                                 field, &precision};
            double h = step * fmax(1, fabs(fields[at]));
            l.kind->means(&l, beta, field, mean, &square);
            field[0] += h;
            slope = l.kind->log_sum(&l, beta, field);
            field[0] -= 2 * h;
            slope -= l.kind->log_sum(&l, beta, field);
            field[0] += h;
            assert_close(slope / (2 * h), beta * mean[0], 1e-6 * (1 + fabs(mean[0])));
            if (l.kind->has_precision) {
                l.precision = &up;
                slope = l.kind->log_sum(&l, beta, field);
                l.precision = &down;
                slope -= l.kind->log_sum(&l, beta, field);
                l.precision = &precision;
                assert_close(slope / (up - down), -beta / 2 * square, 1e-6 * (1 + square));
                assert_true(square > 0);
            } else {
                square = kinds[k] == HEAT_LAYER_SPIN ? 1 : mean[0];
            }
            if (kinds[k] == HEAT_LAYER_RELU)
                assert_true(mean[0] > 0 && square > mean[0] * mean[0]);
            for (int d = 0; d < DRAWS; d++) {
                int32_t place;
                double feature;
                l.kind->draw(&l, beta, field, &stream, &x);
                feature = heat_unit_feature(&l, x, &place);
                sum += place == 0 ? feature : 0;
                squares += place == 0 ? feature * feature : 0;
            }
            deviation = sqrt(fmax(square - mean[0] * mean[0], 1e-300) / DRAWS);
            assert_close(sum / DRAWS, mean[0], 6 * deviation + 1e-12);
            if (l.kind->has_precision) /* the fourth central moment is at most 3 deviation^4 */
                assert_close(squares / DRAWS, square,
                             6 * deviation * (2 * fabs(mean[0]) + 3 * deviation * sqrt(DRAWS)) + 1e-12);
        }
}

/* --- exact sums --- */

/* log Z by brute force over the visible layer, the hidden units one by one; Gaussian visible units on a grid.
 */
static double log_z_of(const heat_rbm *r, double t)
{
    enum { GRID = 57 };
    static double value[GRID], log_weight[GRID], term[GRID * GRID * GRID];
    int n = points_of(r->visible, Q_VISIBLE, GRID, value, log_weight), count = 0;

    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            for (int c = 0; c < n; c++) {
                double v[V] = {value[a], value[b], value[c]};
                term[count++] = log_weight_of(r, t, v) + log_weight[a] + log_weight[b] + log_weight[c];
            }
    return heat_log_sum_exp(count, term);
}

typedef struct moments {
    double visible[MOST], hidden[MOST], pair[MOST * MOST], visible_square[V], hidden_square[H];
} moments;

static heat_unit_sums sums_of(moments *m)
{
    return (heat_unit_sums){.wants_moments = true,
                            .visible_mean = m->visible,
                            .hidden_mean = m->hidden,
                            .pair_mean = m->pair,
                            .visible_square = m->visible_square,
                            .hidden_square = m->hidden_square};
}

static double run(heat_context *ctx, const heat_unit_layers *u, double beta)
{
    heat_unit_sums s = {.wants_moments = false};

    assert_ok(ctx, heat_unit_enumeration_run(ctx, u, beta, 1, &s));
    return s.log_z;
}

/* Every moment is a derivative of log Z by the number that it goes with. */
static void check_slope(heat_context *ctx, const heat_unit_layers *u, double beta, double *number,
                        double factor, double moment)
{
    double at = *number, h = 1e-4, slope;

    *number = at + h;
    slope = run(ctx, u, beta);
    *number = at - h;
    slope -= run(ctx, u, beta);
    *number = at;
    assert_close(slope / (2 * h), factor * beta * moment, 2e-6);
}

static void check_moments(heat_context *ctx, const heat_unit_layers *u, double beta)
{
    static double weights[MOST * MOST], visible_bias[MOST], hidden_bias[MOST], visible_precision[V],
        hidden_precision[H];
    static moments m;
    int v = (int)heat_unit_layer_width(&u->visible), h = (int)heat_unit_layer_width(&u->hidden);
    heat_unit_sums s = sums_of(&m), again = {.wants_moments = true};
    heat_unit_layers own = *u;

    memcpy(weights, u->weights, (size_t)(v * h) * sizeof *weights);
    memcpy(visible_bias, u->visible.bias, (size_t)v * sizeof *visible_bias);
    memcpy(hidden_bias, u->hidden.bias, (size_t)h * sizeof *hidden_bias);
    own.weights = weights;
    own.visible.bias = visible_bias;
    own.hidden.bias = hidden_bias;
    if (u->visible.precision != NULL)
        own.visible.precision = memcpy(visible_precision, u->visible.precision, sizeof visible_precision);
    if (u->hidden.precision != NULL)
        own.hidden.precision = memcpy(hidden_precision, u->hidden.precision, sizeof hidden_precision);
    assert_ok(ctx, heat_unit_enumeration_run(ctx, &own, beta, 1, &s));
    assert_ok(ctx, heat_unit_enumeration_run(ctx, &own, beta, 2, &again));
    assert_true(s.log_z == again.log_z && s.mean_energy == again.mean_energy);
    assert_close((run(ctx, &own, beta * (1 + 1e-4)) - run(ctx, &own, beta * (1 - 1e-4))) / (2e-4 * beta),
                 -s.mean_energy, 2e-6);
    for (int a = 0; a < v; a++)
        check_slope(ctx, &own, beta, &visible_bias[a], 1, m.visible[a]);
    for (int b = 0; b < h; b++)
        check_slope(ctx, &own, beta, &hidden_bias[b], 1, m.hidden[b]);
    for (int k = 0; k < v * h; k++)
        check_slope(ctx, &own, beta, &weights[k], 1, m.pair[k]);
    for (int i = 0; i < V && u->visible.precision != NULL; i++)
        check_slope(ctx, &own, beta, &visible_precision[i], -0.5, m.visible_square[i]);
    for (int j = 0; j < H && u->hidden.precision != NULL; j++)
        check_slope(ctx, &own, beta, &hidden_precision[j], -0.5, m.hidden_square[j]);
}

static void exact_sums_are_those_of_brute_force(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 5; b++) {
            instance s;
            heat_model *model;
            heat_unit_layers u;
            heat_logz_options opt;
            heat_logz_result z;
            if (kinds[a] == HEAT_LAYER_GAUSSIAN && kinds[b] == HEAT_LAYER_RELU)
                continue;
            make(&s, kinds[a], kinds[b], 0.5);
            assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
            assert_true(heat_model_get_units(model, &u));
            if (!(kinds[a] == HEAT_LAYER_GAUSSIAN && kinds[b] == HEAT_LAYER_GAUSSIAN))
                assert_close(run(ctx, &u, 0.8), log_z_of(&s.rbm, 1.25), 1e-8);
            check_moments(ctx, &u, 0.8);
            heat_logz_options_init(&opt);
            heat_logz_result_init(&z);
            opt.temperature = 1.25;
            assert_ok(ctx, heat_logz(ctx, model, &opt, &z));
            assert_true(z.exact);
            assert_close(z.log_z, run(ctx, &u, 0.8), 1e-11);
            heat_logz_result_clear(&z);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

static void two_gaussian_layers_are_one_normal_distribution(void **state)
{
    (void)state;
    double w = 0.9, b = 0.4, c = -0.3, a = 1.5, d = 0.8, t = 1.25, expected;
    heat_rbm r;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_unit_layers u;
    heat_unit_sums s = {.wants_moments = false};

    heat_rbm_init(&r);
    r.n_visible = r.n_hidden = 1;
    r.visible = r.hidden = HEAT_LAYER_GAUSSIAN;
    r.weights = &w;
    r.visible_bias = &b;
    r.hidden_bias = &c;
    r.visible_precision = &a;
    r.hidden_precision = &d;
    assert_ok(ctx, heat_model_create_rbm(ctx, &r, &model));
    assert_true(heat_model_get_units(model, &u));
    expected = (d * a * a * b * b + 2 * w * a * b * d * c + a * d * d * c * c) / (a * d - w * w) / 2 / t +
               log(2 * 3.14159265358979324 * t) - log(a * d - w * w) / 2 - (a * b * b + d * c * c) / 2 / t;
    assert_close(run(ctx, &u, 1 / t), expected, 1e-12);
    heat_model_free(model);
    w = 1.2; /* beyond sqrt(a d) */
    assert_ok(ctx, heat_model_create_rbm(ctx, &r, &model));
    assert_true(heat_model_get_units(model, &u));
    assert_int_equal(heat_unit_enumeration_run(ctx, &u, 1, 1, &s), HEAT_ERROR_UNDEFINED);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* --- states --- */

static void states_of_few_values_have_their_energies(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            instance s;
            heat_model *model;
            heat_stream stream;
            make(&s, kinds[a], kinds[b], 1);
            if (a < 2 && b < 2)
                continue;
            assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
            heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 7);
            for (int k = 0; k < 50; k++) {
                int8_t row[V + H], to;
                double v[V], h[H], energy, delta, then;
                int32_t site = (int32_t)heat_stream_below(&stream, V + H);
                for (int i = 0; i < V + H; i++)
                    row[i] = heat_model_random_value(model, i, &stream);
                to = heat_model_random_value(model, site, &stream);
                for (int i = 0; i < V + H; i++)
                    *(i < V ? v + i : h + (i - V)) =
                        (i < V ? s.rbm.visible : s.rbm.hidden) == HEAT_LAYER_SPIN ? 2 * row[i] - 1 : row[i];
                assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
                assert_close(energy, energy_of(&s.rbm, v, h), 1e-12);
                assert_ok(ctx, heat_model_deltas(ctx, model, 1, row, site, &to, &delta));
                row[site] = to;
                assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &then));
                assert_close(delta, then - energy, 1e-12);
                row[0] = a == 2 ? Q_VISIBLE : 2;
                assert_int_equal(heat_model_get_energy(ctx, model, 1, row, &then), HEAT_ERROR_ARGUMENT);
            }
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* --- files, and what is refused --- */

static void files_keep_every_array(void **state)
{
    (void)state;
    static const char path[] = "unit_layers.h5";
    heat_context *ctx = test_context();

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 5; b++) {
            instance s;
            heat_model *model, *again;
            heat_rbm r;
            make(&s, kinds[a], kinds[b], 1);
            assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
            assert_ok(ctx, heat_model_save(ctx, model, path));
            assert_ok(ctx, heat_model_load(ctx, path, &again));
            heat_rbm_init(&r);
            assert_ok(ctx, heat_model_get_rbm(ctx, again, &r));
            assert_true(r.visible == kinds[a] && r.hidden == kinds[b] && r.offset == s.rbm.offset);
            for (int k = 0; k < V * H * (a == 2 ? Q_VISIBLE : 1) * (b == 2 ? Q_HIDDEN : 1); k++)
                assert_true(r.weights[k] == s.weights[k]);
            for (int k = 0; k < V * (a == 2 ? Q_VISIBLE : 1); k++)
                assert_true(r.visible_bias[k] == s.visible_bias[k]);
            for (int k = 0; k < H * (b == 2 ? Q_HIDDEN : 1); k++)
                assert_true(r.hidden_bias[k] == s.hidden_bias[k]);
            assert_true((r.visible_precision == NULL) == (a < 3) && (r.hidden_precision == NULL) == (b < 3));
            for (int i = 0; i < V && a >= 3; i++)
                assert_true(r.visible_precision[i] == s.visible_precision[i]);
            for (int j = 0; j < H && b >= 3; j++)
                assert_true(r.hidden_precision[j] == s.hidden_precision[j]);
            heat_model_free(model);
            heat_model_free(again);
        }
    remove(path);
    heat_context_free(ctx);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    instance s;
    double energy, v[V] = {0, 0, 0.5};
    int8_t row[V + H] = {0};

    make(&s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_BINARY, 1);
    s.rbm.visible = HEAT_LAYER_RELU;
    assert_int_equal(heat_model_create_rbm(ctx, &s.rbm, &model), HEAT_ERROR_ARGUMENT);
    s.rbm.visible = HEAT_LAYER_GAUSSIAN;
    s.visible_precision[1] = 0;
    assert_int_equal(heat_model_create_rbm(ctx, &s.rbm, &model), HEAT_ERROR_ARGUMENT);
    s.visible_precision[1] = 1;
    assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
    assert_int_equal(heat_model_get_energy(ctx, model, 1, row, &energy), HEAT_ERROR_UNABLE);
    heat_model_free(model);
    make(&s, HEAT_LAYER_POTTS, HEAT_LAYER_BINARY, 1);
    assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
    assert_int_equal(heat_rbm_free_energies_of(ctx, model, 1, 1, v, &energy), HEAT_ERROR_ARGUMENT);
    heat_model_free(model);
    s.rbm.visible_states = 1;
    assert_int_equal(heat_model_create_rbm(ctx, &s.rbm, &model), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

/* Whatever the field, a draw ends. */
static void draws_far_out_end(void **state)
{
    (void)state;
    const double infinite = (double)INFINITY,
                 fields[] = {1e9, 1e300, infinite, -1e9, -1e300, -infinite, (double)NAN};
    double precision = 1, value;
    heat_unit_layer l = {
        .kind = heat_layer_kind_get(HEAT_LAYER_RELU), .n = 1, .q = 1, .precision = &precision};
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 12);
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
        l.kind->draw(&l, 1, &fields[k], &stream, &value);
        if (isnan(fields[k]))
            assert_true(isnan(value));
        else if (fields[k] > 0)
            assert_true(value == fields[k]);
        else
            assert_true(value >= 0 && value <= -40 / fields[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_energies_are_sums_over_hidden_units),
        cmocka_unit_test(means_are_derivatives_and_draws_have_them),
        cmocka_unit_test(draws_far_out_end),
        cmocka_unit_test(exact_sums_are_those_of_brute_force),
        cmocka_unit_test(two_gaussian_layers_are_one_normal_distribution),
        cmocka_unit_test(states_of_few_values_have_their_energies),
        cmocka_unit_test(files_keep_every_array),
        cmocka_unit_test(what_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
