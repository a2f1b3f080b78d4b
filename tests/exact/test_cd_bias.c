/* The bias of contrastive divergence: it falls to nothing with k, and a million chains expect what the sums
 * say. */
#include "learn/cd_bias.h"
#include "learn/cd_fixed_point.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A learner of an RBM, and the rows that it learns. */
typedef struct lesson {
    heat_context *ctx;
    heat_data *data;
    heat_learn_input input;
    heat_learn_options options;
    heat_learn_rows rows;
    heat_learner learner;
} lesson;

static void open_lesson_of(lesson *s, const char *spec, const char *visible, const char *hidden,
                           int64_t hidden_states, int32_t n_hidden)
{
    *s = (lesson){
        .ctx = test_context(), .input = {.size = sizeof s->input}, .learner = {.kind = &heat_learn_kind_rbm}};
    heat_learn_options_init(&s->options);
    s->options.hidden = n_hidden;
    s->options.tolerance = 0;
    s->options.visible_layer = visible;
    s->options.hidden_layer = hidden;
    s->options.hidden_states = hidden_states;
    assert_ok(s->ctx, heat_data_load(s->ctx, spec, NULL, &s->data));
    s->input.data = s->data;
    assert_ok(s->ctx, s->learner.kind->open(s->ctx, &s->input, &s->options, &s->learner));
    assert_ok(s->ctx, heat_learn_rows_load(s->ctx, s->data, false, &s->rows));
}

static void open_lesson(lesson *s, const char *spec, int32_t n_hidden)
{
    open_lesson_of(s, spec, "auto", "auto", 3, n_hidden);
}

static void close_lesson(lesson *s)
{
    heat_learn_rows_clear(&s->rows);
    heat_learner_clear(&s->learner);
    heat_data_free(s->data);
    heat_context_free(s->ctx);
}

enum { ROWS = 60 };

/* A lesson of ROWS rows of 4 units, at parameters of this size, and rows moved so often. */
static void check_bias(lesson *at, double size, int repeats)
{
    lesson s = *at;
    heat_stream stream;
    heat_cd_bias bias[HEAT_CD_BIASES];
    heat_negative negative = {.k = 2, .threads = 1, .seed = test_seed(), .isa = "auto"};
    double *sums, *squares, *expected, *mean;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 1);
    for (int64_t a = 0; a < s.learner.n_parameters; a++)
        s.learner.parameters[a] = size * heat_stream_normal(&stream);
    assert_int_equal(s.rows.n, ROWS);
    assert_ok(s.ctx, heat_cd_bias_find(s.ctx, &s.learner, &s.rows, 1, bias));
    for (int k = 1; k < HEAT_CD_BIASES; k++)
        assert_true(bias[k].bias < bias[k - 1].bias + 1e-12);
    assert_true(bias[0].bias > 0.01 && bias[6].bias < 1e-6);
    assert_close(bias[6].cosine, 1, 1e-6);

    sums = calloc((size_t)s.learner.n_parameters, sizeof *sums);
    squares = calloc((size_t)s.learner.n_parameters, sizeof *squares);
    expected = calloc((size_t)s.learner.n_parameters, sizeof *expected);
    mean = calloc((size_t)s.learner.n_parameters, sizeof *mean);
    assert_ok(s.ctx, heat_cd_expect(s.ctx, &s.learner, &s.rows, negative.k, expected));
    for (int r = 0; r < repeats; r++) {
        int8_t moved[ROWS * 4];
        assert_ok(s.ctx,
                  heat_negative_mean(s.ctx, &negative, &s.learner, ROWS, s.rows.states, moved, NULL, mean));
        for (int64_t a = 0; a < s.learner.n_parameters; a++) {
            sums[a] += mean[a];
            squares[a] += mean[a] * mean[a];
        }
    }
    for (int64_t a = 0; a < s.learner.n_parameters; a++) {
        double m = sums[a] / repeats, variance = squares[a] / repeats - m * m;
        assert_close(m, expected[a], 4 * sqrt(variance / repeats) + 1e-12);
    }
    free(sums);
    free(squares);
    free(expected);
    free(mean);
}

static void the_bias_of_cd_falls_to_nothing_and_chains_agree(void **state)
{
    (void)state;
    lesson s;

    open_lesson(&s, "ising-teacher:sk:4,n=60,seed=3", 3);
    check_bias(&s, 1, 17000); /* a million chains */
    close_lesson(&s);
}

