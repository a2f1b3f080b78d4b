/* log Z from the data: chains that begin at its rows, annealed to independent variables. It knows what
 * annealing from those may never have met: where the data is. */
#ifndef HEATBATH_ROWS_BACK_H
#define HEATBATH_ROWS_BACK_H

#include "learn/learn_rows.h"

/* Of a model of states that was learned from such rows, none of which lacks a value: log Z, high on the
 * average as far as the chains have come to rest, and its standard error, which is of the order of 1 where
 * few chains rule. NaN where it was halted. Cost: some hundred thousand sweeps of one chain. */
HEAT_MUST_USE heat_status heat_rows_annealed_back(heat_context *ctx, const heat_model *model,
                                                  const heat_learn_rows *rows,
                                                  const heat_learn_options *options, double *log_z,
                                                  double *error);

#endif
