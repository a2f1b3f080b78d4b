/* Unnormalised probabilities of rows of visible variables. */
#ifndef HEATBATH_ROW_WEIGHTS_H
#define HEATBATH_ROW_WEIGHTS_H

#include <heatbath/data.h>

/* log sum_h exp(-E(row, h)/T) of every row of `data`. */
HEAT_MUST_USE heat_status heat_row_weights(heat_context *ctx, const heat_model *model, const heat_data *data,
                                           double temperature, double *log_weights);

#endif
