/* An edge list in, symmetric compressed rows out, in little more memory than the rows themselves. */
#ifndef HEATBATH_ISING_ROWS_H
#define HEATBATH_ISING_ROWS_H

#include "io/edge_list.h"

/* Every edge in both of its rows; rows sorted by neighbour, without repeats. */
typedef struct heat_ising_rows {
    int64_t *row;         /* n + 1 */
    int32_t *col;         /* row[n] */
    int32_t *units;       /* [row[n]] J / unit, unit a power of two, where all couplings are such multiples */
    double unit;          /* with doubles 1 */
    double *coupling;     /* [row[n]] J, otherwise; one of the two is NULL */
    int64_t n_merged;     /* edges that repeated an earlier pair; added up */
    int32_t n_components; /* connected */
} heat_ising_rows;

/* Takes the edges out of `list`, whose edge arrays are freed on the way; a coupling is `factor` times a
 * weight. On failure *rows is only good for clearing. Peak memory: 24 bytes an edge and 12 a variable, at
 * rest 16 (24 where couplings are doubles) and 8. */
HEAT_MUST_USE heat_status heat_ising_rows_take(heat_context *ctx, heat_edge_list *list, double factor,
                                               heat_ising_rows *rows);

/* J of the edge that stands at k. */
static inline double heat_ising_rows_get(const heat_ising_rows *rows, int64_t k)
{
    return rows->units != NULL ? rows->unit * rows->units[k] : rows->coupling[k];
}

void heat_ising_rows_clear(heat_ising_rows *rows);

#endif
