/* Rows of data as states, and what a learner thinks of them. */
#include "learn/learn_rows.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/weighted_mean.h"

#include <math.h>
#include <string.h>

enum { FEWEST_ROWS = 100 }; /* that a bound is of */

heat_status heat_learner_check_data(heat_context *ctx, const char *kind, const heat_data *data,
                                    heat_data_info *info)
{
    heat_data_describe(data, info);
    if (info->storage == HEAT_DATA_BITS)
        return HEAT_OK;
    return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                     "%s: the values are %g to %g, and %s learns from 0 and 1 or -1 and +1 (--binarize T "
                     "makes them 0 and 1%s)",
                     info->name, info->min, info->max, kind,
                     strcmp(kind, "rbm") == 0 ? ", --visible-layer gaussian or potts takes them as they are"
                                              : "");
}

void heat_learn_rows_clear(heat_learn_rows *rows)
{
    heat_free(rows->states);
    heat_free(rows->weight);
    heat_free(rows->missing);
    heat_free(rows->filled);
    heat_free(rows->share);
    *rows = (heat_learn_rows){0};
}

heat_status heat_learn_rows_check(heat_context *ctx, const heat_learner *l, const heat_data *data)
{
    heat_data_info info;

    heat_data_describe(data, &info);
    if (info.n_variables == l->n_visible - l->n_drawn &&
        (heat_row_is_real(&l->form) ||
         (info.storage != HEAT_DATA_FLOATS && info.coding == l->coding && info.n_states <= l->n_states)))
        return HEAT_OK;
    return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s does not fit the training data in variables or coding",
                     info.name);
}

/* Real numbers that are missing begin at the mean of those that are there. */
static void take_means(heat_learn_rows *rows, int32_t n_variables)
{
    float *values = rows->states;

    for (int32_t i = 0; i < n_variables; i++) {
        double sum = 0;
        int64_t count = 0;
        for (int64_t at = i; at < rows->n * n_variables; at += n_variables)
            if (!rows->missing[at]) {
                sum += (double)values[at];
                count++;
            }
        for (int64_t at = i; at < rows->n * n_variables; at += n_variables)
            if (rows->missing[at])
                values[at] = count == 0 ? 0 : (float)(sum / (double)count);
    }
}

heat_status heat_learn_rows_load(heat_context *ctx, const heat_data *data, bool is_real,
                                 heat_learn_rows *rows)
{
    heat_data_info info;
    double total = 0;
    heat_status status;

    heat_data_describe(data, &info);
    status = heat_alloc(ctx, info.n_rows * info.n_variables, is_real ? sizeof(float) : 1, &rows->states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, info.n_rows, sizeof *rows->weight, &rows->weight);
    if (status == HEAT_OK && info.n_missing > 0)
        status = heat_alloc(ctx, info.n_rows * info.n_variables, 1, &rows->missing);
    for (int64_t k = 0; k < info.n_rows * info.n_variables && status == HEAT_OK && info.n_missing > 0; k++)
        rows->missing[k] = heat_data_is_missing(data, k / info.n_variables, (int32_t)(k % info.n_variables));
    if (status == HEAT_OK && is_real)
        heat_data_get_values(data, 0, info.n_rows, rows->states);
    else if (status == HEAT_OK)
        status = heat_data_get_states(ctx, data, 0, info.n_rows, rows->states);
    if (status != HEAT_OK)
        return status;
    rows->n = info.n_rows;
    if (is_real && info.n_missing > 0)
        take_means(rows, info.n_variables);
    for (int64_t r = 0; r < rows->n; r++)
        total += heat_data_get_weight(data, r);
    if (!(total > 0))
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED, "%s: the weights of the rows add up to 0", info.name);
    for (int64_t r = 0; r < rows->n; r++)
        rows->weight[r] = heat_data_get_weight(data, r) * (double)rows->n / total;
    return HEAT_OK;
}

/* Of `count` rows, number k stands at k * rows->n / count. */
static heat_status bound_rows(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows,
                              int64_t count, int64_t threads, double *value, double *weight)
{
    const int64_t width = l->n_visible;
    int8_t *states = NULL, *missing = NULL;
    heat_status status = heat_alloc_unset(ctx, count * width, 1, &states);

    if (status == HEAT_OK && rows->missing != NULL)
        status = heat_alloc_unset(ctx, count * width, 1, &missing);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        const int64_t r = k * rows->n / count;
        memcpy(states + k * width, (const int8_t *)rows->states + r * width, (size_t)width);
        if (missing != NULL)
            memcpy(missing + k * width, rows->missing + r * width, (size_t)width);
        weight[k] = rows->weight[r];
    }
    if (status == HEAT_OK)
        status = l->kind->bound(ctx, l, count, states, missing, threads, value);
    heat_free(states);
    heat_free(missing);
    return status;
}

heat_status heat_learn_likelihood(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows,
                                  double log_z, double most_visits, int64_t threads,
                                  heat_likelihood *likelihood)
{
    const double most = fmax(FEWEST_ROWS, most_visits / (double)l->n_parameters);
    int64_t count = l->n_drawn > 0 && most < (double)rows->n ? (int64_t)most : rows->n, n = 0;
    double *value, *weight = NULL;
    heat_status status = heat_alloc(ctx, count, sizeof *value, &value);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, count, sizeof *weight, &weight);
    if (status == HEAT_OK && l->n_drawn > 0) {
        status = bound_rows(ctx, l, rows, count, threads, value, weight);
    } else if (status == HEAT_OK) {
        status = heat_learn_rows_log_weights(ctx, l, rows, value);
        memcpy(weight, rows->weight, (size_t)count * sizeof *weight);
    }
    for (int64_t r = 0; r < count && status == HEAT_OK; r++) {
        if (isnan(value[r]) && rows->n_sampled > 0)
            continue;
        value[n] = value[r] - log_z;
        weight[n++] = weight[r];
    }
    if (status == HEAT_OK && !heat_weighted_mean(n, value, weight, &likelihood->mean, &likelihood->error))
        likelihood->mean = likelihood->error = (double)NAN;
    heat_free(value);
    heat_free(weight);
    return status;
}
