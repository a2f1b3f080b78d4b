/* Where a run forgot its start: the rule by which beginnings are discarded. */
#ifndef HEATBATH_THERMALISATION_H
#define HEATBATH_THERMALISATION_H

#include <heatbath/context.h>

typedef struct heat_thermalisation {
    int64_t discard; /* draws to leave out at the front of every chain, at most half of them */
    bool settled;    /* false: the rule would discard more than half; the run is too short to tell */
} heat_thermalisation;

/* MSER-5 (White, Simulation 69 (1997) 323) on the average over chains, x[chain * stride + draw]: of the means
 * of five successive draws, as many are left out at the front as make the squared standard error of the rest,
 * taken as independent, least; never more than half. Chains that started alike and drift together show it
 * best. Fewer than 20 draws or a value that is not finite: HEAT_ERROR_ARGUMENT. Cost: one pass. */
HEAT_MUST_USE heat_status heat_thermalisation_get(heat_context *ctx, int64_t n_chains, int64_t n_draws,
                                                  int64_t stride, const double *x, heat_thermalisation *out);

#endif
