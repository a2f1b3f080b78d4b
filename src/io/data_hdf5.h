/* Data in heatbath's HDF5: tables (kind "data") whole, and the states that sample wrote (kind "samples"). */
#ifndef HEATBATH_DATA_HDF5_H
#define HEATBATH_DATA_HDF5_H

#include "io/byte_window.h"
#include "io/data_table.h"

bool heat_data_hdf5_recognise(const unsigned char *bytes, size_t n_bytes);

/* Reads a table. On failure the caller clears it. */
HEAT_MUST_USE heat_status heat_data_hdf5_read(heat_byte_window *window, const heat_data_options *options,
                                              heat_data_table *table);

/* Writes a table with its names, words, labels and weights. */
HEAT_MUST_USE heat_status heat_data_hdf5_write(heat_context *ctx, const char *path,
                                               const heat_data_table *table);

#endif
