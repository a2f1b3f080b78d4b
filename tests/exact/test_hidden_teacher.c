/* A teacher with hidden units, whose rows are drawn from its exact distribution: exact training finds its
 * weights, up to the order and the sign of hidden spins, which no data tells, with errors that fall as the
 * root of the rows. */
#include "random/stream.h"
#include "support.h"

#include <heatbath/learn.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { V = 7, H = 2, STATES = 1 << V, DATA_SETS = 4 };
static const double w[V][H] = {{0.9, 0.2},   {-0.7, 0.5}, {0.8, -0.6}, {0.3, 0.9},
                               {-0.5, -0.8}, {0.6, 0.7},  {-0.2, 0.4}};
static const double b[V] = {0.2, -0.1, 0.3, 0, -0.3, 0.1, -0.2}, c[H] = {0.3, -0.2};

/* log of the sum over hidden spins of exp(-E). */
static double log_weight(int x)
{
    double sum = 0;

    for (int j = 0; j < H; j++) {
        double field = c[j];
        for (int i = 0; i < V; i++)
            field += w[i][j] * (x >> i & 1 ? 1 : -1);
        sum += log(2 * cosh(field));
    }
    for (int i = 0; i < V; i++)
        sum += b[i] * (x >> i & 1 ? 1 : -1);
    return sum;
}

/* n rows, each different one once, with how often it was drawn as its weight. */
static heat_data *draw_rows(heat_context *ctx, int n, uint64_t seed)
{
    char text[STATES * 48], *at = text;
    double p[STATES], z = 0;
    int count[STATES] = {0};
    heat_data_options options;
    heat_stream stream;
    heat_data *data;

    for (int x = 0; x < STATES; x++)
        z += p[x] = exp(log_weight(x));
    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
    for (int r = 0; r < n; r++) {
        double left = z * heat_stream_uniform(&stream);
        int x = 0;
        while (x < STATES - 1 && left >= p[x])
            left -= p[x++];
        count[x]++;
    }
    for (int x = 0; x < STATES; x++) {
        if (count[x] == 0)
            continue;
        for (int i = 0; i < V; i++)
            at += sprintf(at, "%s,", x >> i & 1 ? "1" : "-1");
        at += sprintf(at, "%d\n", count[x]);
    }
    heat_data_options_init(&options);
    options.header = "no";
    options.weights = "last";
    assert_ok(ctx, heat_data_load(ctx, test_file(".csv", text, strlen(text)), &options, &data));
    return data;
}

/* Mean square of the errors of all weights, by the order and signs of hidden units that fit best. */
static double square_error(const double *learned)
{
    double best = HUGE_VAL;

    for (int order = 0; order < 2; order++) {
        double sum = 0;
        for (int j = 0; j < H; j++) {
            double same = 0, turned = 0;
            for (int i = 0; i < V; i++) {
                double found = learned[i * H + (order == 0 ? j : 1 - j)];
                same += (found - w[i][j]) * (found - w[i][j]) / (V * H);
                turned += (found + w[i][j]) * (found + w[i][j]) / (V * H);
            }
            sum += fmin(same, turned);
        }
        best = fmin(best, sum);
    }
    return best;
}

static double teacher_error(heat_context *ctx, int n_rows, uint64_t seed)
{
    heat_data *data = draw_rows(ctx, n_rows, seed);
    heat_learn_input input = {.size = sizeof input, .data = data};
    heat_learn_options options;
    heat_learn_result r;
    heat_rbm rbm;
    double error;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    heat_rbm_init(&rbm);
    options.hidden = H;
    options.negative = "exact";
    options.tolerance = 1e-9;
    options.threads = 1;
    assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r));
    assert_ok(ctx, heat_model_get_rbm(ctx, r.model, &rbm));
    assert_int_equal(rbm.hidden, HEAT_LAYER_SPIN);
    error = square_error(rbm.weights);
    heat_learn_result_clear(&r);
    heat_data_free(data);
    return error;
}

static void a_hidden_teacher_is_recovered(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double few = 0, many = 0;

    for (uint64_t seed = 1; seed <= DATA_SETS; seed++) {
        few += teacher_error(ctx, 4000, seed) / DATA_SETS;
        many += teacher_error(ctx, 64000, seed) / DATA_SETS;
    }
    /* 16 times the rows: a quarter of the error; each figure is over 56 weights */
    print_message("root mean square errors of weights: %.4f and %.4f\n", sqrt(few), sqrt(many));
    assert_true(sqrt(few) < 0.15);
    assert_true(sqrt(few / many) > 2.5 && sqrt(few / many) < 6.4);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_hidden_teacher_is_recovered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
