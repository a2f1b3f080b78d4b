/* Derivatives of a graph, as more nodes of it. */
#ifndef HEATBATH_DERIVATIVE_H
#define HEATBATH_DERIVATIVE_H

#include "expr/graph.h"

/* gradient[i] = the node of d `of` / d x_i, i < n. */
HEAT_MUST_USE heat_status heat_derivative_gradient(heat_graph *g, int32_t of, int32_t n, int32_t *gradient);

/* product[i] = the node of sum_j d gradient[i] / d x_j v_j, v the direction. */
HEAT_MUST_USE heat_status heat_derivative_along(heat_graph *g, int32_t n, const int32_t *gradient,
                                                int32_t *product);

#endif
