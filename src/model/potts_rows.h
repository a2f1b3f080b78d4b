/* The edges of a Potts model as symmetric compressed rows, each end knowing its edge. */
#ifndef HEATBATH_POTTS_ROWS_H
#define HEATBATH_POTTS_ROWS_H

#include <heatbath/context.h>

/* Every edge in both of its rows; rows sorted by neighbour. */
typedef struct heat_potts_rows {
    int64_t *row;  /* n + 1 */
    int32_t *col;  /* row[n] */
    int64_t *edge; /* row[n]: 2 e, or 2 e + 1 in the row of j[e] */
} heat_potts_rows;

/* Builds the rows of edges i[e], j[e], all in 0 ... n-1 and i != j. Edges that repeat a pair are neighbours
 * in both rows, in the order of the input. Peak memory: 40 bytes an edge end. */
HEAT_MUST_USE heat_status heat_potts_rows_build(heat_context *ctx, int32_t n, int64_t n_edges,
                                                const int32_t *i, const int32_t *j, heat_potts_rows *rows);

/* How many connected components the rows have; an isolated variable is one. */
HEAT_MUST_USE heat_status heat_potts_rows_count_components(heat_context *ctx, int32_t n,
                                                           const heat_potts_rows *rows, int32_t *count);

void heat_potts_rows_clear(heat_potts_rows *rows);

#endif
