/* The stripe layout's store: a chain is one lattice, 512 sites a word. Public to tests. */
#ifndef HEATBATH_STRIPE_CHAINS_H
#define HEATBATH_STRIPE_CHAINS_H

#include "sample/layout.h"
#include "sample/stripe_lattice.h"

/* What one thread counts in a stripe, apart from what others write. */
typedef struct heat_stripe_counts {
    _Alignas(64) int64_t n_moved; /* in counted sweeps of the last go */
    int64_t unsatisfied, n_down;  /* couplings and fields, and spins, as of the last measure */
} heat_stripe_counts;

typedef struct heat_stripe_store {
    heat_stripe_lattice lattice;
    const heat_bit_kernel *kernel;
    heat_bit_word *words;            /* [chain][word] set: the spin is -1 */
    heat_bit_word *before;           /* [chain][place] before a counted sweep */
    heat_bit_random *random;         /* [chain][stripe] */
    heat_bit_thresholds *thresholds; /* [chain] of the last sweep */
    double *beta;                    /* [chain] that of the thresholds; NaN before the first sweep */
    heat_stripe_counts *counts;      /* [chain][stripe] */
    bool *is_measured;               /* [chain] the counts are of the state it is in */
    bool *is_followed; /* [chain] they were asked for after its last sweep: the next brings them */
    int64_t *n_moved;  /* [chain][stripe] in a counted sweep */
} heat_stripe_store;

#endif
