/* heatbath's own plain format of Ising models: `ising N`, then lines `i j J`, and its two bare forms. */
#ifndef HEATBATH_ISING_FILE_H
#define HEATBATH_ISING_FILE_H

#include "io/edge_list.h"
#include "io/graph_head.h"
#include "io/text_source.h"

/* The word `ising` (the form with a header), or three numbers (a bare form, whose base it does not tell). */
bool heat_ising_recognise(const heat_graph_head *head);
bool heat_ising1_recognise(const heat_graph_head *head);

/* Reads into an empty list; what is read so far stays in it on failure. Variables count from 0; without a
 * header there are as many as the largest index needs. heat_ising1_read: bare lines that count from 1. */
HEAT_MUST_USE heat_status heat_ising_read(heat_text_source *source, heat_edge_list *list);
HEAT_MUST_USE heat_status heat_ising1_read(heat_text_source *source, heat_edge_list *list);

/* Writes whole or not at all, with a header. Max-Cut weights become couplings J = -w. */
HEAT_MUST_USE heat_status heat_ising_write(heat_context *ctx, const char *path, const heat_edge_list *list);

#endif
