/* From recorded series to observables with errors and diagnostics. */
#ifndef HEATBATH_OBSERVABLES_H
#define HEATBATH_OBSERVABLES_H

#include <heatbath/sample.h>

/* What the observables of one temperature are computed from. */
typedef struct heat_series {
    int64_t n_chains;
    int64_t n_sweeps; /* recorded */
    int64_t stride;   /* between the chains in the two arrays */
    const double *energy;
    const double *total; /* sum of the values of a state */
    int32_t n_variables;
    bool is_spin; /* values -1 and +1: magnetisation makes sense */
    double temperature;
} heat_series;

/* The thresholds of Vehtari et al. (2021), section 4. */
enum { HEAT_LEAST_ESS = 100 };
#define HEAT_MOST_RHAT 1.01

/* Fills *observables (freed by heat_free) with energy, energy_per_spin, heat_capacity and, for spins, the
 * magnetisation's moments and the Binder cumulant. An average whose R-hat or effective sample size fails has
 * NaN for mean and error, and so have the quantities derived from it; *failing (static text, NULL if all
 * passed) is the first criterion that failed and *culprit the observable's name. Fewer than 4 sweeps fail as
 * a whole. */
HEAT_MUST_USE heat_status heat_observables_get(heat_context *ctx, const heat_series *series,
                                               int32_t *n_observables, heat_observable **observables,
                                               const char **failing, const heat_observable **culprit);

#endif
