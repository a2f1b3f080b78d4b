/* Real numbers that are missing, or predicted from others: densities of what is there, in the data's units,
 * against sums over fine grids of the free energy of whole rows; learning from such rows, and by the
 * conditionals of single numbers. */
#include "exact/unit_enumeration.h"
#include "learn/pseudo_likelihood.h"
#include "model/views.h"
#include "random/stream.h"
#include "stats/log_sum.h"
#include "support.h"
#include "unit_instance.h"

#include <heatbath/score.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GRID = 181, ROWS = 6, MOST_HIDDEN = 40 };
static const double low = -27, step = 0.3;

/* log of the integral of exp(-F_T / T) over the values that are NaN, of the first `n`, and the mean of each.
 */
static double integrate(heat_context *ctx, const heat_model *model, double t, int n, const double *row,
                        double *mean)
{
    static double rows[GRID * GRID * V], term[GRID * GRID], out[GRID * GRID];
    int at[V], n_free = 0, count = 1;
    double sum;

    for (int i = 0; i < n; i++)
        if (isnan(row[i]))
            at[n_free++] = i;
    for (int f = 0; f < n_free; f++)
        count *= GRID;
    for (int k = 0; k < count; k++) {
        memcpy(rows + (int64_t)k * n, row, (size_t)n * sizeof *row);
        for (int f = 0, left = k; f < n_free; f++, left /= GRID)
            rows[(int64_t)k * n + at[f]] = low + step * (left % GRID);
    }
    assert_ok(ctx, heat_rbm_free_energies_of(ctx, model, t, count, rows, out));
    for (int k = 0; k < count; k++)
        term[k] = n_free * log(step) - out[k] / t;
    sum = heat_log_sum_exp(count, term);
    for (int f = 0; f < n_free && mean != NULL; f++) {
        mean[f] = 0;
        for (int k = 0; k < count; k++)
            mean[f] += exp(term[k] - sum) * rows[(int64_t)k * n + at[f]];
    }
    return sum;
}

/* Rows of numbers, `gap` of them NaN each, as data. */
static heat_data *make_rows(heat_context *ctx, int n, int gaps, double *rows)
{
    char text[ROWS * 40 * V], *at = text;
    heat_data_options read;
    heat_stream stream;
    heat_data *data;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, (uint64_t)gaps);
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < n; i++) {
            float x = (float)(1.5 * heat_stream_normal(&stream));
            bool is_gap = (i + r) % n < gaps && r > 0;
            rows[r * n + i] = is_gap ? (double)NAN : (double)x;
            at += is_gap ? sprintf(at, "nan") : sprintf(at, "%.9g", (double)x);
            at += sprintf(at, i == n - 1 ? "\n" : ",");
        }
    heat_data_options_init(&read);
    read.missing = true;
    read.header = "no";
    assert_ok(ctx, heat_data_load(ctx, test_file(".csv", text, strlen(text)), &read, &data));
    return data;
}

static void check_gaps(heat_context *ctx, const heat_model *model, int n, int gaps, double t)
{
    double rows[ROWS * V];
    heat_data *data = make_rows(ctx, n, gaps, rows);
    heat_score_options options;
    heat_score_result r;

    heat_score_options_init(&options);
    heat_score_result_init(&r);
    options.temperature = t;
    options.target_error = 0.3;
    assert_ok(ctx, heat_score(ctx, model, data, &options, &r));
    for (int k = 0; k < ROWS; k++)
        assert_close(r.log_likelihood[k] + r.log_z, integrate(ctx, model, t, n, rows + k * n, NULL), 1e-9);
    heat_score_result_clear(&r);
    heat_data_free(data);
}

