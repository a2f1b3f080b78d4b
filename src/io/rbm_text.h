/* RBMs as three plain text files side by side: NAME_W.txt, a matrix, a line a visible unit, and the biases
 * NAME_a.txt (visible) and NAME_b.txt (hidden), or NAME_b.txt and NAME_c.txt. */
#ifndef HEATBATH_RBM_TEXT_H
#define HEATBATH_RBM_TEXT_H

#include "io/edge_list.h"
#include "io/graph_head.h"
#include "io/text_source.h"

/* Two lines of as many numbers each, that are no lines of a graph: more than three a line, or a number with a
 * point in the first column. */
bool heat_rbm_text_recognise(const heat_graph_head *head);

/* Reads into a list that holds hints alone; what is read so far stays in it on failure. */
HEAT_MUST_USE heat_status heat_rbm_text_read(heat_text_source *source, heat_edge_list *list);

#endif
