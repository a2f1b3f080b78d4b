/* The pairs of an edge list, for formats in which a repeated pair is an error that must name its line. */
#ifndef HEATBATH_PAIR_SET_H
#define HEATBATH_PAIR_SET_H

#include "io/edge_list.h"

/* A table of edge numbers, 8 to 16 bytes an edge; nothing at all while the edges come in order. Zeroes are an
 * empty set. */
typedef struct heat_pair_set {
    uint32_t *slot; /* edge + 1; 0: free */
    int64_t n_slots;
} heat_pair_set;

/* Takes in the last edge of `list`, i < j, all earlier ones having been taken in; *repeated tells whether its
 * pair was there. */
HEAT_MUST_USE heat_status heat_pair_set_add(heat_context *ctx, heat_pair_set *set, const heat_edge_list *list,
                                            bool *repeated);

void heat_pair_set_clear(heat_pair_set *set);

#endif
