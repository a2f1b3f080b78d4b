/* The format table for data. Binary formats have a signature; all other content is text in columns. */
#include "io/data_format.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/data_hdf5.h"
#include "io/delimited.h"
#include "io/graph_head.h"
#include "io/idx_file.h"
#include "io/npy_head.h"
#include "io/npy_table.h"
#include "io/npz_file.h"
#include "io/store.h"

#include <stdio.h>
#include <string.h>

typedef struct data_row {
    const char *name;
    bool (*recognise)(const unsigned char *bytes, size_t n_bytes); /* NULL: any text */
    heat_status (*read)(heat_byte_window *window, const heat_data_options *options, heat_data_table *table);
    bool of_models_too;
} data_row;

static const data_row rows[] = {
    {"npy", heat_npy_recognise, heat_npy_table_read, false},
    {"npz", heat_npz_recognise, heat_npz_table_read, false},
    {"idx", heat_idx_recognise, heat_idx_read, false},
    {"hdf5", heat_data_hdf5_recognise, heat_data_hdf5_read, true},
    {"csv", NULL, heat_delimited_read, false},
};
enum { N_ROWS = sizeof rows / sizeof *rows, LOOKED_AT = 1 << 12 };

bool heat_data_has_format(const char *name, bool *alone)
{
    for (int k = 0; k < N_ROWS; k++)
        if (strcmp(rows[k].name, name) == 0) {
            *alone = !rows[k].of_models_too;
            return true;
        }
    *alone = false;
    return false;
}

static heat_status unknown_format(heat_context *ctx, const char *format)
{
    const char *names[N_ROWS];
    int nearest;

    for (int k = 0; k < N_ROWS; k++)
        names[k] = rows[k].name;
    nearest = heat_nearest_word(format, names, N_ROWS);
    return heat_fail_option(
        ctx, "format", format, "'%.40s' is no format of data (csv, npy, npz, idx, hdf5)%s%s%s", format,
        nearest < 0 ? "" : "; did you mean ", nearest < 0 ? "" : names[nearest], nearest < 0 ? "" : "?");
}

static heat_status find_row(heat_byte_window *w, const char *format, const data_row **out)
{
    heat_status status;

    for (int k = 0; k < N_ROWS && format != NULL; k++)
        if (strcmp(rows[k].name, format) == 0) {
            *out = &rows[k];
            return HEAT_OK;
        }
    if (format != NULL)
        return unknown_format(w->ctx, format);
    status = heat_byte_window_fill(w, LOOKED_AT);
    for (int k = 0; k < N_ROWS && status == HEAT_OK; k++)
        if (rows[k].recognise == NULL || rows[k].recognise(w->buffer + w->begin, w->end - w->begin)) {
            *out = &rows[k];
            break;
        }
    return status;
}

heat_status heat_data_read(heat_context *ctx, const char *path, const heat_data_options *options,
                           heat_data_table *table, const char **name)
{
    heat_byte_window window;
    const data_row *row = NULL;
    heat_status status = heat_byte_window_open(ctx, path, &window);

    *table = (heat_data_table){0};
    *name = NULL;
    if (status == HEAT_OK)
        status = find_row(&window, options->format, &row);
    if (status == HEAT_OK && options->array != NULL && row->read != heat_npz_table_read)
        status = heat_fail_option(ctx, "array", options->array,
                                  "only an .npz file holds several arrays, and this is "
                                  "%s",
                                  row->name);
    if (status == HEAT_OK && options->packed > 0 && row->read != heat_npz_table_read &&
        row->read != heat_npy_table_read && row->read != heat_idx_read)
        status = heat_fail_option(ctx, "packed", NULL, "only arrays of bytes are packed, and this is %s",
                                  row->name);
    if (status == HEAT_OK)
        status = row->read(&window, options, table);
    if (status == HEAT_OK)
        *name = row->name;
    else
        heat_data_table_clear(table);
    heat_byte_window_close(&window);
    return status;
}

static bool hdf5_holds_data(heat_context *ctx, const char *path, heat_byte_window *w)
{
    heat_store *store = NULL;
    char *kind = NULL;
    heat_status status = HEAT_OK;
    bool is_data = false;

    if (!heat_byte_source_is_plain_file(w->source))
        status = heat_byte_window_fill_all(w);
    if (status == HEAT_OK)
        status =
            heat_byte_source_is_plain_file(w->source)
                ? heat_store_open(ctx, path, NULL, &store)
                : heat_store_open_image(ctx, path, w->buffer + w->begin, w->end - w->begin, NULL, &store);
    if (status == HEAT_OK)
        status = heat_store_get_text(ctx, store, NULL, "kind", &kind);
    if (status == HEAT_OK)
        is_data = strcmp(kind, "data") == 0 || strcmp(kind, "samples") == 0;
    heat_free(kind);
    heat_store_close(store);
    return is_data;
}

