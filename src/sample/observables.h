/* From recorded series to observables with errors and diagnostics. */
#ifndef HEATBATH_OBSERVABLES_H
#define HEATBATH_OBSERVABLES_H

#include "sample/scalars.h"

#include <heatbath/sample.h>

/* What the observables of one temperature are computed from. */
typedef struct heat_series {
    const heat_model_info *info;
    int64_t n_chains;
    int64_t n_sweeps;                    /* recorded */
    int64_t stride;                      /* between the chains in the arrays */
    const double *values[HEAT_N_SERIES]; /* NULL: not recorded; of pairs, chain 2 p is pair p and the odd ones
                                            are not read */
    int32_t n_coordinates;
    const double *coordinates; /* [n_coordinates], each laid out like the others, */
    int64_t apart;             /* and so far from the next */
    const heat_model *model;   /* that names them */
    int32_t n_basins;          /* whose occupancies are averaged, */
    const char (*basin_names)[24];
    double temperature;
    int64_t threads;
    bool are_independent; /* the draws of its one chain are of as many runs */
    int64_t together;     /* chains side by side that trade states: only they as a whole are independent; 1 */
} heat_series;

/* The values of a series, or of a coordinate. */
static inline const double *heat_series_get(const heat_series *s, heat_series_id id)
{
    return id < HEAT_N_SERIES ? s->values[id] : s->coordinates + (id - HEAT_N_SERIES) * s->apart;
}

/* The thresholds of Vehtari et al. (2021), section 4. */
enum { HEAT_LEAST_ESS = 100 };
#define HEAT_MOST_RHAT 1.01
#define HEAT_MOST_DRIFT 4.0 /* standard errors, of many chains */

/* Names become the rows' own, kept behind them: a new block, freed by heat_free, in the place of *rows. */
HEAT_MUST_USE heat_status heat_observables_own_names(heat_context *ctx, int32_t n, heat_observable **rows);

/* Fills *observables (freed by heat_free) with all averages and derived quantities that the recorded series
 * allow (the tables of observable_rows.c, and the coordinates). An average whose R-hat or effective sample
 * size fails has NaN for mean and error, and so have the quantities derived from it; *failing (static text,
 * NULL if all passed) is the first criterion that failed and *culprit the observable. Fewer than 4 sweeps
 * fail as a whole. */
HEAT_MUST_USE heat_status heat_observables_get(heat_context *ctx, const heat_series *series,
                                               int32_t *n_observables, heat_observable **observables,
                                               const char **failing, const heat_observable **culprit);

#endif
