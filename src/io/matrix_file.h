/* A matrix of numbers from a file: NumPy's .npy, or text of one row a line. */
#ifndef HEATBATH_MATRIX_FILE_H
#define HEATBATH_MATRIX_FILE_H

#include "io/npy.h"
#include "io/text_source.h"

/* Reads a matrix (.gz too), told by its content: .npy of two axes, else numbers between blanks or commas, one
 * row a line. HEAT_ERROR_INPUT says where it is none. The caller frees out->values, also after a failure. */
HEAT_MUST_USE heat_status heat_matrix_read(heat_context *ctx, const char *path, heat_npy_array *out);
HEAT_MUST_USE heat_status heat_matrix_read_source(heat_text_source *source, heat_npy_array *out);

/* The rows of a text; likewise. */
HEAT_MUST_USE heat_status heat_matrix_read_text(heat_text_source *source, heat_npy_array *out);

#endif
