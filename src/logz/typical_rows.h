/* States that a model may be typical of: data that it was learned from or is judged by, or the chains that
 * its training kept. Annealing begins at independent variables of their marginals, and asks chains that
 * begin at them whether it missed where they are. */
#ifndef HEATBATH_TYPICAL_ROWS_H
#define HEATBATH_TYPICAL_ROWS_H

#include "sample/population.h"

#include <heatbath/logz.h>

typedef struct heat_typical_rows {
    int64_t n; /* 0: none are known */
    int32_t n_visible;
    const int8_t *states; /* [n][n_visible] of the first variables; the lower of two values as 0 or -1 */
} heat_typical_rows;

/* heat_logz of a model beside such rows; NULL: the chains kept with it, if there are some. */
HEAT_MUST_USE heat_status heat_logz_by_rows(heat_context *ctx, const heat_model *model,
                                            const heat_typical_rows *rows, const heat_logz_options *options,
                                            heat_logz_result *result);

/* The chains kept with a model of states, n = 0 where there are none; `own` holds them. */
HEAT_MUST_USE heat_status heat_typical_rows_take_chains(heat_context *ctx, const heat_model *model,
                                                        int8_t **own, heat_typical_rows *rows);

/* Log-odds of the higher of two values, half a row more on either side; even where no row tells. */
void heat_typical_rows_find_odds(const heat_typical_rows *rows, int32_t n_variables, double *odds);

/* Members of a population at its coldest beta, in the states of rows spread over all; what rows do not tell
 * is drawn at random. */
HEAT_MUST_USE heat_status heat_typical_rows_start(heat_context *ctx, const heat_typical_rows *rows,
                                                  heat_population *population);

#endif