/* The first line that is no comment has separators and opens no JSON; two whole numbers between tabs begin a
 * graph.
 */
static bool is_separated(const char *bytes, size_t n_bytes)
{
    const char *at = bytes, *end = bytes + n_bytes;
    heat_graph_head head;

    while (at < end && (*at == '#' || *at == '\n' || *at == '\r' || *at == ' ')) {
        const char *newline = *at == '#' ? memchr(at, '\n', (size_t)(end - at)) : at;
        at = newline == NULL ? end : newline + 1;
    }
    if (at == end || *at == '{')
        return false;
    heat_graph_head_get(at, (size_t)(end - at), &head);
    if (head.first.n_words == 2 && head.first.word[0][0] != '-' && heat_head_is_int(&head.first, 0) &&
        heat_head_is_int(&head.first, 1))
        return false;
    for (; at < end && *at != '\n'; at++)
        if (*at == ',' || *at == ';' || *at == '\t')
            return true;
    return false;
}

bool heat_data_recognise(heat_context *ctx, const char *path)
{
    heat_byte_window window;
    const data_row *row = NULL;
    bool is_data = false;
    heat_status status = heat_byte_window_open(ctx, path, &window);

    if (status == HEAT_OK)
        status = find_row(&window, NULL, &row);
    if (status == HEAT_OK && row->read == heat_data_hdf5_read)
        is_data = hdf5_holds_data(ctx, path, &window);
    else if (status == HEAT_OK && row->read == heat_npz_table_read)
        is_data = heat_byte_window_fill_all(&window) == HEAT_OK &&
                  !heat_rbm_npz_holds(ctx, path, window.buffer + window.begin, window.end - window.begin);
    else if (status == HEAT_OK && row->recognise != NULL)
        is_data = true;
    else if (status == HEAT_OK)
        is_data = is_separated((const char *)window.buffer + window.begin, window.end - window.begin);
    heat_byte_window_close(&window);
    return is_data;
}

/* How a table is written: the first row whose suffix the path ends in. */
typedef struct written_row {
    const char *suffix;
    heat_status (*write)(heat_context *ctx, const char *path, const heat_data_table *table);
    bool holds_asides; /* labels and weights */
} written_row;

static heat_status write_csv(heat_context *ctx, const char *path, const heat_data_table *t)
{
    return heat_delimited_write(ctx, path, t, ',', true);
}

static heat_status write_tsv(heat_context *ctx, const char *path, const heat_data_table *t)
{
    return heat_delimited_write(ctx, path, t, '\t', true);
}

static heat_status write_bare(heat_context *ctx, const char *path, const heat_data_table *t)
{
    return heat_delimited_write(ctx, path, t, ',', false);
}

static const written_row written[] = {
    {".csv", write_csv, true},           {".tsv", write_tsv, true},
    {".data", write_bare, false},        {".npy", heat_npy_table_write, false},
    {".idx", heat_idx_write, false},     {"-ubyte", heat_idx_write, false},
    {".h5", heat_data_hdf5_write, true}, /* the last: it alone is not compressed once more */
};
enum { N_WRITTEN = sizeof written / sizeof *written };

static void warn_aside(heat_context *ctx, const char *path, const heat_data_table *t)
{
    if (t->has_labels || t->has_weights)
        heat_log(ctx, HEAT_LOG_WARNING, "%s: this format has no place for %s; they are left out", path,
                 t->has_labels && t->has_weights ? "labels and weights"
                 : t->has_labels                 ? "labels"
                                                 : "weights");
}

heat_status heat_data_write(heat_context *ctx, const char *path, const heat_data_table *t)
{
    char suffixes[HEAT_WORD_SIZE] = "";

    for (int k = 0; k < N_WRITTEN; k++) {
        const written_row *row = &written[k];
        bool is_hdf5 = row->write == heat_data_hdf5_write;
        if (heat_path_ends_in(path, row->suffix) && !(is_hdf5 && heat_path_ends_in(path, ".gz"))) {
            if (!row->holds_asides)
                warn_aside(ctx, path, t);
            return row->write(ctx, path, t);
        }
        if (row->suffix[0] == '.')
            snprintf(suffixes + strlen(suffixes), sizeof suffixes - strlen(suffixes), "%s%s",
                     k == 0 ? "" : ", ", row->suffix);
    }
    return heat_fail_file(
        ctx, HEAT_ERROR_ARGUMENT, path, 0, 0,
        "the suffix names no format for data: expected one of %s (.gz may follow all but the "
        "last)",
        suffixes);
}