/* The same of layers of more values, and of one of spins. */
static void layers_of_a_few_values_too(void **state)
{
    (void)state;
    static const struct {
        const char *visible, *hidden;
        int values;
    } cases[] = {{"potts", "potts", 3}, {"potts", "spin", 3}, {"auto", "potts", 2}};
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 2);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[ROWS * 4 * 2 + 1], *at = text;
        lesson s;
        for (int r = 0; r < ROWS * 4; r++)
            at += sprintf(at, "%d%s",
                          r < 4 ? r % cases[k].values
                                : (int)heat_stream_below(&stream, (uint64_t)cases[k].values),
                          r % 4 == 3 ? "\n" : ",");
        open_lesson_of(&s, test_file(".csv", text, strlen(text)), cases[k].visible, cases[k].hidden, 3, 2);
        check_bias(&s, 0.6, 4000);
        close_lesson(&s);
    }
}

/* After no sweep the distribution is that of the rows, each as often as its weight says. */
static void rows_count_by_their_weights(void **state)
{
    (void)state;
    lesson s;
    double *expected, *mean;

    open_lesson(&s, "ising-teacher:sk:4,n=10,seed=3", 2);
    expected = calloc((size_t)s.learner.n_parameters, sizeof *expected);
    mean = calloc((size_t)s.learner.n_parameters, sizeof *mean);
    for (int64_t r = 0; r < s.rows.n; r++)
        s.rows.weight[r] = r % 2 == 0 ? 1.75 : 0.25;
    s.learner.kind->add_statistics(&s.learner, s.rows.n, s.rows.states, s.rows.weight, expected);
    assert_ok(s.ctx, heat_cd_expect(s.ctx, &s.learner, &s.rows, 0, mean));
    for (int64_t a = 0; a < s.learner.n_parameters; a++)
        assert_close(mean[a], expected[a] / (double)s.rows.n, 1e-12);
    free(expected);
    free(mean);
    close_lesson(&s);
}

/* What training by `negative` leaves becomes the learner's. */
static double train(lesson *s, const char *negative)
{
    heat_learn_result learned;
    double mean;

    heat_learn_result_init(&learned);
    s->options.negative = negative;
    s->options.tolerance = strcmp(negative, "exact") == 0 ? 0 : 0.0005;
    assert_ok(s->ctx, heat_learn(s->ctx, "rbm", &s->input, &s->options, &learned));
    assert_ok(s->ctx, s->learner.kind->take(s->ctx, learned.model, &s->learner));
    s->learner.n_changes++;
    mean = learned.train.mean;
    heat_learn_result_clear(&learned);
    return mean;
}

/* At the root of the expected update it vanishes, the gradient does not, and less so the larger k: the
 * likelihood there rises to its maximum. */
static void fixed_points_approach_the_maximum(void **state)
{
    (void)state;
    lesson s;
    heat_cd_fixed_point points[HEAT_CD_BIASES];
    double *begin, best;

    open_lesson(&s, "ising-teacher:lattice:2x3,n=1000,temperature=2.5,seed=3", 2);
    best = train(&s, "exact");
    begin = calloc((size_t)s.learner.n_parameters, sizeof *begin);
    memcpy(begin, s.learner.parameters, (size_t)s.learner.n_parameters * sizeof *begin);
    assert_ok(s.ctx, heat_cd_fixed_points_find(s.ctx, &s.learner, &s.rows, 1, points));
    assert_memory_equal(begin, s.learner.parameters, (size_t)s.learner.n_parameters * sizeof *begin);
    for (int k = 0; k < HEAT_CD_BIASES; k++) {
        assert_true(isfinite(points[k].log_likelihood) && points[k].log_likelihood <= best + 1e-9);
        if (k > 0)
            assert_true(points[k].gradient < points[k - 1].gradient + 1e-9 &&
                        points[k].log_likelihood > points[k - 1].log_likelihood - 1e-9);
    }
    assert_true(points[0].gradient > 0.01 && points[0].log_likelihood < best - 0.0005);
    assert_true(points[6].gradient < points[0].gradient / 50);
    assert_close(points[6].log_likelihood, best, 1e-9);
    free(begin);
    close_lesson(&s);
}

