/* A table's arrays: `values` [row][variable] in its coding, and where there are such: `missing` (1 where a
 * value is not there), `label`, `weight`, `extent`, and as the text of JSON arrays `names`, `classes` and
 * `words` (a list a variable). Rows go through the table's own checks, as those of every format. */
#include "io/data_hdf5.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "io/store.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

bool heat_data_hdf5_recognise(const unsigned char *bytes, size_t n_bytes)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

    return n_bytes >= sizeof signature && memcmp(bytes, signature, sizeof signature) == 0;
}

typedef struct hdf5_reader {
    heat_context *ctx;
    heat_store *store;
    const char *name; /* of the file */
    const heat_data_options *options;
    heat_data_table *table;
} hdf5_reader;

static heat_status get(const hdf5_reader *r, const char *name, heat_store_type type, int rank,
                       int64_t *extent, void *out)
{
    int found;
    heat_status status = heat_store_get(r->ctx, r->store, name, type, &found, extent, out);

    if (status == HEAT_OK && found != rank)
        status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'%s' has %d axes, expected %d",
                                name, found, rank);
    return status;
}

/* An optional array with a number a row. */
static heat_status get_column(const hdf5_reader *r, const char *name, int64_t n_rows, double **out)
{
    int64_t extent[HEAT_STORE_MAX_RANK];
    heat_status status;

    if (!heat_store_has(r->store, name))
        return HEAT_OK;
    status = get(r, name, HEAT_STORE_DOUBLE, 1, extent, out);
    if (status == HEAT_OK && extent[0] != n_rows)
        status =
            heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'%s' has length %lld, expected %lld",
                           name, (long long)extent[0], (long long)n_rows);
    for (int64_t k = 0; k < n_rows && status == HEAT_OK; k++)
        if (!isfinite((*out)[k]))
            status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'%s' of row %lld is not finite",
                                    name, (long long)k + 1);
    return status;
}

/* An optional JSON array of `count` entries (-1: any number); NULL where it is not there. */
static heat_status get_json(const hdf5_reader *r, const char *name, int64_t count, json_t **out)
{
    int64_t extent[HEAT_STORE_MAX_RANK];
    json_error_t error;
    char *text = NULL;
    heat_status status;

    *out = NULL;
    if (!heat_store_has(r->store, name))
        return HEAT_OK;
    status = get(r, name, HEAT_STORE_INT8, 1, extent, &text);
    if (status == HEAT_OK) {
        *out = json_loadb(text, (size_t)extent[0], 0, &error);
        if (*out == NULL || !json_is_array(*out) || (count >= 0 && (int64_t)json_array_size(*out) != count))
            status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                    "'%s' is not the text of a JSON array with an entry for each", name);
    }
    heat_free(text);
    return status;
}

static heat_status add_words(const hdf5_reader *r, const char *name, const json_t *array, heat_labels *words)
{
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < json_array_size(array) && status == HEAT_OK; k++) {
        const json_t *word = json_array_get(array, k);
        if (!json_is_string(word))
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                  "'%s' holds something that is no word", name);
        status = heat_labels_add(r->ctx, words, HEAT_LABEL_WORD, json_string_value(word),
                                 json_string_length(word));
    }
    return status;
}

static heat_status read_words(const hdf5_reader *r, const char *name, int64_t count, heat_labels *words)
{
    json_t *array;
    heat_status status = get_json(r, name, count, &array);

    if (status == HEAT_OK && array != NULL)
        status = add_words(r, name, array, words);
    json_decref(array);
    return status;
}

/* The words of every variable's values. */
static heat_status read_all_words(const hdf5_reader *r, int64_t n_columns)
{
    json_t *array;
    heat_status status = get_json(r, "words", n_columns, &array);

    if (status == HEAT_OK && array != NULL)
        status = heat_alloc(r->ctx, n_columns, sizeof *r->table->field_words, &r->table->field_words);
    for (int64_t k = 0; k < n_columns && status == HEAT_OK && array != NULL; k++) {
        const json_t *words = json_array_get(array, (size_t)k);
        if (!json_is_array(words) || json_array_size(words) > HEAT_MOST_CLASSES)
            status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                    "'words' of variable %lld is no list of at most %d", (long long)k + 1,
                                    HEAT_MOST_CLASSES);
        else
            status = add_words(r, "words", words, &r->table->field_words[k]);
    }
    json_decref(array);
    return status;
}

