/* Works of bench learn: an epoch of an RBM's updates, annealing and counting of log Z at the size of MNIST.
 * Rates depend on shapes and on how many units are on, not on what was learned: models and, where there is no
 * copy of MNIST, data are made up. */
#include "bench.h"
#include "clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    N_VISIBLE = 784,
    N_HIDDEN = 500,
    N_ROWS = 60000,
    CHAINS = 100,
    TEMPERATURES = 1450,
    FEW_TEMPERATURES = 145,
    TEMPERATURES_TOLD = 14500
};
static const char mnist[] = "data/mnist/train-images-idx3-ubyte";
static const double density = 0.13; /* of MNIST above 127 */

/* Uniform on [0, 1): made up, and the same everywhere. */
static double made_up(uint64_t k)
{
    k = (k + 1) * 0x9e3779b97f4a7c15U;
    k = (k ^ (k >> 30)) * 0xbf58476d1ce4e5b9U;
    k = (k ^ (k >> 27)) * 0x94d049bb133111ebU;
    return (double)((k ^ (k >> 31)) >> 11) * 0x1p-53;
}

static heat_status make_rows(cli *c, heat_data **out)
{
    int8_t *rows = malloc((size_t)N_ROWS * N_VISIBLE);
    heat_status status = HEAT_OK;

    if (rows == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "out of memory");
    for (uint64_t k = 0; k < (uint64_t)N_ROWS * N_VISIBLE; k++)
        rows[k] = made_up(k) < density;
    if (heat_data_create_states(c->ctx, N_ROWS, N_VISIBLE, rows, out) != HEAT_OK)
        status = cli_fail_library(c);
    free(rows);
    return status;
}

static heat_status load_mnist(cli *c, heat_data **out)
{
    heat_data_options options;
    heat_data_info info = {0};

    heat_data_options_init(&options);
    options.binarize = 127;
    if (heat_data_load(c->ctx, mnist, &options, out) != HEAT_OK)
        return cli_fail_library(c);
    heat_data_describe(*out, &info);
    return info.n_rows == N_ROWS && info.n_variables == N_VISIBLE
               ? HEAT_OK
               : cli_fail(c, HEAT_ERROR_INPUT, "%s: not the %d images of %d pixels of MNIST's training set",
                          mnist, N_ROWS, N_VISIBLE);
}

static bool has_mnist(void)
{
    FILE *file = fopen(mnist, "rb");

    if (file != NULL)
        fclose(file);
    return file != NULL;
}

static heat_status make_rbm(cli *c, int32_t n_hidden, heat_model **out)
{
    int64_t n = (int64_t)N_VISIBLE * n_hidden;
    double *weights = malloc((size_t)(n + N_VISIBLE) * sizeof *weights), *bias = weights + n;
    heat_status status = HEAT_OK;
    heat_rbm rbm;

    if (weights == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "out of memory");
    for (int64_t k = 0; k < n; k++)
        weights[k] = 0.4 * (made_up((uint64_t)k) - 0.5);
    for (int64_t i = 0; i < N_VISIBLE; i++)
        bias[i] = log(density / (1 - density));
    heat_rbm_init(&rbm);
    rbm.n_visible = N_VISIBLE;
    rbm.n_hidden = n_hidden;
    rbm.weights = weights;
    rbm.visible_bias = bias;
    if (heat_model_create_rbm(c->ctx, &rbm, out) != HEAT_OK)
        status = cli_fail_library(c);
    free(weights);
    return status;
}

heat_status cli_bench_learn_open(cli *c, bench_work *w)
{
    if (w->kind == BENCH_ANNEALED_RBM || w->kind == BENCH_COUNTED_RBM)
        return make_rbm(c, w->kind == BENCH_ANNEALED_RBM ? N_HIDDEN : (int32_t)w->replicas, &w->model);
    w->is_made_up = !has_mnist();
    return w->is_made_up ? make_rows(c, &w->data) : load_mnist(c, &w->data);
}

