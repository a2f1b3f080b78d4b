/* What a run remembers, slot by slot: series of scalars, kept states, and block sums of every variable and
 * every edge when they are asked for. A slot is a replica at a temperature; each is written by one chain at a
 * time, so units record side by side. */
#ifndef HEATBATH_RECORDER_H
#define HEATBATH_RECORDER_H

#include "io/checkpoint.h"
#include "sample/scalars.h"

enum { HEAT_RECORD_BLOCKS = 16 }; /* of a chain, for the errors of spins and edges */

/* Sums over a chain of a vector that is too long to keep as a series. */
typedef struct heat_block_sums {
    int64_t length;  /* of the vector */
    double *now;     /* [chain][length] sums within the block under way */
    double *sum;     /* [chain][length] sums of block means */
    double *squares; /* [chain][length] and of their squares */
} heat_block_sums;

typedef struct heat_recorder {
    int64_t n_chains; /* slots */
    int64_t n_sweeps; /* planned, a slot */
    int64_t thin;
    int64_t n_draws;               /* kept states planned, a slot */
    double *series[HEAT_N_SERIES]; /* [slot][sweep]; NULL: not kept */
    int32_t n_coordinates;
    double *coordinates;          /* [coordinate][slot][sweep] */
    void *states;                 /* [slot][draw] rows; NULL: not kept */
    double *energies;             /* [slot][draw] */
    int64_t block;                /* sweeps a block of the sums */
    int64_t *n_blocks;            /* [slot] full ones so far */
    heat_block_sums spins, edges; /* length 0: not wanted */
    heat_pairwise graph;          /* of edges */
    heat_row_form form;           /* of a whole state */
    bool needs_state;             /* for the series */
    void *row;                    /* [chain] rows, scratch */
} heat_recorder;

typedef struct heat_recorder_plan {
    int64_t n_chains, n_sweeps, thin;
    int64_t n_kept_of; /* sweeps whose every thin-th state is kept, where they are others; 0: n_sweeps */
    bool keep_states, spins, edges;
    heat_scalars scalars; /* the series */
} heat_recorder_plan;

/* Bytes that a recorder of this plan takes. */
double heat_recorder_bytes(const heat_recorder_plan *plan);

HEAT_MUST_USE heat_status heat_recorder_init(heat_context *ctx, heat_recorder *recorder,
                                             const heat_recorder_plan *plan);
void heat_recorder_clear(heat_recorder *recorder);

/* Records sweep number `sweep` of a slot: values[HEAT_N_SERIES], and the row `state` where it is wanted.
 * That is to add it to series and sums, and to keep the state. */
void heat_recorder_record(heat_recorder *recorder, int64_t slot, int64_t sweep, const void *state,
                          const double *values);
void heat_recorder_add(heat_recorder *recorder, int64_t slot, int64_t sweep, const void *state,
                       const double *values);
void heat_recorder_keep(heat_recorder *recorder, int64_t slot, int64_t sweep, const void *state,
                        double energy);

/* True if that sweep's states are wanted, by series or sums, or to be kept; else they need not be fetched. */
bool heat_recorder_wants_state(const heat_recorder *recorder, int64_t sweep);
bool heat_recorder_adds_states(const heat_recorder *recorder);
bool heat_recorder_keeps(const heat_recorder *recorder, int64_t sweep);

/* Lists its memory, for checkpoints. */
HEAT_MUST_USE heat_status heat_recorder_add_parts(heat_context *ctx, heat_recorder *recorder,
                                                  heat_parts *parts);

/* Mean and standard error of entry k of the sums over the full blocks of chains [first, last): the larger of
 * what the scatter of blocks within chains and that of the chains' means say. NaN where chains have fewer
 * than two blocks, or where their block means disagree (R-hat of the blocks above 1.2). */
void heat_block_sums_get(const heat_recorder *recorder, const heat_block_sums *sums, int64_t first,
                         int64_t last, int64_t k, double *mean, double *error);

#endif
