/* A Boltzmann machine summed over all 2^n states of its units. */
#ifndef HEATBATH_SUBSET_SUMS_H
#define HEATBATH_SUBSET_SUMS_H

#include <heatbath/context.h>

enum { HEAT_MOST_SUBSET_BITS = 24 };

/* The pairs of n units, and work space: 12 bytes a state. */
typedef struct heat_subsets {
    int32_t n;
    int64_t n_edges;
    const int32_t *i, *j; /* borrowed */
    double *w;            /* [n][n] */
    double *p;     /* [2^n]: once summed, probabilities of the states; state x has unit k on in bit k */
    double *field; /* [2^n / 2 + 1] */
} heat_subsets;

/* On failure the struct is only good for heat_subsets_close, which is legal on zeroes. */
HEAT_MUST_USE heat_status heat_subsets_open(heat_context *ctx, int32_t n, int64_t n_edges, const int32_t *i,
                                            const int32_t *j, heat_subsets *s);
void heat_subsets_close(heat_subsets *s);

/* log Z of E(x) = -sum_e w_e x_i x_j - sum_i b_i x_i over x = 0, 1; p is filled. Cost: n 2^n additions, 2^n
 * exponentials. */
double heat_subsets_sum(heat_subsets *s, const double *weights, const double *biases);

/* After a sum: <x_i x_j> of the n_edges pairs and then <x_i> of the n units; p is used up. */
void heat_subsets_mean(heat_subsets *s, double *mean);

/* Parts of such a sum: log weights [2^n] of subsets by couplings w [n][n] and biases, with `field`
 * [2^n / 2 + 1] as work space; and sums over supersets, in place. */
void heat_subsets_fill(int32_t n, const double *w, const double *biases, double *field, double *log_weight);
void heat_subsets_raise(int32_t n, double *p);

#endif
