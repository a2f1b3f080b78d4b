/* The pseudo-likelihood against its definition and differences of it, and a teacher that it recovers. */
#include "learn/pseudo_likelihood.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 64 };

typedef struct subject {
    const heat_learn_kind *kind;
    const char *spec, *visible, *hidden;
    int64_t n_hidden;
} subject;

static const subject subjects[] = {
    {&heat_learn_kind_ising, "ising-teacher:sk:5,n=7", "auto", "auto", HEAT_AUTO},
    {&heat_learn_kind_ising, "bars-and-stripes:2x2", "auto", "auto", HEAT_AUTO},
    {&heat_learn_kind_rbm, "ising-teacher:sk:5,n=7", "auto", "binary", 3},
    {&heat_learn_kind_rbm, "bars-and-stripes:2x2", "potts", "gaussian", 2},
    {&heat_learn_kind_boltzmann, "bars-and-stripes:2x2", "auto", "auto", 0},
    {&heat_learn_kind_boltzmann, "bars-and-stripes:2x2", "auto", "auto", 3},
};
enum { N_SUBJECTS = sizeof subjects / sizeof *subjects };

/* A learner at random parameters, and rows with weights. */
typedef struct subject_state {
    heat_data *data;
    heat_learner l;
    int64_t n;
    int8_t rows[MOST_ROWS * 8];
    double weight[MOST_ROWS];
} subject_state;

static void open_subject(heat_context *ctx, const subject *s, subject_state *at)
{
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_data_info info;
    heat_stream stream;

    heat_learn_options_init(&options);
    options.hidden = s->n_hidden;
    options.visible_layer = s->visible;
    options.hidden_layer = s->hidden;
    assert_ok(ctx, heat_data_load(ctx, s->spec, NULL, &at->data));
    input.data = at->data;
    heat_data_describe(at->data, &info);
    assert_true(info.n_rows <= MOST_ROWS && info.n_variables <= 8);
    at->n = info.n_rows;
    at->l = (heat_learner){.kind = s->kind};
    assert_ok(ctx, s->kind->open(ctx, &input, &options, &at->l));
    assert_ok(ctx, heat_data_get_states(ctx, at->data, 0, at->n, at->rows));
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    for (int64_t a = 0; a < at->l.n_parameters; a++)
        at->l.parameters[a] = 0.6 * heat_stream_normal(&stream);
    for (int64_t r = 0; r < at->n; r++)
        at->weight[r] = 0.5 + heat_stream_uniform(&stream);
}

static void close_subject(subject_state *at)
{
    heat_learner_clear(&at->l);
    heat_data_free(at->data);
}

/* sum_r weight[r] sum_i log p(v_i | others), by log weights. */
static double by_definition(const subject_state *at)
{
    const heat_learner *l = &at->l;
    double total = 0;

    for (int64_t r = 0; r < at->n; r++)
        for (int32_t i = 0; i < l->n_visible; i++) {
            int8_t row[8];
            double own, w, sum = 0;
            heat_rows_copy(&l->form, 1, heat_row_at(&l->form, at->rows, r), row);
            l->kind->log_weights(l, 1, row, &own);
            for (int a = 0; a < l->n_states; a++) {
                row[i] = (int8_t)(l->coding == HEAT_CODING_SPIN ? 2 * a - 1 : a);
                l->kind->log_weights(l, 1, row, &w);
                sum += exp(w - own);
            }
            total -= at->weight[r] * log(sum);
        }
    return total;
}

static void values_and_gradients_are_those_of_the_definition(void **state)
{
    (void)state;
    const double h = 1e-4;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_SUBJECTS; k++) {
        subject_state at;
        double value[MOST_ROWS], total = 0, *less;
        open_subject(ctx, &subjects[k], &at);
        less = calloc((size_t)at.l.n_parameters, sizeof *less);
        assert_non_null(less);
        assert_ok(ctx,
                  heat_pseudo_find(ctx, &at.l, at.n, at.rows, at.weight, at.l.n_visible, NULL, value, less));
        for (int64_t r = 0; r < at.n; r++)
            total += at.weight[r] * value[r];
        assert_close(total, by_definition(&at), 1e-10);
        for (int64_t a = 0; a < at.l.n_parameters; a++) {
            double theta = at.l.parameters[a], up, down;
            at.l.parameters[a] = theta + h;
            up = by_definition(&at);
            at.l.parameters[a] = theta - h;
            down = by_definition(&at);
            at.l.parameters[a] = theta;
            assert_close(-less[a], (up - down) / (2 * h), 1e-5);
        }
        free(less);
        close_subject(&at);
    }
    heat_context_free(ctx);
}

