/* The inside of heat_data. */
#ifndef HEATBATH_DATA_PRIVATE_H
#define HEATBATH_DATA_PRIVATE_H

#include "io/data_table.h"

struct heat_data {
    heat_data_table table;
    heat_data_info info;
    char *name; /* what info.name points to */
};

/* Data around a finished table, whose arrays it takes, whatever happens. `format` is static. */
HEAT_MUST_USE heat_status heat_data_wrap(heat_context *ctx, heat_data_table *table, const char *name,
                                         const char *format, heat_data **out);

/* Data from a file, without a look at built-ins. `options` may be NULL. */
HEAT_MUST_USE heat_status heat_data_load_file(heat_context *ctx, const char *path,
                                              const heat_data_options *options, heat_data **out);

#endif
