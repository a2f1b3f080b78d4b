/* Values in order. */
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

#endif
