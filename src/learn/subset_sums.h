/* A Boltzmann machine without hidden units summed over all 2^n states. */
#ifndef HEATBATH_SUBSET_SUMS_H
#define HEATBATH_SUBSET_SUMS_H

#include <heatbath/context.h>

enum { HEAT_MOST_SUBSET_BITS = 24 };

/* Of E(x) = -sum_e w_e x_i x_j - sum_i b_i x_i over x = 0, 1: log Z, and with `mean` <x_i x_j> of the n_edges
 * pairs and then <x_i> of the n variables. Cost: n 2^n additions, 2^n exponentials, 12 bytes a state. */
HEAT_MUST_USE heat_status heat_subset_sums(heat_context *ctx, int32_t n, int64_t n_edges, const int32_t *i,
                                           const int32_t *j, const double *weights, const double *biases,
                                           double *mean, double *log_z);

#endif
