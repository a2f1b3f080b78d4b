/* The likelihood of some columns given the others. */
#ifndef HEATBATH_CONDITIONAL_H
#define HEATBATH_CONDITIONAL_H

#include "score/row_weights.h"

/* Columns to be predicted. */
typedef struct heat_predicted {
    int32_t n;
    int32_t *column;  /* [n], ascending */
    bool are_numbers; /* of an RBM, any */
    int64_t n_ways;   /* values that they may have together, else */
} heat_predicted;

/* From a list of names, numbers from 1 and ranges a-b. HEAT_ERROR_OPTION names option `predict`;
 * HEAT_ERROR_UNABLE where there are more than 2^16 ways, or any number may stand there that no RBM tells of.
 */
HEAT_MUST_USE heat_status heat_predicted_parse(heat_context *ctx, const char *list, const heat_data *data,
                                               const heat_row_scale *scale, heat_predicted *predicted);
void heat_predicted_clear(heat_predicted *predicted);

/* log p(y | x) of every row, y its predicted columns, and the likeliest values [n_rows][n] of them; of real
 * numbers a density, and their means. */
HEAT_MUST_USE heat_status heat_predicted_weigh(heat_context *ctx, const heat_predicted *predicted,
                                               const heat_row_scale *scale, const heat_data *data,
                                               double *log_likelihood, double *values);

#endif
