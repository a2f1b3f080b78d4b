/* NumPy's .npy, version 1.0: one array, C order, little-endian. */
#ifndef HEATBATH_NPY_H
#define HEATBATH_NPY_H

#include "io/atomic_file.h"

/* Begins a file of numbers of the type `descr` ("|i1", "|u1", "<f4"): its head is written, its numbers are
 * the caller's to write, and the file to finish. HEAT_ERROR_ARGUMENT if there is no such array. */
HEAT_MUST_USE heat_status heat_npy_create(heat_context *ctx, const char *path, const char *descr, int rank,
                                          const int64_t *extent, heat_atomic_file **out);

/* Writes an int8 array; whole or not at all. */
HEAT_MUST_USE heat_status heat_npy_write_int8(heat_context *ctx, const char *path, int rank,
                                              const int64_t *extent, const int8_t *data);

#endif
