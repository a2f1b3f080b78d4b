/* An RBM from arrays of somebody else's file: which axis of W is which, and what the units are. */
#ifndef HEATBATH_RBM_PARTS_H
#define HEATBATH_RBM_PARTS_H

#include "io/edge_list.h"
#include "io/npy.h"

/* The arrays found in a file; they stay the caller's. A bias without values is missing. */
typedef struct heat_rbm_parts {
    heat_npy_array weights, visible_bias, hidden_bias;
    const char *weights_name, *visible_name, *hidden_name; /* as the file calls them */
    bool is_oriented;                                      /* the names say which axis is which: */
    bool is_transposed;                                    /* W is [hidden][visible] */
    bool layers_are_known;                                 /* the file says what its units are: */
    heat_layer visible, hidden;
} heat_rbm_parts;

/* Fills the list: W is turned to [visible][hidden] as the hints, the names or the lengths of the biases say.
 * A square W of which neither says it is refused, both readings named. `file` is for messages. */
HEAT_MUST_USE heat_status heat_rbm_parts_assemble(heat_context *ctx, const char *file,
                                                  const heat_rbm_parts *parts, heat_edge_list *list);

#endif
