/* Thermodynamic integration: log Z between the ends of a temperature ladder from its mean energies. */
#ifndef HEATBATH_LADDER_INTEGRAL_H
#define HEATBATH_LADDER_INTEGRAL_H

#include <heatbath/context.h>

/* One rung: mean and variance of the energy at inverse temperature beta, and the mean's standard error. */
typedef struct heat_ladder_rung {
    double beta;
    double energy, error;
    double variance;
} heat_ladder_rung;

typedef struct heat_ladder_integral {
    double log_z;      /* log Z at the last rung less that at the first */
    double error;      /* one standard error, of independent rungs */
    double rule_error; /* what the integration rule itself may be off by: a third of the difference to the
                          rule on every second rung; NaN for fewer than 5 rungs */
} heat_ladder_integral;

/* n >= 2 rungs with beta ascending or descending. HEAT_ERROR_ARGUMENT otherwise, or if a value is not finite
 * or an error or variance negative. */
HEAT_MUST_USE heat_status heat_ladder_integral_get(heat_context *ctx, int32_t n,
                                                   const heat_ladder_rung *rungs,
                                                   heat_ladder_integral *result);

#endif
