/* qbsolv's format of QUBOs: comments `c ...`, one line `p qubo 0 maxNodes nNodes nCouplers`, then nNodes
 * lines `i i w` and nCouplers lines `i j w`, i < j, from 0 to maxNodes - 1. */
#ifndef HEATBATH_QUBO_FILE_H
#define HEATBATH_QUBO_FILE_H

#include "io/edge_list.h"
#include "io/graph_head.h"
#include "io/text_source.h"

/* A first word `c` or `p`. */
bool heat_qubo_recognise(const heat_graph_head *head);

/* Reads into an empty list; what is read so far stays in it on failure. */
HEAT_MUST_USE heat_status heat_qubo_read(heat_text_source *source, heat_edge_list *list);

/* Writes a QUBO whole or not at all. */
HEAT_MUST_USE heat_status heat_qubo_write(heat_context *ctx, const char *path, const heat_edge_list *list);

#endif
