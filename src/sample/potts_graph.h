/* A categorical graph in the integer units of the Potts kernel. */
#ifndef HEATBATH_POTTS_GRAPH_H
#define HEATBATH_POTTS_GRAPH_H

#include "kernel/categorical.h"
#include "kernel/potts_sweep.h"

#include <heatbath/context.h>

typedef struct heat_potts_units {
    heat_potts_graph
        graph;    /* its arrays are owned but row, col and table, which are the categorical graph's */
    double unit;  /* of the integers; energy = unit * integer + offset */
    bool rounded; /* couplings are not multiples of the unit */
} heat_potts_units;

/* Converts `view` (borrowed). Numbers that are not multiples of one unit are rounded to 2^-25 of the
 * strongest field. *out is NULL, and the status HEAT_OK, where that would blur more than one number in a
 * hundred, or move a probability by more than 2^-12 at beta_max (0 in a search, whose answer is judged by the
 * definition of the energy alone). */
HEAT_MUST_USE heat_status heat_potts_units_create(heat_context *ctx, const heat_categorical *view,
                                                  double beta_max, heat_potts_units **out);
void heat_potts_units_free(heat_potts_units *units);

#endif
