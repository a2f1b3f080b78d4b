/* Rows as states of a model, and what they weigh: exp(-E/T) where all variables are visible; with hidden
 * units their sum, which is exp(-F_T/T) of an RBM, and of any other Boltzmann machine the Z of the model
 * whose visible units are held at the row. Where values are missing, the same with fewer of them held. */
#include "score/row_weights.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/exact_choice.h"
#include "exact/unit_enumeration.h"
#include "exact/unit_grid.h"
#include "model/unit_layers.h"
#include "model/views.h"

#include <heatbath/logz.h>
#include <math.h>
#include <string.h>

enum { ROWS_A_BLOCK = 256 };
static const double most_visits = 1e10;     /* of numbers, for one row that lacks some */
static const double most_operations = 1e10; /* of exact methods, for all rows */
static const double most_eliminated =
    20000; /* couplings of hidden units that exact methods are asked about */

static const char *coding_words(bool is_spin)
{
    return is_spin ? "-1 and +1" : "whole numbers from 0";
}

int32_t heat_row_scale_count_values(const heat_row_scale *s, int32_t i)
{
    return s->has_numbers ? 0 : heat_model_count_values(s->model, i);
}

double heat_row_scale_get_value(const heat_row_scale *s, int32_t k)
{
    return s->is_spin ? 2 * k - 1 : k;
}

static heat_status check_fit(heat_context *ctx, const heat_row_scale *s, const heat_data *data)
{
    const heat_model_info *info = &s->info;
    heat_data_info rows;
    bool spins = s->is_spin;
    int32_t n_states = heat_row_scale_count_values(s, 0), n_visible = s->n_visible;

    heat_data_describe(data, &rows);
    if (rows.n_variables != n_visible)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s has %d variables, and %s %d%s", rows.name,
                         (int)rows.n_variables, info->name, (int)n_visible,
                         n_visible < info->n_variables ? " visible ones" : "");
    if (rows.n_missing > 0 && s->has_numbers && !s->sums_hidden)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "%s: %lld values are missing, and real numbers are summed out of an rbm only",
                         rows.name, (long long)rows.n_missing);
    if (s->has_numbers)
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
    options.log_z_only = true;
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

/* Whether exact methods take what row `clamp` leaves free, and soon enough for so many rows. */
static heat_status price_free(heat_context *ctx, const heat_row_scale *s, const int8_t *clamp, int64_t n_rows,
                              bool *affordable)
{
    heat_exact_choice choice = {0};
    heat_model *rest = NULL;
    heat_status status = heat_model_create_clamped(ctx, s->model, clamp, &rest);

    *affordable = false;
    if (status == HEAT_OK)
        status = heat_exact_choose_sum(ctx, rest, ctx->config.memory, &choice);
    if (status == HEAT_OK)
        *affordable = choice.cost.affordable && choice.cost.operations * (double)n_rows <= most_operations;
    heat_exact_choice_clear(&choice);
    heat_model_free(rest);
    return status;
}

/* Where hidden units are not summed over covers, whether exact methods can take those of a row. */
static heat_status open_hidden(heat_context *ctx, const heat_data *data, uint64_t seed, int64_t threads,
                               heat_row_scale *s)
{
    heat_data_info info;
    int8_t *clamp = NULL;
    bool affordable = false;
    heat_status status = heat_alloc(ctx, 1, sizeof *s->hidden, &s->hidden);

    heat_data_describe(data, &info);
    if (status == HEAT_OK)
        status = heat_hidden_weights_open(ctx, s->model, s->n_visible, s->temperature, info.n_rows, seed,
                                          threads, s->hidden);
    if (status != HEAT_OK || s->hidden->way == HEAT_HIDDEN_SUMMED)
        return status;
    status = heat_alloc(ctx, s->info.n_variables, 1, &clamp);
    for (int32_t i = 0; i < s->info.n_variables && status == HEAT_OK; i++)
        clamp[i] = i >= s->n_visible ? HEAT_FREE : s->is_spin ? -1 : 0;
    if (status == HEAT_OK && (double)s->hidden->n_inner <= most_eliminated)
        status = price_free(ctx, s, clamp, info.n_rows, &affordable);
    if (affordable)
        s->hidden->way = HEAT_HIDDEN_ELIMINATED;
    heat_free(clamp);
    return status;
}

void heat_row_scale_clear(heat_row_scale *s)
{
    if (s->hidden != NULL)
        heat_hidden_weights_close(s->hidden);
    heat_free(s->hidden);
    s->hidden = NULL;
}

