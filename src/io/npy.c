/* The header is a Python dict padded so that the data begins at a multiple of 64 bytes (NEP 1). */
#include "io/npy.h"
#include "base/context_private.h"

#include <stdio.h>
#include <string.h>

enum { MAGIC = 10, ALIGNMENT = 64, MOST_AXES = 8, HEADER_SIZE = 64 + MOST_AXES * 24 };

/* Writes magic, version, length and dict; returns the header's size, 0 if the array is not one. */
static size_t make_header(const char *descr, int rank, const int64_t *extent, char *header,
                          uint64_t *n_values)
{
    size_t used = MAGIC, size;

    if (rank < 0 || rank > MOST_AXES)
        return 0;
    *n_values = 1;
    used += (size_t)snprintf(header + used, HEADER_SIZE - used,
                             "{'descr': '%.3s', 'fortran_order': False, 'shape': (", descr);
    for (int k = 0; k < rank; k++) {
        if (extent[k] < 0 || (extent[k] > 0 && *n_values > INT64_MAX / (uint64_t)extent[k]))
            return 0;
        *n_values *= (uint64_t)extent[k];
        used += (size_t)snprintf(header + used, HEADER_SIZE - used, "%lld%s", (long long)extent[k],
                                 k + 1 < rank ? ", "
                                 : rank == 1  ? ","
                                              : "");
    }
    used += (size_t)snprintf(header + used, HEADER_SIZE - used, "), }");
    size = (used + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(header + used, ' ', size - used - 1);
    header[size - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((size - MAGIC) & 0xff);
    header[9] = (char)((size - MAGIC) >> 8);
    return size;
}

heat_status heat_npy_create(heat_context *ctx, const char *path, const char *descr, int rank,
                            const int64_t *extent, heat_atomic_file **out)
{
    char header[HEADER_SIZE + ALIGNMENT];
    uint64_t n_values;
    size_t size = make_header(descr, rank, extent, header, &n_values);
    heat_status status;

    *out = NULL;
    if (size == 0)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an array has 0 to %d axes and fewer than 2^63 values",
                         MOST_AXES);
    status = heat_atomic_file_create(ctx, path, out);
    if (status == HEAT_OK)
        status = heat_atomic_file_write(*out, header, size);
    if (status != HEAT_OK) {
        heat_atomic_file_discard(*out);
        *out = NULL;
    }
    return status;
}

heat_status heat_npy_write(heat_context *ctx, const char *path, const char *descr, int rank,
                           const int64_t *extent, const void *data)
{
    heat_atomic_file *file;
    size_t size = (size_t)(descr[2] - '0');
    heat_status status = heat_npy_create(ctx, path, descr, rank, extent, &file);

    if (status != HEAT_OK)
        return status;
    for (int k = 0; k < rank; k++)
        size *= (size_t)extent[k];
    status = heat_atomic_file_write(file, data, size);
    return heat_atomic_file_finish(file, status);
}