/* Columns given the others: densities and means. */
static void check_predictions(heat_context *ctx, const heat_model *model, int n, const char *columns,
                              double t)
{
    double rows[ROWS * V], squares = 0;
    heat_data *data = make_rows(ctx, n, 0, rows);
    heat_score_options options;
    heat_score_result r;
    int n_predicted = 0, at[V];

    for (int i = 0; i < n; i++)
        if (strchr(columns, '1' + i) != NULL)
            at[n_predicted++] = i;
    heat_score_options_init(&options);
    heat_score_result_init(&r);
    options.temperature = t;
    options.predict = columns;
    assert_ok(ctx, heat_score(ctx, model, data, &options, &r));
    assert_int_equal(r.n_predicted, n_predicted);
    assert_true(isnan(r.log_z) && isnan(r.accuracy) && r.exact);
    for (int k = 0; k < ROWS; k++) {
        double row[V], mean[V], own;
        memcpy(row, rows + k * n, (size_t)n * sizeof *row);
        own = integrate(ctx, model, t, n, row, NULL);
        for (int f = 0; f < n_predicted; f++)
            row[at[f]] = (double)NAN;
        assert_close(r.log_likelihood[k], own - integrate(ctx, model, t, n, row, mean), 1e-9);
        for (int f = 0; f < n_predicted; f++) {
            double off = mean[f] - rows[k * n + at[f]];
            assert_close(r.predicted[k * n_predicted + f], mean[f], 1e-9);
            squares += off * off / n_predicted / ROWS;
        }
    }
    assert_close(r.rmse, sqrt(squares), 1e-9);
    assert_true(r.error_rmse > 0 && r.error_rmse < r.rmse);
    heat_score_result_clear(&r);
    heat_data_free(data);
}

static void missing_numbers_are_integrated_over(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int b = 0; b < N_KINDS; b++) {
        instance s;
        heat_model *model;
        make(&s, HEAT_LAYER_GAUSSIAN, kinds[b], kinds[b] == HEAT_LAYER_RELU ? 0.3 : 0.6);
        assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
        for (int gaps = 1; gaps <= (kinds[b] == HEAT_LAYER_RELU ? 1 : 2); gaps++) {
            check_gaps(ctx, model, V, gaps, 1);
            check_gaps(ctx, model, V, gaps, 0.7);
        }
        check_predictions(ctx, model, V, "2", 1.4);
        if (kinds[b] != HEAT_LAYER_RELU)
            check_predictions(ctx, model, V, "1,3", 0.8);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Gaussian visible units and more hidden ones than have states to be visited. */
static heat_model *make_large(heat_context *ctx, heat_layer hidden, int n, double size)
{
    static double w[V * MOST_HIDDEN * Q_HIDDEN], c[MOST_HIDDEN * Q_HIDDEN], precision[MOST_HIDDEN];
    static const double b[V] = {0.3, -0.5, 0.1}, a[V] = {1.2, 1.7, 0.9};
    int width = MOST_HIDDEN * (hidden == HEAT_LAYER_POTTS ? Q_HIDDEN : 1);
    heat_stream stream;
    heat_model *model;
    heat_rbm rbm;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 50 + (uint64_t)hidden);
    for (int k = 0; k < n * width; k++)
        w[k] = size * heat_stream_normal(&stream);
    for (int k = 0; k < width; k++)
        c[k] = heat_stream_normal(&stream);
    for (int j = 0; j < MOST_HIDDEN; j++)
        precision[j] = 0.8 + heat_stream_uniform(&stream);
    heat_rbm_init(&rbm);
    rbm.n_visible = n;
    rbm.n_hidden = MOST_HIDDEN;
    rbm.visible = HEAT_LAYER_GAUSSIAN;
    rbm.hidden = hidden;
    rbm.hidden_states = Q_HIDDEN;
    rbm.weights = w;
    rbm.visible_bias = b;
    rbm.hidden_bias = c;
    rbm.visible_precision = a;
    rbm.hidden_precision = precision;
    assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
    return model;
}

