/* Sums over the states of a complete graph with one coupling, by their magnetisation. */
#ifndef HEATBATH_MAGNETIZATION_H
#define HEATBATH_MAGNETIZATION_H

#include "exact/elimination.h"

/* True if every pair of spins, two or more, is coupled by the same J; fields may differ. Cost: O(edges). */
bool heat_magnetization_fits(const heat_pairwise *graph);

double heat_magnetization_bytes(const heat_pairwise *graph);
double heat_magnetization_seconds(const heat_pairwise *graph);

/* True if the means of spins and pairs are known too: all spins are alike. */
bool heat_magnetization_has_means(const heat_pairwise *graph);

/* log Z, mean and variance of the energy, and where all spins are alike spin_mean and pair_mean (else NaN),
 * of those that are not NULL; p[k], k = 0 ... n, becomes the probability that k spins are up. A halted run
 * (heat_halted) leaves NaN in the numbers. */
HEAT_MUST_USE heat_status heat_magnetization_run_sum(heat_context *ctx, const heat_pairwise *graph,
                                                     double beta, double *p, heat_elimination_sum *sum);

#endif
