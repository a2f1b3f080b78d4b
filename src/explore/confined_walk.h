/* Chains that do not leave a basin, under an energy between that of its harmonic well and its own. */
#ifndef HEATBATH_CONFINED_WALK_H
#define HEATBATH_CONFINED_WALK_H

#include "explore/exploring.h"

/* One walk: chains of the density exp(-[(1 - lambda) H_k + lambda (U - U_k)] / T) in basin k, H_k the
 * harmonic energy there. */
typedef struct heat_confined_walk {
    const heat_exploring *exploring;
    int64_t basin;
    double temperature, lambda;
    uint64_t stream; /* of its random numbers */
    int64_t burn_in, sweeps;
    double *means; /* [chain] of (U - U_k - H_k) / T */
} heat_confined_walk;

/* Chains that the walk has: opt.replicas in whole vectors. */
int64_t heat_confined_walk_count_chains(const heat_exploring *exploring);

HEAT_MUST_USE heat_status heat_confined_walk_run(heat_context *ctx, const heat_confined_walk *walk);

/* How many of `sweeps` independent draws of every chain from the harmonic well lie in the basin. */
HEAT_MUST_USE heat_status heat_confined_walk_share(heat_context *ctx, const heat_confined_walk *walk,
                                                   int64_t *n_inside);

#endif
