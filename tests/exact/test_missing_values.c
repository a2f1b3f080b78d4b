/* Learning from rows that lack values: likelihoods are those of what is there, summed over all states that
 * agree with it, and gradients are those of these. */
#include "learn/learn_rows.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VISIBLE = 4 };

static const char binary[] = "0,1,1,\n1,,0,\n0,0,1,1\n,,,\n1,1,0,1\n";
static const char spins[] = "-1,1,1,\n1,,-1,\n-1,-1,1,1\n,,,\n1,1,-1,1\n";
static const char values[] = "0,2,1,\n1,,0,\n0,0,1,2\n2,,,1\n";

static heat_data *load_text(heat_context *ctx, const char *text)
{
    char path[] = "/tmp/heatbath_missing.XXXXXX";
    int file = mkstemp(path);
    heat_data_options options;
    heat_data *data;

    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text) && close(file) == 0);
    heat_data_options_init(&options);
    options.missing = true;
    options.header = "no";
    assert_ok(ctx, heat_data_load(ctx, path, &options, &data));
    unlink(path);
    return data;
}

/* log of the sum of exp(log weight) over all states that agree with row r where it has values. */
static double by_enumeration(const heat_learner *l, const heat_data *data, const heat_learn_rows *rows,
                             int64_t r)
{
    int64_t n = 1;
    double sum = 0;

    for (int i = 0; i < VISIBLE; i++)
        n *= l->n_states;
    for (int64_t x = 0; x < n; x++) {
        int8_t state[VISIBLE];
        int64_t left = x;
        bool agrees = true;
        double w;
        for (int32_t i = 0; i < VISIBLE; i++, left /= l->n_states) {
            int a = (int)(left % l->n_states);
            state[i] = (int8_t)(l->coding == HEAT_CODING_SPIN ? 2 * a - 1 : a);
            agrees &= heat_data_is_missing(data, r, i) ||
                      state[i] == heat_row_get(&l->form, rows->states, r * VISIBLE + i);
        }
        if (!agrees)
            continue;
        l->kind->log_weights(l, 1, state, &w);
        sum += exp(w);
    }
    return log(sum);
}

/* sum of weights times log p. */
static double likelihood(heat_context *ctx, const heat_learner *l, const heat_data *data,
                         const heat_learn_rows *rows)
{
    double log_z, sum = 0;

    assert_ok(ctx, l->kind->sum_states(ctx, l, 1, NULL, &log_z));
    for (int64_t r = 0; r < rows->n; r++)
        sum += rows->weight[r] * (by_enumeration(l, data, rows, r) - log_z);
    return sum;
}

static void check_gradient(heat_context *ctx, heat_learner *l, const heat_data *data, heat_learn_rows *rows)
{
    const double h = 1e-4;
    double *sum = calloc((size_t)l->n_parameters, sizeof *sum), *mean, log_z;

    mean = calloc((size_t)l->n_parameters, sizeof *mean);
    assert_true(sum != NULL && mean != NULL);
    assert_ok(ctx, heat_learn_rows_add_statistics(ctx, l, rows, sum));
    assert_ok(ctx, l->kind->sum_states(ctx, l, 1, mean, &log_z));
    for (int64_t a = 0; a < l->n_parameters; a++) {
        double at = l->parameters[a], up, down;
        l->parameters[a] = at + h;
        up = likelihood(ctx, l, data, rows);
        l->parameters[a] = at - h;
        down = likelihood(ctx, l, data, rows);
        l->parameters[a] = at;
        assert_close(sum[a] - (double)rows->n * mean[a], (up - down) / (2 * h), 1e-6);
    }
    free(sum);
    free(mean);
}

