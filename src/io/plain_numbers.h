/* Numbers as binary files hold them: integers and floats of every common width, in either byte order. */
#ifndef HEATBATH_PLAIN_NUMBERS_H
#define HEATBATH_PLAIN_NUMBERS_H

#include "io/byte_window.h"
#include "io/data_table.h"

typedef struct heat_plain_type {
    char kind; /* 'i' signed, 'u' unsigned (bool too), 'f' float */
    int size;  /* bytes */
    bool big;  /* most significant byte first */
} heat_plain_type;

/* The number at `at`, which need not be aligned; 64-bit integers are rounded to the nearest double. */
double heat_plain_number(const unsigned char *at, heat_plain_type type);

/* Reads n_rows rows of extent[1] * ... * extent[rank - 1] numbers into the table, up to the input's end,
 * which must stand behind them. A whole number beyond 2^53 that no double holds is HEAT_ERROR_INPUT. */
HEAT_MUST_USE heat_status heat_plain_rows_read(heat_byte_window *window, heat_plain_type type, int rank,
                                               const int64_t *extent, const heat_data_options *options,
                                               heat_data_table *table);

#endif