/* Values as they lie in the file: `narrow` or `wide`. */
typedef struct stored_values {
    int64_t n_rows, n_columns;
    int8_t *narrow;
    double *wide;
    int8_t *missing;
} stored_values;

static double value_of(const stored_values *v, int64_t k)
{
    if (v->missing != NULL && v->missing[k] != 0)
        return (double)NAN;
    return v->narrow != NULL ? v->narrow[k] : v->wide[k];
}

static heat_status check_value(const hdf5_reader *r, int64_t column, double value)
{
    const heat_labels *words = r->table->field_words == NULL ? NULL : &r->table->field_words[column];
    const heat_row_place place = {.file = r->name};

    if (isinf(value))
        return heat_data_table_fail(r->ctx, r->table, column, &place, "expected a finite number");
    if (words == NULL || words->n == 0 || isnan(value))
        return HEAT_OK;
    if (r->options->binarize < HEAT_FOREVER)
        return heat_data_table_fail(r->ctx, r->table, column, &place,
                                    "a word has no value that --binarize could take");
    if (!(value >= 0 && value < (double)words->n && value == floor(value)))
        return heat_data_table_fail(r->ctx, r->table, column, &place, "expected one of %lld words",
                                    (long long)words->n);
    return HEAT_OK;
}

static heat_status add_rows(const hdf5_reader *r, const stored_values *v)
{
    heat_row_place place = {.file = r->name};
    double *row = NULL;
    heat_status status = heat_alloc(r->ctx, v->n_columns, sizeof *row, &row);

    for (int64_t k = 0; k < v->n_rows && status == HEAT_OK; k++) {
        for (int64_t c = 0; c < v->n_columns && status == HEAT_OK; c++) {
            row[c] = value_of(v, k * v->n_columns + c);
            if (r->table->field_words != NULL || v->narrow == NULL)
                status = check_value(r, c, row[c]);
        }
        if (status == HEAT_OK)
            status = heat_data_table_add(r->ctx, r->table, row, &place);
    }
    heat_free(row);
    return status;
}

/* The rows' own labels and weights, unless the options chose others. */
static heat_status read_aside(const hdf5_reader *r, int64_t n_rows)
{
    heat_data_table *t = r->table;
    heat_status status = HEAT_OK;

    if (!t->has_labels) {
        status = get_column(r, "label", n_rows, &t->label);
        t->has_labels = t->label != NULL;
        if (status == HEAT_OK && t->has_labels)
            status = read_words(r, "classes", -1, &t->classes);
        for (int64_t k = 0; k < n_rows && status == HEAT_OK && t->classes.n > 0; k++)
            if (!(t->label[k] >= 0 && t->label[k] < (double)t->classes.n &&
                  t->label[k] == floor(t->label[k])))
                status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                        "'label' of row %lld is none of the %lld classes", (long long)k + 1,
                                        (long long)t->classes.n);
    }
    if (status == HEAT_OK && !t->has_weights) {
        status = get_column(r, "weight", n_rows, &t->weight);
        t->has_weights = t->weight != NULL;
        for (int64_t k = 0; k < n_rows && status == HEAT_OK && t->has_weights; k++)
            if (!(t->weight[k] >= 0))
                status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                        "'weight' of row %lld is negative", (long long)k + 1);
    }
    return status;
}

/* The axes of a row, if no column was put aside. */
static heat_status read_extent(const hdf5_reader *r)
{
    int64_t shape[HEAT_STORE_MAX_RANK], *extent = NULL, product = 1;
    heat_data_table *t = r->table;
    heat_status status;

    if (!heat_store_has(r->store, "extent") || t->label_field >= 0 || t->weight_field >= 0)
        return HEAT_OK;
    status = get(r, "extent", HEAT_STORE_INT64, 1, shape, &extent);
    for (int64_t k = 0; status == HEAT_OK && k < shape[0] && product > 0; k++)
        product = extent[k] >= 1 && extent[k] <= t->n_columns / product ? product * extent[k] : 0;
    if (status == HEAT_OK && (shape[0] < 1 || shape[0] > HEAT_DATA_MOST_AXES || product != t->n_columns))
        status =
            heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'extent' does not fit the variables");
    if (status == HEAT_OK) {
        t->n_dimensions = (int32_t)shape[0];
        memcpy(t->extent, extent, (size_t)shape[0] * sizeof *extent);
    }
    heat_free(extent);
    return status;
}