static void likelihoods_and_gradients_are_of_what_is_there(void **state)
{
    (void)state;
    static const struct {
        const heat_learn_kind *kind;
        const char *text, *visible;
        int64_t hidden;
    } cases[] = {
        {&heat_learn_kind_ising, spins, "auto", HEAT_AUTO},
        {&heat_learn_kind_ising, binary, "auto", HEAT_AUTO},
        {&heat_learn_kind_rbm, spins, "auto", 3},
        {&heat_learn_kind_rbm, values, "potts", 2},
        {&heat_learn_kind_boltzmann, binary, "auto", 2},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_learn_input input = {.size = sizeof input, .data = load_text(ctx, cases[k].text)};
        heat_learner l = {.kind = cases[k].kind};
        heat_learn_rows rows = {0};
        heat_learn_options options;
        heat_stream stream;
        double log_weight[8];
        heat_learn_options_init(&options);
        options.hidden = cases[k].hidden;
        options.visible_layer = cases[k].visible;
        assert_ok(ctx, l.kind->open(ctx, &input, &options, &l));
        assert_int_equal(l.n_visible, VISIBLE);
        heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, k);
        for (int64_t a = 0; a < l.n_parameters; a++)
            l.parameters[a] = 0.7 * heat_stream_normal(&stream);
        assert_ok(ctx, heat_learn_rows_load(ctx, input.data, false, &rows));
        assert_ok(ctx, heat_learn_rows_prepare(ctx, &l, input.data, 1, &rows));
        assert_ok(ctx, heat_learn_rows_log_weights(ctx, &l, &rows, log_weight));
        for (int64_t r = 0; r < rows.n; r++)
            assert_close(log_weight[r], by_enumeration(&l, input.data, &rows, r), 1e-12);
        rows.weight[0] = 0.4; /* their mean stays 1 */
        rows.weight[1] = 1.6;
        check_gradient(ctx, &l, input.data, &rows);
        heat_learn_rows_clear(&rows);
        heat_learner_clear(&l);
        heat_data_free((heat_data *)(uintptr_t)input.data);
    }
    heat_context_free(ctx);
}

/* Draws of what is missing have its probabilities. */
static void gaps_are_filled_by_the_model(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input, .data = load_text(ctx, "0,,1,\n0,1,1,0\n")};
    heat_learner l = {.kind = &heat_learn_kind_ising};
    heat_learn_rows rows = {0};
    heat_learn_options options;
    heat_stream stream;
    double count[4] = {0}, w[4], z = 0;

    heat_learn_options_init(&options);
    assert_ok(ctx, l.kind->open(ctx, &input, &options, &l));
    for (int64_t a = 0; a < l.n_parameters; a++)
        l.parameters[a] = 0.3 * (double)(a % 5) - 0.5;
    assert_ok(ctx, heat_learn_rows_load(ctx, input.data, false, &rows));
    assert_ok(ctx, heat_learn_rows_prepare(ctx, &l, input.data, 1, &rows));
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    for (int draw = 0; draw < DRAWS; draw++) {
        const int8_t *states = rows.states;
        heat_learn_rows_fill(&l, &stream, &rows);
        assert_true(states[0] == 0 && states[2] == 1);
        assert_memory_equal(states + VISIBLE, ((int8_t[]){0, 1, 1, 0}), VISIBLE);
        count[states[1] + 2 * states[3]]++;
    }
    for (int c = 0; c < 4; c++) {
        int8_t row[VISIBLE] = {0, (int8_t)(c & 1), 1, (int8_t)(c >> 1)};
        l.kind->log_weights(&l, 1, row, &w[c]);
        z += exp(w[c]);
    }
    for (int c = 0; c < 4; c++) {
        double p = exp(w[c]) / z;
        assert_close(count[c] / DRAWS, p, 4.5 * sqrt(p * (1 - p) / DRAWS));
    }
    heat_learn_rows_clear(&rows);
    heat_learner_clear(&l);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

/* A fifth of a teacher's values left out: every phase comes close to the best that exact training finds. */
static void every_phase_learns_from_rows_with_gaps(void **state)
{
    (void)state;
    static const char *const phases[] = {"exact", "cd:10", "pcd:5"};
    enum { ROWS = 600, N = 5 };
    heat_context *ctx = test_context();
    char *text = calloc(ROWS, 4 * N + 1), *at = text;
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_learn_result r;
    heat_data *teacher;
    heat_stream stream;
    int8_t states[ROWS * N];
    double best = 0;

    assert_non_null(text);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    assert_ok(ctx, heat_data_load(ctx, "ising-teacher:sk:5,n=600,seed=3", NULL, &teacher));
    assert_ok(ctx, heat_data_get_states(ctx, teacher, 0, ROWS, states));
    for (int k = 0; k < ROWS * N; k++) {
        bool gap = heat_stream_uniform(&stream) < 0.2;
        at += sprintf(at, "%s%s", gap ? "nan" : states[k] > 0 ? "1" : "-1", k % N == N - 1 ? "\n" : ",");
    }
    input.data = load_text(ctx, text);
    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    for (int k = 0; k < 3; k++) {
        options.negative = phases[k];
        options.epochs = k == 0 ? 1000 : 60;
        assert_ok(ctx, heat_learn(ctx, "ising", &input, &options, &r));
        for (int64_t h = 1; h < r.n_history && k == 0; h++)
            assert_true(r.history[h].train >= r.history[h - 1].train - 1e-11);
        best = k == 0 ? r.train.mean : best;
        assert_true(r.train.mean <= best + 1e-9 && r.train.mean > best - 0.02);
        heat_learn_result_clear(&r);
    }
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_data_free(teacher);
    free(text);
    heat_context_free(ctx);
}

