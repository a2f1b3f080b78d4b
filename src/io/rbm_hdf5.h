/* The arrays of an RBM inside heatbath's HDF5 of graphs: weights [visible][hidden], visible_bias,
 * hidden_bias; the root attributes `visible` and `hidden` say what the units of a layer are: binary or spin.
 */
#ifndef HEATBATH_RBM_HDF5_H
#define HEATBATH_RBM_HDF5_H

#include "io/edge_list.h"
#include "io/store.h"

/* Reads them into a list whose n_variables is known; `name` is the file's. What is read so far stays in the
 * list on failure. */
HEAT_MUST_USE heat_status heat_rbm_hdf5_read(heat_context *ctx, heat_store *store, const char *name,
                                             heat_edge_list *list);

HEAT_MUST_USE heat_status heat_rbm_hdf5_write(heat_context *ctx, heat_store *store,
                                              const heat_edge_list *list);

/* The layer kind of a word; false if it is none. */
bool heat_layer_get(const char *word, heat_layer *layer);

#endif
