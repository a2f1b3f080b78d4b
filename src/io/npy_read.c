/* Reading .npy (NEP 1, versions 1 to 3): the header is a Python dict with three keys, of which only the
 * plainest form is understood, that which NumPy writes. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/npy.h"

#include <string.h>

enum { MAGIC = 8, MOST_AXES = 8 };

typedef struct npy_reader {
    heat_context *ctx;
    const char *file, *array;
    const char *header, *header_end;
    const unsigned char *data;
    size_t data_size;
    char order, kind; /* of the dtype: '<', '>' or '|', and 'f', 'i', 'u' or 'b' */
    int width;
    bool is_fortran;
} npy_reader;

static heat_status wrong(const npy_reader *r, const char *what)
{
    return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->file, 0, 0, "the array '%.80s': %s", r->array, what);
}

/* What follows `'key':` and blanks in the header; NULL if it is not there. */
static const char *find_key(const npy_reader *r, const char *key)
{
    size_t length = strlen(key);

    for (const char *at = r->header; at + length + 3 < r->header_end; at++) {
        if (at[0] != '\'' || memcmp(at + 1, key, length) != 0 || at[length + 1] != '\'' ||
            at[length + 2] != ':')
            continue;
        at += length + 3;
        while (at < r->header_end && *at == ' ')
            at++;
        return at < r->header_end ? at : NULL;
    }
    return NULL;
}

static heat_status read_type(npy_reader *r)
{
    const char *type = find_key(r, "descr");
    bool known;

    if (type == NULL || r->header_end - type < 5 || *type != '\'' || type[4] != '\'')
        return wrong(r, "its numbers are of no plain type");
    r->order = type[1];
    r->kind = type[2];
    r->width = type[3] - '0';
    known = r->kind == 'f' ? r->width == 4 || r->width == 8
            : r->kind == 'b'
                ? r->width == 1
                : (r->kind == 'i' || r->kind == 'u') && (r->width == 1 || r->width == 2 || r->width == 4);
    if (!known || (r->order != '<' && r->order != '>' && r->order != '|'))
        return wrong(r, "its numbers are none of float32, float64, bool and integers of up to 32 bits");
    return HEAT_OK;
}

static heat_status read_shape(const npy_reader *r, heat_npy_array *a, int64_t *count)
{
    const char *at = find_key(r, "shape");

    *count = 1;
    if (at == NULL || *at++ != '(')
        return wrong(r, "its header has no shape");
    while (at < r->header_end && *at != ')') {
        size_t length = 0;
        if (*at == ' ' || *at == ',') {
            at++;
            continue;
        }
        while (at + length < r->header_end && at[length] >= '0' && at[length] <= '9')
            length++;
        if (a->rank == MOST_AXES || !heat_parse_int(at, length, &a->extent[a->rank]))
            return wrong(r, "its shape is none");
        at += length;
        if (a->extent[a->rank] > 0 && *count > INT64_MAX / 8 / a->extent[a->rank])
            return wrong(r, "its shape is too large");
        *count *= a->extent[a->rank++];
    }
    return HEAT_OK;
}

static heat_status read_header(npy_reader *r, const char *bytes, size_t size)
{
    const unsigned char *b = (const unsigned char *)bytes;
    const char *fortran;
    size_t begin, length;

    if (size < MAGIC + 4 || memcmp(bytes, "\x93NUMPY", 6) != 0 || b[6] < 1 || b[6] > 3)
        return wrong(r, "it is no .npy");
    begin = b[6] == 1 ? MAGIC + 2 : MAGIC + 4;
    length = b[8] | (size_t)b[9] << 8;
    if (b[6] > 1)
        length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (size - begin < length)
        return wrong(r, "its header is cut");
    r->header = bytes + begin;
    r->header_end = r->header + length;
    r->data = b + begin + length;
    r->data_size = size - begin - length;
    fortran = find_key(r, "fortran_order");
    if (fortran == NULL || (*fortran != 'T' && *fortran != 'F'))
        return wrong(r, "its header does not tell its order");
    r->is_fortran = *fortran == 'T';
    return read_type(r);
}

static double value_at(const npy_reader *r, int64_t k)
{
    const unsigned char *at = r->data + k * r->width;
    uint64_t bits = 0;
    float single;
    uint32_t low;
    double value;

    for (int b = 0; b < r->width; b++)
        bits |= (uint64_t)at[r->order == '>' ? r->width - 1 - b : b] << 8 * b;
    if (r->kind == 'i' && bits >> (8 * r->width - 1))
        return (double)bits - (double)((uint64_t)1 << 8 * r->width);
    if (r->kind != 'f')
        return (double)bits;
    low = (uint32_t)bits;
    memcpy(&single, &low, sizeof single);
    memcpy(&value, &bits, sizeof value);
    return r->width == 4 ? single : value;
}

/* The place in Fortran's order of the number that stands at `k` in C's. */
static int64_t turn(const heat_npy_array *a, int64_t k)
{
    int64_t place = 0, index[MOST_AXES];

    for (int axis = a->rank - 1; axis >= 0; axis--) {
        index[axis] = k % a->extent[axis];
        k /= a->extent[axis];
    }
    for (int axis = a->rank - 1; axis >= 0; axis--)
        place = place * a->extent[axis] + index[axis];
    return place;
}

heat_status heat_npy_parse(heat_context *ctx, const char *file, const char *array, const char *bytes,
                           size_t size, heat_npy_array *out)
{
    npy_reader r = {.ctx = ctx, .file = file, .array = array};
    int64_t count = 0;
    heat_status status = read_header(&r, bytes, size);

    *out = (heat_npy_array){.rank = 0};
    if (status == HEAT_OK)
        status = read_shape(&r, out, &count);
    if (status == HEAT_OK && (uint64_t)count != r.data_size / (size_t)r.width)
        status = wrong(&r, "it holds more or fewer numbers than its shape says");
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count, sizeof *out->values, &out->values);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++)
        out->values[k] = value_at(&r, r.is_fortran ? turn(out, k) : k);
    return status;
}
