/* Likelihoods of rows against the sum over all states of all variables, for every kind of model and coding.
 */
#include "random/stream.h"
#include "support.h"

#include <heatbath/score.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { V = 4, H = 3, N = V + H, ROWS = 6, MISSING = 2 };

/* log p of a row by the definition: states of the model that agree with it, over all states. `low` is what
 * the model writes for a unit that is off. */
static double log_p(heat_context *ctx, const heat_model *model, const int8_t *row, double temperature)
{
    heat_model_info info;
    double all = 0, these = 0;
    int8_t low;

    heat_model_describe(model, &info);
    low = info.coding == HEAT_CODING_SPIN ? -1 : 0;
    for (int x = 0; x < 1 << info.n_variables; x++) {
        int8_t state[N];
        double energy, weight;
        bool agrees = true;
        for (int i = 0; i < info.n_variables; i++)
            state[i] = x >> i & 1 ? 1 : low;
        for (int i = 0; i < V; i++)
            agrees = agrees && (row[i] == MISSING || (state[i] == 1) == (row[i] == 1));
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, state, &energy));
        weight = exp(-energy / temperature);
        all += weight;
        these += agrees ? weight : 0;
    }
    return log(these / all);
}

static heat_data *make_rows(heat_context *ctx, bool spins, int8_t *rows)
{
    heat_stream stream;
    heat_data *data;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 7);
    for (int k = 0; k < ROWS * V; k++)
        rows[k] = heat_stream_bits(&stream) & 1 ? 1 : spins ? -1 : 0;
    rows[0] = 1;
    rows[1] = spins ? -1 : 0;
    assert_ok(ctx, heat_data_create_states(ctx, ROWS, V, rows, &data));
    return data;
}

/* log p(y | x) is that of the row less that of all rows that agree in x; the likeliest of them is predicted.
 */
static void check_prediction(heat_context *ctx, const heat_model *model, const heat_data *data,
                             const int8_t *rows, bool spins, double temperature)
{
    heat_score_options options;
    heat_score_result r;
    double right = 0;

    heat_score_options_init(&options);
    heat_score_result_init(&r);
    options.temperature = temperature;
    options.predict = "1,3-4";
    assert_ok(ctx, heat_score(ctx, model, data, &options, &r));
    assert_int_equal(r.n_predicted, 3);
    assert_true(isnan(r.log_z) && r.error_log_z == 0);
    for (int k = 0; k < ROWS; k++) {
        double sum = 0, best = 0;
        int8_t row[V], likely[V] = {0};
        bool is_right = true;
        for (int way = 0; way < 8; way++) {
            static const int at[] = {0, 2, 3};
            double p;
            memcpy(row, rows + k * V, V);
            for (int i = 0; i < 3; i++)
                row[at[i]] = way >> i & 1 ? 1 : spins ? -1 : 0;
            p = exp(log_p(ctx, model, row, temperature));
            sum += p;
            if (p > best) {
                best = p;
                memcpy(likely, row, V);
            }
        }
        assert_close(r.log_likelihood[k], log_p(ctx, model, rows + k * V, temperature) - log(sum), 1e-10);
        for (int i = 0; i < 3; i++) {
            int column = i == 0 ? 0 : i + 1;
            assert_true(r.predicted[k * 3 + i] == likely[column]);
            is_right = is_right && likely[column] == rows[k * V + column];
        }
        right += is_right;
    }
    assert_close(r.accuracy, right / ROWS, 1e-12);
    heat_score_result_clear(&r);
}

static void check_ranking(heat_context *ctx, const heat_model *model, const heat_data *data,
                          const heat_score_result *all, double temperature)
{
    heat_score_options options;
    heat_score_result r;

    heat_score_options_init(&options);
    heat_score_result_init(&r);
    options.temperature = temperature;
    options.rank = ROWS + 5;
    assert_ok(ctx, heat_score(ctx, model, data, &options, &r));
    assert_int_equal(r.n_ranked, ROWS);
    for (int k = 1; k < ROWS; k++)
        assert_true(all->log_likelihood[r.ranked[k]] >= all->log_likelihood[r.ranked[k - 1]]);
    heat_score_result_clear(&r);
}

