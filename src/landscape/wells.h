/* Where a potential of two or three variables has wells, for an integral that must not miss any. */
#ifndef HEATBATH_WELLS_H
#define HEATBATH_WELLS_H

#include "landscape/landscape.h"

/* By rising energy. Starts as zeroes. */
typedef struct heat_wells {
    int64_t count;
    double *x;       /* [well][n] a minimum */
    double *energy;  /* [well] */
    double *hessian; /* [well][n][n] */
} heat_wells;

/* The minima that quenches from the lowest places of a grid lead to, some hundred at most: a grid of some
 * 2.6e5 places, which lie closer near the view's start than far away. A well is met if its basin holds one of
 * them. No energies, and what falls off without end, are no wells. Cost: an energy for each place. The same
 * for any number of threads; halted, the wells so far. */
HEAT_MUST_USE heat_status heat_wells_find(heat_context *ctx, const heat_smooth *view, int64_t threads,
                                          heat_wells *wells);
void heat_wells_close(heat_wells *wells);

#endif
