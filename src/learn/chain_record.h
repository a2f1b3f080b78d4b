/* What persistent chains were worth between two looks: the free energies of some of them, some updates apart,
 * and how many independent states that was. */
#ifndef HEATBATH_CHAIN_RECORD_H
#define HEATBATH_CHAIN_RECORD_H

#include "learn/learner.h"

enum { HEAT_RECORDED_CHAINS = 32, HEAT_RECORDED_DRAWS = 64 };

typedef struct heat_chain_record {
    int64_t n_draws, n_chains, apart; /* updates from one draw to the next; 0: nothing is recorded */
    double *energy;                   /* [draw][n_chains] */
    double *work;                     /* [n_chains][n_draws] */
} heat_chain_record;

/* Nothing is recorded where the phase has no persistent chains. `updates` are those between two looks. */
HEAT_MUST_USE heat_status heat_chain_record_open(heat_context *ctx, const heat_negative *negative,
                                                 int64_t updates, heat_chain_record *record);

/* After update number `update`, counted from 0. */
void heat_chain_record_add(heat_chain_record *record, heat_negative *negative, const heat_learner *learner,
                           int64_t update);

/* The effective sample size of all chains since the last call, which ends with none recorded; NaN: too few
 * draws, or none. */
HEAT_MUST_USE heat_status heat_chain_record_judge(heat_context *ctx, heat_chain_record *record,
                                                  const heat_negative *negative, double *ess);

/* Chains began anew. */
void heat_chain_record_restart(heat_chain_record *record);

HEAT_MUST_USE heat_status heat_chain_record_add_parts(heat_context *ctx, heat_chain_record *record,
                                                      heat_parts *parts);

/* Legal on zeroes. */
void heat_chain_record_close(heat_chain_record *record);

#endif
