/* Two roads up the log-likelihood l(theta), whose gradient is g = <phi>_data - <phi>_model.
 *
 * Exact gradients: accelerated ascent, v <- mu v + rate D g, theta <- theta + v, where D rescales each
 * statistic by its variance in the data. A step d is taken back, the rate halved and the velocity dropped
 * where g(theta + d).d < 0. As l is concave, l(theta) <= l(theta + d) - g(theta + d).d: no step that stays
 * lowers it, and no log decides that (Nesterov (1983); O'Donoghue and Candes, Found. Comput. Math. 15 (2015)
 * 715, on restarts by the gradient).
 *
 * Noisy gradients: theta <- theta + rate_t D g over mini-batches, with rate_t falling as 1/(1 + 10 t/T), and
 * the average over the second half of all updates (Polyak and Juditsky, SIAM J. Control Optim. 30 (1992)
 * 838). */
#include "learn/trainer.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { LOOKS = 100 };
static const double momentum = 0.9, growth = 1.2, small_gradient = 1e-7, least_variance = 0.02;

void heat_learn_rows_clear(heat_learn_rows *rows)
{
    heat_free(rows->states);
    heat_free(rows->weight);
    *rows = (heat_learn_rows){0};
}

heat_status heat_learn_rows_load(heat_context *ctx, const heat_data *data, heat_learn_rows *rows)
{
    heat_data_info info;
    double total = 0;
    heat_status status;

    heat_data_describe(data, &info);
    if (info.n_missing > 0)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "%s: %lld values are missing, and this kind cannot fill them in", info.name,
                         (long long)info.n_missing);
    status = heat_alloc(ctx, info.n_rows * info.n_variables, 1, &rows->states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, info.n_rows, sizeof *rows->weight, &rows->weight);
    if (status == HEAT_OK)
        status = heat_data_get_states(ctx, data, 0, info.n_rows, rows->states);
    if (status != HEAT_OK)
        return status;
    rows->n = info.n_rows;
    for (int64_t r = 0; r < rows->n; r++)
        total += heat_data_get_weight(data, r);
    if (!(total > 0))
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED, "%s: the weights of the rows add up to 0", info.name);
    for (int64_t r = 0; r < rows->n; r++)
        rows->weight[r] = heat_data_get_weight(data, r) * (double)rows->n / total;
    return HEAT_OK;
}

heat_status heat_learn_likelihood(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows,
                                  double log_z, heat_likelihood *likelihood)
{
    double *value, sum = 0, squares = 0;
    heat_status status = heat_alloc(ctx, rows->n, sizeof *value, &value);

    if (status != HEAT_OK)
        return status;
    l->kind->log_weights(l, rows->n, rows->states, value);
    for (int64_t r = 0; r < rows->n; r++)
        sum += rows->weight[r] * (value[r] - log_z);
    likelihood->mean = sum / (double)rows->n;
    for (int64_t r = 0; r < rows->n; r++) {
        double deviation = rows->weight[r] * (value[r] - log_z - likelihood->mean);
        squares += deviation * deviation;
    }
    likelihood->error = rows->n > 1 ? sqrt(squares / (double)(rows->n - 1) / (double)rows->n) : (double)NAN;
    heat_free(value);
    return HEAT_OK;
}

static heat_status open_arrays(heat_context *ctx, heat_trainer *t)
{
    double **arrays[] = {&t->gradient,        &t->positive, &t->mean,    &t->before,
                         &t->gradient_before, &t->velocity, &t->average, &t->best};
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == HEAT_OK; k++)
        status = heat_alloc(ctx, t->learner->n_parameters, sizeof **arrays[k], arrays[k]);
    return status;
}

static void free_arrays(heat_trainer *t)
{
    double *arrays[] = {t->gradient,        t->positive, t->mean,    t->before,
                        t->gradient_before, t->velocity, t->average, t->best};

    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        heat_free(arrays[k]);
}

/* The data's own means, and the scale of each statistic: 1 / variance, of spins 1 - m^2, of 0 and 1 m (1 -
 * m). */
