/* NumPy's .npy, version 1.0: one array, C order, little-endian. */
#ifndef HEATBATH_NPY_H
#define HEATBATH_NPY_H

#include <heatbath/context.h>

/* Writes an int8 array; whole or not at all. */
HEAT_MUST_USE heat_status heat_npy_write_int8(heat_context *ctx, const char *path, int rank,
                                              const int64_t *extent, const int8_t *data);

#endif
