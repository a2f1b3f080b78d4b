/* Learning RBMs of every pairing of layers but two of two values: gradients against differences, moves
 * against exact means, log Z followed along training against the sum over all states. */
#include "learn/learn_rows.h"
#include "learn/tracked_count.h"
#include "random/stream.h"
#include "support.h"
#include "unit_instance.h"

#include <heatbath/score.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* 40 rows of n that differ: numbers, values, or bits. */
static heat_data *make_columns(heat_context *ctx, heat_layer layer, int n)
{
    static const char path[] = "unit_layers.csv";
    heat_data *data;
    heat_stream stream;
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 31);
    for (int r = 0; r < 40; r++) {
        double shared = heat_stream_normal(&stream);
        for (int i = 0; i < n; i++) {
            double x = shared + (i + 1) * heat_stream_normal(&stream) + 5 * i;
            bool is_on = x > 5 * i;
            int potts = x < 5 * i - 1 ? 0 : x < 5 * i + 1 ? 1 : 2;
            fprintf(file, "%s%g", i == 0 ? "" : ",",
                    layer == HEAT_LAYER_GAUSSIAN ? x
                    : layer == HEAT_LAYER_POTTS  ? potts
                    : layer == HEAT_LAYER_SPIN   ? 2 * is_on - 1
                                                 : is_on);
        }
        fprintf(file, "\n");
    }
    fclose(file);
    assert_ok(ctx, heat_data_load(ctx, path, NULL, &data));
    remove(path);
    return data;
}

static heat_data *make_data(heat_context *ctx, heat_layer layer)
{
    return make_columns(ctx, layer, V);
}

static double likelihood(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows)
{
    heat_likelihood value;
    double log_z;

    assert_ok(ctx, l->kind->sum_states(ctx, l, 1, NULL, &log_z));
    assert_ok(ctx, heat_learn_likelihood(ctx, l, rows, log_z, heat_last_visits, 1, &value));
    return value.mean;
}

/* <phi>_data - <phi>_model is the gradient of the likelihood; the model that is made gives the rows the same.
 */
static void check_learner(heat_context *ctx, heat_learner *l, const heat_data *data,
                          const heat_learn_rows *rows)
{
    double positive[MOST * MOST] = {0}, negative[MOST * MOST], log_z, own;
    heat_score_result score;
    heat_model *model;
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 32);
    for (int64_t a = 0; a < l->n_parameters; a++)
        l->parameters[a] += 0.2 * heat_stream_normal(&stream);
    l->kind->add_statistics(l, rows->n, rows->states, rows->weight, positive);
    assert_ok(ctx, l->kind->sum_states(ctx, l, 1, negative, &log_z));
    own = likelihood(ctx, l, rows);
    for (int64_t a = 0; a < l->n_parameters; a++) {
        double at = l->parameters[a], h = 1e-4, slope;
        l->parameters[a] = at + h;
        slope = likelihood(ctx, l, rows);
        l->parameters[a] = at - h;
        slope -= likelihood(ctx, l, rows);
        l->parameters[a] = at;
        assert_close(slope / (2 * h), positive[a] / (double)rows->n - negative[a], 3e-6);
    }
    heat_score_result_init(&score);
    assert_ok(ctx, l->kind->make_model(ctx, l, &model));
    assert_ok(ctx, heat_score(ctx, model, data, NULL, &score));
    assert_close(score.mean_log_likelihood, own, 1e-9);
    assert_close(score.log_z, log_z, 1e-9 * fmax(1, fabs(log_z))); /* of the model, in the data's units */
    heat_score_result_clear(&score);
    heat_model_free(model);
}

static double sum_of_log_weights(const heat_learner *l, const heat_learn_rows *rows)
{
    double weights[64], sum = 0;

    assert_true(rows->n <= 64);
    l->kind->log_weights(l, rows->n, rows->states, weights);
    for (int64_t r = 0; r < rows->n; r++)
        sum += weights[r];
    return sum;
}

/* The positive phase is the slope of the rows' log weights: no sum over states is needed to see it. */
static void check_statistics(heat_learner *l, const heat_learn_rows *rows)
{
    double sum[MOST * MOST] = {0};
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 34);
    for (int64_t a = 0; a < l->n_parameters; a++)
        l->parameters[a] += 0.2 * heat_stream_normal(&stream);
    l->kind->add_statistics(l, rows->n, rows->states, NULL, sum);
    for (int64_t a = 0; a < l->n_parameters; a++) {
        double at = l->parameters[a], h = 1e-4, slope;
        l->parameters[a] = at + h;
        slope = sum_of_log_weights(l, rows);
        l->parameters[a] = at - h;
        slope -= sum_of_log_weights(l, rows);
        l->parameters[a] = at;
        assert_close(slope / (2 * h), sum[a], 1e-5 * fmax(1, fabs(sum[a])));
    }
}

