/* The bias of contrastive divergence: it falls to nothing with k, and a million chains expect what the sums
 * say. */
#include "learn/cd_bias.h"
#include "learn/cd_fixed_point.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void the_bias_of_cd_falls_to_nothing_and_chains_agree(void **state)
{
    (void)state;
    enum { ROWS = 60, REPEATS = 17000 }; /* a million chains */
    heat_context *ctx = test_context();
    heat_data *data;
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_learn_rows rows = {0};
    heat_learner l = {.kind = &heat_learn_kind_rbm};
    heat_stream stream;
    heat_cd_bias bias[HEAT_CD_BIASES];
    heat_negative negative = {.k = 2, .threads = 1, .seed = test_seed(), .isa = "auto"};
    double *sums, *squares, *expected, *mean;

    heat_learn_options_init(&options);
    options.hidden = 3;
    assert_ok(ctx, heat_data_load(ctx, "ising-teacher:sk:4,n=60,seed=3", NULL, &data));
    input.data = data;
    assert_ok(ctx, l.kind->open(ctx, &input, &options, &l));
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 1);
    for (int64_t a = 0; a < l.n_parameters; a++)
        l.parameters[a] = heat_stream_normal(&stream);
    assert_ok(ctx, heat_learn_rows_load(ctx, data, false, &rows));
    assert_int_equal(rows.n, ROWS);
    assert_ok(ctx, heat_cd_bias_find(ctx, &l, &rows, 1, bias));
    for (int k = 1; k < HEAT_CD_BIASES; k++)
        assert_true(bias[k].bias < bias[k - 1].bias + 1e-12);
    assert_true(bias[0].bias > 0.01 && bias[6].bias < 1e-6);
    assert_close(bias[6].cosine, 1, 1e-6);

    sums = calloc((size_t)l.n_parameters, sizeof *sums);
    squares = calloc((size_t)l.n_parameters, sizeof *squares);
    expected = calloc((size_t)l.n_parameters, sizeof *expected);
    mean = calloc((size_t)l.n_parameters, sizeof *mean);
    assert_ok(ctx, heat_cd_expect(ctx, &l, &rows, negative.k, expected));
    for (int r = 0; r < REPEATS; r++) {
        int8_t moved[ROWS * 4];
        memcpy(moved, rows.states, sizeof moved);
        assert_ok(ctx, heat_negative_mean(ctx, &negative, &l, ROWS, moved, NULL, mean));
        for (int64_t a = 0; a < l.n_parameters; a++) {
            sums[a] += mean[a];
            squares[a] += mean[a] * mean[a];
        }
    }
    for (int64_t a = 0; a < l.n_parameters; a++) {
        double m = sums[a] / REPEATS, variance = squares[a] / REPEATS - m * m;
        assert_close(m, expected[a], 4 * sqrt(variance / REPEATS) + 1e-12);
    }
    free(sums);
    free(squares);
    free(expected);
    free(mean);
    heat_learn_rows_clear(&rows);
    heat_learner_clear(&l);
    heat_data_free(data);
    heat_context_free(ctx);
}

/* After no sweep the distribution is that of the rows, each as often as its weight says. */
static void rows_count_by_their_weights(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data;
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_learn_rows rows = {0};
    heat_learner l = {.kind = &heat_learn_kind_rbm};
    double *expected, *mean;

    heat_learn_options_init(&options);
    options.hidden = 2;
    assert_ok(ctx, heat_data_load(ctx, "ising-teacher:sk:4,n=10,seed=3", NULL, &data));
    input.data = data;
    assert_ok(ctx, l.kind->open(ctx, &input, &options, &l));
    assert_ok(ctx, heat_learn_rows_load(ctx, data, false, &rows));
    expected = calloc((size_t)l.n_parameters, sizeof *expected);
    mean = calloc((size_t)l.n_parameters, sizeof *mean);
    for (int64_t r = 0; r < rows.n; r++)
        rows.weight[r] = r % 2 == 0 ? 1.75 : 0.25;
    l.kind->add_statistics(&l, rows.n, rows.states, rows.weight, expected);
    assert_ok(ctx, heat_cd_expect(ctx, &l, &rows, 0, mean));
    for (int64_t a = 0; a < l.n_parameters; a++)
        assert_close(mean[a], expected[a] / (double)rows.n, 1e-12);
    free(expected);
    free(mean);
    heat_learn_rows_clear(&rows);
    heat_learner_clear(&l);
    heat_data_free(data);
    heat_context_free(ctx);
}

/* At the root of the expected update it vanishes, the gradient does not, and less so the larger k: the
 * likelihood there rises to its maximum. */
static void fixed_points_approach_the_maximum(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data;
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_learn_result best;
    heat_learn_rows rows = {0};
    heat_learner l = {.kind = &heat_learn_kind_rbm};
    heat_cd_fixed_point points[HEAT_CD_BIASES];
    double *begin;

    heat_learn_options_init(&options);
    heat_learn_result_init(&best);
    options.hidden = 2;
    options.tolerance = 0;
    assert_ok(ctx, heat_data_load(ctx, "ising-teacher:lattice:2x3,n=100,temperature=2", NULL, &data));
    input.data = data;
    assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &best));
    assert_ok(ctx, l.kind->open(ctx, &input, &options, &l));
    assert_ok(ctx, l.kind->take(ctx, best.model, &l));
    assert_ok(ctx, heat_learn_rows_load(ctx, data, false, &rows));
    begin = calloc((size_t)l.n_parameters, sizeof *begin);
    memcpy(begin, l.parameters, (size_t)l.n_parameters * sizeof *begin);
    assert_ok(ctx, heat_cd_fixed_points_find(ctx, &l, &rows, 1, points));
    assert_memory_equal(begin, l.parameters, (size_t)l.n_parameters * sizeof *begin);
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
    heat_learn_rows_clear(&rows);
    heat_learn_result_clear(&best);
    heat_learner_clear(&l);
    heat_data_free(data);
    heat_context_free(ctx);
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
