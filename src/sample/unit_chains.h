/* Chains over two layers of any kinds as rows of doubles, moved by unit_sweep.h. */
#ifndef HEATBATH_UNIT_CHAINS_H
#define HEATBATH_UNIT_CHAINS_H

#include "sample/layout.h"
#include "sample/unit_sweep.h"

typedef struct heat_unit_store {
    heat_unit_layers layers;
    double *values; /* [chain][variable] */
    double *energy; /* [chain] */
    double *gain,
        *beta_before;     /* [chain] heat_chains_take_gain, and as of the last sweep; NULL: not weighted */
    heat_stream *streams; /* [chain] */
    int64_t n_units;
    heat_unit_fields *fields; /* [unit] work space */
    double *before;           /* [unit][variable] likewise */
} heat_unit_store;

#endif
