/* A training that is killed at any moment and started again ends with the bits of one that never was. */
#include "model/views.h"
#include "support.h"

#include <heatbath/learn.h>

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_KILLS = 6, DEEP = -1 };
static const double part_of_time = 0.02; /* times k^2, of that of the whole: early and late */

static const char few_gaps[] = "1,0,?,1\n0,?,1,1\n1,1,0,0\n0,0,0,1\n?,?,1,0\n1,0,1,1\n0,1,1,0\n1,1,1,0\n";
static const char many_gaps[] = "1,0,?,?,?,?,?,?,?,?,?,?,?,?,?,1\n0,1,?,?,?,?,?,?,?,?,?,?,?,?,?,0\n"
                                "1,0,0,1,1,0,1,0,0,0,1,1,0,1,0,1\n0,1,1,0,0,1,0,1,1,1,0,0,1,0,1,0\n"
                                "1,1,0,1,0,0,1,0,0,1,1,0,0,1,1,1\n0,0,1,0,1,1,0,1,1,0,0,1,1,0,0,0\n";
static const char values[] = "0,2,1\n1,?,2\n2,1,0\n0,0,1\n?,2,2\n1,1,0\n2,0,2\n0,2,2\n";
static const char numbers[] =
    "0.5,2.25,1\n1.5,0.75,-2\n-2,1,0.5\n0,0.25,1\n3,-2,2.5\n1,1,0\n2.5,0,2\n0,2,-1\n";

static const struct {
    const char *kind, *data, *negative;
    int64_t hidden, epochs; /* DEEP: two hidden layers */
    const char *ladder;
    bool is_text; /* data is the text of a file, whose values may be missing */
    const char *objective;
    bool is_blind;
} rows[] = {
    {"rbm", "bars-and-stripes:4x4", "exact", 6, 30, NULL, false, NULL, false},
    {"rbm", "bars-and-stripes:4x4", "cd:2", 6, 60, NULL, false, NULL, false},
    {"rbm", "bars-and-stripes:4x4", "pcd:2", 6, 60, NULL, false, NULL, false},
    {"rbm", "ising-teacher:lattice:6x6,n=300", "pcd:1", 30, 20, NULL, false, NULL, false},
    {"ising", "ising-teacher:sk:10,n=500", "exact", 0, 40, NULL, false, NULL, false},
    {"rbm", "bars-and-stripes:3x3", "pcd:1", 6, 200, "temperature", false, NULL, false}, /* diverges */
    {"rbm", "bars-and-stripes:4x4", "tempering", 6, 60, "temperature", false, NULL, false},
    {"boltzmann", "bars-and-stripes:3x3", "tempering:2", 4, 40, "trajectory", false, NULL, false},
    {"rbm", few_gaps, "pcd:2", 6, 60, NULL, true, NULL, false},
    {"rbm", many_gaps, "pcd:2", 6, 60, NULL, true, NULL, false}, /* filled in anew, row by row */
    {"boltzmann", few_gaps, "exact", 2, 30, NULL, true, NULL, false},
    {"rbm", values, "pcd:1", 3, 60, NULL, true, NULL, false},
    {"rbm", numbers, "pcd:1", 3, 60, NULL, true, NULL, false},
    {"rbm", "bars-and-stripes:3x3", "auto", 6, 60, NULL, false, "pseudo-likelihood", false},
    {"ising", "ising-teacher:sk:10,n=500", "auto", 0, 40, NULL, false, "pseudo-likelihood", false},
    {"boltzmann", "bars-and-stripes:3x3", "pcd:1", 17, 12, NULL, false, NULL,
     false}, /* hidden units drawn, */
    {"boltzmann", "bars-and-stripes:3x3", "pcd:1", DEEP, 40, NULL, false, NULL, false}, /* of layers, */
    {"boltzmann", few_gaps, "pcd:1", DEEP, 40, NULL, true, NULL, false},                /* beside gaps */
    {"rbm", "ising-teacher:lattice:6x6,n=300", "cd:1", 30, 60, NULL, false, NULL, true},
};

