/* heat_score: rows weighed, log Z taken off, and the errors of both kept apart: that of the rows falls with
 * their number, that of log Z is the same for all. */
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/isa.h"
#include "logz/typical_rows.h"
#include "score/conditional.h"
#include "stats/weighted_mean.h"

#include <heatbath/score.h>
#include <math.h>
#include <stdlib.h>

static const double estimated_error = 0.07; /* of log Z, where rows are estimated too */

void heat_score_result_init(heat_score_result *result)
{
    const double none = (double)NAN;

    *result = (heat_score_result){.size = sizeof *result,
                                  .accuracy = none,
                                  .error_accuracy = none,
                                  .rmse = none,
                                  .error_rmse = none,
                                  .bound = none,
                                  .bound_error = none};
}

void heat_score_result_clear(heat_score_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    heat_free(r->log_likelihood);
    heat_free(r->predicted);
    heat_free(r->ranked);
    size = r->size;
    *r = (heat_score_result){.size = size};
}

/* Rows that lack no value, as states: what the model may be typical of. None where it is of real numbers. */
static heat_status take_rows(heat_context *ctx, const heat_row_scale *scale, const heat_data *data,
                             int8_t **own, heat_typical_rows *rows)
{
    heat_data_info info;
    heat_status status;

    *own = NULL;
    *rows = (heat_typical_rows){.n = 0};
    heat_data_describe(data, &info);
    if (scale->has_numbers || info.n_missing > 0)
        return HEAT_OK;
    status = heat_alloc_unset(ctx, info.n_rows * scale->n_visible, 1, own);
    if (status == HEAT_OK)
        status = heat_data_get_states(ctx, data, 0, info.n_rows, *own);
    if (status == HEAT_OK)
        *rows = (heat_typical_rows){info.n_rows, scale->n_visible, *own};
    return status;
}

static heat_status normalise(heat_context *ctx, const heat_model *model, const heat_row_scale *scale,
                             const heat_data *data, const heat_score_options *opt, heat_score_result *r)
{
    heat_typical_rows rows;
    int8_t *states;
    heat_logz_options options;
    heat_logz_result z;
    heat_status status = take_rows(ctx, scale, data, &states, &rows);

    heat_logz_options_init(&options);
    heat_logz_result_init(&z);
    options.seed = opt->seed;
    options.threads = opt->threads;
    options.time = opt->time;
    options.memory = opt->memory;
    options.isa = opt->isa;
    options.method = opt->method;
    options.log_z_only = true;
    options.temperature = opt->temperature;
    options.target_error = opt->target_error == HEAT_AUTO && heat_row_scale_is_estimated(scale)
                               ? estimated_error
                               : opt->target_error;
    options.sweeps = opt->sweeps;
    if (status == HEAT_OK)
        status = heat_logz_by_rows(ctx, model, &rows, &options, &z);
    heat_free(states);
    if (status != HEAT_OK)
        return status;
    r->outcome = z.outcome;
    r->reason = z.reason;
    for (size_t k = 0; k < sizeof r->diagnosis; k++)
        r->diagnosis[k] = z.diagnosis[k];
    r->method = z.method;
    r->exact = z.exact;
    r->log_z = z.rows[0].log_z;
    r->error_log_z = z.rows[0].error;
    r->log_z_lower = z.rows[0].log_z_lower;
    r->log_z_upper = z.rows[0].log_z_upper;
    r->log_z_forward = z.forward;
    r->log_z_reverse = z.reverse;
    r->forward_error = z.forward_error;
    r->reverse_error = z.reverse_error;
    heat_logz_result_clear(&z);
    return HEAT_OK;
}

/* Rows that are all right in their predicted columns. */
static void judge_predictions(const heat_data *data, const heat_predicted *p, float *row, double *is_right,
                              const double *weight, heat_score_result *r)
{
    for (int64_t k = 0; k < r->n_rows; k++) {
        heat_data_get_values(data, k, 1, row);
        is_right[k] = 1;
        for (int32_t i = 0; i < p->n; i++)
            if (r->predicted[k * p->n + i] != row[p->column[i]])
                is_right[k] = 0;
    }
    if (!heat_weighted_mean(r->n_rows, is_right, weight, &r->accuracy, &r->error_accuracy))
        r->accuracy = r->error_accuracy = (double)NAN;
}

