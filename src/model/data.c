/* heat_data: the handle around a table, and what can be asked of it. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/data_format.h"
#include "model/data_private.h"

#include <math.h>
#include <string.h>

void heat_data_free(heat_data *data)
{
    if (data == NULL)
        return;
    heat_data_table_clear(&data->table);
    heat_free(data->name);
    heat_free(data);
}

/* Of bits, whole words at a time. */
static double count_ones(const heat_data_table *t)
{
    int64_t words = t->n_rows * heat_data_table_words(t->n_columns), ones = 0;
    const uint64_t *bits = (const uint64_t *)(const void *)t->values;

    for (int64_t k = 0; k < words; k++)
        ones += __builtin_popcountll(bits[k]);
    return (double)ones;
}

static void measure(const heat_data_table *t, heat_data_info *info)
{
    double total = (double)t->n_rows * t->n_columns, sum = 0;
    int64_t n_present = t->n_rows * t->n_columns - t->n_missing;

    info->min = HEAT_FOREVER;
    info->max = -HEAT_FOREVER;
    if (t->storage == HEAT_DATA_BITS && t->n_missing == 0) {
        double ones = count_ones(t), low = t->spins ? -1 : 0;
        info->min = ones < total ? low : 1;
        info->max = ones > 0 ? 1 : low;
        info->mean = low + (1 - low) * ones / total;
        return;
    }
    for (int64_t r = 0; r < t->n_rows; r++)
        for (int32_t k = 0; k < t->n_columns; k++) {
            double value = heat_data_table_get(t, r, k);
            if (isnan(value))
                continue;
            sum += value;
            info->min = value < info->min ? value : info->min;
            info->max = value > info->max ? value : info->max;
        }
    info->mean = n_present > 0 ? sum / (double)n_present : (double)NAN;
    if (n_present == 0)
        info->min = info->max = (double)NAN;
}

/* Labels that are words, or whole numbers from 0 on. */
static int32_t count_classes(const heat_data_table *t)
{
    double most = 0;

    if (t->classes.n > 0)
        return (int32_t)t->classes.n;
    for (int64_t r = 0; r < t->n_rows && t->has_labels; r++) {
        if (!(t->label[r] >= 0 && t->label[r] < INT32_MAX && t->label[r] == floor(t->label[r])))
            return 0;
        most = t->label[r] + 1 > most ? t->label[r] + 1 : most;
    }
    return (int32_t)most;
}

heat_status heat_data_wrap(heat_context *ctx, heat_data_table *t, const char *name, const char *format,
                           heat_data **out)
{
    heat_data *data = NULL;
    heat_data_info *info;
    heat_status status = heat_alloc(ctx, 1, sizeof *data, &data);

    *out = NULL;
    if (status != HEAT_OK) {
        heat_data_table_clear(t);
        return status;
    }
    data->table = *t;
    *t = (heat_data_table){0};
    t = &data->table;
    status = heat_copy_text(ctx, name, &data->name);
    if (status != HEAT_OK) {
        heat_data_free(data);
        return status;
    }
    info = &data->info;
    *info = (heat_data_info){.size = sizeof *info,
                             .name = data->name,
                             .format = format,
                             .reading = t->reading,
                             .n_rows = t->n_rows,
                             .n_variables = t->n_columns,
                             .storage = t->storage,
                             .coding = t->spins ? HEAT_CODING_SPIN : HEAT_CODING_INDEX,
                             .n_missing = t->n_missing,
                             .has_labels = t->has_labels,
                             .n_classes = count_classes(t),
                             .has_weights = t->has_weights,
                             .n_dimensions = t->n_dimensions,
                             .bytes = t->n_rows * t->stride};
    memcpy(info->extent, t->extent, sizeof t->extent);
    measure(t, info);
    if (t->storage == HEAT_DATA_BITS)
        info->n_states = 2;
    else if (t->storage == HEAT_DATA_BYTES)
        info->n_states = (int32_t)info->max + 1;
    *out = data;
    return HEAT_OK;
}

heat_status heat_data_load_file(heat_context *ctx, const char *path, const heat_data_options *options,
                                heat_data **out)
{
    heat_data_table table;
    heat_data_options defaults;
    const char *format;
    heat_status status;

    *out = NULL;
    heat_data_options_init(&defaults);
    status = heat_data_read(ctx, path, options == NULL ? &defaults : options, &table, &format);
    return status == HEAT_OK ? heat_data_wrap(ctx, &table, path, format, out) : status;
}

