/* The stripe layout's store: a chain is one lattice, 512 sites a word. Public to tests. */
#ifndef HEATBATH_STRIPE_CHAINS_H
#define HEATBATH_STRIPE_CHAINS_H

#include "sample/layout.h"
#include "sample/stripe_lattice.h"

typedef struct heat_stripe_store {
    heat_stripe_lattice lattice;
    const heat_bit_kernel *kernel;
    heat_bit_word *words;            /* [chain][word] set: the spin is -1 */
    heat_bit_word *before;           /* [chain][place] before a counted sweep */
    heat_bit_random *random;         /* [chain][stripe] */
    heat_bit_thresholds *thresholds; /* [chain] of the last sweep */
    double *beta;                    /* [chain] that of the thresholds; NaN before the first sweep */
    int64_t *unsatisfied;            /* [chain][stripe] couplings and fields, as of the last measure */
    int64_t *n_down;                 /* [chain][stripe] spins, as of the last measure */
    int64_t *n_moved;                /* [chain][stripe] in a counted sweep */
} heat_stripe_store;

#endif
