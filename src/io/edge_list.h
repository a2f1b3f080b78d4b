/* A graph as a file gives it: plain arrays, nothing merged, nothing interpreted beyond the format's own rule.
 */
#ifndef HEATBATH_EDGE_LIST_H
#define HEATBATH_EDGE_LIST_H

#include <heatbath/context.h>

typedef struct heat_edge_list {
    int64_t n_variables;
    int64_t n_edges;
    int64_t capacity; /* of the three edge arrays */
    int32_t *i, *j;   /* 0-based, i != j */
    double *weight;   /* the file's own: w of a Max-Cut file, J (ferromagnetic > 0) of an Ising file */
    double *field;    /* n_variables, h of an Ising file; NULL if there is none */
    double offset;
    bool max_cut;         /* weights are a Max-Cut file's: J = -w */
    int64_t n_self_loops; /* edges from a vertex to itself, left out (Max-Cut: they are never cut) */
} heat_edge_list;

/* Appends an edge, growing the arrays. */
HEAT_MUST_USE heat_status heat_edge_list_add(heat_context *ctx, heat_edge_list *list, int32_t i, int32_t j,
                                             double weight);

/* Frees the arrays and zeroes the struct; legal on zeroes. */
void heat_edge_list_clear(heat_edge_list *list);

#endif
