/* heat_logz: log Z, free energy, mean energy and entropy at each temperature asked for.
 * F = -T log Z;  S = log Z + <E> / T. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/exact_choice.h"

#include <heatbath/logz.h>
#include <math.h>

void heat_logz_result_init(heat_logz_result *result)
{
    *result = (heat_logz_result){.size = sizeof *result};
}

void heat_logz_result_clear(heat_logz_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    heat_free(r->rows);
    size = r->size;
    *r = (heat_logz_result){.size = size};
}

static heat_status alloc_rows(heat_context *ctx, const heat_logz_options *opt, heat_logz_result *r)
{
    int64_t n = 1;
    double *temperatures = NULL;
    heat_status status = HEAT_OK;

    if (opt->temperature_set != NULL)
        status = heat_temperature_set_get(ctx, opt->temperature_set, 0, NULL, &n);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *temperatures, &temperatures);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *r->rows, &r->rows);
    if (status != HEAT_OK)
        goto out;
    temperatures[0] = opt->temperature;
    if (opt->temperature_set != NULL)
        status = heat_temperature_set_get(ctx, opt->temperature_set, n, temperatures, &n);
    r->n_rows = (int32_t)n;
    for (int64_t k = 0; k < n; k++) {
        double nan = (double)NAN;
        r->rows[k] = (heat_logz_row){temperatures[k], nan, nan, nan, nan, nan, nan, nan};
    }
out:
    heat_free(temperatures);
    return status;
}

static heat_status sum_states(heat_context *ctx, const heat_model *model, const heat_exact_choice *choice,
                              const heat_logz_options *opt, heat_logz_row *row)
{
    heat_elimination_sum sum = {0};
    heat_status status = heat_exact_run_sum(ctx, model, choice, 1 / row->temperature, opt->threads, &sum);

    if (status != HEAT_OK || isnan(sum.log_z)) /* halted before the sum was complete */
        return status;
    row->log_z = row->log_z_lower = row->log_z_upper = sum.log_z;
    row->error = 0;
    row->free_energy = -row->temperature * sum.log_z;
    row->mean_energy = sum.mean_energy;
    row->entropy = sum.log_z + sum.mean_energy / row->temperature;
    return HEAT_OK;
}

static heat_status run_exact(heat_context *ctx, const heat_model *model, const heat_logz_options *opt,
                             heat_logz_result *r)
{
    heat_exact_choice choice = {0};
    heat_status status = heat_exact_choose_sum(ctx, model, opt->memory, &choice);

    if (status == HEAT_OK && !choice.cost.affordable && !choice.cost.planar &&
        !heat_halted(ctx)) /* half a plan prices nothing */
        status = heat_exact_fail(ctx, &choice.cost, opt->memory);
    for (int32_t k = 0; k < r->n_rows && status == HEAT_OK && !heat_halted(ctx); k++) {
        status = sum_states(ctx, model, &choice, opt, &r->rows[k]);
        heat_show_progress(ctx, (k + 1.0) / r->n_rows, (double)NAN, (double)NAN);
    }
    r->method = choice.cost.planar ? "planar" : choice.cost.method;
    r->exact = true;
    heat_exact_choice_clear(&choice);
    return status;
}

heat_status heat_logz_estimate(heat_context *ctx, const heat_model *model, const heat_logz_options *options,
                               const heat_exact_cost *exact, heat_cost *cost)
{
    heat_logz_options opt;
    int64_t n = 1;
    heat_status status = HEAT_OK;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || exact == NULL || cost == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_logz_estimate: a model and two costs are needed");
    heat_logz_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    if (opt.temperature_set != NULL)
        status = heat_temperature_set_get(ctx, opt.temperature_set, 0, NULL, &n);
    *cost = (heat_cost){sizeof *cost,
                        exact->method,
                        "the cheaper exact method",
                        exact->bytes,
                        heat_exact_seconds(exact) * (double)n,
                        exact->affordable};
    if (exact->planar)
        *cost = (heat_cost){sizeof *cost,
                            "planar",
                            "Pfaffians are the cheapest exact method of a planar graph",
                            exact->planar_bytes,
                            heat_planar_seconds(exact) * (double)n,
                            true};
    else if (!exact->affordable)
        *cost = (heat_cost){sizeof *cost, "none", "no exact method is affordable", 0, (double)NAN, false};
    return status;
}

heat_status heat_logz(heat_context *ctx, const heat_model *model, const heat_logz_options *options,
                      heat_logz_result *result)
{
    heat_logz_options opt;
    heat_logz_result r;
    heat_budget budget;
    heat_model *clamped = NULL;
    double begin = heat_clock();
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || result == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_logz: no model or no place for the result");
    heat_logz_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    status = heat_option_check(ctx, heat_option_table_get("logz"), &opt, opt.method);
    if (status != HEAT_OK)
        return status;
    heat_logz_result_init(&r);
    budget = heat_budget_enter(ctx, "logz", opt.time, opt.memory);
    status = alloc_rows(ctx, &opt, &r);
    if (status == HEAT_OK && opt.clamp != NULL)
        status = heat_model_create_clamped_by(ctx, model, opt.clamp, &clamped);
    if (status == HEAT_OK)
        status = run_exact(ctx, clamped == NULL ? model : clamped, &opt, &r);
    heat_model_free(clamped);
    r.outcome = status == HEAT_OK && isnan(r.rows[r.n_rows - 1].log_z)
                    ? heat_halt_outcome(ctx, HEAT_OUTCOME_NONE)
                    : HEAT_OUTCOME_PROVED;
    heat_budget_leave(ctx, &budget);
    if (status != HEAT_OK) {
        heat_logz_result_clear(&r);
        return status;
    }
    r.reason = r.outcome == HEAT_OUTCOME_PROVED ? "every state was counted"
                                                : "stopped before every state was counted";
    r.log_z = r.rows[0].log_z;
    r.error = r.rows[0].error;
    r.seconds = heat_clock() - begin;
    heat_struct_copy(result, result->size == 0 ? sizeof r : result->size, &r, sizeof r);
    return HEAT_OK;
}
