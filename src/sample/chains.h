/* Chain sets: R chains over one model's states, each at a beta of its own, moved in units. A unit is a block
 * of chains that are swept together and may exchange states; units depend on the number of chains only. Every
 * chain has streams of its own, or, where a layout draws for a whole unit (bits), random bits of its own from
 * the unit's: threads never change a chain's bits.
 *
 * How states are kept, and how single variables are moved, is the layout's business (layout.h). */
#ifndef HEATBATH_CHAINS_H
#define HEATBATH_CHAINS_H

#include "base/parallel.h"
#include "io/checkpoint.h"
#include "kernel/isa.h"
#include "model/views.h"
#include "random/stream.h"
#include "sample/scalars.h"

/* The rule of a single-variable move: the probabilities p[0..q) with which one variable of q values takes
 * each of them, given x[a] = -beta (E with value a - E now); x[current] = 0. Leaves the Boltzmann
 * distribution invariant. */
typedef void (*heat_rule_fn)(int32_t q, int32_t current, const double *x, double *p);

typedef struct heat_site_rule {
    heat_rule_fn probabilities;
    heat_flip_rule flip; /* the same rule for two values, as the kernels know it */
} heat_site_rule;

typedef struct heat_layout heat_layout;

typedef struct heat_chains {
    const heat_model *model; /* borrowed */
    heat_model_info info;
    int32_t n;          /* variables */
    heat_row_form form; /* of a state as a row */
    int64_t n_chains;
    uint64_t seed;
    uint64_t first_stream; /* added to the unit of every stream */
    int32_t n_rungs;
    double *betas; /* [rung] */
    int32_t *rung; /* [chain] the rung it sits on */
    double *beta;  /* [chain] where it is now: its rung's, or that of a schedule */
    int32_t group; /* chains that must share a unit */
    int32_t width; /* chains a unit, a multiple of group */
    int64_t n_units;
    bool shares_sweeps; /* one sweep is spread over the team where it is open */

    bool is_weighted; /* of the plan, as the next */
    bool scales_couplings;
    bool is_search;          /* only energies matter: a halt may end a sweep half way */
    bool is_symmetric;       /* no field: E(s) = E(-s), and the state is sign * spins */
    int8_t *sign;            /* [chain] */
    heat_stream *flip;       /* [chain] bits of the global flip */
    uint64_t *flip_bits;     /* [chain] */
    int64_t burn_in;         /* sweeps in which an engine may still adapt */
    const double *reference; /* of the plan */
    bool has_reference;      /* this one, or a walk's (walk_chains.h) */
    int64_t *n_sweeps;       /* [unit] since the start */
    int64_t *n_moves;        /* [chain] counted in n_counted sweeps */
    int64_t *n_counted;      /* [unit] */

    const heat_layout *layout;
    void *store;     /* the layout's own */
    heat_team *team; /* whose threads share one sweep now, where units are too few to go round; NULL: none */
    heat_team own_team; /* where no other waits */
} heat_chains;

/* How a chain set is made. */
typedef struct heat_chains_plan {
    int64_t n_chains;
    int32_t n_rungs;
    const double *betas; /* [rung], copied */
    uint64_t seed;
    uint64_t first_stream;     /* of a set that shares the seed with others; 0 */
    int32_t group;             /* chains side by side that exchange states: they share a unit; 0 means 1 */
    const char *isa;           /* "auto" or a row of the kernel table */
    const heat_layout *layout; /* NULL: the fastest that fits */
    const struct heat_walk_plan *walk; /* how real-valued states move (walk_chains.h); NULL: by HMC */
    const heat_site_rule *rule;        /* of all its single-variable moves; NULL: any may come */
    int64_t burn_in; /* sweeps in which an engine may still adapt itself; none after them counts */
    /* Of two layers of units: beta brings their couplings in, E = E_0 + E_W, and a chain has the distribution
     * exp(-B E_0 - beta E_W), B = betas[last]: layers apart at 0, the model at the last rung. */
    bool scales_couplings;
    bool is_steady;   /* chain k stays on rung k / (n_chains / n_rungs), and at its beta */
    bool is_weighted; /* changes of beta are weighed: heat_chains_take_gain */
    bool is_search;   /* only the energy of the best states matters, not their distribution */
    bool track_best;  /* keep the lowest state of each chain */
    /* [n] Independent units to start from, of two values each: at beta a chain has the distribution
     * exp(-beta E + (1 - beta / betas[last]) R), R the sum of reference[i] over variables that have the
     * higher value: the units alone at 0, the model alone at the last rung. Borrowed; NULL: none. */
    const double *reference;
    double
        tolerance; /* what log weights that chains walk by may be off by, in root mean square; 0: nothing */
} heat_chains_plan;

