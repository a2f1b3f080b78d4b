/* The order in which a sweep visits the sites of a graph. Any order leaves the Boltzmann distribution
 * invariant; some are faster. */
#ifndef HEATBATH_VISIT_ORDER_H
#define HEATBATH_VISIT_ORDER_H

#include "kernel/pairwise.h"

#include <heatbath/context.h>

/* An order in which a site is seldom visited right after a neighbour, whose decision it would wait for; sites
 * that are near in number stay near in time, so that they meet in the caches. *order is an array of n sites,
 * to be freed by the caller, or NULL where the order of the numbers is about as good. Cost: O(variables +
 * edges). */
HEAT_MUST_USE heat_status heat_visit_order_create(heat_context *ctx, const heat_pairwise *graph,
                                                  int32_t **order);

/* True if a quarter of the neighbours or more are so far in number that their words would not wait in the
 * caches for each other's visits. */
bool heat_visit_is_scattered(const heat_pairwise *graph);

#endif
