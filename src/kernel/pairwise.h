/* The pairwise view: a graph of +-1 spins as plain arrays. E(s) = -sum_(i<j) J_ij s_i s_j - sum_i h_i s_i +
 * offset. */
#ifndef HEATBATH_PAIRWISE_H
#define HEATBATH_PAIRWISE_H

#include <heatbath/export.h>

/* Every edge stands in both of its rows; rows are sorted by neighbour, without repeats and without i = i. All
 * arrays are borrowed from the model. Couplings are doubles, or, in half the memory, 32-bit multiples of a
 * power of two: read them by heat_pairwise_coupling. Where `exact` is set every coupling and field is a
 * multiple of one power of two and their sizes add up to less than 2^53 of it, so that sums of them in
 * doubles are exact in any order. */
typedef struct heat_pairwise {
    int32_t n;              /* spins */
    const int64_t *row;     /* n + 1 */
    const int32_t *col;     /* row[n] neighbours */
    const double *coupling; /* row[n], J / unit; NULL where there are units */
    const double *field;    /* n */
    double offset;
    bool exact;
    const int32_t *units; /* row[n], J / unit; NULL where there are couplings */
    double unit;          /* a power of two, below 0 in the view of -E; with doubles 1 or -1 */
} heat_pairwise;

/* J of the edge that stands at `k`, 0 <= k < row[n]. */
static inline double heat_pairwise_coupling(const heat_pairwise *g, int64_t k)
{
    return g->unit * (g->units != NULL ? g->units[k] : g->coupling[k]);
}

#endif
