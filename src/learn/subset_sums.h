/* A Boltzmann machine summed over all 2^n states of its units. */
#ifndef HEATBATH_SUBSET_SUMS_H
#define HEATBATH_SUBSET_SUMS_H

#include <heatbath/context.h>

enum { HEAT_MOST_SUBSET_BITS = 24 };

/* E(x) = -sum_e w_e x_i x_j - sum_i b_i x_i over x = 0, 1. */
typedef struct heat_subsets {
    int32_t n;
    int64_t n_edges;
    const int32_t *i, *j;  /* [n_edges] */
    const double *weights; /* [n_edges] */
    const double *biases;  /* [n] */
} heat_subsets;

/* log Z, and unless `mean` is NULL <x_i x_j> of the n_edges pairs and then <x_i> of the n units. Cost:
 * 2^n exponentials and 8 2^n additions, a tenth of a second at most, which nothing halts; memory: 2 MB. The
 * bits do not depend on `threads`. */
HEAT_MUST_USE heat_status heat_subsets_sum(heat_context *ctx, const heat_subsets *s, int64_t threads,
                                           double *mean, double *log_z);

/* Parts of such a sum: log weights [2^n] of subsets by couplings w [n][n] and biases, with `field`
 * [2^n / 2 + 1] as work space; and sums over supersets, in place. */
void heat_subsets_fill(int32_t n, const double *w, const double *biases, double *field, double *log_weight);
void heat_subsets_raise(int32_t n, double *p);

#endif
