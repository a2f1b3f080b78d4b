/* An edge list in, symmetric compressed rows out, in little more memory than the rows themselves. */
#ifndef HEATBATH_ISING_ROWS_H
#define HEATBATH_ISING_ROWS_H

#include "io/edge_list.h"

/* Every edge in both of its rows; rows sorted by neighbour, without repeats. */
typedef struct heat_ising_rows {
    int64_t *row; /* n + 1 */
    int32_t *col; /* row[n] */
    double *coupling;
    int64_t n_merged;     /* edges that repeated an earlier pair; added up */
    int32_t n_components; /* connected */
} heat_ising_rows;

/* Takes the edges out of `list`, whose edge arrays are freed on the way; a coupling is `factor` times a
 * weight. On failure *rows is only good for clearing. Peak memory: 24 bytes an edge and 12 a variable. */
HEAT_MUST_USE heat_status heat_ising_rows_take(heat_context *ctx, heat_edge_list *list, double factor,
                                               heat_ising_rows *rows);

void heat_ising_rows_clear(heat_ising_rows *rows);

#endif
