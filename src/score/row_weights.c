/* Rows as states of a model, and what they weigh: exp(-E/T) where all variables are visible; with hidden
 * units their sum, which is exp(-F_T/T) of an RBM, and of any other Boltzmann machine the Z of the model
 * whose visible units are held at the row. */
#include "score/row_weights.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "model/unit_layers.h"
#include "model/views.h"

#include <heatbath/logz.h>
#include <string.h>

static const char *coding_words(bool is_spin)
{
    return is_spin ? "-1 and +1" : "whole numbers from 0";
}

/* Whether a model reads rows of -1 and +1. */
static bool reads_spins(heat_context *ctx, const heat_model *model, const heat_model_info *info)
{
    heat_rbm rbm;

    if (strcmp(info->kind, "rbm") == 0 && heat_model_get_rbm(ctx, model, &rbm) == HEAT_OK)
        return rbm.visible == HEAT_LAYER_SPIN;
    return info->coding == HEAT_CODING_SPIN;
}

/* Values that a visible unit has; 0: any number. */
static int32_t count_visible_states(const heat_model *model, const heat_model_info *info)
{
    heat_unit_layers units;

    return heat_model_get_units(model, &units) ? heat_unit_layer_states(&units.visible) : info->n_states;
}

static heat_status check_fit(heat_context *ctx, const heat_model *model, const heat_model_info *info,
                             int32_t n_visible, const heat_data *data)
{
    heat_data_info rows;
    bool spins = reads_spins(ctx, model, info);
    int32_t n_states = count_visible_states(model, info);

    heat_data_describe(data, &rows);
    if (rows.n_variables != n_visible)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s has %d variables, and %s %d%s", rows.name,
                         (int)rows.n_variables, info->name, (int)n_visible,
                         n_visible < info->n_variables ? " visible ones" : "");
    if (rows.n_missing > 0)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED, "%s: %lld values are missing", rows.name,
                         (long long)rows.n_missing);
    if (n_states == 0)
        return HEAT_OK;
    if (rows.storage == HEAT_DATA_FLOATS)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED, "%s: the values are %g to %g, and %s has states of %s",
                         rows.name, rows.min, rows.max, info->name, coding_words(spins));
    if ((rows.coding == HEAT_CODING_SPIN) != spins)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s is coded in %s, and %s in %s", rows.name,
                         coding_words(rows.coding == HEAT_CODING_SPIN), info->name, coding_words(spins));
    if (!spins && rows.max >= n_states)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: the values are %g to %g, and %s has 0 to %d%s",
                         rows.name, rows.min, rows.max, info->name, (int)n_states - 1,
                         n_states == 2 ? " (--binarize T makes them 0 and 1)" : "");
    return HEAT_OK;
}

/* log Z of what a row leaves free. */
static heat_status sum_free(heat_context *ctx, const heat_model *model, const int8_t *clamp,
                            double temperature, double *log_weight)
{
    heat_logz_options options;
    heat_logz_result z;
    heat_model *rest = NULL;
    heat_status status = heat_model_create_clamped(ctx, model, clamp, &rest);

    heat_logz_options_init(&options);
    heat_logz_result_init(&z);
    options.method = "exact";
    options.temperature = temperature;
    options.memory = ctx->config.memory;
    options.threads = 1;
    if (status == HEAT_OK)
        status = heat_logz(ctx, rest, &options, &z);
    if (status == HEAT_OK)
        *log_weight = z.log_z;
    heat_logz_result_clear(&z);
    heat_model_free(rest);
    return status;
}

static heat_status sum_hidden(heat_context *ctx, const heat_model *model, const heat_model_info *info,
                              double temperature, int64_t n_rows, const int8_t *rows, double *log_weights)
{
    int8_t *clamp = NULL;
    heat_status status = heat_alloc(ctx, info->n_variables, 1, &clamp);

    for (int32_t i = info->n_visible; i < info->n_variables && status == HEAT_OK; i++)
        clamp[i] = HEAT_FREE;
    for (int64_t r = 0; r < n_rows && status == HEAT_OK && !heat_halted(ctx); r++) {
        memcpy(clamp, rows + r * info->n_visible, (size_t)info->n_visible);
        status = sum_free(ctx, model, clamp, temperature, &log_weights[r]);
    }
    heat_free(clamp);
    return status == HEAT_OK ? heat_halt_check(ctx, "all rows were summed") : status;
}

/* Of an RBM whose layers are not both of two values: rows are numbers. */
static heat_status weigh_numbers(heat_context *ctx, const heat_model *model, const heat_data *data,
                                 const heat_data_info *info, double temperature, double *log_weights)
{
    int64_t n = info->n_variables;
    float *row = NULL;
    double *values = NULL;
    heat_status status = heat_alloc_unset(ctx, n, sizeof *row, &row);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n, sizeof *values, &values);
    for (int64_t r = 0; r < info->n_rows && status == HEAT_OK && !heat_halted(ctx); r++) {
        heat_data_get_values(data, r, 1, row);
        for (int64_t i = 0; i < n; i++)
            values[i] = row[i];
        status = heat_rbm_free_energies_of(ctx, model, temperature, 1, values, &log_weights[r]);
        log_weights[r] /= -temperature;
    }
    heat_free(row);
    heat_free(values);
    return status == HEAT_OK ? heat_halt_check(ctx, "all rows were summed") : status;
}

heat_status heat_row_weights(heat_context *ctx, const heat_model *model, const heat_data *data,
                             double temperature, double *log_weights)
{
    heat_model_info info;
    heat_data_info of_data;
    int8_t *rows = NULL;
    heat_unit_layers units;
    heat_layered layers;
    int32_t n_visible;
    heat_status status;

    heat_model_describe(model, &info);
    heat_data_describe(data, &of_data);
    n_visible = info.n_visible > 0 ? info.n_visible : info.n_variables;
    status = check_fit(ctx, model, &info, n_visible, data);
    if (status == HEAT_OK && heat_model_get_units(model, &units) && !heat_model_get_layered(model, &layers))
        return weigh_numbers(ctx, model, data, &of_data, temperature, log_weights);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, of_data.n_rows * n_visible, 1, &rows);
    if (status == HEAT_OK)
        status = heat_data_get_states(ctx, data, 0, of_data.n_rows, rows);
    for (int64_t k = 0; k < of_data.n_rows * n_visible && status == HEAT_OK; k++)
        if (rows[k] == -1 && info.coding != HEAT_CODING_SPIN)
            rows[k] = 0; /* one layer of spins: the model writes their -1 so */
    if (status != HEAT_OK)
        goto out;
    if (n_visible < info.n_variables && strcmp(info.kind, "rbm") != 0) {
        status = sum_hidden(ctx, model, &info, temperature, of_data.n_rows, rows, log_weights);
        goto out;
    }
    status = n_visible < info.n_variables
                 ? heat_rbm_free_energies(ctx, model, temperature, of_data.n_rows, rows, log_weights)
                 : heat_model_get_energy(ctx, model, of_data.n_rows, rows, log_weights);
    for (int64_t r = 0; r < of_data.n_rows && status == HEAT_OK; r++)
        log_weights[r] /= -temperature;
out:
    heat_free(rows);
    return status;
}
