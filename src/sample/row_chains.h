/* The row layout's store: chains as rows of values, moved by the model's own energy changes. */
#ifndef HEATBATH_ROW_CHAINS_H
#define HEATBATH_ROW_CHAINS_H

#include "sample/layout.h"

typedef struct heat_row_store {
    int8_t *rows;         /* [chain][variable] */
    double *energy;       /* [chain] */
    heat_stream *streams; /* [chain] */
    double *scratch;      /* [unit][width * q]: what a sweep of a unit needs */
    int8_t *proposed;     /* [unit][width] */
    int8_t *best_rows;    /* [chain][variable], with track_best */
    double *best_energy;  /* [chain] */
} heat_row_store;

#endif
