/* What exact methods would cost on a model, and closed forms that others are measured against. */
#ifndef HEATBATH_EXACT_H
#define HEATBATH_EXACT_H

#include <heatbath/model.h>

HEAT_BEGIN_DECLS

/* The price of exactness, known before it is paid. */
typedef struct heat_exact_cost {
    size_t size;              /* set by heat_exact_estimate */
    const char *method;       /* the cheapest: "enumeration", "elimination" or "layer enumeration"; static */
    int32_t width;            /* of the elimination order found: its largest table has q^(width+1) entries */
    bool width_is_bound;      /* the search stopped early: the width found is at least `width` */
    int32_t width_affordable; /* largest width that `memory` allows */
    double bytes;             /* of memory at once */
    double operations;        /* of one log Z: table entries (elimination), states (enumeration), or states of
                               * the smaller layer times units of the larger (layer enumeration) */
    bool affordable;          /* bytes within memory, and operations below 1e13 */
    int32_t width_proved;     /* no elimination order of the graph is less wide than this */
    double steps;             /* variables eliminated one by one; 0 by enumeration */
    const char *sum_method;   /* sums over states have a cheaper road still: "planar", "magnetization", or,
                               * where   the graph falls apart, a road for each component, "components" if they
                               * differ;   NULL: they have not; static */
    double sum_bytes, sum_seconds; /* of it, at one temperature on one thread; 0 where there is none */
    double operation_ns;           /* what an operation takes, in nanoseconds */
} heat_exact_cost;

/* Estimates what log Z, marginals or a proved ground state would take with `memory` bytes, by a min-fill
 * elimination order (Dechter, Artificial Intelligence 113 (1999) 41). Cost: about n * width^2, less where a
 * minor or a part of the graph shows that it is too wide; a million variables and four million edges take
 * about a second and 24 bytes a variable. */
HEAT_API HEAT_MUST_USE heat_status heat_exact_estimate(heat_context *ctx, const heat_model *model,
                                                       int64_t memory, heat_exact_cost *cost);

/* Probabilities of values and of pairs of values, at one temperature. */
typedef struct heat_marginals {
    size_t size;                        /* set by heat_exact_marginals; 0 before means the whole struct */
    const char *method;                 /* "elimination", "planar", "magnetization", "components"; static */
    double log_z, mean_energy, entropy; /* nats, energy, nats */
    int32_t n_variables, n_states;
    double *single;  /* [n_variables][n_states]; the states in the order of the coding: -1, +1 or 0, 1, ...;
                        owned */
    int64_t n_pairs; /* edges of the model */
    int32_t *i, *j;  /* [n_pairs] their variables, i < j; owned */
    double *pair;    /* [n_pairs][n_states of i][n_states of j]; owned */
    double temperature;
} heat_marginals;

/* Marginals of a model with a graph (spins, 0 and 1, Potts) at `temperature`, exact, within `memory` bytes,
 * on `threads` (HEAT_AUTO: every core), whose number changes no bit. Roads: elimination; where that is dearer
 * and there is no field, Pfaffians; of a complete graph of spins that are all alike, magnetisations.
 * HEAT_ERROR_UNABLE: too wide, or no graph; HEAT_ERROR_STOPPED: halted. On failure `result` is as it was.
 * Cost: as heat_exact_estimate says. */
HEAT_API HEAT_MUST_USE heat_status heat_exact_marginals(heat_context *ctx, const heat_model *model,
                                                        double temperature, int64_t memory, int64_t threads,
                                                        heat_marginals *result);

/* Writes them: to .npy the array `single`, to .h5 (kind `marginals`) all arrays and numbers under the names
 * above, to .csv lines `i,value_i,j,value_j,p`, j and value_j empty for a variable alone, in the names and
 * the coding of `model`. HEAT_ERROR_OPTION: another suffix; HEAT_ERROR_OUTPUT. */
HEAT_API HEAT_MUST_USE heat_status heat_marginals_save(heat_context *ctx, const heat_model *model,
                                                       const heat_marginals *marginals, const char *path);

/* Frees what it owns and zeroes it (but its size); legal on zeroes. */
HEAT_API void heat_marginals_clear(heat_marginals *marginals);

/* The Ising model on a periodic lx x ly square lattice without field, E = -J sum s s', at temperature T:
 * log Z (nats), mean energy and heat capacity Var(E)/T^2 of the whole lattice; every output may be NULL.
 * lx, ly >= 2; every site has a bond to its right and one to its upper neighbour, 2 lx ly in all, so that a
 * length of 2 means double bonds. Exact to about 1e-12 relative; below J/T = 1e-3 the energy is exact to
 * 1e-15 |J| a site, which is then less. A negative J needs even lengths: HEAT_ERROR_UNABLE. Cost: O(lx).
 * Source: Kaufman, Phys. Rev. 76 (1949) 1232; Ferdinand and Fisher, Phys. Rev. 185 (1969) 832. */
HEAT_API HEAT_MUST_USE heat_status heat_exact_square_ising(heat_context *ctx, int32_t lx, int32_t ly,
                                                           double coupling, double temperature, double *log_z,
                                                           double *energy, double *heat_capacity);

HEAT_END_DECLS

#endif