static const char *files[sizeof rows / sizeof *rows]; /* of rows whose data is text */

/* An allocator that stops the training at one of its allocations: the same one each time. */
typedef struct stopper {
    heat_context *ctx;
    int64_t left; /* -1: never */
} stopper;

static void *realloc_and_stop(void *user, void *old, size_t size)
{
    stopper *s = user;

    if (size == 0) {
        free(old);
        return NULL;
    }
    if (s->ctx != NULL && s->left >= 0 && s->left-- == 0)
        heat_context_stop(s->ctx);
    return realloc(old, size);
}

static int64_t stop_at = -1; /* of all that follow */

static void learn(size_t row, const char *checkpoint, double time_s, heat_learn_result *r)
{
    stopper stop = {.left = -1};
    heat_context_config config;
    heat_context *ctx;
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_data_options data_options;
    const char *spec = rows[row].data;
    heat_data *data;
    bool is_whole; /* every update is by all rows */

    heat_context_config_init(&config);
    config.realloc = realloc_and_stop;
    config.user = &stop;
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_OK);
    heat_learn_options_init(&options);
    heat_data_options_init(&data_options);
    heat_learn_result_init(r);
    if (rows[row].is_text) {
        if (files[row] == NULL) /* by the whole training, before any that is killed */
            files[row] = test_file(".csv", rows[row].data, strlen(rows[row].data));
        spec = files[row];
        data_options.missing = true;
        options.visible_layer = rows[row].data == values ? "potts" : "auto";
    }
    if (rows[row].objective != NULL)
        options.objective = rows[row].objective;
    assert_ok(ctx, heat_data_load(ctx, spec, &data_options, &data));
    input.data = data;
    input.validation = rows[row].is_blind ? NULL : data;
    options.blind = rows[row].is_blind;
    options.negative = rows[row].negative;
    options.epochs = rows[row].epochs;
    if (rows[row].ladder != NULL) {
        options.ladder = rows[row].ladder;
        options.learning_rate = strcmp(options.negative, "pcd:1") == 0 ? 1000 : 1; /* for more rungs */
    }
    options.checkpoint = checkpoint;
    if (checkpoint != NULL)
        options.every = 0;
    options.threads = 1;
    is_whole =
        strcmp(options.negative, "exact") == 0 || (rows[row].objective != NULL && rows[row].hidden == 0);
    options.batch = is_whole ? HEAT_AUTO : 7;
    options.patience = rows[row].is_blind ? options.patience : 1000000;
    if (rows[row].hidden > 0)
        options.hidden = rows[row].hidden;
    options.layers = rows[row].hidden == DEEP ? "13-13" : NULL;
    if (time_s >= 0)
        options.time = time_s;
    stop = (stopper){ctx, stop_at};
    assert_ok(ctx, heat_learn(ctx, rows[row].kind, &input, &options, r));
    heat_data_free(data);
    heat_context_free(ctx);
}

static void assert_same_model(const heat_model *a, const heat_model *b)
{
    heat_pairwise x, y;

    if (!heat_model_get_pairwise(a, &x))
        return;
    assert_true(heat_model_get_pairwise(b, &y));
    assert_int_equal(x.row[x.n], y.row[y.n]);
    for (int64_t e = 0; e < x.row[x.n]; e++)
        assert_true(heat_pairwise_coupling(&x, e) == heat_pairwise_coupling(&y, e));
    assert_memory_equal(x.field, y.field, (size_t)x.n * sizeof *x.field);
}

static void assert_same(const heat_learn_result *a, const heat_learn_result *b)
{
    assert_same_model(a->model, b->model);
    assert_string_equal(a->reason, b->reason);
    assert_int_equal(a->epochs, b->epochs);
    assert_memory_equal(&a->train, &b->train, sizeof a->train);
    assert_memory_equal(&a->train_bound, &b->train_bound, sizeof a->train_bound);
    assert_memory_equal(&a->count, &b->count, sizeof a->count);
    assert_int_equal(a->n_rollbacks, b->n_rollbacks);
    assert_int_equal(a->n_history, b->n_history);
    if (a->n_history > 0) /* of no blind training */
        assert_memory_equal(a->history, b->history, (size_t)a->n_history * sizeof *a->history);
}

