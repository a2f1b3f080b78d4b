/* dimod's COO text of a binary quadratic model: a comment `# vartype=SPIN` or `# vartype=BINARY`, then lines
 * `i j bias`; i = j is a linear bias. */
#ifndef HEATBATH_COO_FILE_H
#define HEATBATH_COO_FILE_H

#include "io/edge_list.h"
#include "io/graph_head.h"
#include "io/text_source.h"

/* The comment above the first line, and in that three numbers, or nothing. */
bool heat_coo_recognise(const heat_graph_head *head);

/* Reads into an empty list; what is read so far stays in it on failure. Only the variables that are named
 * exist: unless they are 0 to n - 1 their numbers become labels, in ascending order. */
HEAT_MUST_USE heat_status heat_coo_read(heat_text_source *source, heat_edge_list *list);

/* Writes whole or not at all. HEAT_ERROR_OUTPUT if there is an offset, which the format cannot hold. */
HEAT_MUST_USE heat_status heat_coo_write(heat_context *ctx, const char *path, const heat_edge_list *list);

/* True if the first comments hold a vartype; the words of a file with one are not bare couplings. */
bool heat_coo_find_vartype(const char *bytes, size_t n_bytes, bool *is_spin);

#endif