heat_status heat_row_scale_init(heat_context *ctx, const heat_model *model, const heat_data *data,
                                double temperature, uint64_t seed, int64_t threads, heat_row_scale *s)
{
    heat_unit_layers units;
    bool has_units = heat_model_get_units(model, &units);
    heat_status status;

    *s = (heat_row_scale){.model = model, .temperature = temperature};
    heat_model_describe(model, &s->info);
    s->n_visible = s->info.n_visible > 0 ? s->info.n_visible : s->info.n_variables;
    s->is_spin =
        has_units ? units.visible.kind->layer == HEAT_LAYER_SPIN : s->info.coding == HEAT_CODING_SPIN;
    s->has_numbers = has_units ? heat_unit_layer_states(&units.visible) == 0 : heat_model_is_real(&s->info);
    s->sums_hidden = has_units;
    s->holds_rows = !has_units && s->n_visible < s->info.n_variables;
    status = check_fit(ctx, s, data);
    return status == HEAT_OK && s->holds_rows ? open_hidden(ctx, data, seed, threads, s) : status;
}

/* Rows as states; where one layer is of spins, the model writes their -1 as 0. */
static heat_status weigh_states(heat_context *ctx, const heat_row_scale *s, int64_t n_rows,
                                const double *rows, double *log_weights)
{
    int8_t *states = NULL;
    heat_status status = heat_alloc_unset(ctx, n_rows * s->n_visible, 1, &states);

    for (int64_t k = 0; k < n_rows * s->n_visible && status == HEAT_OK; k++)
        states[k] = (int8_t)(rows[k] == -1 && s->info.coding != HEAT_CODING_SPIN ? 0 : rows[k]);
    if (status == HEAT_OK && s->holds_rows && s->hidden->way != HEAT_HIDDEN_ELIMINATED)
        status = heat_hidden_weights_find(ctx, s->hidden, n_rows, states, NULL, log_weights);
    else if (status == HEAT_OK && s->holds_rows)
        status = sum_hidden(ctx, s->model, &s->info, s->temperature, n_rows, states, log_weights);
    else if (status == HEAT_OK)
        status = s->sums_hidden
                     ? heat_rbm_free_energies(ctx, s->model, s->temperature, n_rows, states, log_weights)
                     : heat_model_get_energy(ctx, s->model, n_rows, states, log_weights);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK && !s->holds_rows; r++)
        log_weights[r] /= -s->temperature;
    heat_free(states);
    return status;
}

heat_status heat_row_scale_weigh(heat_context *ctx, const heat_row_scale *s, int64_t n_rows,
                                 const double *rows, double *log_weights)
{
    heat_status status;

    if (!s->has_numbers)
        return weigh_states(ctx, s, n_rows, rows, log_weights);
    status = s->sums_hidden
                 ? heat_rbm_free_energies_of(ctx, s->model, s->temperature, n_rows, rows, log_weights)
                 : heat_model_get_energy_of(ctx, s->model, n_rows, rows, log_weights, NULL);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++)
        log_weights[r] /= -s->temperature;
    return status;
}

void heat_row_scale_read(const heat_row_scale *s, const heat_data *data, int64_t first, int64_t n_rows,
                         float *scratch, double *rows)
{
    heat_data_get_values(data, first, n_rows, scratch);
    for (int64_t k = 0; k < n_rows * s->n_visible; k++)
        rows[k] = isnan(scratch[k]) ? heat_row_scale_get_value(s, 0) : (double)scratch[k];
}

/* log of the integral over the units of an RBM some of whose units were held, and the means of its visible
 * ones. */
static heat_status integrate(heat_context *ctx, const heat_row_scale *s, const heat_model *rest,
                             double *log_weight, double *mean)
{
    heat_unit_layers u;
    heat_unit_sums sums = {.wants_moments = mean != NULL, .visible_mean = mean};
    heat_status status;

    heat_model_get_units(rest, &u);
    if (!(heat_unit_enumeration_visits(&u) <= most_visits) && !heat_unit_grid_diverges(&u, true))
        return heat_fail(
            ctx, HEAT_ERROR_UNABLE,
            "%s: %d real numbers are not integrated over together with %d %s hidden units: that takes %s",
            s->info.name, (int)u.visible.n, (int)u.hidden.n, u.hidden.kind->name,
            heat_unit_layer_states(&u.hidden) > 0
                ? "at most some three of them, or hidden units of at most some 2^20 states"
                : "a single one, or hidden units of another kind");
    status = heat_unit_enumeration_run(ctx, &u, 1 / s->temperature, 1, &sums);
    *log_weight = sums.log_z;
    return status;
}

heat_status heat_row_scale_integrate(heat_context *ctx, const heat_row_scale *s, const double *row,
                                     double *log_weight, double *mean)
{
    double *held = NULL;
    heat_model *rest = NULL;
    heat_status status = heat_alloc_unset(ctx, s->info.n_variables, sizeof *held, &held);

    for (int32_t i = 0; i < s->info.n_variables && status == HEAT_OK; i++)
        held[i] = i < s->n_visible ? row[i] : (double)NAN;
    if (status == HEAT_OK)
        status = heat_model_create_clamped_values(ctx, s->model, held, &rest);
    if (status == HEAT_OK)
        status = integrate(ctx, s, rest, log_weight, mean);
    heat_model_free(rest);
    heat_free(held);
    return status;
}

