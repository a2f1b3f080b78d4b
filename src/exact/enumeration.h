/* Exact answers by visiting every state: Gray-code order on pairwise graphs (one flip a state), rows in
 * batches on any other discrete model. */
#ifndef HEATBATH_ENUMERATION_H
#define HEATBATH_ENUMERATION_H

#include "model/views.h"

typedef struct heat_enumeration {
    double log_z; /* nats, at the beta asked for */
    double mean_energy, energy_variance;
    double minimum;     /* lowest energy */
    double degeneracy;  /* states that have it (equal to 1e-9 relative where energies are not exact) */
    int8_t *state;      /* n_variables, the caller's: a state of lowest energy; NULL: not wanted */
    double *value_mean; /* n_variables, the caller's: mean of each variable's value; NULL: not wanted */
} heat_enumeration;

/* q^n: how many states there are; infinity beyond the doubles. */
double heat_enumeration_count(const heat_model *model);

/* Visits all of them. HEAT_ERROR_UNABLE beyond 2^40 states. Sums are by log-sum-exp in fixed blocks, so the
 * result does not depend on `threads`. Halted (heat_halted) runs leave the numbers NaN. */
HEAT_MUST_USE heat_status heat_enumeration_run(heat_context *ctx, const heat_model *model, double beta,
                                               int64_t threads, heat_enumeration *result);

#endif
