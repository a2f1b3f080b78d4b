/* IDX, the format of MNIST: a magic of 0, 0, type, axes; the lengths of the axes; numbers; all big-endian. */
#ifndef HEATBATH_IDX_FILE_H
#define HEATBATH_IDX_FILE_H

#include "io/byte_window.h"
#include "io/data_table.h"

/* True if the bytes begin such a file. */
bool heat_idx_recognise(const unsigned char *bytes, size_t n_bytes);

/* Reads a table: axis 0 counts rows, the others are the variables, flattened. On failure the caller clears
 * the table. */
HEAT_MUST_USE heat_status heat_idx_read(heat_byte_window *window, const heat_data_options *options,
                                        heat_data_table *table);

/* Write the values alone, as bytes (-1 and +1 signed) or floats, with the axes of the rows: IDX, and .npy.
 * Missing values are HEAT_ERROR_OUTPUT unless floats can hold them as NaN. */
HEAT_MUST_USE heat_status heat_idx_write(heat_context *ctx, const char *path, const heat_data_table *table);
HEAT_MUST_USE heat_status heat_npy_table_write(heat_context *ctx, const char *path,
                                               const heat_data_table *table);

#endif