/* Potts units of two values are those of 0 and 1, with parameters that change nothing: the same points. */
static void fixed_points_do_not_depend_on_how_a_layer_is_written(void **state)
{
    (void)state;
    const char *data = "ising-teacher:lattice:2x3,n=1000,temperature=2.5,seed=3";
    heat_cd_fixed_point points[2][HEAT_CD_BIASES];

    for (int p = 0; p < 2; p++) {
        lesson s;
        open_lesson_of(&s, data, "auto", p == 0 ? "binary" : "potts", 2, 2);
        train(&s, "exact");
        assert_ok(s.ctx, heat_cd_fixed_points_find(s.ctx, &s.learner, &s.rows, 1, points[p]));
        close_lesson(&s);
    }
    for (int k = 0; k < HEAT_CD_BIASES; k++)
        print_message("CD-%d: %.9f %.9f\n", 1 << k, points[0][k].log_likelihood, points[1][k].log_likelihood);
    for (int k = 0; k < HEAT_CD_BIASES; k++)
        assert_close(points[0][k].log_likelihood, points[1][k].log_likelihood, 1e-8);
}

/* Training that makes the expected update of CD-k, in small steps and for a time: the largest parameter. */
static double follow(lesson *s, int64_t k, double time)
{
    const double step = 2;
    const int64_t n = s->learner.n_parameters;
    double *update = calloc((size_t)n, sizeof *update), most = 0;

    for (double t = 0; t < time; t += step) {
        assert_ok(s->ctx, heat_cd_update(s->ctx, &s->learner, &s->rows, k, update));
        for (int64_t a = 0; a < n; a++)
            s->learner.parameters[a] += step * update[a];
        s->learner.n_changes++;
    }
    for (int64_t a = 0; a < n; a++)
        most = fmax(most, fabs(s->learner.parameters[a]));
    free(update);
    return most;
}

/* A fixed point that is told is where training comes to rest. */
static void training_comes_to_rest_there(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        int32_t n_hidden;
        double time;
    } cases[] = {{"ising-teacher:lattice:2x2,n=300,temperature=2,seed=3", 1, 60000},
                 {"ising-teacher:sk:4,n=300,temperature=2,seed=3", 3, 60000}};

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        lesson s;
        heat_cd_fixed_point points[HEAT_CD_BIASES];
        heat_likelihood rests;
        double trained, log_z;

        open_lesson(&s, cases[c].data, cases[c].n_hidden);
        trained = train(&s, "cd:1");
        assert_ok(s.ctx, heat_cd_fixed_points_find(s.ctx, &s.learner, &s.rows, 1, points));
        follow(&s, 1, cases[c].time);
        assert_ok(s.ctx, s.learner.kind->sum_states(s.ctx, &s.learner, 1, NULL, &log_z));
        assert_ok(s.ctx,
                  heat_learn_likelihood(s.ctx, &s.learner, &s.rows, log_z, heat_last_visits, 1, &rests));
        assert_close(points[0].log_likelihood, rests.mean, 2e-5);
        assert_true(fabs(trained - rests.mean) > 5e-5);
        close_lesson(&s);
    }
}

/* Where training goes on and on, as weights grow by as much whenever its time doubles, there is none. */
static void weights_that_grow_without_bound_have_no_fixed_point(void **state)
{
    (void)state;
    static const struct {
        const char *data, *negative;
        int32_t n_hidden;
        int64_t k;
        double time;
    } cases[] = {{"bars-and-stripes:3x3", "cd:1", 4, 1, 1000},
                 {"bars-and-stripes:2x2", "cd:1", 2, 1, 2000},
                 {"shifter:2", "cd:8", 3, 8, 800}};

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        lesson s;
        heat_cd_fixed_point points[HEAT_CD_BIASES];
        double begin, half;

        open_lesson(&s, cases[c].data, cases[c].n_hidden);
        train(&s, cases[c].negative);
        assert_ok(s.ctx, heat_cd_fixed_points_find(s.ctx, &s.learner, &s.rows, 1, points));
        for (int k = 0; k < HEAT_CD_BIASES; k++)
            assert_true(isnan(points[k].log_likelihood) && isnan(points[k].gradient));
        begin = follow(&s, cases[c].k, 0);
        half = follow(&s, cases[c].k, cases[c].time);
        assert_true(half > begin + 1 && follow(&s, cases[c].k, cases[c].time) > half + 1);
        close_lesson(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bias_of_cd_falls_to_nothing_and_chains_agree),
        cmocka_unit_test(layers_of_a_few_values_too),
        cmocka_unit_test(rows_count_by_their_weights),
        cmocka_unit_test(fixed_points_approach_the_maximum),
        cmocka_unit_test(fixed_points_do_not_depend_on_how_a_layer_is_written),
        cmocka_unit_test(training_comes_to_rest_there),
        cmocka_unit_test(weights_that_grow_without_bound_have_no_fixed_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