/* Rows that lack some values, or all of them. */
static void check_gaps(heat_context *ctx, const heat_model *model, bool spins, double temperature)
{
    static const int8_t rows[3][V] = {
        {1, MISSING, 0, MISSING}, {MISSING, MISSING, MISSING, MISSING}, {0, 1, 1, 0}};
    char text[3 * V * 4 + 1], *at = text;
    heat_data_options read;
    heat_score_options options;
    heat_score_result r;
    heat_data *data;

    for (int k = 0; k < 3 * V; k++) {
        int8_t x = rows[k / V][k % V];
        at += sprintf(at, "%s%s",
                      x == MISSING ? "nan"
                      : x == 1     ? "1"
                      : spins      ? "-1"
                                   : "0",
                      k % V == V - 1 ? "\n" : ",");
    }
    heat_data_options_init(&read);
    read.missing = true;
    read.header = "no";
    assert_ok(ctx, heat_data_load(ctx, test_file(".csv", text, strlen(text)), &read, &data));
    heat_score_options_init(&options);
    heat_score_result_init(&r);
    options.temperature = temperature;
    assert_ok(ctx, heat_score(ctx, model, data, &options, &r));
    for (int k = 0; k < 3; k++)
        assert_close(r.log_likelihood[k], log_p(ctx, model, rows[k], temperature), 1e-11);
    heat_score_result_clear(&r);
    options.predict = "1";
    assert_int_equal(heat_score(ctx, model, data, &options, &r), HEAT_ERROR_UNDEFINED);
    heat_data_free(data);
}

/* Every row, their mean, and its error. */
static void check(heat_context *ctx, const heat_model *model, bool spins, double temperature)
{
    int8_t rows[ROWS * V];
    heat_data *data = make_rows(ctx, spins, rows);
    heat_score_options options;
    heat_score_result r;
    double sum = 0, squares = 0;

    heat_score_options_init(&options);
    heat_score_result_init(&r);
    options.temperature = temperature;
    assert_ok(ctx, heat_score(ctx, model, data, &options, &r));
    assert_int_equal(r.n_rows, ROWS);
    assert_true(r.exact && r.error_log_z == 0);
    for (int k = 0; k < ROWS; k++) {
        double expected = log_p(ctx, model, rows + k * V, temperature);
        assert_close(r.log_likelihood[k], expected, 1e-11);
        sum += expected;
        squares += expected * expected;
    }
    check_prediction(ctx, model, data, rows, spins, temperature);
    check_ranking(ctx, model, data, &r, temperature);
    check_gaps(ctx, model, spins, temperature);
    assert_close(r.mean_log_likelihood, sum / ROWS, 1e-11);
    assert_close(r.error_rows, sqrt((squares - sum * sum / ROWS) / (ROWS - 1) / ROWS), 1e-9);
    heat_score_result_clear(&r);
    heat_data_free(data);
}

static void fill(double *values, int count, uint64_t unit)
{
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, unit);
    for (int k = 0; k < count; k++)
        values[k] = heat_stream_normal(&stream);
}