/* A chain set, all chains on rung 0, in no state yet: start every chain before the first sweep.
 * HEAT_ERROR_OPTION if this machine cannot run `isa`, HEAT_ERROR_UNABLE if the model does not fit `layout`.
 */
HEAT_MUST_USE heat_status heat_chains_create(heat_context *ctx, const heat_model *model,
                                             const heat_chains_plan *plan, heat_chains **out);
void heat_chains_free(heat_chains *chains);

/* Bytes that a chain set of this plan takes, at most. */
double heat_chains_bytes(const heat_model *model, const heat_chains_plan *plan);

/* Seconds of a sweep of such a chain set on one thread, at the rates of <heatbath/cost.h>. */
double heat_sweep_seconds(const heat_model *model, const heat_chains_plan *plan);

/* Puts a chain on a rung. */
void heat_chains_set_rung(heat_chains *chains, int64_t chain, int32_t rung);

/* How much of the reference is left at beta: 1 - beta / betas[last]. */
static inline double heat_chains_reference_part(const heat_chains *c, double beta)
{
    return 1 - beta / c->betas[c->n_rungs - 1];
}

/* Moves one chain to a beta of its own, for schedules in time. Safe from the thread that runs the chain's
 * unit. */
void heat_chains_set_beta(heat_chains *chains, int64_t chain, double beta);

/* Starts a chain in `state`, or, when that is NULL, in a uniformly random state drawn from the stream
 * (seed, HEAT_PURPOSE_INITIAL, first_stream + chain + n_chains * restart); its moves come from the same unit
 * of other purposes. */
HEAT_MUST_USE heat_status heat_chains_start(heat_context *ctx, heat_chains *chains, int64_t chain,
                                            const void *state, int64_t restart);

/* Starts the chains of a unit as heat_chains_start does: the same bits, in less time. Halted, it leaves
 * *started false: then no chain of the unit is in a state. */
HEAT_MUST_USE heat_status heat_chains_start_unit(heat_context *ctx, heat_chains *chains, int64_t unit,
                                                 const void *state, int64_t restart, bool *started);

/* The same for a run that begins, whose chains must have states even if it is halted at once. */
HEAT_MUST_USE heat_status heat_chains_start_whole_unit(heat_context *ctx, heat_chains *chains, int64_t unit,
                                                       const void *state);

/* Puts a chain into another state; its streams go on. Safe from the thread that runs the chain's unit. */
HEAT_MUST_USE heat_status heat_chains_set_state(heat_context *worker, heat_chains *chains, int64_t chain,
                                                const void *state);

/* Where two chains of a unit differ, of variables of two values: unlike[i] is 1 or 0; without a field it may
 * be the other way round. `row` is scratch of n. */
void heat_chains_compare(const heat_chains *chains, const int64_t pair[2], int8_t *row, uint8_t *unlike);

/* Takes the other value at these sites in both chains, where what one gains in energy the other loses. */
HEAT_MUST_USE heat_status heat_chains_flip(heat_context *worker, heat_chains *chains, const int64_t pair[2],
                                           int8_t *row, int64_t n_sites, const int32_t *sites);

/* `n` sweeps, as by heat_chains_sweep; n is to be small, since no halt ends them. */
HEAT_MUST_USE heat_status heat_chains_sweep_many(heat_context *worker, heat_chains *chains, int64_t unit,
                                                 const heat_site_rule *rule, int64_t n);

/* One sweep of single-variable moves over a unit. Where there is no field it ends with a flip of all spins
 * with probability 1/2: the energy does not change, so the move is free, and the magnetisation forgets its
 * sign. */
HEAT_MUST_USE heat_status heat_chains_sweep(heat_context *worker, heat_chains *chains, int64_t unit,
                                            const heat_site_rule *rule);

