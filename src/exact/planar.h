/* The partition function of spins on a planar graph without field, or on a torus, with any couplings, by
 * Pfaffians. With t = tanh(J / T),
 *     Z = 2^n prod cosh(J / T) sum over even subgraphs C of prod_(e in C) t_e,
 * and the last sum is Pf M / Pf A: M = A + B, A between the two half-edges of each edge, B between those of
 * each vertex in the order of the rotation (surface_map.h). A torus takes four signs of A. Kasteleyn, J.
 * Math. Phys. 4 (1963) 287; Fisher, J. Math. Phys. 7 (1966) 1776; Bravyi, Contemp. Math. 482 (2009) 179. A
 * field that no planarity is lost by is a coupling to one more spin. */
#ifndef HEATBATH_PLANAR_H
#define HEATBATH_PLANAR_H

#include "exact/elimination.h"

typedef struct heat_planar heat_planar;

typedef struct heat_planar_cost {
    double bytes;      /* at once, the plan included */
    double operations; /* multiplications and additions of one log Z with all pair means */
    bool torus;        /* four Pfaffians in place of one */
} heat_planar_cost;

/* A plan for `graph` (borrowed: it must outlive the plan); *out is NULL where the graph of its couplings that
 * are not 0 is neither planar nor seen to be a lattice on a torus. Cost: O(n log n). */
HEAT_MUST_USE heat_status heat_planar_create(heat_context *ctx, const heat_pairwise *graph,
                                             heat_planar **out);
void heat_planar_free(heat_planar *plan);

heat_planar_cost heat_planar_get_cost(const heat_planar *plan);

/* log Z, the mean energy, and spin_mean and pair_mean where they are not NULL: NaN where J = 0, and of spins
 * without a field among others with one. In doubles where these keep ten digits, else in pairs of doubles; at
 * temperatures so low that these do not either, HEAT_ERROR_UNABLE. A halted run (heat_halted) leaves NaN. */
HEAT_MUST_USE heat_status heat_planar_run_sum(heat_context *ctx, const heat_planar *plan, double beta,
                                              heat_elimination_sum *sum);

#endif
