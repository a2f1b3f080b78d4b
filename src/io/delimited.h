/* Tables as text: CSV, TSV, or numbers between blanks; with or without a line of names. */
#ifndef HEATBATH_DELIMITED_H
#define HEATBATH_DELIMITED_H

#include "io/byte_window.h"
#include "io/data_table.h"

/* Reads a table. The first line that is no comment ('#' at its beginning) and not blank decides what
 * separates fields: tabs, else commas, else semicolons, else blanks. A field may stand in double quotes. It
 * is missing if it is empty or one of NA, N/A, NaN, nan, null, ?. A column holds numbers, or words
 * throughout. On failure the caller clears the table. */
HEAT_MUST_USE heat_status heat_delimited_read(heat_byte_window *window, const heat_data_options *options,
                                              heat_data_table *table);

/* Writes a table with a line of names, unless `with_names` is false; label and weight are then left out. */
HEAT_MUST_USE heat_status heat_delimited_write(heat_context *ctx, const char *path,
                                               const heat_data_table *table, char delimiter, bool with_names);

#endif