static heat_status run_epoch(cli *c, const bench_work *w, double left_s, double *value)
{
    const cli_bench_options *bench = &c->args.values.verb.bench;
    heat_learn_input input = {.size = sizeof input, .data = w->data};
    heat_learn_options options;
    heat_learn_result result;
    heat_status status = HEAT_OK;

    heat_learn_options_init(&options);
    heat_learn_result_init(&result);
    options.negative = w->engine;
    options.hidden = N_HIDDEN;
    options.batch = 100;
    options.epochs = 1;
    options.blind = true;
    options.seed = bench->seed;
    options.threads = bench->threads;
    options.isa = bench->isa;
    options.time = left_s;
    if (heat_learn(c->ctx, "rbm", &input, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    if (result.epochs == options.epochs)
        *value = result.update_seconds;
    heat_learn_result_clear(&result);
    return status;
}

/* NaN where the time did not suffice. */
static heat_status time_log_z(cli *c, const bench_work *w, int32_t temperatures, double left_s,
                              double *seconds)
{
    const cli_bench_options *bench = &c->args.values.verb.bench;
    const bool is_annealed = w->kind == BENCH_ANNEALED_RBM;
    heat_logz_options options;
    heat_logz_result result;
    heat_status status = HEAT_OK;

    heat_logz_options_init(&options);
    heat_logz_result_init(&result);
    options.method = is_annealed ? "ais" : "exact";
    options.log_z_only = !is_annealed;
    options.seed = bench->seed;
    options.threads = bench->threads;
    options.isa = bench->isa;
    options.time = left_s;
    if (is_annealed) {
        options.replicas = CHAINS;
        options.rungs = temperatures + 1;
        options.sweeps = temperatures; /* one batch */
    }
    if (heat_logz(c->ctx, w->model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    *seconds = isfinite(result.log_z) ? result.seconds : (double)NAN;
    heat_logz_result_clear(&result);
    return status;
}

/* Of annealing what choosing the temperatures takes counts once, and each of them as often as there are. */
static heat_status run_log_z(cli *c, const bench_work *w, double left_s, double *value)
{
    const double until = cli_clock() + left_s;
    double few_s = 0, seconds;
    heat_status status = HEAT_OK;

    if (w->kind == BENCH_ANNEALED_RBM)
        status = time_log_z(c, w, FEW_TEMPERATURES, left_s, &few_s);
    if (status == HEAT_OK)
        status = time_log_z(c, w, TEMPERATURES, fmax(until - cli_clock(), 0), &seconds);
    if (status != HEAT_OK || !isfinite(few_s) || !isfinite(seconds))
        return status;
    if (w->kind == BENCH_ANNEALED_RBM)
        seconds = few_s + (seconds - few_s) * (TEMPERATURES_TOLD - FEW_TEMPERATURES) /
                              (TEMPERATURES - FEW_TEMPERATURES);
    *value = seconds;
    return HEAT_OK;
}

heat_status cli_bench_learn_run(cli *c, bench_work *w, double until, double *value)
{
    double left_s = until - cli_clock();

    left_s = left_s >= HEAT_FOREVER / 2 ? HEAT_FOREVER : fmax(left_s, 0);
    return w->kind == BENCH_EPOCH ? run_epoch(c, w, left_s, value) : run_log_z(c, w, left_s, value);
}

const char *cli_bench_learn_name(const cli *c, const bench_work *w, char buffer[BENCH_WORK_SIZE])
{
    int32_t n = heat_threads_resolve(c->args.values.verb.bench.threads);
    const char *plural = n == 1 ? "" : "s";

    if (w->kind == BENCH_EPOCH)
        snprintf(buffer, BENCH_WORK_SIZE,
                 "learn rbm, an epoch of %s of %d x %d %s, %d hidden, batch 100, %d thread%s", w->engine,
                 N_ROWS, N_VISIBLE, w->is_made_up ? "made up, 13 % on" : "MNIST", N_HIDDEN, n, plural);
    else if (w->kind == BENCH_ANNEALED_RBM)
        snprintf(buffer, BENCH_WORK_SIZE,
                 "logz of an rbm, %d x %d, ais there and back, %d chains, %d temperatures, %d thread%s",
                 N_VISIBLE, N_HIDDEN, CHAINS, TEMPERATURES_TOLD, n, plural);
    else
        snprintf(buffer, BENCH_WORK_SIZE, "logz of an rbm, %d x %lld, exact log Z alone, %d thread%s",
                 N_VISIBLE, (long long)w->replicas, n, plural);
    return buffer;
}