/* kill -9, each time after a part of the time that the whole takes. */
static void a_killed_training_goes_on(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        char path[] = "/tmp/heatbath_training.XXXXXX";
        heat_learn_result whole, resumed;

        assert_true(close(mkstemp(path)) == 0);
        unlink(path);
        learn(row, NULL, -1, &whole);
        for (int k = 0; k < MOST_KILLS; k++) {
            pid_t child = fork();
            if (child == 0) {
                learn(row, path, -1, &resumed);
                _exit(0);
            }
            usleep((useconds_t)(1e6 * (part_of_time * k * k * whole.seconds + 0.002)));
            kill(child, SIGKILL);
            assert_int_equal(waitpid(child, NULL, 0), child);
        }
        learn(row, path, -1, &resumed);
        assert_same(&whole, &resumed);
        heat_learn_result_clear(&resumed);
        learn(row, path, -1, &resumed); /* what is over is told again */
        assert_same(&whole, &resumed);
        heat_learn_result_clear(&resumed);
        heat_learn_result_clear(&whole);
        unlink(path);
    }
}

/* The time is up again and again, within updates too. */
static void a_stopped_training_goes_on(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        char path[] = "/tmp/heatbath_training.XXXXXX";
        heat_learn_result whole, resumed;

        assert_true(close(mkstemp(path)) == 0);
        unlink(path);
        learn(row, NULL, -1, &whole);
        for (int k = 0; k < MOST_KILLS; k++) {
            learn(row, path, part_of_time * k * k * whole.seconds, &resumed);
            heat_learn_result_clear(&resumed);
        }
        learn(row, path, -1, &resumed);
        assert_same(&whole, &resumed);
        heat_learn_result_clear(&resumed);
        heat_learn_result_clear(&whole);
        unlink(path);
    }
}

/* Where log Z is tracked and annealing ends it all, a time hardly ever falls on the tracking. */
static void a_tracked_training_goes_on_from_anywhere(void **state)
{
    (void)state;
    static const int64_t at[] = {400, 800, 1500, 2500};
    const size_t row = 3;
    heat_learn_result whole, resumed;
    int64_t epochs = 0;

    assert_string_equal(rows[row].data, "ising-teacher:lattice:6x6,n=300");
    learn(row, NULL, -1, &whole);
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        char path[] = "/tmp/heatbath_training.XXXXXX";

        assert_true(close(mkstemp(path)) == 0);
        unlink(path);
        stop_at = at[k];
        learn(row, path, -1, &resumed);
        stop_at = -1;
        printf("stopped after %lld of %lld epochs\n", (long long)resumed.epochs, (long long)whole.epochs);
        epochs += resumed.epochs > 0 && resumed.epochs < whole.epochs;
        heat_learn_result_clear(&resumed);
        learn(row, path, -1, &resumed);
        assert_same(&whole, &resumed);
        heat_learn_result_clear(&resumed);
        unlink(path);
    }
    assert_true(epochs > 1); /* else the row or the numbers must change */
    heat_learn_result_clear(&whole);
}

static void another_training_is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/heatbath_training.XXXXXX";
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_learn_result r;
    heat_data *data;

    assert_true(close(mkstemp(path)) == 0);
    unlink(path);
    learn(2, path, -1, &r);
    heat_learn_result_clear(&r);
    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.negative = "pcd:2";
    options.checkpoint = path;
    assert_ok(ctx, heat_data_load(ctx, "bars-and-stripes:3x3", NULL, &data));
    input.data = data;
    assert_int_equal(heat_learn(ctx, "rbm", &input, &options, &r), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "of another run");
    heat_data_free(data);
    heat_context_free(ctx);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_training_goes_on),
        cmocka_unit_test(a_stopped_training_goes_on),
        cmocka_unit_test(a_tracked_training_goes_on_from_anywhere),
        cmocka_unit_test(another_training_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
