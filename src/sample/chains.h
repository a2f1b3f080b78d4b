/* Chain sets: R chains over one model's states, each on a rung (beta and reference weight), moved in units. A
 * unit is a block of chains that a kernel sweeps together; units depend on the number of chains only, and
 * every chain has streams of its own, so neither threads nor blocks change a chain's bits. */
#ifndef HEATBATH_CHAINS_H
#define HEATBATH_CHAINS_H

#include "kernel/replica.h"
#include "model/views.h"
#include "random/stream.h"

/* Where a chain sits: p(x) proportional to exp(log_weight - beta E(x)). */
typedef struct heat_rung {
    double beta;
    double log_weight;
} heat_rung;

typedef struct heat_chains {
    const heat_model *model; /* borrowed */
    heat_model_info info;
    int32_t n; /* variables */
    int64_t n_chains;
    int32_t n_rungs;
    heat_rung *rungs;
    int32_t *rung; /* [chain] the rung it sits on */
    uint64_t seed;
    int32_t width; /* chains a unit */
    int64_t n_units;

    /* Pairwise models: replica blocks, one a unit. */
    bool is_pairwise;
    heat_pairwise graph;
    const heat_replica_kernel *kernel;
    heat_replica_block *blocks; /* [unit] */
    bool is_symmetric;          /* no field: E(s) = E(-s) */
    heat_stream *flip;          /* [chain] bits of the global flip */
    uint64_t *flip_bits;        /* [chain] */
    int8_t *sign;               /* [chain] +1 or -1: the state is sign * spins */
    int64_t *n_sweeps;          /* [chain] since the energy was last measured afresh */

    /* All other models: rows. */
    int8_t *rows;         /* [chain][variable] */
    double *energy;       /* [chain] */
    double *beta;         /* [chain] */
    int64_t *n_moves;     /* [chain] */
    heat_stream *streams; /* [chain] */
    double *scratch;      /* [unit][width * (q + 1)]: what a sweep of a unit needs */
    int8_t *proposed;     /* [unit][width] */
} heat_chains;

/* A chain set of n_chains chains, all on rung 0, in no state yet: start every chain before the first sweep.
 */
HEAT_MUST_USE heat_status heat_chains_create(heat_context *ctx, const heat_model *model, int64_t n_chains,
                                             int32_t n_rungs, const heat_rung *rungs, uint64_t seed,
                                             heat_chains **out);
void heat_chains_free(heat_chains *chains);

/* Bytes that a chain set of this size takes. */
double heat_chains_bytes(const heat_model *model, int64_t n_chains);

/* Puts a chain on a rung. */
void heat_chains_set_rung(heat_chains *chains, int64_t chain, int32_t rung);

/* Moves one chain to a beta of its own, for schedules in time. Safe from the thread that runs the chain's
 * unit. */
void heat_chains_set_beta(heat_chains *chains, int64_t chain, double beta);

/* Starts a chain in `state`, or, when that is NULL, in a uniformly random state drawn from the stream
 * (seed, HEAT_PURPOSE_INITIAL, chain + n_chains * restart). */
HEAT_MUST_USE heat_status heat_chains_start(heat_context *ctx, heat_chains *chains, int64_t chain,
                                            const int8_t *state, int64_t restart);

/* The chain's state as a row of n values, its energy, the sum of its values, its moves since the start. */
void heat_chains_get_state(const heat_chains *chains, int64_t chain, int8_t *state);
double heat_chains_get_energy(const heat_chains *chains, int64_t chain);
int64_t heat_chains_get_total(const heat_chains *chains, int64_t chain);
int64_t heat_chains_get_moves(const heat_chains *chains, int64_t chain);

/* Chains [*first, *last) of a unit. */
void heat_chains_get_unit(const heat_chains *chains, int64_t unit, int64_t *first, int64_t *last);

/* Threads that may run units at once: `threads`, or 1 for a model that is not thread-safe. */
int64_t heat_chains_thread_limit(const heat_chains *chains, int64_t threads);

/* Sweeps of all chains that make up about a twentieth of a second: how long a verb runs between two looks at
 * the clock. Decided by counts alone. */
int64_t heat_chains_sweeps_per_look(const heat_chains *chains);

#endif
