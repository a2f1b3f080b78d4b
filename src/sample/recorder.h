/* What a run remembers of its chains: series of energy and total, kept states, and block sums of every
 * variable and every edge when they are asked for. Each chain writes only to its own part, so units record
 * side by side. */
#ifndef HEATBATH_RECORDER_H
#define HEATBATH_RECORDER_H

#include "sample/chains.h"

enum { HEAT_RECORD_BLOCKS = 16 }; /* of a chain, for the errors of spins and edges */

/* Sums over a chain of a vector that is too long to keep as a series. */
typedef struct heat_block_sums {
    int64_t length;  /* of the vector */
    int32_t *now;    /* [chain][length] sums within the block under way */
    double *sum;     /* [chain][length] sums of block means */
    double *squares; /* [chain][length] and of their squares */
} heat_block_sums;

typedef struct heat_recorder {
    int64_t n_chains;
    int64_t n_sweeps; /* planned, a chain */
    int64_t thin;
    int64_t n_draws;              /* kept states planned, a chain */
    double *energy;               /* [chain][sweep] */
    double *total;                /* [chain][sweep] sum of the values */
    int8_t *states;               /* [chain][draw][variable]; NULL: not kept */
    double *energies;             /* [chain][draw] */
    int64_t block;                /* sweeps a block of the sums */
    int64_t *n_blocks;            /* [chain] full ones so far */
    heat_block_sums spins, edges; /* length 0: not wanted */
    const heat_pairwise *graph;   /* of edges; borrowed */
    int32_t n;
    int8_t *row; /* [chain][variable] scratch */
} heat_recorder;

typedef struct heat_recorder_plan {
    int64_t n_chains, n_sweeps, thin;
    bool keep_states, spins, edges;
} heat_recorder_plan;

/* Bytes that a recorder of this plan takes. */
double heat_recorder_bytes(const heat_model *model, const heat_recorder_plan *plan);

HEAT_MUST_USE heat_status heat_recorder_init(heat_context *ctx, heat_recorder *recorder,
                                             const heat_model *model, const heat_pairwise *graph,
                                             const heat_recorder_plan *plan);
void heat_recorder_clear(heat_recorder *recorder);

/* Records sweep number `sweep` of a chain in `state`. */
void heat_recorder_add(heat_recorder *recorder, int64_t chain, int64_t sweep, const int8_t *state,
                       double energy, double total);

/* True if heat_recorder_add reads the state of that sweep, so that it need not be fetched otherwise. */
bool heat_recorder_wants_state(const heat_recorder *recorder, int64_t sweep);

/* Mean and standard error of entry k of the sums over the full blocks of chains [first, last): the larger of
 * what the scatter of blocks within chains and that of the chains' means say. NaN where chains have fewer
 * than two blocks, or where their block means disagree (R-hat of the blocks above 1.2). */
void heat_block_sums_get(const heat_recorder *recorder, const heat_block_sums *sums, int64_t first,
                         int64_t last, int64_t k, double *mean, double *error);

#endif
