/* Rows in the narrowest storage that holds all of them: bits while all values are 0 and 1 (or -1 and +1),
 * then bytes, then floats. A table is rewritten at most twice. A missing value has its bit in a mask of its
 * own; in its place stands a 1, which every storage and coding holds. */
#include "io/data_table.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int64_t heat_data_table_words(int32_t n_columns)
{
    return ((int64_t)n_columns + HEAT_DATA_WORD - 1) / HEAT_DATA_WORD;
}

static int64_t stride_of(heat_data_storage storage, int32_t n_columns)
{
    switch (storage) {
    case HEAT_DATA_BITS:
        return heat_data_table_words(n_columns) * (int64_t)sizeof(uint64_t);
    case HEAT_DATA_BYTES:
        return n_columns;
    case HEAT_DATA_FLOATS:
        break;
    }
    return n_columns * (int64_t)sizeof(float);
}

void heat_data_table_say(heat_data_table *t, const char *format, ...)
{
    size_t used = strlen(t->reading);
    va_list args;

    if (used > 0 && used + 2 < sizeof t->reading) {
        memcpy(t->reading + used, "; ", 3);
        used += 2;
    }
    va_start(args, format);
    vsnprintf(t->reading + used, sizeof t->reading - used, format, args);
    va_end(args);
}

heat_status heat_data_table_fail(heat_context *ctx, const heat_data_table *t, int64_t field,
                                 const heat_row_place *place, const char *format, ...)
{
    char sentence[HEAT_MESSAGE_SIZE / 2];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (place->line > 0)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, place->file, place->line, place->columns[field],
                              "field %lld: %s", (long long)field + 1, sentence);
    return heat_fail_file(ctx, HEAT_ERROR_INPUT, place->file, 0, 0, "row %lld, column %lld: %s",
                          (long long)t->n_rows + 1, (long long)field + 1, sentence);
}

/* The field that an option names: by "last", by a name, by a number from 1. */
static heat_status find_field(heat_context *ctx, const char *option, const char *text, int64_t n_fields,
                              const heat_labels *names, int64_t *field)
{
    int64_t number, found = -1;

    *field = -1;
    if (text == NULL)
        return HEAT_OK;
    for (int64_t k = 0; k < names->n; k++) {
        if (strcmp(heat_labels_get(names, k), text) != 0)
            continue;
        if (found >= 0)
            return heat_fail_option(ctx, option, text,
                                    "two columns are called '%.80s': give the number, from 1", text);
        found = k;
    }
    if (found < 0 && strcmp(text, "last") == 0)
        found = n_fields - 1;
    if (found < 0 && heat_parse_int(text, strlen(text), &number) && number >= 1 && number <= n_fields)
        found = number - 1;
    if (found < 0)
        return heat_fail_option(
            ctx, option, text, "'%.80s' is no column: expected %s, a number from 1 to %lld, or last", text,
            names->n > 0 ? "a name of the first line" : "(no line names them)", (long long)n_fields);
    *field = found;
    return HEAT_OK;
}

/* A column that is called a label is most likely one. */
static void warn_of_label(heat_context *ctx, const char *file, const heat_data_table *t,
                          const heat_labels *names)
{
    static const char *const usual[] = {"label", "class", "target"};

    for (int64_t k = 0; k < names->n && t->label_field < 0; k++)
        for (size_t u = 0; u < sizeof usual / sizeof *usual; u++)
            if (k != t->weight_field && strcmp(heat_labels_get(names, k), usual[u]) == 0)
                heat_log(ctx, HEAT_LOG_WARNING,
                         "%s: column %lld, '%s', is read as a variable (--label %lld puts it aside)", file,
                         (long long)k + 1, usual[u], (long long)k + 1);
}

/* The names of the variables. Without names they are numbered by their fields, which needs no list unless a
 * field before the last is put aside. */
static heat_status keep_names(heat_context *ctx, heat_data_table *t, const heat_labels *names)
{
    heat_status status = HEAT_OK;
    bool shifted = false;

    for (int64_t k = 0; k < t->n_columns; k++)
        shifted = shifted || k == t->label_field || k == t->weight_field;
    for (int64_t k = 0; k < t->n_fields && status == HEAT_OK && (names->n > 0 || shifted); k++) {
        char number[24];
        const char *name = names->n > 0 ? heat_labels_get(names, k) : number;
        if (k == t->label_field || k == t->weight_field)
            continue;
        snprintf(number, sizeof number, "x%lld", (long long)k + 1);
        status = heat_labels_add(ctx, &t->names, HEAT_LABEL_WORD, name, strlen(name));
    }
    return status;
}

