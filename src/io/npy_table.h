/* Tables from NumPy's files: .npy (NEP 1) and one array of an .npz. Axis 0 counts rows; other axes are the
 * variables, flattened. */
#ifndef HEATBATH_NPY_TABLE_H
#define HEATBATH_NPY_TABLE_H

#include "io/byte_window.h"
#include "io/data_table.h"

/* True if the bytes begin a ZIP archive. */
bool heat_npz_recognise(const unsigned char *bytes, size_t n_bytes);

/* Read a table: bool, integers of 8 to 64 bits, floats of 32 and 64, either byte order, C order. On failure
 * the caller clears the table. */
HEAT_MUST_USE heat_status heat_npy_table_read(heat_byte_window *window, const heat_data_options *options,
                                              heat_data_table *table);
HEAT_MUST_USE heat_status heat_npz_table_read(heat_byte_window *window, const heat_data_options *options,
                                              heat_data_table *table);

#endif
