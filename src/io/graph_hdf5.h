/* A graph as heatbath's HDF5: kind "graph"; arrays n_variables, edge_i, edge_j (0-based), weight, field or,
 * of a QUBO, linear, of a Boltzmann machine, bias (where there are such terms) and n_visible, offset, labels
 * (the bytes of a JSON array, where variables have names); the root attribute energy = "ising", "max-cut",
 * "qubo", "boltzmann", "rbm" or "potts" says what the numbers mean. The arrays of a Potts model are those of
 * potts_hdf5.h, of an RBM those of rbm_hdf5.h. */
#ifndef HEATBATH_GRAPH_HDF5_H
#define HEATBATH_GRAPH_HDF5_H

#include "io/edge_list.h"
#include "io/graph_head.h"
#include "io/text_source.h"

/* HDF5's signature. */
bool heat_graph_hdf5_recognise(const heat_graph_head *head);

/* Reads into an empty list; what is read so far stays in it on failure. A plain file is opened by its name,
 * anything else is taken into memory first. */
HEAT_MUST_USE heat_status heat_graph_hdf5_read(heat_text_source *source, heat_edge_list *list);

/* Writes whole or not at all. */
HEAT_MUST_USE heat_status heat_graph_hdf5_write(heat_context *ctx, const char *path,
                                                const heat_edge_list *list);

#endif