/* The same of every row of real numbers that lacks some. */
static heat_status integrate_gaps(heat_context *ctx, const heat_row_scale *s, const heat_data *data,
                                  int64_t n_rows, double *log_weights)
{
    float *values = NULL;
    double *row = NULL;
    heat_status status = heat_alloc_unset(ctx, s->n_visible, sizeof *values, &values);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, s->n_visible, sizeof *row, &row);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK && !heat_halted(ctx); r++) {
        bool has_gaps = false;
        heat_data_get_values(data, r, 1, values);
        for (int32_t i = 0; i < s->n_visible; i++) {
            row[i] = (double)values[i];
            has_gaps |= isnan(row[i]);
        }
        if (has_gaps)
            status = heat_row_scale_integrate(ctx, s, row, &log_weights[r], NULL);
    }
    heat_free(values);
    heat_free(row);
    return status;
}

bool heat_row_scale_is_estimated(const heat_row_scale *s)
{
    return s->hidden != NULL &&
           (s->hidden->way == HEAT_HIDDEN_ANNEALED || s->hidden->way == HEAT_HIDDEN_BOUNDED);
}

/* Likewise where hidden units are estimated, row r anew if it lacks values. */
static heat_status estimate_gaps(heat_context *ctx, const heat_row_scale *s, const float *values, int8_t *row,
                                 double *log_weight)
{
    int8_t *missing = row + s->n_visible;

    for (int32_t i = 0; i < s->n_visible; i++) {
        missing[i] = (int8_t)(values[i] != values[i]);
        row[i] = values[i] == 1;
    }
    return heat_hidden_weights_find(ctx, s->hidden, 1, row, missing, log_weight);
}

/* Rows that lack values: these are summed out with the hidden units, by exact methods where those are. */
static heat_status sum_gaps(heat_context *ctx, const heat_row_scale *s, const heat_data *data, int64_t n_rows,
                            double *log_weights, double *error, double *bound)
{
    int8_t *clamp = NULL;
    float *values = NULL;
    heat_status status = heat_alloc_unset(ctx, (int64_t)s->info.n_variables + s->n_visible, 1, &clamp);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, s->n_visible, sizeof *values, &values);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK && !heat_halted(ctx); r++) {
        bool has_gaps = false;
        heat_data_get_values(data, r, 1, values);
        for (int32_t i = 0; i < s->info.n_variables; i++) {
            bool is_free = i >= s->n_visible || isnan(values[i]);
            has_gaps |= is_free && i < s->n_visible;
            clamp[i] = is_free                                                 ? HEAT_FREE
                       : values[i] == -1 && s->info.coding != HEAT_CODING_SPIN ? 0
                                                                               : (int8_t)values[i];
        }
        if (has_gaps && heat_row_scale_is_estimated(s)) {
            s->hidden->error = error + r;
            s->hidden->bound = bound + r;
            status = estimate_gaps(ctx, s, values, clamp, &log_weights[r]);
        } else if (has_gaps) {
            status = sum_free(ctx, s->model, clamp, s->temperature, &log_weights[r]);
        }
    }
    heat_free(clamp);
    heat_free(values);
    return status;
}

heat_status heat_row_scale_weigh_data(heat_context *ctx, const heat_row_scale *s, const heat_data *data,
                                      double *log_weights, double *error, double *bound)
{
    heat_data_info info;
    float *scratch = NULL;
    double *rows = NULL;
    heat_status status =
        heat_alloc_unset(ctx, (int64_t)ROWS_A_BLOCK * s->n_visible, sizeof *scratch, &scratch);

    heat_data_describe(data, &info);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, (int64_t)ROWS_A_BLOCK * s->n_visible, sizeof *rows, &rows);
    for (int64_t r = 0; r < info.n_rows && status == HEAT_OK && !heat_halted(ctx); r += ROWS_A_BLOCK) {
        int64_t n = info.n_rows - r < ROWS_A_BLOCK ? info.n_rows - r : ROWS_A_BLOCK;
        heat_row_scale_read(s, data, r, n, scratch, rows);
        if (s->hidden != NULL) {
            s->hidden->error = error + r;
            s->hidden->bound = bound + r;
        }
        status = heat_row_scale_weigh(ctx, s, n, rows, log_weights + r);
    }
    for (int64_t r = 0; r < info.n_rows && s->has_numbers && status == HEAT_OK && !heat_halted(ctx); r++)
        if (log_weights[r] == -(double)INFINITY)
            status = heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                               "%s: row %lld has an infinite energy under %s: its likelihood is 0", info.name,
                               (long long)r, s->info.name);
    if (status == HEAT_OK && info.n_missing > 0)
        status = s->has_numbers ? integrate_gaps(ctx, s, data, info.n_rows, log_weights)
                                : sum_gaps(ctx, s, data, info.n_rows, log_weights, error, bound);
    heat_free(scratch);
    heat_free(rows);
    return status == HEAT_OK ? heat_halt_check(ctx, "all rows were summed") : status;
}
