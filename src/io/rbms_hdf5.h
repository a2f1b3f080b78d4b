/* RBMs in the HDF5 files of DsysDML/rbms: groups update_N/params with weight_matrix ([visible][hidden]),
 * vbias and hbias, and at the root model_type: "BBRBM" (0 and 1) or "IIRBM" (-1 and +1). Read only. */
#ifndef HEATBATH_RBMS_HDF5_H
#define HEATBATH_RBMS_HDF5_H

#include "io/edge_list.h"
#include "io/store.h"

/* True if the open file looks like one of these. */
bool heat_rbms_recognise(const heat_store *store);

/* Reads the last update, or that of the hints; `name` is the file's. */
HEAT_MUST_USE heat_status heat_rbms_read(heat_context *ctx, heat_store *store, const char *name,
                                         heat_edge_list *list);

#endif
