/* An .npz is a ZIP archive of .npy files: the array wanted is unpacked and read as an .npy; the arrays of a
 * sparse matrix are read together. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/npy_head.h"
#include "io/npy_table.h"
#include "io/sparse_table.h"
#include "io/zip_file.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_NAMES = 200, SHOWN_NAME = 80 };

/* Its name without ".npy". */
static size_t name_length(const heat_zip_member *m)
{
    const size_t n = m->name_length;

    return n > 4 && memcmp(m->name + n - 4, ".npy", 4) == 0 ? n - 4 : n;
}

/* The member called `array`, or the only one. */
static heat_status find_member(heat_zip *zip, const char *array, heat_zip_member *found)
{
    char names[SHOWN_NAMES] = "";
    const int64_t count = zip->n_left;
    int64_t matches = 0;

    while (zip->n_left > 0) {
        size_t used = strlen(names), length;
        heat_zip_member m;
        heat_status status = heat_zip_next(zip, &m);
        if (status != HEAT_OK)
            return status;
        length = name_length(&m);
        snprintf(names + used, sizeof names - used, "%s%.*s", used == 0 ? "" : ", ",
                 (int)(length < SHOWN_NAME ? length : SHOWN_NAME), m.name);
        if (array == NULL || (strlen(array) == length && memcmp(array, m.name, length) == 0)) {
            *found = m;
            matches++;
        }
    }
    if (matches == 1)
        return HEAT_OK;
    if (array != NULL)
        return heat_fail_option(zip->ctx, "array", array, "the archive holds no array '%.80s': it holds %s",
                                array, names);
    return heat_fail_file(zip->ctx, HEAT_ERROR_INPUT, zip->file, 0, 0,
                          "the archive holds %lld arrays (%s): say which with --array NAME", (long long)count,
                          names);
}

heat_status heat_npz_table_read(heat_byte_window *w, const heat_data_options *options, heat_data_table *table)
{
    heat_byte_window inside = {0};
    char *bytes = NULL;
    heat_zip zip;
    heat_zip_member m = {0};
    heat_status status = heat_byte_window_fill_all(w);

    if (status == HEAT_OK)
        status =
            heat_zip_open(w->ctx, heat_byte_window_name(w), w->buffer + w->begin, w->end - w->begin, &zip);
    if (status == HEAT_OK && options->array == NULL && heat_sparse_recognise(&zip))
        return heat_sparse_table_read(&zip, options, table);
    if (status == HEAT_OK)
        status = find_member(&zip, options->array, &m);
    if (status == HEAT_OK)
        status = heat_zip_unpack(&zip, &m, &bytes);
    if (status == HEAT_OK && !heat_npy_recognise((const unsigned char *)bytes, m.size))
        status = heat_fail_file(w->ctx, HEAT_ERROR_INPUT, zip.file, 0, 0, "'%.*s' is no .npy array",
                                (int)(m.name_length < SHOWN_NAME ? m.name_length : SHOWN_NAME), m.name);
    if (status == HEAT_OK)
        status = heat_byte_window_open_memory(w->ctx, zip.file, bytes, m.size, &inside);
    if (status == HEAT_OK)
        status = heat_npy_table_read(&inside, options, table);
    heat_byte_window_close(&inside);
    heat_free(bytes);
    return status;
}
