/* The arrays of an RBM inside heatbath's HDF5 of graphs: weights [visible][hidden], visible_bias,
 * hidden_bias, of Gaussian and ReLU units visible_precision, hidden_precision; the root attributes `visible`
 * and `hidden` say what the units of a layer are. Potts units have a row or column of weights a value, and
 * biases [unit][value]. */
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

#endif
