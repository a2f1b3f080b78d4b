/* What rows of a Boltzmann machine weigh whose hidden units are any graph. */
#ifndef HEATBATH_HIDDEN_WEIGHTS_H
#define HEATBATH_HIDDEN_WEIGHTS_H

#include "learn/hidden_posterior.h"
#include "learn/unit_graph.h"

#include <heatbath/model.h>

/* How it is found: by sums over covers of the hidden graph, by exact methods, by annealing, or, where that
 * takes too long, as a lower bound. */
typedef enum heat_hidden_way {
    HEAT_HIDDEN_SUMMED,
    HEAT_HIDDEN_ELIMINATED,
    HEAT_HIDDEN_ANNEALED,
    HEAT_HIDDEN_BOUNDED
} heat_hidden_way;

/* Starts as zeroes. Units are 0 and 1 here, energies those at the temperature. */
typedef struct heat_hidden_weights {
    heat_hidden_way way;
    int32_t n_visible;
    heat_unit_graph graph;
    double constant; /* log weight where every unit is 0 */
    int64_t n_inner; /* pairs of hidden units, and their couplings */
    int32_t *p, *q;
    double *weights;
    heat_hidden_posterior posterior; /* where they are summed */
    uint64_t seed;
    int64_t threads;
    int64_t n_weighed;     /* rows so far: each has a stream */
    double *error, *bound; /* of the rows to be weighed, where annealed or bounded; NULL: not wanted */
} heat_hidden_weights;

/* The way is SUMMED where it can be, else ANNEALED if that takes a minute or so for n_rows, else BOUNDED:
 * whether exact methods can is for the caller to ask. */
HEAT_MUST_USE heat_status heat_hidden_weights_open(heat_context *ctx, const heat_model *model,
                                                   int32_t n_visible, double temperature, int64_t n_rows,
                                                   uint64_t seed, int64_t threads,
                                                   heat_hidden_weights *weights);
void heat_hidden_weights_close(heat_hidden_weights *weights);

/* log sum_h exp(-E(row, h)/T) of rows [n_rows][n_visible], on where they are 1; missing (NULL: nothing is)
 * marks values that are summed over too, which a sum over covers does not do. Annealed, each is an estimate
 * whose exponential is right on the average, with its standard error. */
HEAT_MUST_USE heat_status heat_hidden_weights_find(heat_context *ctx, heat_hidden_weights *weights,
                                                   int64_t n_rows, const int8_t *rows, const int8_t *missing,
                                                   double *log_weights);

#endif
