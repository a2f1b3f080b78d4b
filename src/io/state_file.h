/* One state as text: whole numbers separated by blanks, commas or newlines; '#' begins a comment. */
#ifndef HEATBATH_STATE_FILE_H
#define HEATBATH_STATE_FILE_H

#include "io/text_source.h"

/* Reads exactly n values (.gz too, "-" is standard input) into state[n]. With `spin` each must be -1 or +1,
 * else 0 to n_states - 1; a 0 among spins is told apart in the message (which coding was expected).
 * HEAT_ERROR_INPUT names line and column. */
HEAT_MUST_USE heat_status heat_state_file_read(heat_context *ctx, const char *path, int64_t n,
                                               int32_t n_states, bool spin, int8_t *state);

/* The same from an open source, up to its end. */
HEAT_MUST_USE heat_status heat_state_read(heat_text_source *source, int64_t n, int32_t n_states, bool spin,
                                          int8_t *state);

/* n real numbers, all finite, likewise. */
HEAT_MUST_USE heat_status heat_state_file_read_real(heat_context *ctx, const char *path, int64_t n,
                                                    double *x);

#endif