static void measure_data(heat_trainer *t)
{
    heat_learner *l = t->learner;

    l->kind->add_positive(l, t->train.n, t->train.states, t->train.weight, t->positive);
    for (int64_t a = 0; a < l->n_parameters; a++) {
        double m = t->positive[a] /= (double)t->train.n;
        double variance = l->coding == HEAT_CODING_SPIN ? 1 - m * m : m * (1 - m);
        l->scale[a] = 1 / (variance > least_variance ? variance : least_variance);
    }
}

/* The gradient at the learner's parameters, for a batch whose positive phase is in t->positive or given. */
static heat_status find_gradient(heat_context *ctx, heat_trainer *t, const double *positive, int64_t n_rows,
                                 const int8_t *rows)
{
    const heat_learner *l = t->learner;
    heat_status status = t->negative->kind->run(ctx, t->negative, l, n_rows, rows, t->mean);

    for (int64_t a = 0; a < l->n_parameters && status == HEAT_OK; a++)
        t->gradient[a] =
            positive[a] - t->mean[a] - (a < l->n_decayed ? t->opt->weight_decay * l->parameters[a] : 0);
    return status;
}

static heat_status add_history(heat_context *ctx, heat_trainer *t, int64_t epoch, double train,
                               double validation)
{
    heat_learn_result *r = t->result;
    int64_t need = r->n_history + 1;
    heat_status status =
        heat_grow(ctx, need, sizeof *r->history_epoch, &t->history_capacity[0], &r->history_epoch);

    if (status == HEAT_OK)
        status = heat_grow(ctx, need, sizeof *r->history_train, &t->history_capacity[1], &r->history_train);
    if (status == HEAT_OK)
        status = heat_grow(ctx, need, sizeof *r->history_validation, &t->history_capacity[2],
                           &r->history_validation);
    if (status != HEAT_OK)
        return status;
    r->history_epoch[r->n_history] = epoch;
    r->history_train[r->n_history] = train;
    r->history_validation[r->n_history++] = validation;
    return HEAT_OK;
}

/* Looks at the likelihoods now and then; *ended if validation has not gained for `patience` epochs. */
static heat_status look(heat_context *ctx, heat_trainer *t, int64_t epoch, bool *ended)
{
    heat_likelihood train, validation = {(double)NAN, (double)NAN};
    int64_t apart = t->opt->epochs / LOOKS < 1 ? 1 : t->opt->epochs / LOOKS;
    double log_z;
    heat_status status;

    *ended = false;
    if (!t->sees_likelihood || (epoch % apart != 0 && epoch != t->opt->epochs))
        return HEAT_OK;
    status = t->learner->kind->sum_states(ctx, t->learner, t->opt->threads, NULL, &log_z);
    if (status == HEAT_OK)
        status = heat_learn_likelihood(ctx, t->learner, &t->train, log_z, &train);
    if (status == HEAT_OK && t->validation.n > 0)
        status = heat_learn_likelihood(ctx, t->learner, &t->validation, log_z, &validation);
    if (status == HEAT_OK)
        status = add_history(ctx, t, epoch, train.mean, validation.mean);
    if (status != HEAT_OK || t->validation.n == 0)
        return status;
    if (validation.mean > t->best_validation) {
        t->best_validation = validation.mean;
        t->best_epoch = epoch;
        memcpy(t->best, t->learner->parameters, (size_t)t->learner->n_parameters * sizeof *t->best);
    }
    *ended = epoch - t->best_epoch >= t->opt->patience;
    if (*ended)
        t->result->reason = "the likelihood of the validation data no longer rises";
    return HEAT_OK;
}

static double largest_of(const double *g, int64_t n)
{
    double most = 0;

    for (int64_t a = 0; a < n; a++)
        most = fabs(g[a]) > most ? fabs(g[a]) : most;
    return most;
}

