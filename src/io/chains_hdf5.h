/* Chains of a training in a model's HDF5: `chains` [chain][visible unit], what each unit is worth; int8 where
 * all are whole numbers that fit. */
#ifndef HEATBATH_CHAINS_HDF5_H
#define HEATBATH_CHAINS_HDF5_H

#include "io/edge_list.h"
#include "io/store.h"

/* Reads them where there are any. On failure what is read so far is the caller's to free. */
HEAT_MUST_USE heat_status heat_chains_hdf5_read(heat_context *ctx, heat_store *store, const char *name,
                                                heat_kept_chains *chains);

HEAT_MUST_USE heat_status heat_chains_hdf5_write(heat_context *ctx, heat_store *store,
                                                 const heat_kept_chains *chains);

#endif