/* A table filled from rows of numbers, or of states. */
static heat_status create(heat_context *ctx, int64_t n_rows, int32_t n_variables, const double *values,
                          const int8_t *states, heat_data **out)
{
    const heat_row_place place = {.file = "memory"};
    const heat_labels no_names = {0};
    heat_data_options options;
    heat_data_table table;
    double *row = NULL;
    heat_status status;

    heat_data_options_init(&options);
    status = heat_data_table_begin(ctx, &table, place.file, n_variables, &no_names, &options);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_variables, sizeof *row, &row);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++) {
        for (int32_t k = 0; k < n_variables; k++)
            row[k] = values != NULL ? values[r * n_variables + k] : states[r * n_variables + k];
        status = heat_data_table_add(ctx, &table, row, &place);
    }
    if (status == HEAT_OK)
        status = heat_data_table_end(ctx, &table, place.file);
    heat_free(row);
    if (status == HEAT_OK)
        return heat_data_wrap(ctx, &table, place.file, "memory", out);
    heat_data_table_clear(&table);
    return status;
}

static heat_status check_rows(heat_context *ctx, int64_t n_rows, int32_t n_variables, const void *values,
                              heat_data **out)
{
    if (out == NULL || values == NULL || n_rows < 1 || n_variables < 1)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_data_create: no values, rows or variables");
    *out = NULL;
    return HEAT_OK;
}

heat_status heat_data_create(heat_context *ctx, int64_t n_rows, int32_t n_variables, const double *values,
                             heat_data **out)
{
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    status = check_rows(ctx, n_rows, n_variables, values, out);
    for (int64_t k = 0; status == HEAT_OK && k < n_rows * n_variables; k++)
        if (!isfinite(values[k]))
            status =
                heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_data_create: row %lld, variable %lld is not finite",
                          (long long)(k / n_variables), (long long)(k % n_variables));
    return status == HEAT_OK ? create(ctx, n_rows, n_variables, values, NULL, out) : status;
}

heat_status heat_data_create_states(heat_context *ctx, int64_t n_rows, int32_t n_variables,
                                    const int8_t *states, heat_data **out)
{
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    status = check_rows(ctx, n_rows, n_variables, states, out);
    return status == HEAT_OK ? create(ctx, n_rows, n_variables, NULL, states, out) : status;
}

heat_status heat_data_save(heat_context *ctx, const heat_data *data, const char *path)
{
    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (data == NULL || path == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_data_save: no data or no path");
    return heat_data_write(ctx, path, &data->table);
}

void heat_data_describe(const heat_data *data, heat_data_info *info)
{
    *info = data->info;
}

const char *heat_data_get_name(const heat_data *data, int32_t i)
{
    return heat_labels_get(&data->table.names, i);
}

const char *heat_data_get_word(const heat_data *data, int32_t i, int32_t k)
{
    return data->table.words == NULL ? NULL : heat_labels_get(&data->table.words[i], k);
}

double heat_data_get_label(const heat_data *data, int64_t row)
{
    return data->table.has_labels ? data->table.label[row] : (double)NAN;
}

const char *heat_data_get_class(const heat_data *data, int32_t k)
{
    return heat_labels_get(&data->table.classes, k);
}

double heat_data_get_weight(const heat_data *data, int64_t row)
{
    return data->table.has_weights ? data->table.weight[row] : 1;
}

bool heat_data_is_missing(const heat_data *data, int64_t row, int32_t i)
{
    return isnan(heat_data_table_get(&data->table, row, i));
}

void heat_data_get_values(const heat_data *data, int64_t first, int64_t n_rows, float *values)
{
    const heat_data_table *t = &data->table;

    for (int64_t r = 0; r < n_rows; r++)
        for (int32_t k = 0; k < t->n_columns; k++)
            values[r * t->n_columns + k] = (float)heat_data_table_get(t, first + r, k);
}

heat_status heat_data_get_states(heat_context *ctx, const heat_data *data, int64_t first, int64_t n_rows,
                                 int8_t *states)
{
    const heat_data_table *t = &data->table;

    if (data->info.n_states < 1 || data->info.n_states > INT8_MAX)
        return heat_fail(
            ctx, HEAT_ERROR_UNDEFINED,
            "%s: its values are no states: they are not all whole numbers from 0 to 126, nor -1 and +1",
            data->name);
    for (int64_t r = 0; r < n_rows; r++)
        for (int32_t k = 0; k < t->n_columns; k++) {
            double value = heat_data_table_get(t, first + r, k);
            states[r * t->n_columns + k] = (int8_t)(isnan(value) ? (t->spins ? -1 : 0) : value);
        }
    return HEAT_OK;
}

const uint64_t *heat_data_get_bits(const heat_data *data, int64_t row)
{
    if (data->table.storage != HEAT_DATA_BITS)
        return NULL;
    return (const uint64_t *)(const void *)(data->table.values + row * data->table.stride);
}
