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

/* Eight columns a byte. Bits behind the last column are 0 in what np.packbits makes. */
static heat_status unpack_row(heat_context *ctx, const unsigned char *bytes, int64_t n_fields, bool is_little,
                              double *row, const char *file)
{
    for (int64_t k = 0; k < (n_fields + 7) / 8 * 8; k++) {
        int bit = bytes[k / 8] >> (is_little ? k % 8 : 7 - k % 8) & 1;
        if (k < n_fields)
            row[k] = bit;
        else if (bit != 0)
            return heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0,
                                  "a bit is set behind column %lld: it is packed otherwise (--packed, "
                                  "--bit-order)",
                                  (long long)n_fields);
    }
    return HEAT_OK;
}

/* What the bytes of a row must be to hold so many columns. */
static heat_status check_packed(heat_byte_window *w, heat_plain_type type, int rank, int64_t n_bytes,
                                int64_t n_columns)
{
    if (rank == 2 && type.size == 1 && type.kind == 'u' && n_bytes == (n_columns + 7) / 8)
        return HEAT_OK;
    return heat_fail_file(w->ctx, HEAT_ERROR_INPUT, heat_byte_window_name(w), 0, 0,
                          "rows of %lld numbers of %d bytes, expected %lld unsigned bytes for %lld packed "
                          "columns",
                          (long long)n_bytes, type.size, (long long)((n_columns + 7) / 8),
                          (long long)n_columns);
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
    size_t row_bytes;
    heat_status status;

    for (int k = 1; k < rank; k++) {
        if (extent[k] < 1 || extent[k] > INT32_MAX / n_fields)
            return heat_fail_file(w->ctx, HEAT_ERROR_INPUT, place.file, 0, 0,
                                  "an axis of %lld numbers, expected 1 to %d numbers a row",
                                  (long long)extent[k], INT32_MAX);
        n_fields *= extent[k];
    }
    row_bytes = (size_t)n_fields * (size_t)type.size;
    if (options->packed > 0) {
        status = check_packed(w, type, rank, n_fields, options->packed);
        if (status != HEAT_OK)
            return status;
        n_fields = options->packed;
    }
    status = heat_data_table_begin(w->ctx, table, place.file, n_fields, &no_names, options);
    if (status == HEAT_OK)
        status = heat_byte_window_fill(w, row_bytes);
    if (status == HEAT_OK && extent[0] > 0 && w->end - w->begin < row_bytes)
        status = truncated(w, extent[0], 0); /* before room is made for what a head merely claims */
    if (status == HEAT_OK)
        status = heat_alloc(w->ctx, n_fields, sizeof *row, &row);
    for (int64_t r = 0; r < extent[0] && status == HEAT_OK; r++) {
        status = heat_byte_window_take(w, row_bytes, &bytes);
        if (status == HEAT_OK && bytes == NULL)
            status = truncated(w, extent[0], r);
        if (status == HEAT_OK && options->packed > 0)
            status = unpack_row(w->ctx, bytes, n_fields, strcmp(options->bit_order, "little") == 0, row,
                                place.file);
        else if (status == HEAT_OK)
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
    if (options->packed > 0)
        heat_data_table_say(table, "eight columns a byte");
    if (rank > 2 && !table->has_labels && !table->has_weights) {
        table->n_dimensions = rank - 1;
        memcpy(table->extent, extent + 1, (size_t)(rank - 1) * sizeof *extent);
        heat_data_table_say(table, "rows of %d axes flattened, the last runs fastest", rank - 1);
    }
    return heat_data_table_end(w->ctx, table, place.file);
}