enum { MANY = 14, STATES = 1 << MANY };

/* Rows of MANY spins of a teacher, every other one without all but its first, which is then 1. */
static heat_data *load_mostly_missing(heat_context *ctx, int n_rows, double *mean_first)
{
    char *text = calloc((size_t)n_rows, 4 * MANY + 1), *at = text;
    int8_t *states = calloc((size_t)n_rows, MANY);
    heat_data *teacher, *data;

    assert_true(text != NULL && states != NULL);
    assert_ok(ctx, heat_data_load(ctx, "ising-teacher:sk:14,n=800,seed=2", NULL, &teacher));
    assert_ok(ctx, heat_data_get_states(ctx, teacher, 0, n_rows, states));
    *mean_first = 0;
    for (int r = 0; r < n_rows; r++) {
        bool lacks = r % 2 == 1;
        for (int i = 0; i < MANY; i++) {
            const char *value = lacks && i == 0 ? "1" : lacks ? "nan" : states[r * MANY + i] > 0 ? "1" : "-1";
            at += sprintf(at, "%s%s", value, i == MANY - 1 ? "\n" : ",");
        }
        *mean_first += (lacks ? 1 : states[r * MANY]) / (double)n_rows;
    }
    data = load_text(ctx, text);
    heat_data_free(teacher);
    free(text);
    free(states);
    return data;
}

/* Too many ways to sum over: the gaps move by the heat bath, whose mean is the exact one, and the row has no
 * likelihood. */
