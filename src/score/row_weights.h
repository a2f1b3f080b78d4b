/* Unnormalised probabilities of rows of visible variables. */
#ifndef HEATBATH_ROW_WEIGHTS_H
#define HEATBATH_ROW_WEIGHTS_H

#include "score/hidden_weights.h"

#include <heatbath/data.h>

/* A model that rows are weighed by. */
typedef struct heat_row_scale {
    const heat_model *model; /* borrowed */
    heat_model_info info;
    int32_t n_visible;
    double temperature;
    bool is_spin;                /* rows are of -1 and +1 */
    bool has_numbers;            /* it takes any numbers */
    bool sums_hidden;            /* in closed form, of an RBM */
    bool holds_rows;             /* hidden units of another machine, summed out with the row held */
    heat_hidden_weights *hidden; /* then; owned */
} heat_row_scale;

/* Of rows of `data`: HEAT_ERROR_ARGUMENT, HEAT_ERROR_UNDEFINED where they do not fit the model. What is drawn
 * is drawn by `seed`. On failure only good for heat_row_scale_clear. */
HEAT_MUST_USE heat_status heat_row_scale_init(heat_context *ctx, const heat_model *model,
                                              const heat_data *data, double temperature, uint64_t seed,
                                              int64_t threads, heat_row_scale *scale);
void heat_row_scale_clear(heat_row_scale *scale);

/* Hidden units are not summed over. */
bool heat_row_scale_is_estimated(const heat_row_scale *scale);

/* Values that visible variable i may have; 0: any number. Number k of them, as rows have it. */
int32_t heat_row_scale_count_values(const heat_row_scale *scale, int32_t i);
double heat_row_scale_get_value(const heat_row_scale *scale, int32_t k);

/* log sum_h exp(-E(row, h)/T) of rows [n_rows][n_visible], in the data's numbers. */
HEAT_MUST_USE heat_status heat_row_scale_weigh(heat_context *ctx, const heat_row_scale *scale, int64_t n_rows,
                                               const double *rows, double *log_weights);

/* The same of every row of `data`; where they are estimated with errors and bounds, [rows] each. */
HEAT_MUST_USE heat_status heat_row_scale_weigh_data(heat_context *ctx, const heat_row_scale *scale,
                                                    const heat_data *data, double *log_weights, double *error,
                                                    double *bound);

/* Of an RBM of real numbers: log of the integral over what a row lacks (NaN) and all hidden units, and the
 * means of what it lacks (NULL: not wanted), in order. HEAT_ERROR_UNABLE where that is not affordable. */
HEAT_MUST_USE heat_status heat_row_scale_integrate(heat_context *ctx, const heat_row_scale *scale,
                                                   const double *row, double *log_weight, double *mean);

/* Rows first ... first + n_rows - 1 as doubles, by way of `scratch` [n_rows][n_visible]. */
void heat_row_scale_read(const heat_row_scale *scale, const heat_data *data, int64_t first, int64_t n_rows,
                         float *scratch, double *rows);

#endif
