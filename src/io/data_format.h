/* The table of data formats: how content tells them apart, who reads and who writes. */
#ifndef HEATBATH_DATA_FORMAT_H
#define HEATBATH_DATA_FORMAT_H

#include "io/data_table.h"

/* Reads a file (.gz too; "-" is standard input) by the format that the options name, or its content. *name
 * becomes the format's (static). On failure the table is clear. */
HEAT_MUST_USE heat_status heat_data_read(heat_context *ctx, const char *path,
                                         const heat_data_options *options, heat_data_table *table,
                                         const char **name);

/* Writes a table; the suffix chooses the format. What a format has no place for is left out with a warning,
 * or refused where the values themselves would change. */
HEAT_MUST_USE heat_status heat_data_write(heat_context *ctx, const char *path, const heat_data_table *table);

/* True if a file holds data that no model's format claims: arrays, images, an HDF5 file of data or samples,
 * text with commas, semicolons or tabs that begins with no brace. False where it cannot be read. */
bool heat_data_recognise(heat_context *ctx, const char *path);

/* True if data has a format of this name; *alone says that models have none. */
bool heat_data_has_format(const char *name, bool *alone);

#endif
