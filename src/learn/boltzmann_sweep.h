/* Sweeps of the heat bath over rows of a Boltzmann machine, hidden units that are summed over drawn at once.
 */
#ifndef HEATBATH_BOLTZMANN_SWEEP_H
#define HEATBATH_BOLTZMANN_SWEEP_H

#include "learn/unit_graph.h"
#include "random/stream.h"

/* Rows are of the first n_row units of the graph; the others are summed over. */
typedef struct heat_boltzmann_sweep {
    const heat_unit_graph *graph;
    int32_t n_row;
    int64_t n_inner;       /* pairs of units that are summed over, */
    const int32_t *p, *q;  /* counted from the first of these, */
    const double *weights; /* and their couplings */
    int32_t n_held;        /* units of a row, the first ones, that stay as they are, */
    const int8_t *missing; /* [row][n_row] but where this is 1; NULL: nowhere */
    int64_t k;             /* sweeps */
    int64_t n_rows;
    int8_t *rows;
    uint64_t seed, first_stream; /* of row 0; each has one */
    heat_purpose purpose;
    int64_t threads;
} heat_boltzmann_sweep;

/* Moves the rows. Same bits for any number of threads. Halted, some may not have moved. */
HEAT_MUST_USE heat_status heat_boltzmann_sweep_run(heat_context *ctx, const heat_boltzmann_sweep *sweep);

#endif