/* Over all draws of two sites of each row. */
static void some_sites_stand_for_all(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    heat_context *ctx = test_context();

    for (int k = 2; k < N_SUBJECTS; k++) {
        subject_state at;
        heat_stream stream;
        double *all, *sum, *squares, *some;
        size_t n;
        open_subject(ctx, &subjects[k], &at);
        n = (size_t)at.l.n_parameters;
        all = calloc(4 * n, sizeof *all);
        assert_non_null(all);
        sum = all + n;
        squares = sum + n;
        some = squares + n;
        heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 1);
        assert_ok(ctx,
                  heat_pseudo_find(ctx, &at.l, at.n, at.rows, at.weight, at.l.n_visible, NULL, NULL, all));
        for (int draw = 0; draw < DRAWS; draw++) {
            memset(some, 0, n * sizeof *some);
            assert_ok(ctx, heat_pseudo_find(ctx, &at.l, at.n, at.rows, at.weight, 2, &stream, NULL, some));
            for (size_t a = 0; a < n; a++) {
                sum[a] += some[a];
                squares[a] += some[a] * some[a];
            }
        }
        for (size_t a = 0; a < n; a++) {
            double m = sum[a] / DRAWS, variance = squares[a] / DRAWS - m * m;
            assert_close(m, all[a], 4.5 * sqrt(fmax(variance, 0) / DRAWS) + 1e-9);
        }
        free(all);
        close_subject(&at);
    }
    heat_context_free(ctx);
}

/* Root mean square of couplings learned minus those of the teacher at temperature 1.5. */
static double teacher_error(heat_context *ctx, int rows, int seed)
{
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_learn_result r;
    heat_model *teacher;
    heat_pairwise a, b;
    heat_data *data;
    char spec[96];
    double squares = 0;

    snprintf(spec, sizeof spec, "ising-teacher:sk:7,seed=5,n=%d,seed=%d,temperature=1.5", rows, seed);
    assert_ok(ctx, heat_data_load(ctx, spec, NULL, &data));
    input.data = data;
    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.objective = "pseudo-likelihood";
    assert_ok(ctx, heat_learn(ctx, "ising", &input, &options, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    assert_true(r.gradient < 1e-6 && r.pseudo.mean > r.train.mean && r.pseudo.error > 0);
    assert_ok(ctx, heat_model_load(ctx, "sk:7,seed=5", &teacher));
    assert_true(heat_model_get_pairwise(teacher, &a) && heat_model_get_pairwise(r.model, &b));
    for (int64_t k = 0; k < a.row[a.n]; k++) {
        double error = heat_pairwise_coupling(&b, k) - heat_pairwise_coupling(&a, k) / 1.5;
        squares += error * error / (double)a.row[a.n];
    }
    heat_model_free(teacher);
    heat_learn_result_clear(&r);
    heat_data_free(data);
    return sqrt(squares);
}

static void a_teacher_is_recovered_with_errors_that_fall_as_the_root_of_the_rows(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double few = 0, many = 0;

    for (int seed = 1; seed <= 4; seed++) {
        few += teacher_error(ctx, 500, seed) / 4;
        many += teacher_error(ctx, 32000, seed) / 4;
    }
    assert_true(few < 0.11);
    assert_true(few / many > 5 && few / many < 12.8); /* 64 times the rows: an eighth of the error */
    heat_context_free(ctx);
}

/* By sampled sites, with hidden units, and by validation data where no likelihood is seen. */
static void hidden_units_are_learned_too(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_learn_result r, again;
    heat_data *data;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    heat_learn_result_init(&again);
    options.objective = "pseudo-likelihood";
    options.epochs = 200;
    options.learning_rate = 0.5;
    assert_ok(ctx, heat_data_load(ctx, "bars-and-stripes:3x3", NULL, &data));
    input.data = data;
    assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r));
    assert_string_equal(r.negative, "sampled pseudo-likelihood");
    assert_true(r.pseudo.mean > -3 && r.pseudo.mean < 0 && r.train.mean > -6); /* began at -6.2 each */
    options.threads = 3;
    assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &again));
    assert_memory_equal(&r.pseudo, &again.pseudo, sizeof r.pseudo);
    options.negative = "pcd:1";
    assert_int_equal(heat_learn(ctx, "rbm", &input, &options, &again), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "leave --negative at auto");
    heat_learn_result_clear(&r);
    heat_learn_result_clear(&again);
    heat_data_free(data);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_gradients_are_those_of_the_definition),
        cmocka_unit_test(some_sites_stand_for_all),
        cmocka_unit_test(a_teacher_is_recovered_with_errors_that_fall_as_the_root_of_the_rows),
        cmocka_unit_test(hidden_units_are_learned_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
