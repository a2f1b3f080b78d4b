/* Units of 0 and 1 with the units that each is coupled to: E = -sum_(i<j) w_ij x_i x_j - sum_i b_i x_i. */
#ifndef HEATBATH_UNIT_GRAPH_H
#define HEATBATH_UNIT_GRAPH_H

#include <heatbath/context.h>

enum { HEAT_ROW_LANES = 16 }; /* rows that are worked at together, side by side: [unit][lane] */

/* Starts as zeroes. */
typedef struct heat_unit_graph {
    int32_t n;
    int64_t *row;  /* [n + 1] */
    int32_t *col;  /* [row[n]] neighbours, rising */
    int64_t *edge; /* [row[n]] which pair that is */
    double *w;     /* [row[n]] */
    double *bias;  /* [n] */
} heat_unit_graph;

/* The pairs i, j of n units; weights and biases are zeroes. Cost: O(n + n_edges). */
HEAT_MUST_USE heat_status heat_unit_graph_open(heat_context *ctx, int32_t n, int64_t n_edges,
                                               const int32_t *i, const int32_t *j, heat_unit_graph *graph);
void heat_unit_graph_close(heat_unit_graph *graph);

void heat_unit_graph_set(heat_unit_graph *graph, const double *weights, const double *biases);

/* Adds to field[lane] what the neighbours begin ... end - 1 of the list give, x [unit][lane]. */
void heat_unit_graph_add_field(const heat_unit_graph *graph, int64_t begin, int64_t end, const double *x,
                               double *field);

/* The first neighbour of a unit, in the list, whose number is not below `unit`. */
int64_t heat_unit_graph_split(const heat_unit_graph *graph, int32_t of, int32_t unit);

#endif
