/* The format table: which graph formats there are, how content tells them apart, who reads and who writes. */
#ifndef HEATBATH_GRAPH_FORMAT_H
#define HEATBATH_GRAPH_FORMAT_H

#include "io/edge_list.h"

/* Reads a graph file (.gz too; "-" is standard input). `format` names a row of the table, or is NULL: told by
 * content. *name becomes the row's name (static). On failure `list` is cleared and the error names file,
 * line, column and what was expected. */
HEAT_MUST_USE heat_status heat_graph_read(heat_context *ctx, const char *path, const char *format,
                                          heat_edge_list *list, const char **name);

/* Where the format of that name counts variables from: 0 or 1. */
int32_t heat_graph_first_index(const char *name);

/* The same, with what the caller says of an RBM; hints that the file has no use for are HEAT_ERROR_OPTION. */
HEAT_MUST_USE heat_status heat_graph_read_hinted(heat_context *ctx, const char *path, const char *format,
                                                 const heat_rbm_hints *hints, heat_edge_list *list,
                                                 const char **name);

/* Writes a graph; the suffix of `path` chooses the format, to whose coding the list is rewritten. Whole or
 * not at all. Labels that the format cannot hold are left out with a warning. */
HEAT_MUST_USE heat_status heat_graph_write(heat_context *ctx, const char *path, heat_edge_list *list);

/* True if the suffix of `path` names a format that holds models of this form as such. */
bool heat_graph_format_holds(const char *path, heat_graph_form form);

#endif
