/* The rudy format of Max-Cut graphs (Rinaldi's generator; the G-set uses it): `n m`, then m lines `i j w`. */
#ifndef HEATBATH_RUDY_FILE_H
#define HEATBATH_RUDY_FILE_H

#include "io/edge_list.h"
#include "io/graph_head.h"
#include "io/text_source.h"

/* Two integers, and below them a line that begins with one, or nothing. */
bool heat_rudy_recognise(const heat_graph_head *head);

/* Reads into an empty list; what is read so far stays in it on failure. */
HEAT_MUST_USE heat_status heat_rudy_read(heat_text_source *source, heat_edge_list *list);

/* MQLib's QUBOs, told apart by name alone: `n m`, then `i j q` of the symmetric matrix, i = j its diagonal,
 * each pair once. x'Qx counts an entry off the diagonal twice: Q_ij = 2 q. */
HEAT_MUST_USE heat_status heat_mqlib_read(heat_text_source *source, heat_edge_list *list);

/* Writes whole or not at all. An Ising model J becomes weights w = -J; HEAT_ERROR_OUTPUT if it has a field or
 * an offset, which the format cannot hold. */
HEAT_MUST_USE heat_status heat_rudy_write(heat_context *ctx, const char *path, const heat_edge_list *list);

#endif
