/* The arrays of a Potts model inside heatbath's HDF5 of graphs: n_states, edge_i, edge_j, and either weight
 * (one J an edge) or tables [t][q][q] with table (which one, one an edge; J(a_i, a_j), a_i first); field
 * [n][q] where there is one. */
#ifndef HEATBATH_POTTS_HDF5_H
#define HEATBATH_POTTS_HDF5_H

#include "io/edge_list.h"
#include "io/store.h"

/* Reads them into a list whose n_variables is known; `name` is the file's. What is read so far stays in the
 * list on failure. */
HEAT_MUST_USE heat_status heat_potts_hdf5_read(heat_context *ctx, heat_store *store, const char *name,
                                               heat_edge_list *list);

HEAT_MUST_USE heat_status heat_potts_hdf5_write(heat_context *ctx, heat_store *store,
                                                const heat_edge_list *list);

#endif