/* True if the step that led here stays: the likelihood still rises along it. */
static bool accept(heat_trainer *t, double *rate)
{
    heat_learner *l = t->learner;
    size_t bytes = (size_t)l->n_parameters * sizeof(double);
    double along = 0;

    for (int64_t a = 0; a < l->n_parameters; a++)
        along += t->gradient[a] * (l->parameters[a] - t->before[a]);
    if (along >= 0) {
        *rate *= growth;
        return true;
    }
    *rate /= 2;
    memcpy(l->parameters, t->before, bytes);
    memcpy(t->gradient, t->gradient_before, bytes);
    memset(t->velocity, 0, bytes);
    return false;
}

static void step_exactly(heat_trainer *t, double rate)
{
    heat_learner *l = t->learner;
    size_t bytes = (size_t)l->n_parameters * sizeof(double);

    memcpy(t->before, l->parameters, bytes);
    memcpy(t->gradient_before, t->gradient, bytes);
    for (int64_t a = 0; a < l->n_parameters; a++) {
        t->velocity[a] = momentum * t->velocity[a] + rate * l->scale[a] * t->gradient[a];
        l->parameters[a] += t->velocity[a];
    }
}

static heat_status run_exactly(heat_context *ctx, heat_trainer *t)
{
    double rate = t->opt->learning_rate;
    heat_learn_result *r = t->result;
    bool ended = false;

    for (r->epochs = 0; !heat_halted(ctx); r->epochs++) {
        heat_status status = find_gradient(ctx, t, t->positive, t->train.n, t->train.states);
        if (heat_halted(ctx)) /* the means may be unfinished */
            break;
        if (status != HEAT_OK)
            return status;
        if (r->epochs == 0 || accept(t, &rate))
            status = look(ctx, t, r->epochs, &ended);
        r->gradient = largest_of(t->gradient, t->learner->n_parameters);
        if (status != HEAT_OK || ended || r->epochs == t->opt->epochs)
            return status;
        if (r->gradient < small_gradient) {
            r->outcome = HEAT_OUTCOME_CONVERGED;
            r->reason = "the gradient has vanished";
            return HEAT_OK;
        }
        step_exactly(t, rate);
        heat_show_progress(ctx, (double)r->epochs / (double)t->opt->epochs, (double)NAN, (double)NAN);
    }
    memcpy(t->learner->parameters, t->before, (size_t)t->learner->n_parameters * sizeof(double));
    return HEAT_OK;
}

/* A batch's rows, gathered. */
typedef struct batch {
    int64_t size, *order; /* of all rows */
    int8_t *states;
    double *weight, *positive;
} batch;

static heat_status open_batch(heat_context *ctx, const heat_trainer *t, batch *b)
{
    int64_t n = t->train.n;
    heat_status status = heat_alloc(ctx, n, sizeof *b->order, &b->order);

    b->size = t->opt->batch == HEAT_AUTO ? 100 : t->opt->batch;
    b->size = b->size < n ? b->size : n;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, b->size * t->learner->n_visible, 1, &b->states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, b->size, sizeof *b->weight, &b->weight);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, t->learner->n_parameters, sizeof *b->positive, &b->positive);
    for (int64_t r = 0; r < n && status == HEAT_OK; r++)
        b->order[r] = r;
    return status;
}

static void close_batch(batch *b)
{
    heat_free(b->order);
    heat_free(b->states);
    heat_free(b->weight);
    heat_free(b->positive);
}

static void shuffle(batch *b, int64_t n, uint64_t seed, int64_t epoch)
{
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_BATCH, (uint64_t)epoch);
    for (int64_t k = n - 1; k > 0; k--) {
        int64_t other = (int64_t)heat_stream_below(&stream, (uint64_t)k + 1), row = b->order[k];
        b->order[k] = b->order[other];
        b->order[other] = row;
    }
}