heat_status heat_data_table_begin(heat_context *ctx, heat_data_table *t, const char *file, int64_t n_fields,
                                  const heat_labels *names, const heat_data_options *options)
{
    heat_status status;
    int64_t n_columns;

    *t = (heat_data_table){.options = options, .n_fields = n_fields};
    status = find_field(ctx, "label", options->label, n_fields, names, &t->label_field);
    if (status == HEAT_OK)
        status = find_field(ctx, "weights", options->weights, n_fields, names, &t->weight_field);
    if (status != HEAT_OK)
        return status;
    t->has_labels = t->label_field >= 0;
    t->has_weights = t->weight_field >= 0;
    if (t->has_labels && t->label_field == t->weight_field)
        return heat_fail_option(ctx, "weights", options->weights, "that column is the label");
    n_columns = n_fields - t->has_labels - t->has_weights;
    if (n_columns < 1 || n_columns > INT32_MAX - HEAT_DATA_WORD)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0,
                              "%lld columns of variables, expected 1 to %d", (long long)n_columns,
                              INT32_MAX - HEAT_DATA_WORD);
    warn_of_label(ctx, file, t, names);
    t->n_columns = (int32_t)n_columns;
    t->stride = stride_of(t->storage, t->n_columns);
    status = heat_alloc(ctx, n_columns, sizeof *t->row, &t->row);
    return status == HEAT_OK ? keep_names(ctx, t, names) : status;
}

double heat_data_table_get(const heat_data_table *t, int64_t row, int32_t column)
{
    const unsigned char *at = t->values + row * t->stride;
    uint64_t word;
    float value;

    if (t->missing != NULL &&
        t->missing[row * heat_data_table_words(t->n_columns) + column / HEAT_DATA_WORD] >>
                (column % HEAT_DATA_WORD) &
            1)
        return (double)NAN;
    switch (t->storage) {
    case HEAT_DATA_BITS:
        memcpy(&word, at + column / HEAT_DATA_WORD * (int64_t)sizeof word, sizeof word);
        return word >> (column % HEAT_DATA_WORD) & 1 ? 1 : t->spins ? -1 : 0;
    case HEAT_DATA_BYTES:
        return at[column];
    case HEAT_DATA_FLOATS:
        break;
    }
    memcpy(&value, at + column * (int64_t)sizeof value, sizeof value);
    return (double)value;
}

/* Packs a row; false if it holds other values than this storage's. */
static bool pack_bits(heat_data_table *t, const double *row, unsigned char *at)
{
    bool fits = true, zero = false, minus = false;

    for (int32_t first = 0; first < t->n_columns; first += HEAT_DATA_WORD) {
        int32_t count = t->n_columns - first < HEAT_DATA_WORD ? t->n_columns - first : HEAT_DATA_WORD;
        uint64_t word = 0;
        for (int32_t k = 0; k < count; k++) {
            double value = row[first + k];
            word |= (uint64_t)(value > 0) << k;
            fits &= (value == 1) | (value == 0) | (value == -1);
            zero |= value == 0;
            minus |= value < 0;
        }
        memcpy(at + first / HEAT_DATA_WORD * (int64_t)sizeof word, &word, sizeof word);
    }
    zero |= t->seen_zero;
    minus |= t->seen_minus;
    if (!fits || (zero && minus))
        return false;
    t->seen_zero = zero;
    t->seen_minus = t->spins = minus;
    return true;
}

static bool pack_bytes(const heat_data_table *t, const double *row, unsigned char *at)
{
    for (int32_t k = 0; k < t->n_columns; k++) {
        if (!(row[k] >= 0 && row[k] <= UINT8_MAX && row[k] == floor(row[k])))
            return false;
        at[k] = (unsigned char)row[k];
    }
    return true;
}

/* -1 if all fit, else the column of a value that is too large for a float. */
static int32_t pack_floats(const heat_data_table *t, const double *row, unsigned char *at)
{
    for (int32_t k = 0; k < t->n_columns; k++) {
        float value = (float)row[k];
        if (!isfinite(value))
            return k;
        memcpy(at + k * (int64_t)sizeof value, &value, sizeof value);
    }
    return -1;
}

/* Rewrites the rows so far in a wider storage; false in *fits if they hold values that it does not. */
static heat_status widen(heat_context *ctx, heat_data_table *t, heat_data_storage storage, bool *fits)
{
    heat_data_table wide = *t;
    heat_status status;
    double *row;

    *fits = !(storage == HEAT_DATA_BYTES && t->seen_minus);
    if (!*fits)
        return HEAT_OK;
    wide.storage = storage;
    wide.stride = stride_of(storage, t->n_columns);
    wide.values = NULL;
    wide.capacity = 0;
    wide.spins = false;
    status = heat_alloc(ctx, t->n_columns, sizeof *row, &row);
    if (status == HEAT_OK)
        status = heat_grow(ctx, (t->n_rows + 1) * wide.stride, 1, &wide.capacity, &wide.values);
    for (int64_t r = 0; r < t->n_rows && status == HEAT_OK; r++) {
        for (int32_t k = 0; k < t->n_columns; k++) {
            double value = heat_data_table_get(t, r, k);
            row[k] = isnan(value) ? 1 : value;
        }
        if (storage == HEAT_DATA_BYTES)
            pack_bytes(&wide, row, wide.values + r * wide.stride);
        else
            pack_floats(&wide, row, wide.values + r * wide.stride);
    }
    heat_free(row);
    if (status != HEAT_OK) {
        heat_free(wide.values);
        return status;
    }
    heat_free(t->values);
    *t = wide;
    return HEAT_OK;
}

