/* The categorical view: a graph of variables of q values as plain arrays. E(a) = -sum_(i<j) J_ij(a_i, a_j) -
 * sum_i h_i(a_i) + offset, a = 0 ... q-1; plain Potts where J_ij(a, b) = J_ij if a = b, else 0. */
#ifndef HEATBATH_CATEGORICAL_H
#define HEATBATH_CATEGORICAL_H

#include <heatbath/export.h>

/* Every edge stands in both of its rows; rows are sorted by neighbour, without repeats and without i = i. All
 * arrays are borrowed from the model. Exactly one of `coupling` and `tables` is not NULL. Where `exact` is
 * set every number is a multiple of one power of two and the sizes of those that one state can meet add up to
 * less than 2^53 of it, so that sums of them in doubles are exact in any order. */
typedef struct heat_categorical {
    int32_t n, q;
    const int64_t *row;     /* n + 1 */
    const int32_t *col;     /* row[n] neighbours */
    const double *coupling; /* row[n]: J_ij; NULL: tables */
    const double *tables; /* q * q numbers each: [value of the row's own variable][value of the neighbour] */
    const int64_t *table; /* row[n]: which of the tables; the two ends of an edge have transposed ones */
    int64_t n_tables;
    const double *field; /* [n][q]: h_i(a); NULL if there is none */
    double offset;
    bool exact;
} heat_categorical;

#endif