/* How far off predicted numbers are. */
static void judge_means(const heat_data *data, const heat_predicted *p, float *row, double *square,
                        const double *weight, heat_score_result *r)
{
    double mean, error;

    for (int64_t k = 0; k < r->n_rows; k++) {
        heat_data_get_values(data, k, 1, row);
        square[k] = 0;
        for (int32_t i = 0; i < p->n; i++) {
            double off = r->predicted[k * p->n + i] - (double)row[p->column[i]];
            square[k] += off * off / p->n;
        }
    }
    if (!heat_weighted_mean(r->n_rows, square, weight, &mean, &error))
        return;
    r->rmse = sqrt(mean);
    r->error_rmse = mean > 0 ? error / (2 * r->rmse) : 0;
}

static heat_status predict(heat_context *ctx, const heat_data *data, const heat_row_scale *scale,
                           const char *list, const double *weight, heat_score_result *r)
{
    heat_predicted p;
    float *row = NULL;
    double *fit = NULL;
    heat_status status = heat_predicted_parse(ctx, list, data, scale, &p);

    if (status != HEAT_OK)
        return status;
    r->n_predicted = p.n;
    status = heat_alloc(ctx, r->n_rows * p.n, sizeof *r->predicted, &r->predicted);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_rows, sizeof *fit, &fit);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, scale->n_visible, sizeof *row, &row);
    if (status == HEAT_OK)
        status = heat_predicted_weigh(ctx, &p, scale, data, r->log_likelihood, r->predicted);
    if (status == HEAT_OK)
        (p.are_numbers ? judge_means : judge_predictions)(data, &p, row, fit, weight, r);
    r->outcome = HEAT_OUTCOME_PROVED;
    r->reason = p.are_numbers ? "the predicted columns were integrated over"
                              : "every value of the predicted columns was weighed";
    r->method = "conditional";
    r->exact = true;
    if (heat_row_scale_is_estimated(scale)) {
        r->exact = false;
        r->outcome = HEAT_OUTCOME_CONVERGED;
        r->is_bounded = scale->hidden->way == HEAT_HIDDEN_BOUNDED;
        r->reason = r->is_bounded ? "every value of the predicted columns was weighed, by mean-field bounds"
                                  : "every value of the predicted columns was weighed, by annealing";
    }
    r->log_z = r->log_z_lower = r->log_z_upper = (double)NAN;
    r->log_z_forward = r->log_z_reverse = r->forward_error = r->reverse_error = (double)NAN;
    heat_free(row);
    heat_free(fit);
    heat_predicted_clear(&p);
    return status;
}

/* A row and what it weighs. */
typedef struct weighed {
    double log_weight;
    int64_t row;
} weighed;

static int by_weight(const void *a, const void *b)
{
    const weighed *x = a, *y = b;

    return x->log_weight < y->log_weight ? -1 : x->log_weight > y->log_weight ? 1 : x->row < y->row ? -1 : 1;
}

/* What log Z is does not matter. */
static heat_status rank(heat_context *ctx, int64_t n_ranked, heat_score_result *r)
{
    weighed *rows = NULL;
    heat_status status = heat_alloc(ctx, r->n_rows, sizeof *rows, &rows);

    r->n_ranked = n_ranked < r->n_rows ? n_ranked : r->n_rows;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_ranked, sizeof *r->ranked, &r->ranked);
    for (int64_t k = 0; k < r->n_rows && status == HEAT_OK; k++)
        rows[k] = (weighed){r->log_likelihood[k], k};
    if (status == HEAT_OK)
        qsort(rows, (size_t)r->n_rows, sizeof *rows, by_weight);
    for (int64_t k = 0; k < r->n_ranked && status == HEAT_OK; k++)
        r->ranked[k] = rows[k].row;
    heat_free(rows);
    return status;
}

