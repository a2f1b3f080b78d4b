/* Data that is made or shipped: by name. */
#ifndef HEATBATH_DATA_BUILTIN_H
#define HEATBATH_DATA_BUILTIN_H

#include <heatbath/data.h>

/* A built-in by its text, "bars-and-stripes:4x4". *known is false, and the status HEAT_OK, if its word names
 * none. Those that need a sampler are not among them. */
HEAT_MUST_USE heat_status heat_data_builtin_create(heat_context *ctx, const char *spec,
                                                   const heat_data_options *options, bool *known,
                                                   heat_data **out);

/* data/digits.csv.gz, made part of the library by the build. */
extern const unsigned char heat_digits_file[];
extern const size_t heat_digits_file_size;

#endif