static heat_status read_rows(const hdf5_reader *r, const stored_values *v)
{
    heat_labels names = {0};
    heat_status status = read_words(r, "names", v->n_columns, &names);

    if (status == HEAT_OK)
        status = heat_data_table_begin(r->ctx, r->table, r->name, v->n_columns, &names, r->options);
    if (status == HEAT_OK)
        status = read_all_words(r, v->n_columns);
    if (status == HEAT_OK)
        status = add_rows(r, v);
    if (status == HEAT_OK)
        status = read_extent(r);
    if (status == HEAT_OK)
        status = heat_data_table_end(r->ctx, r->table, r->name);
    if (status == HEAT_OK)
        status = read_aside(r, v->n_rows);
    heat_labels_clear(&names);
    return status;
}

/* The table of a file of kind "data". */
static heat_status read_data(const hdf5_reader *r, stored_values *v)
{
    int64_t extent[HEAT_STORE_MAX_RANK], same[HEAT_STORE_MAX_RANK];
    char *storage = NULL;
    bool narrow;
    heat_status status = heat_store_get_text(r->ctx, r->store, NULL, "storage", &storage);

    if (status != HEAT_OK)
        return status;
    narrow = strcmp(storage, "int8") == 0;
    heat_free(storage);
    status = narrow ? get(r, "values", HEAT_STORE_INT8, 2, extent, &v->narrow)
                    : get(r, "values", HEAT_STORE_DOUBLE, 2, extent, &v->wide);
    if (status == HEAT_OK && heat_store_has(r->store, "missing")) {
        status = get(r, "missing", HEAT_STORE_INT8, 2, same, &v->missing);
        if (status == HEAT_OK && (same[0] != extent[0] || same[1] != extent[1]))
            status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                    "'missing' and 'values' differ in shape");
    }
    v->n_rows = extent[0];
    v->n_columns = extent[1];
    return status;
}

/* The states that sample kept, at its one temperature. */
static heat_status read_samples(const hdf5_reader *r, stored_values *v)
{
    int64_t extent[HEAT_STORE_MAX_RANK];
    heat_status status = get(r, "states", HEAT_STORE_INT8, 4, extent, &v->narrow);

    if (status == HEAT_OK && extent[0] != 1)
        return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                              "samples at %lld temperatures: data is of one", (long long)extent[0]);
    v->n_rows = extent[1] * extent[2];
    v->n_columns = extent[3];
    return status;
}

static heat_status open_store(hdf5_reader *r, heat_byte_window *w)
{
    heat_status status;

    if (heat_byte_source_is_plain_file(w->source))
        return heat_store_open(r->ctx, r->name, NULL, &r->store);
    status = heat_byte_window_fill_all(w);
    return status == HEAT_OK ? heat_store_open_image(r->ctx, r->name, w->buffer + w->begin, w->end - w->begin,
                                                     NULL, &r->store)
                             : status;
}

heat_status heat_data_hdf5_read(heat_byte_window *w, const heat_data_options *options, heat_data_table *table)
{
    hdf5_reader r = {.ctx = w->ctx, .name = heat_byte_window_name(w), .options = options, .table = table};
    stored_values v = {0};
    char *kind = NULL;
    heat_status status = open_store(&r, w);

    if (status == HEAT_OK)
        status = heat_store_get_text(r.ctx, r.store, NULL, "kind", &kind);
    if (status != HEAT_OK)
        goto out;
    if (strcmp(kind, "data") == 0)
        status = read_data(&r, &v);
    else if (strcmp(kind, "samples") == 0)
        status = read_samples(&r, &v);
    else
        status = heat_fail_file(r.ctx, HEAT_ERROR_INPUT, r.name, 0, 0,
                                "holds '%.40s', expected data or samples", kind);
    if (status == HEAT_OK)
        status = read_rows(&r, &v);
out:
    heat_free(kind);
    heat_free(v.narrow);
    heat_free(v.wide);
    heat_free(v.missing);
    heat_store_close(r.store);
    return status;
}

typedef struct hdf5_writer {
    heat_context *ctx;
    heat_store *store;
    const heat_data_table *table;
} hdf5_writer;

