/* An .npy file as rows: its head, then the numbers. */
#include "io/npy_table.h"
#include "base/context_private.h"
#include "io/npy_head.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_HEAD = 1 << 16, MOST_AXES = HEAT_DATA_MOST_AXES + 1 };

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

/* A table wants rows, in C order. */
static heat_status check_head(heat_byte_window *w, const heat_npy_head *head, const char *wrong)
{
    if (wrong != NULL)
        return bad(w, "%s", wrong);
    if (head->rank == 0)
        return bad(w, "the array is a single number, expected rows");
    if (head->rank > MOST_AXES)
        return bad(w, "the array has %d axes, expected at most %d", head->rank, MOST_AXES);
    if (head->is_fortran)
        return bad(w, "the array is in Fortran order, expected C order (in NumPy: np.ascontiguousarray(a))");
    return HEAT_OK;
}

/* Takes `size` bytes, all of which must be there. */
static heat_status take(heat_byte_window *w, size_t size, const unsigned char **bytes)
{
    heat_status status = heat_byte_window_take(w, size, bytes);

    return status == HEAT_OK && *bytes == NULL ? bad(w, "the file ends within its head") : status;
}

heat_status heat_npy_table_read(heat_byte_window *w, const heat_data_options *options, heat_data_table *table)
{
    const unsigned char *bytes;
    unsigned char magic[HEAT_NPY_MAGIC];
    heat_npy_head head;
    size_t length = 0;
    int more = 0;
    heat_status status = take(w, HEAT_NPY_MAGIC, &bytes);

    if (status != HEAT_OK)
        return status;
    memcpy(magic, bytes, HEAT_NPY_MAGIC);
    more = heat_npy_more_magic(magic);
    if (more < 0)
        return bad(w, "version %d of the .npy format, expected 1 to 3", magic[6]);
    if (more > 0)
        status = take(w, (size_t)more, &bytes);
    if (status == HEAT_OK)
        length = heat_npy_dict_size(magic, more > 0 ? bytes : NULL);
    if (status == HEAT_OK && length > LONGEST_HEAD)
        return bad(w, "a head of more than %d bytes", LONGEST_HEAD);
    if (status == HEAT_OK)
        status = take(w, length, &bytes);
    if (status == HEAT_OK)
        status = check_head(w, &head, heat_npy_dict_parse((const char *)bytes, length, &head));
    return status == HEAT_OK ? heat_plain_rows_read(w, head.type, head.rank, head.extent, options, table)
                             : status;
}
