/* Chain sets: R chains over one model's states, each on a rung (beta and reference weight), moved in units. A
 * unit is a block of chains that a kernel sweeps together; units depend on the number of chains only, and
 * every chain has streams of its own, so neither threads nor blocks change a chain's bits.
 *
 * Two layouts: pairwise models whose couplings fit the lane kernel's integers are bits in lane blocks;
 * everything else is rows of values, moved by the model's own energy changes. */
#ifndef HEATBATH_CHAINS_H
#define HEATBATH_CHAINS_H

#include "kernel/isa.h"
#include "model/views.h"
#include "random/stream.h"
#include "sample/lane_graph.h"

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

    bool is_symmetric;   /* no field: E(s) = E(-s), and the state is sign * spins */
    int8_t *sign;        /* [chain] */
    heat_stream *flip;   /* [chain] bits of the global flip */
    uint64_t *flip_bits; /* [chain] */
    int64_t *n_sweeps;   /* [unit] since the start */
    int64_t *n_moves;    /* [chain] counted in n_counted sweeps */
    int64_t *n_counted;  /* [unit] */

    heat_lane_model *lanes; /* NULL: rows */
    const heat_lane_kernel *kernel;
    double offset;
    heat_lane_block *blocks; /* [unit] */
    uint16_t **before;       /* [unit] a block's bits before a counted sweep */
    double *residual;        /* [chain] energy that rounding the couplings lost, as of the last measure */
    int32_t *n_down;         /* [unit][width] as of the last measure */
    uint16_t **best_down;    /* [unit] lowest states, with track_best */
    int64_t *best_units;     /* [chain] their energies */

    int8_t *rows;         /* [chain][variable] */
    double *energy;       /* [chain] */
    double *beta;         /* [chain] */
    heat_stream *streams; /* [chain] */
    double *scratch;      /* [unit][width * q]: what a sweep of a unit needs */
    int8_t *proposed;     /* [unit][width] */
    int8_t *best_rows;    /* [chain][variable], with track_best */
    double *best_energy;  /* [chain] */
} heat_chains;

/* How a chain set is made. */
typedef struct heat_chains_plan {
    int64_t n_chains;
    int32_t n_rungs;
    const heat_rung *rungs; /* copied */
    uint64_t seed;
    const char *isa; /* "auto" or a row of the kernel table */
    bool is_search;  /* only the energy of the best states matters, not their distribution */
    bool track_best; /* keep the lowest state of each chain */
} heat_chains_plan;

/* A chain set, all chains on rung 0, in no state yet: start every chain before the first sweep.
 * HEAT_ERROR_OPTION if this machine cannot run `isa`. */
HEAT_MUST_USE heat_status heat_chains_create(heat_context *ctx, const heat_model *model,
                                             const heat_chains_plan *plan, heat_chains **out);
void heat_chains_free(heat_chains *chains);

/* Bytes that a chain set of this size takes, at most. */
double heat_chains_bytes(const heat_model *model, int64_t n_chains);

/* Puts a chain on a rung. */
void heat_chains_set_rung(heat_chains *chains, int64_t chain, int32_t rung);

/* Moves one chain to a beta of its own, for schedules in time. Safe from the thread that runs the chain's
 * unit. */
void heat_chains_set_beta(heat_chains *chains, int64_t chain, double beta);

/* Starts a chain in `state`, or, when that is NULL, in a uniformly random state drawn from the stream
 * (seed, HEAT_PURPOSE_INITIAL, chain + n_chains * restart); its moves come from the same unit of other
 * purposes. */
HEAT_MUST_USE heat_status heat_chains_start(heat_context *ctx, heat_chains *chains, int64_t chain,
                                            const int8_t *state, int64_t restart);

/* Brings energies and totals of a unit's chains up to date, for the two functions that read them exactly. */
void heat_chains_measure(heat_chains *chains, int64_t unit);

/* The chain's state as a row of n values; its energy and the sum of its values as of the last measure.
 * Between measures the energy follows every move up to the rounding of the couplings. */
void heat_chains_get_state(const heat_chains *chains, int64_t chain, int8_t *state);
double heat_chains_get_energy(const heat_chains *chains, int64_t chain);
int64_t heat_chains_get_total(const heat_chains *chains, int64_t chain);

/* Moves per visited variable since heat_chains_reset_moves, counted in every sixteenth sweep of lanes and in
 * every one of rows; NaN before the first. */
double heat_chains_get_acceptance(const heat_chains *chains, int64_t chain);
void heat_chains_reset_moves(heat_chains *chains);

/* With track_best: keeps the states of the unit's chains that are the lowest since their start; and hands one
 * out. */
void heat_chains_keep_best(heat_chains *chains, int64_t unit);
double heat_chains_get_best(const heat_chains *chains, int64_t chain, int8_t *state);

/* How far energies between measures may be from the truth: 0 for exact couplings. */
double heat_chains_get_energy_slack(const heat_chains *chains);

/* Chains [*first, *last) of a unit. */
void heat_chains_get_unit(const heat_chains *chains, int64_t unit, int64_t *first, int64_t *last);

/* Threads that may run units at once: `threads`, or 1 for a model that is not thread-safe. */
int64_t heat_chains_thread_limit(const heat_chains *chains, int64_t threads);

/* Sweeps of all chains that make up some hundredths of a second: how long a verb runs between two looks at
 * the clock. Decided by counts alone. */
int64_t heat_chains_sweeps_per_look(const heat_chains *chains);

/* Lane layout, one unit: one sweep by `rule`. Rows layout: see site_sweep.c. Both end with the global flip.
 */
void heat_chains_sweep_lanes(heat_chains *chains, int64_t unit, heat_flip_rule rule);
void heat_chains_end_sweep(heat_chains *chains, int64_t unit);

#endif