/* The fields without label and weight, as the options want them; counts those that are missing. */
static void select_variables(heat_data_table *t, const double *fields, int64_t *n_missing)
{
    double threshold = t->options->binarize;
    double *to = t->row;

    if (!t->has_labels && !t->has_weights)
        memcpy(to, fields, (size_t)t->n_columns * sizeof *to);
    else
        for (int64_t k = 0; k < t->n_fields; k++)
            if (k != t->label_field && k != t->weight_field)
                *to++ = fields[k];
    *n_missing = 0;
    for (int32_t k = 0; k < t->n_columns; k++)
        *n_missing += t->row[k] != t->row[k];
    if (threshold < HEAT_FOREVER && threshold != HEAT_RANDOM)
        for (int32_t k = 0; k < t->n_columns; k++)
            if (t->row[k] == t->row[k])
                t->row[k] = t->row[k] > threshold;
}

/* The field in which variable `column` stands. */
static int64_t field_of(const heat_data_table *t, int32_t column)
{
    int64_t field = -1;

    for (int32_t seen = -1; seen < column;) {
        field++;
        seen += field != t->label_field && field != t->weight_field;
    }
    return field;
}

/* Marks what is missing in the row to come, and fills it in. */
static heat_status mark_missing(heat_context *ctx, heat_data_table *t, int64_t n_missing,
                                const heat_row_place *place)
{
    int64_t words = heat_data_table_words(t->n_columns);
    heat_status status = HEAT_OK;

    if (n_missing > 0 && !t->options->missing) {
        int32_t first = 0;
        while (t->row[first] == t->row[first])
            first++;
        return heat_data_table_fail(
            ctx, t, field_of(t, first), place,
            "the value is missing, expected a number (--missing allows such rows where "
            "the others are clamped)");
    }
    if (n_missing > 0 || t->missing != NULL)
        status =
            heat_grow(ctx, (t->n_rows + 1) * words, sizeof *t->missing, &t->missing_capacity, &t->missing);
    for (int32_t k = 0; k < t->n_columns && status == HEAT_OK && n_missing > 0; k++) {
        if (t->row[k] == t->row[k])
            continue;
        t->missing[t->n_rows * words + k / HEAT_DATA_WORD] |= (uint64_t)1 << k % HEAT_DATA_WORD;
        t->row[k] = 1;
    }
    if (status == HEAT_OK)
        t->n_missing += n_missing;
    return status;
}

static heat_status keep_aside(heat_context *ctx, heat_data_table *t, const double *fields,
                              const heat_row_place *place)
{
    heat_status status = HEAT_OK;

    if (t->has_labels) {
        double label = fields[t->label_field];
        if (isnan(label))
            return heat_data_table_fail(ctx, t, t->label_field, place, "the label is missing");
        status = heat_grow(ctx, t->n_rows + 1, sizeof *t->label, &t->label_capacity, &t->label);
        if (status == HEAT_OK)
            t->label[t->n_rows] = label;
    }
    if (t->has_weights && status == HEAT_OK) {
        double weight = fields[t->weight_field];
        if (!(weight >= 0 && weight < HEAT_FOREVER))
            return heat_data_table_fail(ctx, t, t->weight_field, place,
                                        "expected a weight, a number of at least 0");
        status = heat_grow(ctx, t->n_rows + 1, sizeof *t->weight, &t->weight_capacity, &t->weight);
        if (status == HEAT_OK)
            t->weight[t->n_rows] = weight;
    }
    return status;
}

/* Packs t->row behind the last row, in a wider storage if it must be. */
static heat_status pack(heat_context *ctx, heat_data_table *t, const heat_row_place *place)
{
    for (;;) {
        heat_status status = heat_grow(ctx, (t->n_rows + 1) * t->stride, 1, &t->capacity, &t->values);
        unsigned char *at;
        bool fits = false;
        if (status != HEAT_OK)
            return status;
        at = t->values + t->n_rows * t->stride;
        if (t->storage == HEAT_DATA_FLOATS) {
            int32_t large = pack_floats(t, t->row, at);
            return large < 0 ? HEAT_OK
                             : heat_data_table_fail(ctx, t, field_of(t, large), place,
                                                    "expected a number that a 32-bit float holds");
        }
        if (t->storage == HEAT_DATA_BITS ? pack_bits(t, t->row, at) : pack_bytes(t, t->row, at))
            return HEAT_OK;
        if (t->storage == HEAT_DATA_BITS)
            status = widen(ctx, t, HEAT_DATA_BYTES, &fits);
        if (status == HEAT_OK && !fits)
            status = widen(ctx, t, HEAT_DATA_FLOATS, &fits);
        if (status != HEAT_OK)
            return status;
    }
}

