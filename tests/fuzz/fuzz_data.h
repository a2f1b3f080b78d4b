/* What the targets of data's readers share: whatever the bytes are, a reader ends with a message or with a
 * table that keeps its promises. */
#ifndef HEATBATH_FUZZ_DATA_H
#define HEATBATH_FUZZ_DATA_H

#include "fuzz.h"
#include "io/byte_window.h"
#include "io/data_table.h"

#include <math.h>

typedef heat_status (*fuzz_data_reader)(heat_byte_window *window, const heat_data_options *options,
                                        heat_data_table *table);

static inline void fuzz_check_table(const heat_data_table *t)
{
    FUZZ_CHECK(t->n_rows > 0 && t->n_columns > 0);
    for (int64_t r = 0; r < t->n_rows; r++) {
        for (int32_t k = 0; k < t->n_columns; k++) {
            double value = heat_data_table_get(t, r, k);
            FUZZ_CHECK(!isinf(value));
            FUZZ_CHECK(isnan(value) ? t->n_missing > 0 : true);
            if (t->words != NULL && t->words[k].n > 0 && !isnan(value))
                FUZZ_CHECK(value >= 0 && value < (double)t->words[k].n);
        }
        if (t->has_labels && t->classes.n > 0)
            FUZZ_CHECK(t->label[r] >= 0 && t->label[r] < (double)t->classes.n);
        if (t->has_weights)
            FUZZ_CHECK(t->weight[r] >= 0);
    }
}

/* The first byte chooses the options; the rest is the file. */
static inline void fuzz_read_data(fuzz_data_reader read, const uint8_t *data, size_t size)
{
    heat_context *ctx = fuzz_context();
    heat_data_options options;
    heat_byte_window window;
    heat_data_table table = {0};
    unsigned choice = size > 0 ? data[0] : 0;
    heat_status status;

    heat_data_options_init(&options);
    options.label = choice & 1 ? "last" : NULL;
    options.weights = choice & 2 ? "1" : NULL;
    options.missing = choice & 4;
    options.binarize = choice & 32 ? HEAT_RANDOM : choice & 8 ? 0.5 : HEAT_FOREVER;
    options.header = choice & 16 ? "no" : "auto";
    if (size > 0) {
        data++;
        size--;
    }
    status = heat_byte_window_open_memory(ctx, "fuzz", data, size, &window);
    if (status == HEAT_OK)
        status = read(&window, &options, &table);
    if (status == HEAT_OK)
        fuzz_check_table(&table);
    FUZZ_CHECK(status == HEAT_OK || heat_context_error(ctx)[0] != '\0');
    heat_data_table_clear(&table);
    heat_byte_window_close(&window);
    heat_context_free(ctx);
}

#endif