static heat_status put_values(const hdf5_writer *w)
{
    const heat_data_table *t = w->table;
    const int64_t extent[2] = {t->n_rows, t->n_columns};
    int64_t count = t->n_rows * t->n_columns;
    bool narrow = t->storage == HEAT_DATA_BITS;
    heat_store_type type = narrow ? HEAT_STORE_INT8 : HEAT_STORE_DOUBLE;
    int8_t *missing = NULL;
    void *values = NULL;
    heat_status status = heat_alloc_unset(w->ctx, count, narrow ? 1 : sizeof(double), &values);

    if (status == HEAT_OK && t->n_missing > 0)
        status = heat_alloc(w->ctx, count, 1, &missing);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        double value = heat_data_table_get(t, k / t->n_columns, (int32_t)(k % t->n_columns));
        if (isnan(value)) {
            missing[k] = 1;
            value = 1;
        }
        if (narrow)
            ((int8_t *)values)[k] = (int8_t)value;
        else
            ((double *)values)[k] = value;
    }
    if (status == HEAT_OK)
        status = heat_store_put_text(w->ctx, w->store, NULL, "storage", narrow ? "int8" : "double");
    if (status == HEAT_OK)
        status = heat_store_put(w->ctx, w->store, "values", type, 2, extent, values);
    if (status == HEAT_OK && missing != NULL)
        status = heat_store_put(w->ctx, w->store, "missing", HEAT_STORE_INT8, 2, extent, missing);
    heat_free(values);
    heat_free(missing);
    return status;
}

static heat_status put_words(const hdf5_writer *w, const char *name, const heat_labels *words)
{
    char *text = NULL;
    int64_t size;
    heat_status status;

    if (words->n == 0)
        return HEAT_OK;
    status = heat_labels_to_json(w->ctx, words, words->n, &text, &size);
    if (status == HEAT_OK)
        status = heat_store_put(w->ctx, w->store, name, HEAT_STORE_INT8, 1, &size, text);
    heat_free(text);
    return status;
}

static heat_status add_text(heat_context *ctx, char **text, int64_t *size, int64_t *capacity,
                            const char *more, int64_t length)
{
    heat_status status = heat_grow(ctx, *size + length, 1, capacity, text);

    if (status == HEAT_OK) {
        memcpy(*text + *size, more, (size_t)length);
        *size += length;
    }
    return status;
}

/* The list of lists; a variable of numbers has an empty one. */
static heat_status put_all_words(const hdf5_writer *w)
{
    char *all = NULL, *one = NULL;
    int64_t size = 0, capacity = 0, length;
    heat_status status = HEAT_OK;

    if (w->table->words == NULL)
        return HEAT_OK;
    for (int32_t k = 0; k < w->table->n_columns && status == HEAT_OK; k++) {
        const heat_labels *words = &w->table->words[k];
        status = add_text(w->ctx, &all, &size, &capacity, k == 0 ? "[" : ",", 1);
        if (status == HEAT_OK)
            status = heat_labels_to_json(w->ctx, words, words->n, &one, &length);
        if (status == HEAT_OK)
            status = add_text(w->ctx, &all, &size, &capacity, one, length);
        heat_free(one);
        one = NULL;
    }
    if (status == HEAT_OK)
        status = add_text(w->ctx, &all, &size, &capacity, "]", 1);
    if (status == HEAT_OK)
        status = heat_store_put(w->ctx, w->store, "words", HEAT_STORE_INT8, 1, &size, all);
    heat_free(all);
    return status;
}

heat_status heat_data_hdf5_write(heat_context *ctx, const char *path, const heat_data_table *t)
{
    hdf5_writer w = {.ctx = ctx, .table = t};
    int64_t axes = t->n_dimensions;
    heat_status status = heat_store_create(ctx, path, "data", &w.store);

    if (status != HEAT_OK)
        return status;
    status = put_values(&w);
    if (status == HEAT_OK && t->has_labels)
        status = heat_store_put(ctx, w.store, "label", HEAT_STORE_DOUBLE, 1, &t->n_rows, t->label);
    if (status == HEAT_OK && t->has_weights)
        status = heat_store_put(ctx, w.store, "weight", HEAT_STORE_DOUBLE, 1, &t->n_rows, t->weight);
    if (status == HEAT_OK && axes > 0)
        status = heat_store_put(ctx, w.store, "extent", HEAT_STORE_INT64, 1, &axes, t->extent);
    if (status == HEAT_OK)
        status = put_words(&w, "names", &t->names);
    if (status == HEAT_OK)
        status = put_words(&w, "classes", &t->classes);
    if (status == HEAT_OK)
        status = put_all_words(&w);
    if (status == HEAT_OK)
        return heat_store_commit(ctx, w.store);
    heat_store_close(w.store);
    return status;
}