/* Rows moved 30 times forget where they came from: their means are the model's. */
static void check_moves(heat_context *ctx, const heat_learner *l)
{
    enum { ROWS = 4000 };
    heat_negative negative = {.k = 30, .seed = test_seed(), .threads = 1, .isa = "auto"};
    double moved[MOST * MOST], exact[MOST * MOST], log_z;
    int8_t *rows = calloc(ROWS, (size_t)heat_row_bytes(&l->form));
    heat_stream stream;

    assert_non_null(rows);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 33);
    l->kind->draw(l, &stream, ROWS, rows);
    assert_ok(ctx, heat_negative_mean(ctx, &negative, l, ROWS, rows, rows, NULL, moved));
    assert_ok(ctx, l->kind->sum_states(ctx, l, 1, exact, &log_z));
    for (int64_t a = 0; a < l->n_parameters; a++)
        assert_close(moved[a], exact[a], 6 * 2 / sqrt(ROWS) * fmax(0.5, fabs(exact[a])));
    free(rows);
}

static void gradients_are_differences_for_every_pairing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 5; b++) {
            heat_data *data;
            heat_learn_options options;
            heat_learner l = {.kind = &heat_learn_kind_rbm};
            heat_learn_rows rows = {0};
            if (a < 2 && b < 2) /* another learner */
                continue;
            data = make_data(ctx, kinds[a]);
            heat_learn_options_init(&options);
            options.hidden = H;
            options.visible_layer = heat_layer_name(kinds[a]);
            options.hidden_layer = heat_layer_name(kinds[b]);
            assert_ok(ctx,
                      l.kind->open(ctx, &(heat_learn_input){.size = sizeof(heat_learn_input), .data = data},
                                   &options, &l));
            assert_ok(ctx, heat_learn_rows_load(ctx, data, l.n_states == 0, &rows));
            check_statistics(&l, &rows);
            if (a != 3 || b != 4) { /* of these nothing exact is known */
                check_learner(ctx, &l, data, &rows);
                check_moves(ctx, &l);
            }
            heat_learn_rows_clear(&rows);
            heat_learner_clear(&l);
            heat_data_free(data);
        }
    heat_context_free(ctx);
}

/* Real rows that few states explain: log Z is followed from independent units, and estimated at the end. */
static void likelihoods_of_real_rows_are_followed(void **state)
{
    (void)state;
    static const struct {
        const char *hidden_layer;
        int64_t hidden, epochs;
        int visible; /* more than a grid is laid over */
    } cases[] = {{"relu", 2, 30, V}, {"binary", 40, 10, 2 * V}};
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_data *data = make_columns(ctx, HEAT_LAYER_GAUSSIAN, cases[k].visible);
        heat_learn_input input = {.size = sizeof input, .data = data};
        const heat_learn_look *last;
        heat_learn_options options;
        heat_learn_result r;
        heat_learn_options_init(&options);
        heat_learn_result_init(&r);
        options.hidden_layer = cases[k].hidden_layer;
        options.hidden = cases[k].hidden;
        options.epochs = cases[k].epochs;
        options.batch = 10;
        options.weight_decay = 0.05;
        assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r));
        assert_string_equal(r.count_method, "annealing");
        assert_true(r.n_history > 1 && isfinite(r.train.mean));
        last = &r.history[r.n_history - 1];
        assert_true(last->count.error > 0 && last->count.lower < last->count.upper);
        assert_true(fabs(last->train - r.train.mean) < 0.1 + 5 * hypot(last->count.error, r.count.error));
        heat_learn_result_clear(&r);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

/* Two clusters, which ReLU units tell apart the better the nearer their integral is to diverge. */
static heat_data *make_clusters(heat_context *ctx)
{
    static const char path[] = "unit_clusters.csv";
    heat_data *data;
    heat_stream stream;
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 36);
    for (int r = 0; r < 400; r++) {
        double centre = heat_stream_uniform(&stream) < 0.5 ? 1.5 : -1;
        for (int i = 0; i < 4; i++)
            fprintf(file, "%s%g", i == 0 ? "" : ",",
                    (centre + 0.7 * heat_stream_normal(&stream)) * (1 + 0.2 * i) + i);
        fprintf(file, "\n");
    }
    fclose(file);
    assert_ok(ctx, heat_data_load(ctx, path, NULL, &data));
    remove(path);
    return data;
}

/* No chain sees it: without a bound to the weights training ends in numbers that are none. */
static void relu_units_learn_next_to_where_integrals_diverge(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data = make_clusters(ctx);
    heat_learn_input input = {.size = sizeof input, .data = data};
    heat_learn_options options;
    heat_learn_result r;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.hidden_layer = "relu";
    options.hidden = 3;
    options.negative = "cd:1";
    options.epochs = 400;
    assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r));
    assert_string_equal(r.count_method, "annealing");
    print_message("%.3f, from %.3f, %d times back\n", r.train.mean, r.history[0].train, (int)r.n_rollbacks);
    assert_true(r.train.mean > r.history[0].train + 0.7);
    heat_learn_result_clear(&r);
    heat_data_free(data);
    heat_context_free(ctx);
}