/* Their log Z by a grid over the other layer. */
static void few_gaussian_units_meet_any_number(void **state)
{
    (void)state;
    static const heat_layer hidden[] = {HEAT_LAYER_BINARY, HEAT_LAYER_SPIN, HEAT_LAYER_POTTS,
                                        HEAT_LAYER_RELU};
    static const double none[V] = {NAN, NAN, NAN};
    heat_context *ctx = test_context();

    for (int k = 0; k < 4; k++)
        for (int n = 1; n <= (hidden[k] == HEAT_LAYER_RELU ? 1 : 2); n++) {
            double size = hidden[k] == HEAT_LAYER_RELU ? 0.12 : 0.3, mean[V], t = 1.3;
            heat_model *model = make_large(ctx, hidden[k], n, size);
            heat_logz_options options;
            heat_logz_result z;
            heat_unit_layers u;
            heat_logz_options_init(&options);
            heat_logz_result_init(&z);
            options.temperature = t;
            assert_ok(ctx, heat_logz(ctx, model, &options, &z));
            assert_true(z.exact && strcmp(z.method, "quadrature") == 0);
            assert_close(z.log_z, integrate(ctx, model, t, n, none, mean), 1e-9);
            assert_true(heat_model_get_units(model, &u));
            {
                double own[V], square[V], h = 1e-4;
                heat_unit_sums s = {.wants_moments = true, .visible_mean = own, .visible_square = square};
                heat_unit_sums up = {.wants_moments = false}, down = up;
                assert_ok(ctx, heat_unit_enumeration_run(ctx, &u, 1 / t, 2, &s));
                for (int i = 0; i < n; i++)
                    assert_close(own[i], mean[i], 1e-9);
                assert_close(s.mean_energy, z.rows[0].mean_energy, 1e-12);
                assert_ok(ctx, heat_unit_enumeration_run(ctx, &u, (1 + h) / t, 1, &up));
                assert_ok(ctx, heat_unit_enumeration_run(ctx, &u, (1 - h) / t, 1, &down));
                assert_close((down.log_z - up.log_z) / (2 * h / t), s.mean_energy, 1e-5);
            }
            heat_logz_result_clear(&z);
            check_gaps(ctx, model, n, n, t);
            if (n > 1)
                check_predictions(ctx, model, n, "1", 0.9);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

static void what_is_too_much_is_refused(void **state)
{
    (void)state;
    static const struct {
        heat_layer hidden;
        int gaps;
        double size;
        const char *message;
    } cases[] = {
        {HEAT_LAYER_RELU, 2, 0.1, "a single one, or hidden units of another kind"},
        {HEAT_LAYER_RELU, 1, 2, "diverges"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_model *model = make_large(ctx, cases[k].hidden, V, cases[k].size);
        double rows[ROWS * V];
        heat_data *data = make_rows(ctx, V, cases[k].gaps, rows);
        heat_score_result r;
        heat_score_result_init(&r);
        assert_int_not_equal(heat_score(ctx, model, data, NULL, &r), HEAT_OK);
        assert_contains(heat_context_error(ctx), cases[k].message);
        heat_data_free(data);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* --- learning --- */

/* Rows of V numbers with units of their own, and a shared part; `share` of the values are missing. */
static heat_data *make_table(heat_context *ctx, int n_rows, double share)
{
    static char text[1000 * V * 24];
    char *at = text;
    heat_data_options read;
    heat_stream stream;
    heat_data *data;

    assert_true(n_rows <= 1000);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 77);
    for (int r = 0; r < n_rows; r++) {
        double shared = heat_stream_normal(&stream);
        for (int i = 0; i < V; i++) {
            double x = (shared + 0.4 * heat_stream_normal(&stream)) * (0.5 + i) - 3 * i;
            bool is_gap = heat_stream_uniform(&stream) < share;
            at += is_gap ? sprintf(at, "nan") : sprintf(at, "%.7g", x);
            at += sprintf(at, i == V - 1 ? "\n" : ",");
        }
    }
    heat_data_options_init(&read);
    read.missing = true;
    read.header = "no";
    assert_ok(ctx, heat_data_load(ctx, test_file(".csv", text, strlen(text)), &read, &data));
    return data;
}

static void open_learner(heat_context *ctx, const heat_data *data, heat_layer hidden, heat_learner *l,
                         heat_learn_rows *rows)
{
    heat_learn_options options;
    heat_stream stream;

    *l = (heat_learner){.kind = &heat_learn_kind_rbm};
    *rows = (heat_learn_rows){0};
    heat_learn_options_init(&options);
    options.hidden = H;
    options.hidden_layer = heat_layer_name(hidden);
    assert_ok(ctx, l->kind->open(ctx, &(heat_learn_input){.size = sizeof(heat_learn_input), .data = data},
                                 &options, l));
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 78);
    for (int64_t a = 0; a < l->n_parameters; a++)
        l->parameters[a] += 0.2 * heat_stream_normal(&stream);
    assert_ok(ctx, heat_learn_rows_load(ctx, data, true, rows));
    assert_ok(ctx, heat_learn_rows_prepare(ctx, l, data, 1, rows));
}

/* log weight of row r by a grid in the data's units. */
static double by_grid(const heat_learner *l, const heat_learn_rows *rows, int64_t r)
{
    enum { NODES = 201 };
    static float filled[NODES * NODES * NODES * V];
    static double term[NODES * NODES * NODES];
    int at[V], n_free = 0, count = 1;

    for (int i = 0; i < V; i++)
        if (rows->missing[r * V + i]) {
            at[n_free++] = i;
            count *= NODES;
        }
    for (int k = 0; k < count; k++) {
        memcpy(filled + (int64_t)k * V, (const float *)rows->states + r * V, V * sizeof *filled);
        for (int f = 0, left = k; f < n_free; f++, left /= NODES)
            filled[(int64_t)k * V + at[f]] =
                (float)((left % NODES - NODES / 2) * 0.1 * (0.5 + at[f]) - 3 * at[f]);
    }
    l->kind->log_weights(l, count, filled, term);
    for (int k = 0; k < count; k++)
        for (int f = 0; f < n_free; f++)
            term[k] += log(0.1 * (0.5 + at[f]));
    return heat_log_sum_exp(count, term);
}

static double sum_of(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows)
{
    double weights[64], sum = 0;

    assert_true(rows->n <= 64);
    assert_ok(ctx, heat_learn_rows_log_weights(ctx, l, rows, weights));
    for (int64_t r = 0; r < rows->n; r++)
        sum += isnan(weights[r]) ? 0 : rows->weight[r] * weights[r];
    return sum;
}

/* Weights of rows are integrals, the positive phase is their slope, and the model that is made gives the rows
 * the same density. */
static void gradients_know_what_is_missing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int b = 0; b < N_KINDS; b++) {
        bool is_half = kinds[b] == HEAT_LAYER_RELU;
        heat_data *data = make_table(ctx, 20, 0.3);
        double weights[64], sum[MOST * MOST] = {0}, h = 1e-4;
        heat_learn_rows rows;
        heat_learner l;
        int64_t n_sampled = 0;
        open_learner(ctx, data, kinds[b], &l, &rows);
        assert_ok(ctx, heat_learn_rows_log_weights(ctx, &l, &rows, weights));
        for (int64_t r = 0; r < rows.n; r++) {
            int n_gaps = 0;
            for (int i = 0; i < V; i++)
                n_gaps += rows.missing[r * V + i];
            assert_true(isnan(weights[r]) == (is_half && n_gaps > 1));
            n_sampled += isnan(weights[r]);
            if (n_gaps > 0 && n_gaps <= 2 && isfinite(weights[r]))
                assert_close(weights[r], by_grid(&l, &rows, r), 2e-6); /* nodes are floats */
        }
        assert_true(n_sampled == rows.n_sampled && (n_sampled > 0) == is_half);
        rows.weight[0] = 0.4;
        rows.weight[1] = 1.6;
        if (is_half) { /* the others have statistics of what fills them */
            assert_true(rows.goes_on);
            for (int64_t r = 0; r < rows.n; r++)
                rows.weight[r] = isnan(weights[r]) ? 0 : rows.weight[r];
        }
        assert_ok(ctx, heat_learn_rows_add_statistics(ctx, &l, &rows, sum));
        for (int64_t a = 0; a < l.n_parameters; a++) {
            double at = l.parameters[a], slope;
            l.parameters[a] = at + h;
            slope = sum_of(ctx, &l, &rows);
            l.parameters[a] = at - h;
            slope -= sum_of(ctx, &l, &rows);
            l.parameters[a] = at;
            assert_close(slope / (2 * h), sum[a], 1e-5 * fmax(1, fabs(sum[a])));
        }
        if (!is_half) {
            heat_score_result score;
            heat_model *model;
            double log_z;
            heat_score_result_init(&score);
            assert_ok(ctx, l.kind->sum_states(ctx, &l, 1, NULL, &log_z));
            assert_ok(ctx, l.kind->make_model(ctx, &l, &model));
            assert_ok(ctx, heat_score(ctx, model, data, NULL, &score));
            for (int64_t r = 0; r < rows.n; r++)
                assert_close(score.log_likelihood[r], weights[r] - log_z, 1e-9);
            heat_score_result_clear(&score);
            heat_model_free(model);
        }
        heat_learn_rows_clear(&rows);
        heat_learner_clear(&l);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

/* Gaps drawn again and again have the means of the integral, squares too. */
static void gaps_are_drawn_by_the_model(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    heat_context *ctx = test_context();

    for (int b = 0; b < N_KINDS; b++) {
        heat_data *data = make_table(ctx, 20, 0.3);
        double exact[MOST * MOST] = {0}, drawn[MOST * MOST] = {0}, one = 1, scale = 1.0 / DRAWS;
        heat_learn_rows rows;
        heat_learner l;
        heat_stream stream;
        int8_t gaps[V] = {0, 1, 0};
        float row[V] = {0.3F, 9, -5}, before[V];
        open_learner(ctx, data, kinds[b], &l, &rows);
        gaps[2] = kinds[b] != HEAT_LAYER_RELU; /* of which one is integrated over */
        memcpy(before, row, sizeof row);
        assert_ok(ctx, l.kind->integrate(ctx, &l, row, gaps, one, exact, NULL));
        heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 79);
        for (int d = -50; d < DRAWS; d++) {
            l.kind->draw_gaps(&l, &stream, gaps, row);
            if (d >= 0)
                l.kind->add_statistics(&l, 1, row, &scale, drawn);
        }
        assert_true(row[0] == before[0] && row[1] != before[1] && (row[2] == before[2]) == !gaps[2]);
        for (int64_t a = 0; a < l.n_parameters; a++)
            assert_close(drawn[a], exact[a], 0.04 * fmax(1, fabs(exact[a])));
        heat_learn_rows_clear(&rows);
        heat_learner_clear(&l);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

/* A third of the values left out: the exact road rises to a maximum, and there the others stay. */
static void every_phase_learns_from_what_is_there(void **state)
{
    (void)state;
    static const char *const phases[] = {"exact", "cd:10", "pcd:3"};
    static const heat_layer hidden[] = {HEAT_LAYER_GAUSSIAN, HEAT_LAYER_BINARY};
    heat_context *ctx = test_context();

    for (int b = 0; b < 2; b++) {
        heat_data *data = make_table(ctx, 200, 0.33);
        heat_learn_input input = {.size = sizeof input, .data = data};
        heat_learn_result r[3];
        for (int k = 0; k < 3; k++) {
            heat_learn_options options;
            heat_learn_options_init(&options);
            heat_learn_result_init(&r[k]);
            options.hidden = hidden[b] == HEAT_LAYER_GAUSSIAN ? 1 : 3;
            options.hidden_layer = heat_layer_name(hidden[b]);
            options.negative = phases[k];
            if (k == 0)
                options.tolerance = 1e-6;
            options.epochs = k == 0 ? 300 : 100;
            options.threads = 1;
            input.initial = k == 0 ? NULL : r[0].model;
            assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r[k]));
            for (int64_t h = 1; h < r[k].n_history && k == 0; h++)
                assert_true(r[k].history[h].train >= r[k].history[h - 1].train - 1e-9);
            print_message("%s: %.4f\n", phases[k], r[k].train.mean);
        }
        assert_true(r[0].train.mean > r[0].history[0].train + 0.5);
        for (int k = 1; k < 3; k++)
            assert_true(fabs(r[k].train.mean - r[0].train.mean) < 0.02);
        for (int k = 0; k < 3; k++)
            heat_learn_result_clear(&r[k]);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

/* --- the pseudo-likelihood --- */

static double sum_of_conditionals(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows)
{
    double value[64], sum = 0;

    assert_ok(ctx, heat_pseudo_find(ctx, l, rows->n, rows->states, NULL, V, NULL, value, NULL));
    for (int64_t r = 0; r < rows->n; r++)
        sum += rows->weight[r] * value[r];
    return sum;
}

/* Each number given the others by a grid in the data's units; slopes by differences; one site of each row,
 * drawn, stands for all. */
static void conditionals_are_integrals(void **state)
{
    (void)state;
    enum { N = 12, DRAWS = 1000 };
    heat_context *ctx = test_context();

    for (int b = 0; b < N_KINDS; b++) {
        heat_data *data = make_table(ctx, N, 0);
        double value[N], own[N], less[MOST * MOST] = {0}, some[MOST * MOST] = {0}, h = 1e-4;
        double one[N];
        int8_t gaps[N * V] = {0};
        heat_learn_rows rows;
        heat_learner l;
        heat_stream stream;
        open_learner(ctx, data, kinds[b], &l, &rows);
        rows.weight[0] = 0.4;
        rows.weight[1] = 1.6;
        rows.missing = gaps; /* for the grid */
        assert_ok(ctx, heat_pseudo_find(ctx, &l, N, rows.states, rows.weight, V, NULL, value, less));
        l.kind->log_weights(&l, N, rows.states, own);
        for (int64_t r = 0; r < N; r++) {
            double expected = 0;
            for (int i = 0; i < V; i++) {
                gaps[r * V + i] = 1;
                expected += own[r] - by_grid(&l, &rows, r);
                gaps[r * V + i] = 0;
            }
            assert_close(value[r], expected, 5e-6); /* nodes are floats */
        }
        rows.missing = NULL;
        for (int64_t a = 0; a < l.n_parameters; a++) {
            double at = l.parameters[a], slope;
            l.parameters[a] = at + h;
            slope = sum_of_conditionals(ctx, &l, &rows);
            l.parameters[a] = at - h;
            slope -= sum_of_conditionals(ctx, &l, &rows);
            l.parameters[a] = at;
            assert_close(slope / (2 * h), -less[a], 2e-6 * fmax(1, fabs(less[a])));
        }
        heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 80);
        for (int d = 0; d < DRAWS; d++)
            assert_ok(ctx, heat_pseudo_find(ctx, &l, N, rows.states, rows.weight, 1, &stream, one, some));
        for (int64_t a = 0; a < l.n_parameters; a++)
            assert_close(some[a] / DRAWS, less[a], 0.05 * N);
        heat_learn_rows_clear(&rows);
        heat_learner_clear(&l);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

/* Of numbers that a shared one explains: training by conditionals comes close to the best likelihood. */
static void conditionals_teach(void **state)
{
    (void)state;
    static const char *const objectives[] = {"likelihood", "pseudo-likelihood"};
    heat_context *ctx = test_context();
    heat_data *data = make_table(ctx, 200, 0);
    heat_learn_input input = {.size = sizeof input, .data = data};
    heat_learn_result r[2];

    for (int k = 0; k < 2; k++) {
        heat_learn_options options;
        heat_learn_options_init(&options);
        heat_learn_result_init(&r[k]);
        options.hidden = 1;
        options.hidden_layer = "gaussian";
        options.objective = objectives[k];
        if (k == 1) {
            options.epochs = 600;
            options.learning_rate = 0.3;
        }
        assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r[k]));
        print_message("%s: %.4f, pseudo %.4f\n", objectives[k], r[k].train.mean, r[k].pseudo.mean);
    }
    assert_true(r[1].train.mean < r[0].train.mean + 1e-6 && r[1].train.mean > r[0].train.mean - 0.05);
    assert_true(isfinite(r[1].pseudo.mean) && r[1].pseudo.error > 0);
    for (int k = 0; k < 2; k++)
        heat_learn_result_clear(&r[k]);
    heat_data_free(data);
    heat_context_free(ctx);
}

/* --- failures --- */

/* A few rows, some with gaps: learned in two ways, scored in two. */
static heat_status use_little(heat_context *ctx, void *arg)
{
    static const double whole[] = {1.5, 1, 3, -0.5, 0.25, 1, 0.75, 1.5, 2};
    const char *path = arg;
    heat_data *data = NULL, *gaps = NULL;
    heat_learn_input input = {.size = sizeof input};
    heat_data_options read;
    heat_learn_options options;
    heat_learn_result r;
    heat_score_options how;
    heat_score_result score;
    heat_status status;

    heat_data_options_init(&read);
    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    heat_score_options_init(&how);
    heat_score_result_init(&score);
    read.missing = true;
    read.header = "no";
    options.hidden = 1;
    options.epochs = 1;
    options.threads = how.threads = 1;
    status = heat_data_create(ctx, 3, V, whole, &data);
    if (status == HEAT_OK)
        status = heat_data_load(ctx, path, &read, &gaps);
    input.data = data;
    options.objective = "pseudo-likelihood";
    options.visible_layer = "gaussian";
    if (status == HEAT_OK)
        status = heat_learn(ctx, "rbm", &input, &options, &r);
    heat_learn_result_clear(&r);
    input.data = gaps;
    options.objective = "likelihood";
    if (status == HEAT_OK)
        status = heat_learn(ctx, "rbm", &input, &options, &r);
    if (status == HEAT_OK)
        status = heat_score(ctx, r.model, gaps, &how, &score);
    heat_score_result_clear(&score);
    how.predict = "2";
    if (status == HEAT_OK)
        status = heat_score(ctx, r.model, data, &how, &score);
    heat_score_result_clear(&score);
    heat_learn_result_clear(&r);
    heat_data_free(gaps);
    heat_data_free(data);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    static const char text[] = "1.5,nan,3\n-0.5,0.25,1\n0.75,1.5,2\n";
    char path[256];

    snprintf(path, sizeof path, "%s", test_file(".csv", text, strlen(text)));
    test_failing_allocations(use_little, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_numbers_are_integrated_over),
        cmocka_unit_test(few_gaussian_units_meet_any_number),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(gradients_know_what_is_missing),
        cmocka_unit_test(gaps_are_drawn_by_the_model),
        cmocka_unit_test(every_phase_learns_from_what_is_there),
        cmocka_unit_test(conditionals_are_integrals),
        cmocka_unit_test(conditionals_teach),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