/* The mean of the bounds, and what annealing adds to the error of the mean of the rows. */
static void judge_hidden(const heat_row_scale *scale, const double *weight, const double *error,
                         double *bound, heat_score_result *r)
{
    double squares = 0, total = 0;

    for (int64_t k = 0; k < r->n_rows; k++) {
        bound[k] -= r->log_z;
        squares += weight[k] * weight[k] * error[k] * error[k];
        total += weight[k];
    }
    r->is_bounded = scale->hidden->way == HEAT_HIDDEN_BOUNDED;
    r->error_hidden = sqrt(squares) / total;
    if (!heat_weighted_mean(r->n_rows, bound, weight, &r->bound, &r->bound_error))
        r->bound = r->bound_error = (double)NAN;
    if (r->is_bounded)
        r->mean_log_likelihood = r->error_rows = r->error_hidden = (double)NAN;
}

static heat_status score(heat_context *ctx, const heat_model *model, const heat_data *data,
                         const heat_score_options *opt, heat_score_result *r)
{
    double *weight = NULL, *error = NULL, *bound = NULL;
    heat_data_info info;
    heat_row_scale scale;
    heat_status status =
        heat_row_scale_init(ctx, model, data, opt->temperature, opt->seed, opt->threads, &scale);

    heat_data_describe(data, &info);
    r->n_rows = info.n_rows;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_rows, sizeof *weight, &weight);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_rows, sizeof *r->log_likelihood, &r->log_likelihood);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_rows, sizeof *error, &error);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_rows, sizeof *bound, &bound);
    for (int64_t k = 0; k < r->n_rows && status == HEAT_OK; k++)
        weight[k] = heat_data_get_weight(data, k);
    if (status == HEAT_OK && opt->predict != NULL)
        status = predict(ctx, data, &scale, opt->predict, weight, r);
    else if (status == HEAT_OK)
        status = heat_row_scale_weigh_data(ctx, &scale, data, r->log_likelihood, error, bound);
    if (status == HEAT_OK && opt->rank > 0)
        status = rank(ctx, opt->rank, r);
    if (status == HEAT_OK && opt->predict == NULL)
        status = normalise(ctx, model, &scale, data, opt, r);
    if (status != HEAT_OK)
        goto out;
    for (int64_t k = 0; k < r->n_rows && opt->predict == NULL; k++)
        r->log_likelihood[k] -= r->log_z;
    if (!heat_weighted_mean(r->n_rows, r->log_likelihood, weight, &r->mean_log_likelihood, &r->error_rows))
        status = heat_fail(ctx, HEAT_ERROR_UNDEFINED, "%s: the weights of the rows add up to 0", info.name);
    if (status == HEAT_OK && opt->predict == NULL && heat_row_scale_is_estimated(&scale))
        judge_hidden(&scale, weight, error, bound, r);
out:
    heat_row_scale_clear(&scale);
    heat_free(weight);
    heat_free(error);
    heat_free(bound);
    return status;
}

heat_status heat_score(heat_context *ctx, const heat_model *model, const heat_data *data,
                       const heat_score_options *options, heat_score_result *result)
{
    heat_score_options opt;
    heat_score_result r;
    heat_budget budget;
    double begin = heat_clock();
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || data == NULL || result == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_score: no model, data or place for the result");
    heat_score_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    status = heat_option_check(ctx, heat_option_table_get("score"), &opt, opt.method);
    if (status == HEAT_OK)
        status = heat_isa_check(ctx, opt.isa);
    if (status != HEAT_OK)
        return status;
    heat_score_result_init(&r);
    budget = heat_budget_enter(ctx, "score", opt.time, opt.memory);
    status = score(ctx, model, data, &opt, &r);
    heat_budget_leave(ctx, &budget);
    if (status != HEAT_OK) {
        heat_score_result_clear(&r);
        return status;
    }
    r.seconds = heat_clock() - begin;
    heat_struct_copy(result, result->size == 0 ? sizeof r : result->size, &r, sizeof r);
    return HEAT_OK;
}
