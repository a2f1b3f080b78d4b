/* dimod's JSON of a binary quadratic model, schema 3.0.0 (BinaryQuadraticModel.to_serializable). */
#ifndef HEATBATH_BQM_JSON_H
#define HEATBATH_BQM_JSON_H

#include "io/edge_list.h"
#include "io/graph_head.h"
#include "io/text_source.h"

/* An opening brace. */
bool heat_bqm_recognise(const heat_graph_head *head);

/* Reads into an empty list; what is read so far stays in it on failure. The whole document is held in memory.
 */
HEAT_MUST_USE heat_status heat_bqm_read(heat_text_source *source, heat_edge_list *list);

/* Writes whole or not at all. */
HEAT_MUST_USE heat_status heat_bqm_write(heat_context *ctx, const char *path, const heat_edge_list *list);

#endif
