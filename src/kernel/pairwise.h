/* The pairwise view: a graph of +-1 spins as plain arrays. E(s) = -sum_(i<j) J_ij s_i s_j - sum_i h_i s_i +
 * offset. */
#ifndef HEATBATH_PAIRWISE_H
#define HEATBATH_PAIRWISE_H

#include <heatbath/export.h>

/* Every edge stands in both of its rows; rows are sorted by neighbour, without repeats and without i = i. All
 * arrays are borrowed from the model. Where `exact` is set every coupling and field is a multiple of one
 * power of two and their sizes add up to less than 2^53 of it, so that sums of them in doubles are exact in
 * any order. */
typedef struct heat_pairwise {
    int32_t n;              /* spins */
    const int64_t *row;     /* n + 1 */
    const int32_t *col;     /* row[n] neighbours */
    const double *coupling; /* row[n] */
    const double *field;    /* n */
    double offset;
    bool exact;
} heat_pairwise;

#endif