/* Gathers rows order[first ...] and their positive phase; returns how many. */
static int64_t gather(const heat_trainer *t, batch *b, int64_t first)
{
    const heat_learner *l = t->learner;
    int64_t count = t->train.n - first < b->size ? t->train.n - first : b->size;

    for (int64_t k = 0; k < count; k++) {
        int64_t row = b->order[first + k];
        memcpy(b->states + k * l->n_visible, t->train.states + row * l->n_visible, (size_t)l->n_visible);
        b->weight[k] = t->train.weight[row];
    }
    memset(b->positive, 0, (size_t)l->n_parameters * sizeof *b->positive);
    l->kind->add_positive(l, count, b->states, b->weight, b->positive);
    for (int64_t a = 0; a < l->n_parameters; a++)
        b->positive[a] /= (double)count;
    return count;
}

/* One update; `done` and `total` are updates. */
static heat_status update(heat_context *ctx, heat_trainer *t, batch *b, int64_t first, double done,
                          double total)
{
    heat_learner *l = t->learner;
    double rate = t->opt->learning_rate / (1 + 10 * done / total), averaged = floor(done - total / 2) + 1;
    int64_t count = gather(t, b, first);
    heat_status status = find_gradient(ctx, t, b->positive, count, b->states);

    if (status != HEAT_OK || heat_halted(ctx)) /* some chains may not have moved */
        return status;
    for (int64_t a = 0; a < l->n_parameters; a++) {
        l->parameters[a] += rate * l->scale[a] * t->gradient[a];
        t->average[a] =
            averaged > 1 ? t->average[a] + (l->parameters[a] - t->average[a]) / averaged : l->parameters[a];
    }
    return status;
}

/* The averaged parameters, while they are looked at. */
static void swap_average(heat_trainer *t)
{
    double *parameters = t->learner->parameters;

    t->learner->parameters = t->average;
    t->average = parameters;
}

static heat_status run_noisily(heat_context *ctx, heat_trainer *t)
{
    heat_learn_result *r = t->result;
    bool ended = false;
    batch b = {0};
    heat_status status = open_batch(ctx, t, &b);
    int64_t per_epoch = status == HEAT_OK ? (t->train.n + b.size - 1) / b.size : 1;
    double total = (double)per_epoch * (double)t->opt->epochs;

    memcpy(t->average, t->learner->parameters, (size_t)t->learner->n_parameters * sizeof *t->average);
    for (r->epochs = 0; r->epochs < t->opt->epochs && status == HEAT_OK && !ended && !heat_halted(ctx);) {
        shuffle(&b, t->train.n, t->opt->seed, r->epochs);
        for (int64_t k = 0; k < per_epoch && status == HEAT_OK && !heat_halted(ctx); k++) {
            double done = (double)r->epochs * (double)per_epoch + (double)k;
            status = update(ctx, t, &b, k * b.size, done, total);
            heat_show_progress(ctx, done / total, (double)NAN, (double)NAN);
        }
        if (status != HEAT_OK || heat_halted(ctx))
            break;
        r->epochs++;
        swap_average(t);
        status = look(ctx, t, r->epochs, &ended);
        swap_average(t);
    }
    swap_average(t);
    close_batch(&b);
    return status;
}

heat_status heat_trainer_run(heat_context *ctx, heat_trainer *t)
{
    heat_status status = open_arrays(ctx, t);

    t->best_validation = -(double)INFINITY;
    t->result->outcome = HEAT_OUTCOME_COMPLETED;
    t->result->reason = "all epochs were run";
    if (status == HEAT_OK) {
        measure_data(t);
        status = t->negative->kind->is_exact ? run_exactly(ctx, t) : run_noisily(ctx, t);
    }
    if (status == HEAT_ERROR_STOPPED && heat_halted(ctx)) /* within an update, which is then none */
        status = HEAT_OK;
    if (status == HEAT_OK && heat_halted(ctx)) {
        t->result->outcome = heat_halt_outcome(ctx, HEAT_OUTCOME_COMPLETED);
        t->result->reason = "stopped before all epochs were run";
    }
    if (status == HEAT_OK && t->best_validation > -(double)INFINITY)
        memcpy(t->learner->parameters, t->best, (size_t)t->learner->n_parameters * sizeof *t->best);
    free_arrays(t);
    return status;
}