heat_status heat_data_table_add(heat_context *ctx, heat_data_table *t, const double *fields,
                                const heat_row_place *place)
{
    int64_t n_missing;
    heat_status status;

    select_variables(t, fields, &n_missing);
    status = mark_missing(ctx, t, n_missing, place);
    if (status == HEAT_OK)
        status = keep_aside(ctx, t, fields, place);
    if (status == HEAT_OK)
        status = pack(ctx, t, place);
    if (status == HEAT_OK)
        t->n_rows++;
    return status;
}

static void clear_reading(heat_data_table *t)
{
    for (int64_t k = 0; t->field_words != NULL && k < t->n_fields; k++)
        heat_labels_clear(&t->field_words[k]);
    heat_free(t->field_words);
    heat_free(t->row);
    t->field_words = NULL;
    t->row = NULL;
    t->options = NULL;
}

heat_status heat_data_table_end(heat_context *ctx, heat_data_table *t, const char *file)
{
    char number[40];
    heat_status status = HEAT_OK;

    if (t->n_rows == 0)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0, "holds no row of data");
    if (t->has_labels)
        heat_data_table_say(t, "column %lld is the label", (long long)t->label_field + 1);
    if (t->has_weights)
        heat_data_table_say(t, "column %lld is the weight of the rows", (long long)t->weight_field + 1);
    if (t->options->binarize == HEAT_RANDOM)
        status = heat_data_table_draw(ctx, t, file);
    else if (t->options->binarize < HEAT_FOREVER)
        heat_data_table_say(t, "values above %s became 1, all others 0",
                            heat_text_real(t->options->binarize, number, sizeof number));
    if (status == HEAT_OK && t->field_words != NULL)
        status = heat_data_table_place_words(ctx, t);
    clear_reading(t);
    return status;
}

static heat_status copy_labels(heat_context *ctx, const heat_labels *from, heat_labels *to)
{
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < from->n && status == HEAT_OK; k++) {
        const char *text = from->text + from->begin[k];
        status = heat_labels_add(ctx, to, (heat_label_kind)text[0], text + 1, strlen(text + 1));
    }
    return status;
}

heat_status heat_data_table_like(heat_context *ctx, const heat_data_table *t, int64_t n_rows,
                                 heat_data_table *out)
{
    heat_status status;

    *out = (heat_data_table){.n_columns = t->n_columns,
                             .storage = t->storage,
                             .spins = t->spins,
                             .stride = t->stride,
                             .has_labels = t->has_labels,
                             .has_weights = t->has_weights,
                             .n_dimensions = t->n_dimensions};
    memcpy(out->extent, t->extent, sizeof t->extent);
    memcpy(out->reading, t->reading, sizeof t->reading);
    status = copy_labels(ctx, &t->names, &out->names);
    if (status == HEAT_OK)
        status = copy_labels(ctx, &t->classes, &out->classes);
    if (status == HEAT_OK && t->words != NULL)
        status = heat_alloc(ctx, t->n_columns, sizeof *out->words, &out->words);
    for (int32_t k = 0; k < t->n_columns && t->words != NULL && status == HEAT_OK; k++)
        status = copy_labels(ctx, &t->words[k], &out->words[k]);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_rows * t->stride, 1, &out->values);
    if (status == HEAT_OK && t->missing != NULL)
        status = heat_alloc(ctx, n_rows * heat_data_table_words(t->n_columns), sizeof *out->missing,
                            &out->missing);
    if (status == HEAT_OK && t->has_labels)
        status = heat_alloc(ctx, n_rows, sizeof *out->label, &out->label);
    if (status == HEAT_OK && t->has_weights)
        status = heat_alloc(ctx, n_rows, sizeof *out->weight, &out->weight);
    if (status != HEAT_OK)
        heat_data_table_clear(out);
    return status;
}

void heat_data_table_clear(heat_data_table *t)
{
    clear_reading(t);
    for (int32_t k = 0; t->words != NULL && k < t->n_columns; k++)
        heat_labels_clear(&t->words[k]);
    heat_free(t->words);
    heat_labels_clear(&t->names);
    heat_labels_clear(&t->classes);
    heat_free(t->values);
    heat_free(t->missing);
    heat_free(t->label);
    heat_free(t->weight);
    *t = (heat_data_table){0};
}
