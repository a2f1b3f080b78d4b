/* Weights of rows whose hidden units are summed, annealed and bounded, against sums over all states. */
#include "learn/mean_field.h"
#include "random/stream.h"
#include "score/hidden_weights.h"
#include "support.h"

#include <heatbath/score.h>
#include <math.h>
#include <string.h>

enum { V = 4, H = 8, N = V + H, ROWS = 1 << V, MOST = N * N };
static const double temperature = 1.25;

/* All pairs are coupled. */
static heat_model *make_machine(heat_context *ctx, int32_t n_hidden, double inner)
{
    static int32_t i[2000], j[2000];
    static double w[2000], b[64];
    heat_boltzmann machine;
    heat_model *model;
    heat_stream stream;

    heat_boltzmann_init(&machine);
    machine.n_visible = V;
    machine.n_hidden = n_hidden;
    machine.i = i;
    machine.j = j;
    machine.weights = w;
    machine.biases = b;
    machine.offset = 0.7;
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    for (int32_t k = 0; k < V + n_hidden; k++) {
        b[k] = heat_stream_normal(&stream);
        for (int32_t l = k + 1; l < V + n_hidden; l++) {
            i[machine.n_edges] = k;
            j[machine.n_edges] = l;
            w[machine.n_edges++] = (k < V ? 0.5 : inner) * heat_stream_normal(&stream);
        }
    }
    assert_ok(ctx, heat_model_create_boltzmann(ctx, &machine, &model));
    return model;
}

/* Row r has unit i on in bit i. */
static void fill_rows(int8_t *rows)
{
    for (int k = 0; k < ROWS * V; k++)
        rows[k] = k / V >> k % V & 1;
}

static void sum_states(heat_context *ctx, const heat_model *model, double *log_weight)
{
    for (int r = 0; r < ROWS; r++) {
        double z = 0, energy;
        for (int x = 0; x < 1 << H; x++) {
            int8_t state[N];
            for (int k = 0; k < N; k++)
                state[k] = (k < V ? r >> k : x >> (k - V)) & 1;
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, state, &energy));
            z += exp(-energy / temperature);
        }
        log_weight[r] = log(z);
    }
}

