/* heat_score: rows weighed, log Z taken off, and the errors of both kept apart: that of the rows falls with
 * their number, that of log Z is the same for all. */
#include "base/context_private.h"
#include "base/memory.h"
#include "score/row_weights.h"
#include "stats/weighted_mean.h"

#include <heatbath/score.h>
#include <math.h>

void heat_score_result_init(heat_score_result *result)
{
    *result = (heat_score_result){.size = sizeof *result};
}

void heat_score_result_clear(heat_score_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    heat_free(r->log_likelihood);
    size = r->size;
    *r = (heat_score_result){.size = size};
}

static heat_status normalise(heat_context *ctx, const heat_model *model, const heat_score_options *opt,
                             heat_score_result *r)
{
    heat_logz_options options;
    heat_logz_result z;
    heat_status status;

    heat_logz_options_init(&options);
    heat_logz_result_init(&z);
    options.seed = opt->seed;
    options.threads = opt->threads;
    options.time = opt->time;
    options.memory = opt->memory;
    options.isa = opt->isa;
    options.method = opt->method;
    options.temperature = opt->temperature;
    options.target_error = opt->target_error;
    options.sweeps = opt->sweeps;
    status = heat_logz(ctx, model, &options, &z);
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
    heat_logz_result_clear(&z);
    return HEAT_OK;
}

static heat_status score(heat_context *ctx, const heat_model *model, const heat_data *data,
                         const heat_score_options *opt, heat_score_result *r)
{
    double *weight = NULL;
    heat_data_info info;
    heat_status status;

    heat_data_describe(data, &info);
    r->n_rows = info.n_rows;
    status = heat_alloc(ctx, r->n_rows, sizeof *weight, &weight);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_rows, sizeof *r->log_likelihood, &r->log_likelihood);
    if (status == HEAT_OK)
        status = heat_row_weights(ctx, model, data, opt->temperature, r->log_likelihood);
    if (status == HEAT_OK)
        status = normalise(ctx, model, opt, r);
    if (status != HEAT_OK)
        goto out;
    for (int64_t k = 0; k < r->n_rows; k++) {
        weight[k] = heat_data_get_weight(data, k);
        r->log_likelihood[k] -= r->log_z;
    }
    if (!heat_weighted_mean(r->n_rows, r->log_likelihood, weight, &r->mean_log_likelihood, &r->error_rows))
        status = heat_fail(ctx, HEAT_ERROR_UNDEFINED, "%s: the weights of the rows add up to 0", info.name);
out:
    heat_free(weight);
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
