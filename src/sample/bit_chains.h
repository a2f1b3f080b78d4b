/* The bit layout's store: a chain is one bit of every word of its unit. Public to tests. */
#ifndef HEATBATH_BIT_CHAINS_H
#define HEATBATH_BIT_CHAINS_H

#include "sample/bit_graph.h"
#include "sample/layout.h"

typedef struct heat_bit_store {
    heat_bit_graph graph;
    const heat_bit_kernel *kernel;
    heat_bit_word *words;            /* [unit][word] set: the spin is -1 */
    heat_bit_word *before;           /* [unit][word] before a counted sweep */
    heat_bit_random *random;         /* [unit] */
    heat_bit_thresholds *thresholds; /* [unit] of the last sweep */
    double *beta;                    /* [unit] that of the thresholds; NaN before the first sweep */
    int32_t *unsatisfied;            /* [unit][bit] pairs, as of the last measure */
    int32_t *n_down;                 /* [unit][bit] spins, as of the last measure */
    int64_t n_units;
} heat_bit_store;

#endif
