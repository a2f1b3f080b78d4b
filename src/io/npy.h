/* NumPy's .npy, version 1.0: one array, C order, little-endian. */
#ifndef HEATBATH_NPY_H
#define HEATBATH_NPY_H

#include "io/atomic_file.h"

/* Begins a file of numbers of the type `descr` ("|i1", "|u1", "<f4"): its head is written, its numbers are
 * the caller's to write, and the file to finish. HEAT_ERROR_ARGUMENT if there is no such array. */
HEAT_MUST_USE heat_status heat_npy_create(heat_context *ctx, const char *path, const char *descr, int rank,
                                          const int64_t *extent, heat_atomic_file **out);

/* Writes an array of numbers of such a type; whole or not at all. */
HEAT_MUST_USE heat_status heat_npy_write(heat_context *ctx, const char *path, const char *descr, int rank,
                                         const int64_t *extent, const void *data);

/* An array of numbers, as doubles in C order. */
typedef struct heat_npy_array {
    int rank;
    int64_t extent[8]; /* the first `rank` are set */
    double *values;    /* the caller frees it */
} heat_npy_array;

/* Reads an array from the bytes of a .npy file: integers of up to 32 bits, bool, float32 and float64, either
 * byte order, C or Fortran order. `file` and `array` name it in messages. HEAT_ERROR_INPUT says what it is
 * not. */
HEAT_MUST_USE heat_status heat_npy_parse(heat_context *ctx, const char *file, const char *array,
                                         const char *bytes, size_t size, heat_npy_array *out);

#endif
