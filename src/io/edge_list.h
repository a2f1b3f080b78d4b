/* A graph as a file gives it: plain arrays, nothing merged, nothing interpreted beyond the format's own rule.
 */
#ifndef HEATBATH_EDGE_LIST_H
#define HEATBATH_EDGE_LIST_H

#include "io/labels.h"

#include <heatbath/model.h>

/* What the numbers mean: the energy is, over the edges and variables,
 *   ISING    -sum weight s_i s_j - sum field s_i + offset,   s = -1, +1: J and h
 *   MAX_CUT  +sum weight s_i s_j + offset,                   s = -1, +1: the weights of the cut, J = -w
 *   QUBO     +sum weight x_i x_j + sum field x_i + offset,   x = 0, 1: Q_ij and Q_ii
 *   BOLTZMANN  -sum weight x_i x_j - sum field x_i + offset, x = 0, 1: W and b; visible units come first
 *   POTTS    as heat_potts says; couplings are the weights
 *   RBM      as heat_rbm says; in place of edges and fields there are its own arrays, `rbm` */
typedef enum heat_graph_form {
    HEAT_FORM_ISING = 0,
    HEAT_FORM_MAX_CUT,
    HEAT_FORM_QUBO,
    HEAT_FORM_BOLTZMANN,
    HEAT_FORM_POTTS,
    HEAT_FORM_RBM
} heat_graph_form;

/* What the caller says of a file of an RBM, set before it is read; zeroes say nothing. */
typedef enum heat_hint { HEAT_HINT_NONE = 0, HEAT_HINT_YES, HEAT_HINT_NO } heat_hint;

typedef struct heat_rbm_hints {
    heat_hint transpose;     /* W is [hidden][visible] */
    int32_t visible, hidden; /* 1 + the heat_layer */
    int64_t update;          /* 1 + the number of an update of training */
} heat_rbm_hints;

/* States of the visible units that chains of a training ended at: what each unit is worth. */
typedef struct heat_kept_chains {
    int64_t n;
    int32_t n_visible;
    float *values; /* [n][n_visible] */
} heat_kept_chains;

typedef struct heat_edge_list {
    int64_t n_variables;
    int64_t n_edges;
    int64_t capacity; /* of the three edge arrays */
    int32_t *i, *j;   /* 0-based, i != j */
    double *weight;
    int64_t field_capacity;
    double *field; /* n_variables once the list is complete; NULL if there is none */
    double offset;
    heat_graph_form form;
    int32_t n_visible;         /* BOLTZMANN */
    int32_t n_states;          /* POTTS: q; field is then [n_variables][q] */
    int64_t n_tables;          /* POTTS with tables in place of weights */
    double *tables;            /* [n_tables][q][q]; NULL: weights */
    int64_t *table;            /* [n_edges] */
    heat_rbm rbm;              /* RBM: its arrays, owned, none NULL; the offset is that above */
    heat_rbm_hints hints;      /* RBM, for reading */
    heat_labels labels;        /* names of the variables; empty if they are called 0 to n - 1 */
    heat_kept_chains chains;   /* of a learned model; of no other there are any */
    int64_t n_repeated_fields; /* linear terms that repeated an earlier one; added up */
    int64_t n_self_loops;      /* edges from a vertex to itself, left out (Max-Cut: they are never cut) */
    int64_t loop_line, loop_column; /* of the first one */
} heat_edge_list;

/* Appends an edge, growing the arrays. Halted work fails with HEAT_ERROR_STOPPED. */
HEAT_MUST_USE heat_status heat_edge_list_add(heat_context *ctx, heat_edge_list *list, int32_t i, int32_t j,
                                             double weight);

/* Adds `value` to field[i], growing the array. */
HEAT_MUST_USE heat_status heat_edge_list_add_field(heat_context *ctx, heat_edge_list *list, int64_t i,
                                                   double value);

/* Makes the field, where there is one, as long as the struct promises. */
HEAT_MUST_USE heat_status heat_edge_list_complete_field(heat_context *ctx, heat_edge_list *list);

/* Turns every edge to i < j, orders them by i, then j, and adds up those of one pair, the smallest weight
 * first: the result does not depend on the order of the input. In place but for two arrays of n_variables.
 * *begin (n_variables + 1, the caller frees it) says where each i begins; *n_merged how many edges repeated
 * an earlier pair. Halted work fails with HEAT_ERROR_STOPPED. */
HEAT_MUST_USE heat_status heat_edge_list_sort(heat_context *ctx, heat_edge_list *list, int64_t **begin,
                                              int64_t *n_merged);

/* Orders the edges likewise, adding up nothing. *edge is one whose pair the edge before it has too, or -1. */
HEAT_MUST_USE heat_status heat_edge_list_find_repeat(heat_context *ctx, heat_edge_list *list, int64_t *edge);

/* Rewrites a graph over spins as one over 0 and 1 of the same energies (s = 2x - 1), or the reverse. Exact
 * while the sums fit a double; on failure the list is only good for clearing. */
HEAT_MUST_USE heat_status heat_edge_list_to_binary(heat_context *ctx, heat_edge_list *list);
HEAT_MUST_USE heat_status heat_edge_list_to_spins(heat_context *ctx, heat_edge_list *list);

/* Frees the arrays and zeroes the struct; legal on zeroes. */
void heat_edge_list_clear(heat_edge_list *list);

#endif
