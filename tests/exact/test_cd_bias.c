/* The bias of contrastive divergence: it falls to nothing with k, and a million chains expect what the sums
 * say. */
#include "learn/cd_bias.h"
#include "learn/cd_fixed_point.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
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

static void open_lesson(lesson *s, const char *spec, int32_t n_hidden)
{
    *s = (lesson){
        .ctx = test_context(), .input = {.size = sizeof s->input}, .learner = {.kind = &heat_learn_kind_rbm}};
    heat_learn_options_init(&s->options);
    s->options.hidden = n_hidden;
    s->options.tolerance = 0;
    assert_ok(s->ctx, heat_data_load(s->ctx, spec, NULL, &s->data));
    s->input.data = s->data;
    assert_ok(s->ctx, s->learner.kind->open(s->ctx, &s->input, &s->options, &s->learner));
    assert_ok(s->ctx, heat_learn_rows_load(s->ctx, s->data, false, &s->rows));
}

static void close_lesson(lesson *s)
{
    heat_learn_rows_clear(&s->rows);
    heat_learner_clear(&s->learner);
    heat_data_free(s->data);
    heat_context_free(s->ctx);
}

static void the_bias_of_cd_falls_to_nothing_and_chains_agree(void **state)
{
    (void)state;
    enum { ROWS = 60, REPEATS = 17000 }; /* a million chains */
    lesson s;
    heat_stream stream;
    heat_cd_bias bias[HEAT_CD_BIASES];
    heat_negative negative = {.k = 2, .threads = 1, .seed = test_seed(), .isa = "auto"};
    double *sums, *squares, *expected, *mean;

    open_lesson(&s, "ising-teacher:sk:4,n=60,seed=3", 3);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 1);
    for (int64_t a = 0; a < s.learner.n_parameters; a++)
        s.learner.parameters[a] = heat_stream_normal(&stream);
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
    for (int r = 0; r < REPEATS; r++) {
        int8_t moved[ROWS * 4];
        memcpy(moved, s.rows.states, sizeof moved);
        assert_ok(s.ctx, heat_negative_mean(s.ctx, &negative, &s.learner, ROWS, moved, NULL, mean));
        for (int64_t a = 0; a < s.learner.n_parameters; a++) {
            sums[a] += mean[a];
            squares[a] += mean[a] * mean[a];
        }
    }
    for (int64_t a = 0; a < s.learner.n_parameters; a++) {
        double m = sums[a] / REPEATS, variance = squares[a] / REPEATS - m * m;
        assert_close(m, expected[a], 4 * sqrt(variance / REPEATS) + 1e-12);
    }
    free(sums);
    free(squares);
    free(expected);
    free(mean);
    close_lesson(&s);
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

/* At the root of the expected update it vanishes, the gradient does not, and less so the larger k: the
 * likelihood there rises to its maximum. */
static void fixed_points_approach_the_maximum(void **state)
{
    (void)state;
    lesson s;
    heat_learn_result best;
    heat_cd_fixed_point points[HEAT_CD_BIASES];
    double *begin;

    heat_learn_result_init(&best);
    open_lesson(&s, "ising-teacher:lattice:2x3,n=100,temperature=2", 2);
    assert_ok(s.ctx, heat_learn(s.ctx, "rbm", &s.input, &s.options, &best));
    assert_ok(s.ctx, s.learner.kind->take(s.ctx, best.model, &s.learner));
    begin = calloc((size_t)s.learner.n_parameters, sizeof *begin);
    memcpy(begin, s.learner.parameters, (size_t)s.learner.n_parameters * sizeof *begin);
    assert_ok(s.ctx, heat_cd_fixed_points_find(s.ctx, &s.learner, &s.rows, 1, points));
    assert_memory_equal(begin, s.learner.parameters, (size_t)s.learner.n_parameters * sizeof *begin);
    for (int k = 0; k < HEAT_CD_BIASES; k++) {
        assert_true(isfinite(points[k].log_likelihood) && points[k].log_likelihood <= best.train.mean + 1e-7);
        if (k > 0)
            assert_true(points[k].gradient < points[k - 1].gradient + 2e-6 &&
                        points[k].log_likelihood > points[k - 1].log_likelihood - 1e-7);
    }
    assert_true(points[0].gradient > 0.1 && points[0].log_likelihood < best.train.mean - 0.01);
    assert_true(points[6].gradient < points[0].gradient / 50);
    assert_close(points[6].log_likelihood, best.train.mean, 1e-5);
    free(begin);
    heat_learn_result_clear(&best);
    close_lesson(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bias_of_cd_falls_to_nothing_and_chains_agree),
        cmocka_unit_test(rows_count_by_their_weights),
        cmocka_unit_test(fixed_points_approach_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