static void many_gaps_are_drawn(void **state)
{
    (void)state;
    enum { SWEEPS = 6000 };
    heat_context *ctx = test_context();
    double first, mean[MANY] = {0}, exact[MANY] = {0}, z = 0, w[2], log_weight = 0, exact_log_weight = 0,
                  off = 0;
    heat_learn_input input = {.size = sizeof input, .data = load_mostly_missing(ctx, 2, &first)};
    heat_learner l = {.kind = &heat_learn_kind_ising};
    heat_learn_rows rows = {0};
    heat_learn_options options;
    heat_likelihood all;
    heat_stream stream;

    heat_learn_options_init(&options);
    assert_ok(ctx, l.kind->open(ctx, &input, &options, &l));
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    for (int64_t a = 0; a < l.n_parameters; a++)
        l.parameters[a] = 0.2 * heat_stream_normal(&stream);
    assert_ok(ctx, heat_learn_rows_load(ctx, input.data, false, &rows));
    assert_ok(ctx, heat_learn_rows_prepare(ctx, &l, input.data, 1, &rows));
    assert_int_equal(rows.n_sampled, 1);
    for (int s = 0; s < SWEEPS; s++) {
        const int8_t *last = heat_row_at(&l.form, rows.states, 1);
        heat_negative negative = {.seed = test_seed(), .n_updates = s};
        assert_ok(ctx, heat_learn_rows_sweep(ctx, &negative, &l, false, &rows));
        for (int i = 0; i < MANY; i++)
            mean[i] += last[i] / (double)SWEEPS;
        l.kind->log_weights(&l, 1, last, w);
        log_weight += w[0] / SWEEPS;
    }
    for (int pass = 0; pass < 2; pass++)
        for (int x = 0; x < STATES / 2; x++) {
            int8_t row[MANY] = {1};
            for (int i = 1; i < MANY; i++)
                row[i] = x >> (i - 1) & 1 ? 1 : -1;
            l.kind->log_weights(&l, 1, row, w);
            z += pass == 0 ? exp(w[0]) : 0;
            for (int i = 0; i < MANY && pass == 1; i++)
                exact[i] += row[i] * exp(w[0]) / z;
            exact_log_weight += pass == 1 ? w[0] * exp(w[0]) / z : 0;
        }
    for (int i = 0; i < MANY; i++) {
        assert_close(mean[i], exact[i], 0.1);
        off += (mean[i] - exact[i]) / MANY;
    }
    assert_close(off, 0, 0.03);                      /* no value is favoured */
    assert_close(log_weight, exact_log_weight, 0.2); /* at the right temperature */
    assert_ok(ctx, heat_learn_rows_log_weights(ctx, &l, &rows, w));
    assert_true(isfinite(w[0]) && isnan(w[1]));
    assert_ok(ctx, heat_learn_likelihood(ctx, &l, &rows, 0, heat_last_visits, 1, &all));
    assert_close(all.mean, w[0], 1e-12);
    heat_learn_rows_clear(&rows);
    heat_learner_clear(&l);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

/* At the maximum of the likelihood the mean of a spin that every row has is that of the data, rows that lack
 * all else included. */
static void rows_that_lack_much_are_learned_from(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double first, mean = 0, z = 0;
    heat_learn_input input = {.size = sizeof input, .data = load_mostly_missing(ctx, 800, &first)};
    heat_learn_options options;
    heat_learn_result r;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.epochs = 150;
    options.threads = 1;
    assert_ok(ctx, heat_learn(ctx, "ising", &input, &options, &r));
    assert_string_equal(r.negative, "pcd");
    for (int x = 0; x < STATES; x++) {
        int8_t row[MANY];
        double energy;
        for (int i = 0; i < MANY; i++)
            row[i] = x >> i & 1 ? 1 : -1;
        assert_ok(ctx, heat_model_get_energy(ctx, r.model, 1, row, &energy));
        z += exp(-energy);
        mean += row[0] * exp(-energy);
    }
    assert_close(mean / z, first, 0.06);
    heat_learn_result_clear(&r);
    options.negative = "exact";
    assert_int_equal(heat_learn(ctx, "ising", &input, &options, &r), HEAT_ERROR_UNABLE);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

/* A weight of 2 is a row twice, in every phase that has no noise, and where chains begin at the rows. */
static void weights_are_repetitions(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_learn_input once = {.size = sizeof once}, twice = {.size = sizeof twice};
    heat_learn_options options;
    heat_learn_result a, b;
    heat_data_options read;
    heat_data *weighted;
    char path[] = "/tmp/heatbath_weights.XXXXXX";
    const char *text = "x,y,z,w\n0,1,1,2\n1,0,1,1\n0,0,0,3\n";
    int file = mkstemp(path);

    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text) && close(file) == 0);
    heat_data_options_init(&read);
    read.weights = "w";
    assert_ok(ctx, heat_data_load(ctx, path, &read, &weighted));
    unlink(path);
    once.data = weighted;
    twice.data = load_text(ctx, "0,1,1\n0,1,1\n1,0,1\n0,0,0\n0,0,0\n0,0,0\n");
    heat_learn_options_init(&options);
    heat_learn_result_init(&a);
    heat_learn_result_init(&b);
    options.negative = "exact";
    options.hidden = 2;
    options.weight_decay = 0.1;
    assert_ok(ctx, heat_learn(ctx, "boltzmann", &once, &options, &a));
    assert_ok(ctx, heat_learn(ctx, "boltzmann", &twice, &options, &b));
    assert_close(a.train.mean, b.train.mean, 2e-2); /* starts differ by half a row */
    heat_learn_result_clear(&a);
    heat_learn_result_clear(&b);
    heat_data_free(weighted);
    heat_data_free((heat_data *)(uintptr_t)twice.data);
    heat_context_free(ctx);
}

static void what_cannot_be_filled_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *text, *objective;
        bool report_bias;
        const char *message;
    } cases[] = {
        {"ising", "0,,1\n1,0,1\n", "pseudo-likelihood", false, "whole rows"},
        {"rbm", "0,,1\n1,0,1\n", "likelihood", true, "whole rows"},
    };
    heat_context *ctx = test_context();
    heat_learn_options options;
    heat_learn_result r;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_learn_input input = {.size = sizeof input, .data = load_text(ctx, cases[k].text)};
        options.objective = cases[k].objective;
        options.report_bias = cases[k].report_bias;
        assert_int_not_equal(heat_learn(ctx, cases[k].kind, &input, &options, &r), HEAT_OK);
        assert_contains(heat_context_error(ctx), cases[k].message);
        heat_data_free((heat_data *)(uintptr_t)input.data);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(likelihoods_and_gradients_are_of_what_is_there),
        cmocka_unit_test(gaps_are_filled_by_the_model),
        cmocka_unit_test(many_gaps_are_drawn),
        cmocka_unit_test(rows_that_lack_much_are_learned_from),
        cmocka_unit_test(every_phase_learns_from_rows_with_gaps),
        cmocka_unit_test(weights_are_repetitions),
        cmocka_unit_test(what_cannot_be_filled_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
