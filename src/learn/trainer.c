/* What both roads up the log-likelihood share: its gradient <phi>_data - <phi>_model, looks at it, and the
 * end. */
#include "learn/trainer.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "learn/pseudo_likelihood.h"

#include <math.h>
#include <string.h>

heat_status heat_trainer_find_positive(heat_context *ctx, heat_trainer *t, const heat_learn_rows *rows)
{
    const heat_learner *l = t->learner;
    heat_status status;

    memset(t->positive, 0, (size_t)l->n_parameters * sizeof *t->positive);
    status = heat_learn_rows_add_statistics(ctx, l, rows, t->positive);
    for (int64_t a = 0; a < l->n_parameters; a++)
        t->positive[a] /= (double)rows->n;
    return status;
}

heat_status heat_trainer_find_gradient(heat_context *ctx, heat_trainer *t, int64_t n_rows, const void *rows,
                                       const double *weight)
{
    const heat_learner *l = t->learner;
    heat_status status = heat_negative_run(ctx, t->negative, l, n_rows, rows, weight, t->mean);

    for (int64_t a = 0; a < l->n_parameters && status == HEAT_OK; a++)
        t->gradient[a] =
            t->positive[a] - t->mean[a] - (a < l->n_decayed ? t->weight_decay * l->parameters[a] : 0);
    return status;
}

void heat_trainer_show(heat_context *ctx, const heat_trainer *t, double fraction)
{
    const heat_learn_result *r = t->result;
    const double none = (double)NAN;
    heat_learn_look last = {.train = none, .validation = none, .ess = none};

    if (r->n_history > 0)
        last = r->history[r->n_history - 1];
    heat_show_learning(ctx, (heat_progress){.fraction = fraction,
                                            .epoch = last.epoch,
                                            .train = last.train,
                                            .validation = last.validation,
                                            .ess = last.ess});
}

heat_status heat_trainer_count(heat_context *ctx, heat_trainer *t, heat_learn_count *count)
{
    heat_status status;

    *count = (heat_learn_count){.error = 0};
    if (t->sees_likelihood) {
        status = t->learner->kind->sum_states(ctx, t->learner, t->opt->threads, NULL, &count->log_z);
        count->lower = count->upper = count->log_z;
        return status;
    }
    status = heat_tracked_count_follow(ctx, t->learner, &t->tracked);
    heat_tracked_count_get(&t->tracked, count);
    return status;
}

heat_status heat_trainer_look(heat_context *ctx, heat_trainer *t, int64_t epoch, double train,
                              const heat_learn_count *count, bool *ended)
{
    heat_likelihood validation = {(double)NAN, (double)NAN};
    heat_learn_result *r = t->result;
    double surely;
    heat_likelihood proxy = {(double)NAN, (double)NAN};
    bool by_proxy = t->negative->kind->is_proxy && isnan(count->log_z);
    heat_status status = HEAT_OK;

    *ended = false;
    if (t->validation.n > 0)
        status = heat_learn_likelihood(ctx, t->learner, &t->validation, count->log_z, heat_look_visits,
                                       t->opt->threads, &validation);
    if (status == HEAT_OK && t->validation.n > 0 && by_proxy)
        status = heat_pseudo_likelihood(ctx, t->learner, &t->validation, &proxy);
    if (status == HEAT_OK)
        status = heat_grow(ctx, r->n_history + 1, sizeof *r->history, &t->history_capacity, &r->history);
    if (status != HEAT_OK)
        return status;
    r->history[r->n_history++] = (heat_learn_look){epoch, train, validation.mean, *count, t->ess};
    if (t->validation.n == 0)
        return HEAT_OK;
    surely = by_proxy ? proxy.mean
                      : validation.mean + count->log_z - count->upper; /* a fluke of log Z is no gain */
    if (surely > t->best_validation) {
        t->best_validation = surely;
        t->best_epoch = epoch;
        memcpy(t->best, t->learner->parameters, (size_t)t->learner->n_parameters * sizeof *t->best);
    }
    *ended = epoch - t->best_epoch >= t->opt->patience;
    if (*ended)
        r->reason = "the likelihood of the validation data no longer rises";
    return HEAT_OK;
}

heat_status heat_trainer_run(heat_context *ctx, heat_trainer *t)
{
    double **arrays[] = {&t->gradient, &t->positive, &t->mean, &t->best};
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == HEAT_OK; k++)
        status = heat_alloc(ctx, t->learner->n_parameters, sizeof **arrays[k], arrays[k]);
    t->best_validation = -(double)INFINITY;
    t->ess = (double)NAN;
    t->result->outcome = HEAT_OUTCOME_COMPLETED;
    t->result->reason = "all epochs were run";
    if (status == HEAT_OK)
        status =
            t->negative->kind->is_exact ? heat_trainer_run_exactly(ctx, t) : heat_trainer_run_noisily(ctx, t);
    if (status == HEAT_ERROR_STOPPED && heat_halted(ctx)) /* within an update, which is then none */
        status = HEAT_OK;
    if (status == HEAT_OK && heat_halted(ctx)) {
        t->result->outcome = heat_halt_outcome(ctx, HEAT_OUTCOME_COMPLETED);
        t->result->reason = "stopped before all epochs were run";
    }
    if (status == HEAT_OK && t->best_validation > -(double)INFINITY)
        memcpy(t->learner->parameters, t->best, (size_t)t->learner->n_parameters * sizeof *t->best);
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        heat_free(*arrays[k]);
    return status;
}