/* The end of a sweep that was made by other means: counts it, and flips. */
void heat_chains_end_sweep(heat_chains *chains, int64_t unit);

/* Brings energies and totals of a unit's chains up to date, for the functions that read them exactly. */
void heat_chains_measure(heat_chains *chains, int64_t unit);

/* The same for a series of every sweep: where a layout rounds the couplings, the little energy that rounding
 * lost may be that of some sweeps ago. Its average is right, and it is all that its size could blur. */
void heat_chains_follow(heat_chains *chains, int64_t unit);

/* The chain's state as a row; its energy and the sum of its values as of the last measure. */
void heat_chains_get_state(const heat_chains *chains, int64_t chain, void *state);
double heat_chains_get_energy(const heat_chains *chains, int64_t chain);
int64_t heat_chains_get_total(const heat_chains *chains, int64_t chain);

/* A scalar that the chains tell (heat_series_is_of_chains), as of the last measure; and whether chains of
 * this plan tell one besides energy and magnetisation. */
double heat_chains_get_scalar(const heat_chains *chains, int64_t chain, heat_series_id id);
bool heat_chains_have_scalar(const heat_model *model, const heat_chains_plan *plan, heat_series_id id);

/* The energy whose Boltzmann distribution the moves leave invariant, after every sweep: the model's own, but
 * where a layout rounds the couplings, of the rounded ones. Exchanges between rungs decide by it. */
double heat_chains_get_walk_energy(const heat_chains *chains, int64_t chain);

/* Mean and variance of the energy of a whole state, given the chain's: the walk energy and 0, but where a
 * layout has summed variables out (model/summed_layer.c). */
void heat_chains_get_moments(const heat_chains *chains, int64_t chain, double *mean, double *variance);

/* What beta multiplies in the distribution at a rung: the walk energy, with a reference E + R / betas[last]
 * (R the logarithm of the density, of a walk's), of couplings that are scaled E_W. */
double heat_chains_get_path_energy(const heat_chains *chains, int64_t chain);

/* Of chains of a plan that is weighted, where their layout sums variables out of the weights: log of what the
 * changes of beta since the last call did to the weight of the chain's state, found by the sweep that
 * followed each. False where weights go by the path energy. Energies are then up to date after a measure
 * only. */
bool heat_chains_has_gains(const heat_chains *chains);
double heat_chains_take_gain(heat_chains *chains, int64_t chain);

/* log Z at beta = 0: of all states alike, of the reference alone, or of layers apart. */
double heat_chains_get_log_start(const heat_chains *chains);

/* Moves per visited variable since heat_chains_reset_moves; NaN before the first counted sweep (layouts of
 * bits count in every sixteenth). */
double heat_chains_get_acceptance(const heat_chains *chains, int64_t chain);
void heat_chains_reset_moves(heat_chains *chains, int64_t unit);

/* With track_best: keeps the states of the unit's chains that are the lowest since their start; and hands one
 * out. */
void heat_chains_keep_best(heat_chains *chains, int64_t unit);
double heat_chains_get_best(const heat_chains *chains, int64_t chain, void *state);

/* Lists all memory that the further life of the chains depends on, for checkpoints. */
HEAT_MUST_USE heat_status heat_chains_add_parts(heat_context *ctx, heat_chains *chains, heat_parts *parts);

/* How far the best energies may be from the truth: 0 for exact couplings. */
double heat_chains_get_energy_slack(const heat_chains *chains);

/* Chains [*first, *last) of a unit. */
void heat_chains_get_unit(const heat_chains *chains, int64_t unit, int64_t *first, int64_t *last);

/* Runs fn(arg, unit) for all units of the set, on up to `threads` threads (heat_parallel_for): side by side,
 * or, where a layout can share a sweep and units do not go round, one after the other. */
HEAT_MUST_USE heat_status heat_chains_run_units(heat_context *ctx, heat_chains *chains, int64_t threads,
                                                heat_unit_fn fn, void *arg);

/* Threads that may run units at once: `threads`, or 1 for a model that is not thread-safe. */
int64_t heat_chains_thread_limit(const heat_chains *chains, int64_t threads);

/* Sweeps of all chains that make up some hundredths of a second: how long a verb runs between two looks at
 * the clock. Decided by counts alone. */
int64_t heat_chains_sweeps_per_look(const heat_chains *chains);

#endif
