/* RBMs in NumPy's .npz: W, b, c (b of the visible, c of the hidden units), or scikit-learn's names
 * components_
 * ([hidden][visible]), intercept_visible_, intercept_hidden_. */
#ifndef HEATBATH_NPZ_FILE_H
#define HEATBATH_NPZ_FILE_H

#include "io/edge_list.h"
#include "io/graph_head.h"
#include "io/text_source.h"

/* ZIP's signature. */
bool heat_rbm_npz_recognise(const heat_graph_head *head);

/* True if the bytes are an archive with the arrays of an RBM, by their names; errors are for reading to tell.
 */
bool heat_rbm_npz_holds(heat_context *ctx, const char *file, const void *bytes, size_t size);

/* Reads into a list that holds hints alone; what is read so far stays in it on failure. */
HEAT_MUST_USE heat_status heat_rbm_npz_read(heat_text_source *source, heat_edge_list *list);

#endif
