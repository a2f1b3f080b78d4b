/* One row at a time: bytes to doubles, doubles to the table. */
#include "io/plain_numbers.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* The bits of one number, least significant byte first. */
static uint64_t bits_of(const unsigned char *at, heat_plain_type type)
{
    uint64_t bits = 0;

    for (int k = 0; k < type.size; k++)
        bits |= (uint64_t)at[type.big ? type.size - 1 - k : k] << 8 * k;
    return bits;
}

double heat_plain_number(const unsigned char *at, heat_plain_type type)
{
    uint64_t bits = bits_of(at, type);
    double value;
    float narrow;

    if (type.kind == 'u')
        return (double)bits;
    if (type.kind == 'i') {
        int shift = 64 - 8 * type.size;
        return (double)((int64_t)(bits << shift) >> shift);
    }
    if (type.size == (int)sizeof narrow) {
        uint32_t word = (uint32_t)bits;
        memcpy(&narrow, &word, sizeof narrow);
        return (double)narrow;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

static heat_status convert_row(heat_context *ctx, const heat_data_table *table, const unsigned char *bytes,
                               heat_plain_type type, int64_t n_fields, double *row,
                               const heat_row_place *place)
{
    if (type.size == 1 && type.kind == 'u') { /* images */
        for (int64_t k = 0; k < n_fields; k++)
            row[k] = bytes[k];
        return HEAT_OK;
    }
    for (int64_t k = 0; k < n_fields; k++) {
        row[k] = heat_plain_number(bytes + k * type.size, type);
        if (isinf(row[k]))
            return heat_data_table_fail(ctx, table, k, place, "expected a finite number");
    }
    return HEAT_OK;
}

static heat_status truncated(heat_byte_window *w, int64_t n_rows, int64_t row)
{
    return heat_fail_file(w->ctx, HEAT_ERROR_INPUT, heat_byte_window_name(w), 0, 0,
                          "the head says %lld rows, the file ends after %lld", (long long)n_rows,
                          (long long)row);
}

heat_status heat_plain_rows_read(heat_byte_window *w, heat_plain_type type, int rank, const int64_t *extent,
                                 const heat_data_options *options, heat_data_table *table)
{
    const heat_labels no_names = {0};
    heat_row_place place = {.file = heat_byte_window_name(w)};
    const unsigned char *bytes;
    double *row = NULL;
    int64_t n_fields = 1;
    heat_status status;

    for (int k = 1; k < rank; k++) {
        if (extent[k] < 1 || extent[k] > INT32_MAX / n_fields)
            return heat_fail_file(w->ctx, HEAT_ERROR_INPUT, place.file, 0, 0,
                                  "an axis of %lld numbers, expected 1 to %d numbers a row",
                                  (long long)extent[k], INT32_MAX);
        n_fields *= extent[k];
    }
    status = heat_data_table_begin(w->ctx, table, place.file, n_fields, &no_names, options);
    if (status == HEAT_OK)
        status = heat_byte_window_fill(w, (size_t)n_fields * (size_t)type.size);
    if (status == HEAT_OK && extent[0] > 0 && w->end - w->begin < (size_t)n_fields * (size_t)type.size)
        status = truncated(w, extent[0], 0); /* before room is made for what a head merely claims */
    if (status == HEAT_OK)
        status = heat_alloc(w->ctx, n_fields, sizeof *row, &row);
    for (int64_t r = 0; r < extent[0] && status == HEAT_OK; r++) {
        status = heat_byte_window_take(w, (size_t)n_fields * (size_t)type.size, &bytes);
        if (status == HEAT_OK && bytes == NULL)
            status = truncated(w, extent[0], r);
        if (status == HEAT_OK)
            status = convert_row(w->ctx, table, bytes, type, n_fields, row, &place);
        if (status == HEAT_OK)
            status = heat_data_table_add(w->ctx, table, row, &place);
    }
    heat_free(row);
    if (status == HEAT_OK)
        status = heat_byte_window_fill(w, 1);
    if (status == HEAT_OK && w->begin < w->end)
        status = heat_fail_file(w->ctx, HEAT_ERROR_INPUT, place.file, 0, 0,
                                "more bytes follow than the %lld rows of the head", (long long)extent[0]);
    if (status != HEAT_OK)
        return status;
    if (rank > 2 && !table->has_labels && !table->has_weights) {
        table->n_dimensions = rank - 1;
        memcpy(table->extent, extent + 1, (size_t)(rank - 1) * sizeof *extent);
        heat_data_table_say(table, "rows of %d axes flattened, the last runs fastest", rank - 1);
    }
    return heat_data_table_end(w->ctx, table, place.file);
}