static void sums_over_covers_are_exact(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = make_machine(ctx, H, 1);
    heat_hidden_weights h;
    int8_t rows[ROWS * V];
    double exact[ROWS], found[ROWS];

    fill_rows(rows);
    sum_states(ctx, model, exact);
    assert_ok(ctx, heat_hidden_weights_open(ctx, model, V, temperature, ROWS, 1, 1, &h));
    assert_true(h.way == HEAT_HIDDEN_SUMMED);
    assert_ok(ctx, heat_hidden_weights_find(ctx, &h, ROWS, rows, NULL, found));
    for (int r = 0; r < ROWS; r++)
        assert_close(found[r], exact[r], 1e-12);
    heat_hidden_weights_close(&h);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Every weight is right on the average, and as far off as its error says; with gaps too. */
static void annealed_weights_are_right_on_the_average(void **state)
{
    (void)state;
    enum { RUNS = 60 };
    heat_context *ctx = test_context();
    heat_model *model = make_machine(ctx, H, 1);
    int8_t rows[ROWS * V], missing[ROWS * V] = {0};
    double exact[ROWS], found[ROWS], error[ROWS], bound[ROWS];

    fill_rows(rows);
    sum_states(ctx, model, exact);
    for (int gap = 0; gap < 2; gap++) {
        double sum = 0, squares = 0, claimed = 0, at[ROWS];
        for (int r = 0; r < ROWS; r++) {
            missing[r * V + 2] = gap && r % 3 == 0;
            at[r] = missing[r * V + 2] ? log(exp(exact[r]) + exp(exact[r ^ 4])) : exact[r];
        }
        for (int run = 0; run < RUNS; run++) {
            heat_hidden_weights h;
            assert_ok(ctx, heat_hidden_weights_open(ctx, model, V, temperature, ROWS,
                                                    test_seed() + (uint64_t)run, 1 + run % 2, &h));
            h.way = HEAT_HIDDEN_ANNEALED;
            h.error = error;
            h.bound = bound;
            assert_ok(ctx, heat_hidden_weights_find(ctx, &h, ROWS, rows, gap ? missing : NULL, found));
            for (int r = 0; r < ROWS; r++) {
                double off = exp(found[r] - at[r]) - 1;
                sum += off / (RUNS * ROWS);
                squares += off * off / (RUNS * ROWS);
                claimed += error[r] * error[r] / (RUNS * ROWS);
                assert_true(bound[r] <= at[r] + 1e-12 && bound[r] > at[r] - 2);
            }
            heat_hidden_weights_close(&h);
        }
        assert_true(fabs(sum) < 4.5 * sqrt(squares / (RUNS * ROWS)) && squares > 1e-6);
        assert_true(squares < 2 * claimed && claimed < 2 * squares);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Fifty hidden units, all but uncoupled: annealed, and told so; beyond what annealing may take, bounded. */
static void what_is_not_summed_is_told(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = make_machine(ctx, 50, 1e-9);
    heat_score_options options;
    heat_score_result r;
    heat_hidden_weights h;
    heat_data *data;
    int8_t rows[ROWS * V];
    double free_units[ROWS];

    fill_rows(rows);
    assert_ok(ctx, heat_data_load(ctx, "bars-and-stripes:2x2", NULL, &data));
    heat_score_options_init(&options);
    heat_score_result_init(&r);
    options.threads = 1;
    options.temperature = temperature;
    assert_ok(ctx, heat_score(ctx, model, data, &options, &r));
    assert_true(!r.is_bounded && isfinite(r.mean_log_likelihood) && r.error_hidden < 1e-6);
    assert_close(r.bound, r.mean_log_likelihood, 1e-5);
    assert_true(r.bound_error > 0 && r.error_log_z < 0.1);
    assert_ok(ctx, heat_hidden_weights_open(ctx, model, V, temperature, (int64_t)1 << 40, 1, 1, &h));
    assert_true(h.way == HEAT_HIDDEN_BOUNDED);
    assert_ok(ctx, heat_hidden_weights_find(ctx, &h, ROWS, rows, NULL, free_units));
    for (int64_t k = 0; k < r.n_rows; k++) {
        int8_t row[V];
        int x = 0;
        assert_ok(ctx, heat_data_get_states(ctx, data, k, 1, row));
        for (int i = 0; i < V; i++)
            x |= row[i] << i;
        assert_close(r.log_likelihood[k] + r.log_z, free_units[x], 1e-5);
    }
    heat_hidden_weights_close(&h);
    options.predict = "4";
    heat_score_result_clear(&r);
    assert_ok(ctx, heat_score(ctx, model, data, &options, &r));
    assert_true(!r.exact && isfinite(r.accuracy));
    heat_score_result_clear(&r);
    heat_data_free(data);
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status weigh_little(heat_context *ctx, void *arg)
{
    const heat_hidden_way *way = arg;
    heat_hidden_weights h = {.n_visible = 0};
    heat_model *model = NULL;
    int8_t rows[ROWS * V];
    double found[ROWS];
    heat_boltzmann machine;
    heat_status status;

    fill_rows(rows);
    heat_boltzmann_init(&machine);
    machine.n_visible = V;
    machine.n_hidden = 2;
    machine.n_edges = 3;
    machine.i = (int32_t[]){0, 1, V};
    machine.j = (int32_t[]){V, V + 1, V + 1};
    machine.weights = (double[]){1, -1, 0.5};
    status = heat_model_create_boltzmann(ctx, &machine, &model);
    if (status == HEAT_OK)
        status = heat_hidden_weights_open(ctx, model, V, 1, ROWS, 1, 1, &h);
    h.way = *way;
    if (status == HEAT_OK)
        status = heat_hidden_weights_find(ctx, &h, ROWS, rows, NULL, found);
    heat_hidden_weights_close(&h);
    heat_model_free(model);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    static heat_hidden_way ways[] = {HEAT_HIDDEN_SUMMED, HEAT_HIDDEN_ANNEALED, HEAT_HIDDEN_BOUNDED};

    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
        test_failing_allocations(weigh_little, &ways[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_over_covers_are_exact),
        cmocka_unit_test(annealed_weights_are_right_on_the_average),
        cmocka_unit_test(what_is_not_summed_is_told),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
