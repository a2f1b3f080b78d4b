/* Values in order, their quantiles and their normal scores. */
#ifndef HEATBATH_RANKS_H
#define HEATBATH_RANKS_H

#include <heatbath/export.h>

typedef struct heat_ranked {
    double value;
    int64_t at; /* where it stood in the array */
} heat_ranked;

/* Puts n finite values into ascending order, equal ones as they stood (-0 counts as 0); `spare` has room for
 * n. Cost: O(n). */
void heat_rank_values(int64_t n, const double *x, heat_ranked *spare, heat_ranked *ranked);

/* The quantile p of n >= 1 values, between the order statistics by a straight line (type 7 of Hyndman and
 * Fan, Am. Stat. 50 (1996) 361). */
double heat_ranked_quantile(int64_t n, const heat_ranked *ranked, double p);

/* score[at] = Phi^-1((rank - 3/8) / (n + 1/4)), equal values at their average rank (Blom 1958). */
void heat_ranked_scores(int64_t n, const heat_ranked *ranked, double *score);

#endif