static void rbms_of_every_pairing_are_scored(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double w[V * H], b[V], c[H];

    fill(w, V * H, 1);
    fill(b, V, 2);
    fill(c, H, 3);
    for (int k = 0; k < 4; k++) {
        heat_rbm rbm;
        heat_model *model;
        heat_rbm_init(&rbm);
        rbm.n_visible = V;
        rbm.n_hidden = H;
        rbm.weights = w;
        rbm.visible_bias = b;
        rbm.hidden_bias = c;
        rbm.offset = 0.3;
        rbm.visible = k & 1 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY;
        rbm.hidden = k & 2 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY;
        assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
        check(ctx, model, k & 1, 1);
        check(ctx, model, k & 1, 1.7);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void models_whose_variables_are_all_visible_are_scored(void **state)
{
    (void)state;
    static const int32_t i[] = {0, 0, 1, 2}, j[] = {1, 2, 3, 3};
    heat_context *ctx = test_context();
    double couplings[4], fields[V];
    heat_model *model;

    fill(couplings, 4, 4);
    fill(fields, V, 5);
    assert_ok(ctx, heat_model_create_ising(ctx, V, 4, i, j, couplings, fields, 0.5, &model));
    check(ctx, model, true, 0.8);
    heat_model_free(model);
    assert_ok(ctx, heat_model_create_qubo(ctx, V, 4, i, j, couplings, 0, &model));
    check(ctx, model, false, 1);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void hidden_units_of_any_graph_are_summed_out(void **state)
{
    (void)state;
    static const int32_t i[] = {0, 0, 1, 2, 4, 5, 3}, j[] = {1, 4, 5, 6, 5, 6, 4};
    heat_context *ctx = test_context();
    double weights[7], biases[N];
    heat_boltzmann machine;
    heat_model *model;

    fill(weights, 7, 6);
    fill(biases, N, 7);
    heat_boltzmann_init(&machine);
    machine.n_visible = V;
    machine.n_hidden = H;
    machine.n_edges = 7;
    machine.i = i;
    machine.j = j;
    machine.weights = weights;
    machine.biases = biases;
    assert_ok(ctx, heat_model_create_boltzmann(ctx, &machine, &model));
    check(ctx, model, false, 1.3);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* The error of log Z stays apart from that of the rows, and covers the difference. */
static void an_estimated_log_z_has_an_error_of_its_own(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_data *data;
    heat_score_options options;
    heat_score_result exact, estimate;

    assert_ok(ctx, heat_model_load(ctx, "sk:10,seed=3", &model));
    assert_ok(ctx, heat_data_load(ctx, "ising-teacher:sk:10,seed=3,n=50", NULL, &data));
    heat_score_options_init(&options);
    heat_score_result_init(&exact);
    heat_score_result_init(&estimate);
    assert_ok(ctx, heat_score(ctx, model, data, &options, &exact));
    options.method = "mbar";
    options.target_error = 0.02;
    assert_ok(ctx, heat_score(ctx, model, data, &options, &estimate));
    assert_true(exact.exact && !estimate.exact && estimate.error_log_z > 0);
    assert_close(estimate.log_z, exact.log_z, 5 * estimate.error_log_z);
    assert_close(estimate.error_rows, exact.error_rows, 1e-12);
    assert_close(estimate.mean_log_likelihood - exact.mean_log_likelihood, exact.log_z - estimate.log_z,
                 1e-11);
    heat_score_result_clear(&exact);
    heat_score_result_clear(&estimate);
    heat_data_free(data);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *model, *data, *message;
    } cases[] = {
        {"lattice:3x3", "bars-and-stripes:3x3",
         "is coded in whole numbers from 0, and lattice:3x3 in -1 and +1"},
        {"lattice:3x3", "ising-teacher:sk:4,n=5", "has 4 variables, and lattice:3x3 9"},
        {"potts:8x8,q=3", "digits", "the values are 0 to 16, and potts:8x8,q=3 has 0 to 2"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_model *model;
        heat_data *data;
        heat_score_result r;
        heat_score_result_init(&r);
        assert_ok(ctx, heat_model_load(ctx, cases[k].model, &model));
        assert_ok(ctx, heat_data_load(ctx, cases[k].data, NULL, &data));
        assert_int_not_equal(heat_score(ctx, model, data, NULL, &r), HEAT_OK);
        assert_contains(heat_context_error(ctx), cases[k].message);
        heat_data_free(data);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static heat_status score_little(heat_context *ctx, void *arg)
{
    heat_model *model = NULL;
    heat_data *data = NULL;
    heat_score_options options;
    heat_score_result r;
    heat_status status = heat_model_load(ctx, "sk:4", &model);

    (void)arg;
    heat_score_options_init(&options);
    heat_score_result_init(&r);
    options.threads = 1;
    if (status == HEAT_OK)
        status = heat_data_load(ctx, "ising-teacher:sk:4,n=5", NULL, &data);
    if (status == HEAT_OK)
        status = heat_score(ctx, model, data, &options, &r);
    heat_score_result_clear(&r);
    heat_data_free(data);
    heat_model_free(model);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(score_little, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rbms_of_every_pairing_are_scored),
        cmocka_unit_test(models_whose_variables_are_all_visible_are_scored),
        cmocka_unit_test(hidden_units_of_any_graph_are_summed_out),
        cmocka_unit_test(an_estimated_log_z_has_an_error_of_its_own),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
