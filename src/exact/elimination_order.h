/* In which order to eliminate the vertices of a graph. Finding the best order is NP-hard; two greedy ones are
 * offered, for the caller to keep the cheaper. */
#ifndef HEATBATH_ELIMINATION_ORDER_H
#define HEATBATH_ELIMINATION_ORDER_H

#include "kernel/pairwise.h"

#include <heatbath/context.h>

/* How far a search got. */
typedef struct heat_elimination_order {
    int32_t width; /* largest separator met; a lower bound of what is left where it stopped */
    bool complete; /* every vertex has its place: no separator exceeds the widest allowed */
} heat_elimination_order;

/* The largest degree in the graph's densest core: no elimination order at all has a smaller width.
 * Cost: O(n + edges). Lick and White, Canad. J. Math. 22 (1970) 1082. */
HEAT_MUST_USE heat_status heat_degeneracy_get(heat_context *ctx, const heat_pairwise *graph,
                                              int32_t *degeneracy);

/* The same of a minor of the graph, which is a better bound, though none on planar graphs. At least 0, and
 * what was found so far if halted. Cost: O(n + edges), 8 bytes a vertex. */
HEAT_MUST_USE heat_status heat_width_bound_get(heat_context *ctx, const heat_pairwise *graph, int32_t *bound);

/* Min-fill: always the vertex whose elimination adds the fewest edges; ties by degree, then by index. Stops
 * when every vertex left has more than `widest` neighbours, when halted, or when the looking has cost more
 * than 2^27 glances at pairs and 256 a vertex. Fills order[n] as far as it gets. */
HEAT_MUST_USE heat_status heat_min_fill_get(heat_context *ctx, const heat_pairwise *graph, int32_t widest,
                                            int32_t *order, heat_elimination_order *found);

/* A part of a large graph: what min-fill finds on `most` vertices around one of largest degree. No order of
 * the whole is less wide than the best of a part. */
HEAT_MUST_USE heat_status heat_min_fill_get_part(heat_context *ctx, const heat_pairwise *graph, int32_t most,
                                                 int32_t widest, heat_elimination_order *found);

/* A sweep through every component from a vertex at its rim: always the boundary's vertex that draws the
 * fewest new ones in, the oldest first. Good on long strips, where it is a transfer matrix. Stops as soon as
 * the boundary is larger than `widest`, or halted. */
HEAT_MUST_USE heat_status heat_sweep_order_get(heat_context *ctx, const heat_pairwise *graph, int32_t widest,
                                               int32_t *order, heat_elimination_order *found);

#endif
