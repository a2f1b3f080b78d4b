/* The head of an .npy file is a Python dict of three keys (NEP 1), the numbers follow. */
#include "io/npy_table.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/plain_numbers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_HEAD = 1 << 16, MOST_AXES = HEAT_DATA_MOST_AXES + 1 };

bool heat_npy_recognise(const unsigned char *bytes, size_t n_bytes)
{
    return n_bytes >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0;
}

bool heat_npz_recognise(const unsigned char *bytes, size_t n_bytes)
{
    return n_bytes >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0;
}

static heat_status HEAT_PRINTF(2, 3) bad(heat_byte_window *w, const char *format, ...)
{
    char sentence[HEAT_MESSAGE_SIZE / 2];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return heat_fail_file(w->ctx, HEAT_ERROR_INPUT, heat_byte_window_name(w), 0, 0, "%s", sentence);
}

/* What stands behind 'key': in the head; NULL if the key is not there. */
static const char *find_key(const char *head, const char *key)
{
    char quoted[32];
    const char *at;

    snprintf(quoted, sizeof quoted, "'%s':", key);
    at = strstr(head, quoted);
    if (at == NULL)
        return NULL;
    at += strlen(quoted);
    return at + strspn(at, " ");
}

static heat_status read_type(heat_byte_window *w, const char *head, heat_plain_type *type)
{
    const char *at = find_key(head, "descr");
    int size = 0;

    if (at == NULL || at[0] != '\'' || strlen(at) < 4)
        return bad(w, "the head of the array holds no plain type ('descr')");
    type->big = at[1] == '>';
    type->kind = at[2] == 'b' ? 'u' : at[2];
    for (const char *c = at + 3; *c >= '0' && *c <= '9' && size < 100; c++)
        size = 10 * size + (*c - '0');
    type->size = size;
    if (strchr("<>|=", at[1]) == NULL || (at[2] == 'b' && size != 1) ||
        !(type->kind == 'f' ? size == 4 || size == 8
                            : (type->kind == 'i' || type->kind == 'u') &&
                                  (size == 1 || size == 2 || size == 4 || size == 8)))
        return bad(
            w,
            "the array's type is %.8s: expected bool, integers of 8 to 64 bits, or floats of 32 or 64 (in "
            "NumPy: a.astype('float32'))",
            at);
    return HEAT_OK;
}

static heat_status read_shape(heat_byte_window *w, const char *head, int *rank, int64_t *extent)
{
    const char *at = find_key(head, "shape");

    *rank = 0;
    if (at == NULL || *at != '(')
        return bad(w, "the head of the array holds no 'shape'");
    at++;
    while (*at != ')') {
        size_t length = strspn(at, "0123456789");
        if (*rank == MOST_AXES || !heat_parse_int(at, length, &extent[*rank]))
            return bad(w, "the array's 'shape' is not 1 to %d whole numbers", MOST_AXES);
        ++*rank;
        at += length;
        at += strspn(at, ", ");
    }
    if (*rank == 0)
        return bad(w, "the array is a single number, expected rows");
    return HEAT_OK;
}

static heat_status parse_head(heat_byte_window *w, const char *head, heat_plain_type *type, int *rank,
                              int64_t *extent)
{
    const char *order = find_key(head, "fortran_order");
    heat_status status = read_type(w, head, type);

    if (status == HEAT_OK)
        status = read_shape(w, head, rank, extent);
    if (status != HEAT_OK)
        return status;
    if (order == NULL || (strncmp(order, "True", 4) != 0 && strncmp(order, "False", 5) != 0))
        return bad(w, "the head of the array holds no 'fortran_order'");
    if (order[0] == 'T' && *rank > 1)
        return bad(w, "the array is in Fortran order, expected C order (in NumPy: np.ascontiguousarray(a))");
    return HEAT_OK;
}

heat_status heat_npy_table_read(heat_byte_window *w, const heat_data_options *options, heat_data_table *table)
{
    const unsigned char *bytes;
    heat_plain_type type;
    int64_t extent[MOST_AXES];
    size_t length;
    char *head = NULL;
    int rank, version;
    heat_status status = heat_byte_window_take(w, 10, &bytes);

    if (status == HEAT_OK && bytes == NULL)
        return bad(w, "the file ends within its head");
    if (status != HEAT_OK)
        return status;
    version = bytes[6];
    length = bytes[8] | (size_t)bytes[9] << 8;
    if (version < 1 || version > 3)
        return bad(w, "version %d of the .npy format, expected 1 to 3", version);
    if (version > 1) { /* the length takes two bytes more */
        status = heat_byte_window_take(w, 2, &bytes);
        if (status == HEAT_OK && bytes != NULL)
            length |= (size_t)bytes[0] << 16 | (size_t)bytes[1] << 24;
    }
    if (status == HEAT_OK && length > LONGEST_HEAD)
        return bad(w, "a head of more than %d bytes", LONGEST_HEAD);
    if (status == HEAT_OK)
        status = heat_byte_window_take(w, length, &bytes);
    if (status == HEAT_OK && bytes == NULL)
        return bad(w, "the file ends within its head");
    if (status == HEAT_OK)
        status = heat_alloc(w->ctx, (int64_t)length + 1, 1, &head);
    if (status == HEAT_OK) {
        memcpy(head, bytes, length);
        status = parse_head(w, head, &type, &rank, extent);
    }
    heat_free(head);
    return status == HEAT_OK ? heat_plain_rows_read(w, type, rank, extent, options, table) : status;
}
