/* IDX, and the rows of a table as plain numbers, which .npy needs too. */
#include "io/idx_file.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "io/npy.h"
#include "io/plain_numbers.h"

#include <math.h>
#include <string.h>

enum { MOST_AXES = HEAT_DATA_MOST_AXES + 1 };

static const struct idx_type {
    unsigned char code;
    heat_plain_type type;
} types[] = {{0x08, {'u', 1, true}}, {0x09, {'i', 1, true}}, {0x0b, {'i', 2, true}},
             {0x0c, {'i', 4, true}}, {0x0d, {'f', 4, true}}, {0x0e, {'f', 8, true}}};
enum { UNSIGNED_BYTE = 0, SIGNED_BYTE = 1, FLOAT = 4, N_TYPES = sizeof types / sizeof *types };

static const heat_plain_type *find_type(unsigned char code)
{
    for (int k = 0; k < N_TYPES; k++)
        if (types[k].code == code)
            return &types[k].type;
    return NULL;
}

bool heat_idx_recognise(const unsigned char *bytes, size_t n_bytes)
{
    return n_bytes >= 4 && bytes[0] == 0 && bytes[1] == 0 && find_type(bytes[2]) != NULL && bytes[3] >= 1 &&
           bytes[3] <= MOST_AXES;
}

heat_status heat_idx_read(heat_byte_window *w, const heat_data_options *options, heat_data_table *table)
{
    int64_t extent[MOST_AXES];
    const unsigned char *bytes;
    unsigned char code = 0;
    int rank = 0;
    heat_status status = heat_byte_window_take(w, 4, &bytes);

    if (status == HEAT_OK && bytes != NULL && heat_idx_recognise(bytes, 4)) {
        code = bytes[2];
        rank = bytes[3];
        status = heat_byte_window_take(w, 4 * (size_t)rank, &bytes);
    }
    if (status != HEAT_OK)
        return status;
    if (bytes == NULL || rank == 0)
        return heat_fail_file(w->ctx, HEAT_ERROR_INPUT, heat_byte_window_name(w), 0, 0,
                              "not IDX, or the file ends within its head");
    for (int k = 0; k < rank; k++)
        extent[k] =
            (int64_t)bytes[4 * k] << 24 | bytes[4 * k + 1] << 16 | bytes[4 * k + 2] << 8 | bytes[4 * k + 3];
    return heat_plain_rows_read(w, *find_type(code), rank, extent, options, table);
}

/* The axes of a table as a file names them; returns how many. */
static int axes_of(const heat_data_table *t, int64_t *extent)
{
    extent[0] = t->n_rows;
    if (t->n_dimensions == 0) {
        extent[1] = t->n_columns;
        return 2;
    }
    memcpy(extent + 1, t->extent, (size_t)t->n_dimensions * sizeof *extent);
    return t->n_dimensions + 1;
}

static void float_bytes(float value, bool big, unsigned char *at)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    for (int k = 0; k < 4; k++)
        at[k] = (unsigned char)(bits >> 8 * (big ? 3 - k : k));
}

static heat_status write_rows(heat_context *ctx, heat_atomic_file *file, const heat_data_table *t, bool big)
{
    size_t size = t->storage == HEAT_DATA_FLOATS ? sizeof(float) : 1;
    unsigned char *row;
    heat_status status = heat_alloc(ctx, t->n_columns, size, &row);

    for (int64_t r = 0; r < t->n_rows && status == HEAT_OK; r++) {
        for (int32_t k = 0; k < t->n_columns; k++) {
            double value = heat_data_table_get(t, r, k);
            if (size == 1)
                row[k] = (unsigned char)(int)value;
            else
                float_bytes((float)value, big, row + (size_t)k * size);
        }
        status = heat_atomic_file_write(file, row, (size_t)t->n_columns * size);
    }
    heat_free(row);
    return status;
}

/* Bytes have no sign for a value that is not there. */
static heat_status check_missing(heat_context *ctx, const char *path, const heat_data_table *t)
{
    if (t->n_missing == 0 || t->storage == HEAT_DATA_FLOATS)
        return HEAT_OK;
    return heat_fail_file(ctx, HEAT_ERROR_OUTPUT, path, 0, 0,
                          "%lld values are missing, which only .csv, .tsv and .h5 can say",
                          (long long)t->n_missing);
}

heat_status heat_idx_write(heat_context *ctx, const char *path, const heat_data_table *t)
{
    int64_t extent[MOST_AXES];
    int rank = axes_of(t, extent);
    int type = t->storage == HEAT_DATA_FLOATS ? FLOAT : t->spins ? SIGNED_BYTE : UNSIGNED_BYTE;
    unsigned char head[4 + 4 * MOST_AXES] = {0, 0, types[type].code, (unsigned char)rank};
    heat_atomic_file *file;
    heat_status status = check_missing(ctx, path, t);

    for (int k = 0; k < rank && status == HEAT_OK; k++) {
        if (extent[k] > UINT32_MAX)
            status = heat_fail_file(ctx, HEAT_ERROR_OUTPUT, path, 0, 0, "IDX holds fewer than 2^32 rows");
        for (int b = 0; b < 4; b++)
            head[4 + 4 * k + b] = (unsigned char)(extent[k] >> (24 - 8 * b));
    }
    if (status == HEAT_OK)
        status = heat_atomic_file_create(ctx, path, &file);
    if (status != HEAT_OK)
        return status;
    status = heat_atomic_file_write(file, head, 4 + 4 * (size_t)rank);
    if (status == HEAT_OK)
        status = write_rows(ctx, file, t, true);
    return heat_atomic_file_finish(file, status);
}

heat_status heat_npy_table_write(heat_context *ctx, const char *path, const heat_data_table *t)
{
    const char *descr = t->storage == HEAT_DATA_FLOATS ? "<f4" : t->spins ? "|i1" : "|u1";
    int64_t extent[MOST_AXES];
    int rank = axes_of(t, extent);
    heat_atomic_file *file;
    heat_status status = check_missing(ctx, path, t);

    if (status == HEAT_OK)
        status = heat_npy_create(ctx, path, descr, rank, extent, &file);
    if (status != HEAT_OK)
        return status;
    status = write_rows(ctx, file, t, false);
    return heat_atomic_file_finish(file, status);
}
