/* The average over samples of the disorder, per variable: each model counts alike, the error is that of their
 * scatter, which holds the errors of each. [log Z] / n is self-averaging: its scatter falls as 1 / sqrt(n).
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/disorder.h"

#include <heatbath/logz.h>
#include <math.h>

void heat_logz_average_clear(heat_logz_average *a)
{
    size_t size;

    if (a == NULL)
        return;
    heat_free(a->rows);
    size = a->size;
    *a = (heat_logz_average){.size = size};
}

static heat_status check_alike(heat_context *ctx, int64_t n, const heat_logz_result *results)
{
    for (int64_t k = 0; k < n; k++) {
        bool alike = results[k].n_rows == results[0].n_rows;
        for (int32_t t = 0; alike && t < results[0].n_rows; t++)
            alike = results[k].rows[t].temperature == results[0].rows[t].temperature;
        if (!alike)
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                             "samples of the disorder were counted at different temperatures: there is no "
                             "average of them");
        if (results[k].n_variables < 1)
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "sample %lld of the disorder has no variables",
                             (long long)k);
    }
    return HEAT_OK;
}

/* Withheld if any sample's is. */
static heat_status average_one(heat_context *ctx, int64_t n, const double *scratch, heat_logz_mean *out)
{
    heat_disorder_mean mean;
    heat_status status;

    *out = (heat_logz_mean){(double)NAN, (double)NAN, (double)NAN};
    for (int64_t k = 0; k < 2 * n; k++)
        if (!isfinite(scratch[k]))
            return HEAT_OK;
    status = heat_disorder_mean_get(ctx, n, scratch, scratch + n, NULL, &mean);
    if (status == HEAT_OK)
        *out = (heat_logz_mean){mean.mean, mean.error, mean.scatter};
    return status;
}

/* The four quantities, each with its error. */
static void pick(const heat_logz_row *row, int which, double *value, double *error)
{
    const double values[] = {row->log_z, row->free_energy, row->mean_energy, row->entropy};
    const double errors[] = {row->error, row->temperature * row->error, row->mean_energy_error,
                             row->entropy_error};

    *value = values[which];
    *error = errors[which];
}

static heat_status average_row(heat_context *ctx, int64_t n, const heat_logz_result *results, int32_t t,
                               double *scratch, heat_logz_average_row *row)
{
    heat_logz_mean *const means[] = {&row->log_z, &row->free_energy, &row->mean_energy, &row->entropy};
    heat_status status = HEAT_OK;

    row->temperature = results[0].rows[t].temperature;
    for (int which = 0; which < 4 && status == HEAT_OK; which++) {
        for (int64_t k = 0; k < n; k++) {
            pick(&results[k].rows[t], which, &scratch[k], &scratch[n + k]);
            scratch[k] /= results[k].n_variables;
            scratch[n + k] /= results[k].n_variables;
        }
        status = average_one(ctx, n, scratch, means[which]);
    }
    return status;
}

heat_status heat_logz_average_get(heat_context *ctx, int64_t n, const heat_logz_result *results,
                                  heat_logz_average *average)
{
    heat_logz_average a = {.size = sizeof a, .n_models = n};
    double *scratch = NULL;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (n < 1 || results == NULL || average == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "heat_logz_average_get: no results or no place for the average");
    status = check_alike(ctx, n, results);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * n, sizeof *scratch, &scratch);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, results[0].n_rows, sizeof *a.rows, &a.rows);
    if (status == HEAT_OK)
        a.n_rows = results[0].n_rows;
    for (int32_t t = 0; t < a.n_rows && status == HEAT_OK; t++)
        status = average_row(ctx, n, results, t, scratch, &a.rows[t]);
    heat_free(scratch);
    if (status != HEAT_OK) {
        heat_logz_average_clear(&a);
        return status;
    }
    heat_struct_copy(average, average->size == 0 ? sizeof a : average->size, &a, sizeof a);
    return HEAT_OK;
}