/* log Z that was followed from independent units is the sum over all states. */
static void tracked_counts_of_real_rows_are_exact(void **state)
{
    (void)state;
    static const char *const hidden[] = {"binary", "potts", "gaussian"};
    heat_context *ctx = test_context();

    for (int k = 0; k < 3; k++) {
        heat_data *data = make_data(ctx, HEAT_LAYER_GAUSSIAN);
        heat_learn_options options;
        heat_learner l = {.kind = &heat_learn_kind_rbm};
        heat_tracked_count tracked = {0};
        heat_learn_count count;
        heat_stream stream;
        double exact, *own;
        heat_learn_options_init(&options);
        options.hidden = H;
        options.hidden_layer = hidden[k];
        assert_ok(ctx, l.kind->open(ctx, &(heat_learn_input){.size = sizeof(heat_learn_input), .data = data},
                                    &options, &l));
        heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 35);
        for (int64_t a = 0; a < l.n_parameters; a++)
            l.parameters[a] += 0.3 * heat_stream_normal(&stream);
        assert_ok(ctx, heat_tracked_count_open(ctx, &l, &options, &tracked));
        own = l.parameters;
        l.parameters = tracked.origin;
        assert_ok(ctx, l.kind->sum_states(ctx, &l, 1, NULL, &exact));
        l.parameters = own;
        heat_tracked_count_get(&tracked, &count);
        assert_close(count.log_z, exact, 1e-5); /* but for the rounding of rows */
        assert_ok(ctx, heat_tracked_count_follow(ctx, &l, &tracked));
        assert_ok(ctx, l.kind->sum_states(ctx, &l, 1, NULL, &exact));
        heat_tracked_count_get(&tracked, &count);
        assert_true(count.error > 0 && count.error < 0.3);
        assert_true(fabs(count.log_z - exact) < 5 * count.error);
        assert_true(count.lower < exact && exact < count.upper);
        heat_tracked_count_close(&tracked);
        heat_learner_clear(&l);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

/* More likely than independent units, by the exact gradient never falling; by chains near to it. */
static void every_pairing_learns(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 5; b++) {
            heat_data *data;
            heat_learn_options options;
            heat_learn_result r;
            heat_learn_input input = {.size = sizeof input};
            if ((a < 2 && b < 2) || (a == 3 && b == 4))
                continue;
            input.data = data = make_data(ctx, kinds[a]);
            heat_learn_options_init(&options);
            heat_learn_result_init(&r);
            options.hidden = H;
            options.epochs = 60;
            options.weight_decay = 0;
            options.visible_layer = heat_layer_name(kinds[a]);
            options.hidden_layer = heat_layer_name(kinds[b]);
            assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r));
            assert_true(r.exact && isfinite(r.train.mean));
            for (int64_t k = 1; k < r.n_history; k++)
                assert_true(r.history[k].train >= r.history[k - 1].train - 1e-9);
            assert_true(r.train.mean > r.history[0].train);
            heat_learn_result_clear(&r);
            heat_data_free(data);
        }
    heat_context_free(ctx);
}

/* A pixel that is always dark has no width to learn: its unit keeps 1, and the others learn as they would
 * alone. */
static void a_constant_keeps_its_width(void **state)
{
    (void)state;
    static const double rows[] = {0.1, 5, 2, -1.3, 5, 0.4, 0.7, 5, 1.1, 2.2, 5, -0.3, -0.4, 5, 0.9};
    heat_context *ctx = test_context();
    heat_learn_options options;
    heat_data *data;

    assert_ok(ctx, heat_data_create(ctx, 5, 3, rows, &data));
    heat_learn_options_init(&options);
    options.visible_layer = "gaussian";
    options.hidden = 2;
    options.weight_decay = 0.1;
    for (int k = 0; k < 2; k++) {
        heat_learn_input input = {.size = sizeof input, .data = data};
        heat_learn_result r;
        heat_rbm rbm;
        heat_learn_result_init(&r);
        heat_rbm_init(&rbm);
        options.negative = k == 0 ? "exact" : "pcd";
        options.epochs = 100;
        assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r));
        assert_true(isfinite(r.train.mean));
        assert_ok(ctx, heat_model_get_rbm(ctx, r.model, &rbm));
        assert_close(rbm.visible_precision[1], 1, 1e-12);
        assert_true(rbm.visible_precision[0] != 1 && fabs(rbm.visible_bias[1] - 5) < 0.5);
        heat_learn_result_clear(&r);
    }
    heat_data_free(data);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_differences_for_every_pairing),
        cmocka_unit_test(every_pairing_learns),
        cmocka_unit_test(likelihoods_of_real_rows_are_followed),
        cmocka_unit_test(relu_units_learn_next_to_where_integrals_diverge),
        cmocka_unit_test(tracked_counts_of_real_rows_are_exact),
        cmocka_unit_test(a_constant_keeps_its_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
