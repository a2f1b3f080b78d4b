/* Tables of data as text: what heat_delimited_read reads back without a difference. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/atomic_file.h"
#include "io/delimited.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 40, FLOAT_DIGITS = 9 };

/* One line under way. */
typedef struct line {
    heat_context *ctx;
    heat_atomic_file *file;
    char delimiter;
    int64_t size, capacity;
    char *text;
} line;

static heat_status append(line *l, const char *text, size_t length)
{
    heat_status status = heat_grow(l->ctx, l->size + (int64_t)length, 1, &l->capacity, &l->text);

    if (status != HEAT_OK)
        return status;
    memcpy(l->text + l->size, text, length);
    l->size += (int64_t)length;
    return HEAT_OK;
}

/* The word as a reader finds it again: in quotes where it could be taken for a number, for nothing or for
 * more than one field. */
static heat_status append_word(line *l, const char *word)
{
    static const char *const missing[] = {"", "NA", "N/A", "NaN", "nan", "null", "?"};
    double number;
    size_t length = strlen(word);
    bool quoted = strpbrk(word, "\"#,; \t") != NULL || heat_parse_real(word, length, &number);
    heat_status status = HEAT_OK;

    for (size_t k = 0; k < sizeof missing / sizeof *missing; k++)
        quoted = quoted || strcmp(word, missing[k]) == 0;
    if (!quoted)
        return append(l, word, length);
    status = append(l, "\"", 1);
    for (; *word != '\0' && status == HEAT_OK; word++)
        status = append(l, *word == '"' ? "\"\"" : word, *word == '"' ? 2 : 1);
    return status == HEAT_OK ? append(l, "\"", 1) : status;
}

/* The shortest decimal that reads back as the same float. */
static const char *float_text(double value, char *buffer)
{
    if (value == floor(value))
        return heat_text_real(value, buffer, NUMBER_SIZE);
    for (int digits = 1; digits <= FLOAT_DIGITS; digits++) {
        snprintf(buffer, NUMBER_SIZE, "%.*g", digits, value);
        if ((float)strtod(buffer, NULL) == (float)value)
            break;
    }
    for (char *c = buffer; *c != '\0'; c++)
        if (*c == ',')
            *c = '.'; /* a locale's */
    return buffer;
}

static heat_status append_value(line *l, const heat_labels *words, double value)
{
    char number[NUMBER_SIZE];
    const char *text = number;

    if (isnan(value))
        return HEAT_OK;
    if (words != NULL && words->n > 0)
        return append_word(l, heat_labels_get(words, (int64_t)value));
    if (value >= 0 && value <= 9 && value == floor(value)) {
        number[0] = (char)('0' + (int)value);
        return append(l, number, 1);
    }
    text = float_text(value, number);
    return append(l, text, strlen(text));
}

static heat_status append_double(line *l, double value)
{
    char number[NUMBER_SIZE];
    const char *text = heat_text_real(value, number, sizeof number);

    return append(l, text, strlen(text));
}

static heat_status end_line(line *l)
{
    heat_status status = append(l, "\n", 1);

    if (status == HEAT_OK)
        status = heat_atomic_file_write(l->file, l->text, (size_t)l->size);
    l->size = 0;
    return status;
}

static heat_status write_names(line *l, const heat_data_table *t)
{
    heat_status status = HEAT_OK;

    for (int32_t k = 0; k < t->n_columns && status == HEAT_OK; k++) {
        char number[NUMBER_SIZE];
        snprintf(number, sizeof number, "x%d", (int)k + 1);
        if (k > 0)
            status = append(l, &l->delimiter, 1);
        if (status == HEAT_OK)
            status = append_word(l, t->names.n > 0 ? heat_labels_get(&t->names, k) : number);
    }
    for (int aside = 0; aside < 2 && status == HEAT_OK; aside++) {
        if (aside == 0 ? !t->has_labels : !t->has_weights)
            continue;
        status = append(l, &l->delimiter, 1);
        if (status == HEAT_OK)
            status = append_word(l, aside == 0 ? "label" : "weight");
    }
    return status == HEAT_OK ? end_line(l) : status;
}

static heat_status write_row(line *l, const heat_data_table *t, int64_t row, bool with_names)
{
    heat_status status = HEAT_OK;

    for (int32_t k = 0; k < t->n_columns && status == HEAT_OK; k++) {
        if (k > 0)
            status = append(l, &l->delimiter, 1);
        if (status == HEAT_OK)
            status = append_value(l, t->words == NULL ? NULL : &t->words[k], heat_data_table_get(t, row, k));
    }
    if (status == HEAT_OK && t->has_labels && with_names) {
        status = append(l, &l->delimiter, 1);
        if (status == HEAT_OK)
            status = t->classes.n > 0 ? append_word(l, heat_labels_get(&t->classes, (int64_t)t->label[row]))
                                      : append_double(l, t->label[row]);
    }
    if (status == HEAT_OK && t->has_weights && with_names) {
        status = append(l, &l->delimiter, 1);
        if (status == HEAT_OK)
            status = append_double(l, t->weight[row]);
    }
    return status == HEAT_OK ? end_line(l) : status;
}

heat_status heat_delimited_write(heat_context *ctx, const char *path, const heat_data_table *t,
                                 char delimiter, bool with_names)
{
    line l = {.ctx = ctx, .delimiter = delimiter};
    heat_status status = heat_atomic_file_create(ctx, path, &l.file);

    if (status != HEAT_OK)
        return status;
    if (with_names)
        status = write_names(&l, t);
    for (int64_t row = 0; row < t->n_rows && status == HEAT_OK; row++)
        status = write_row(&l, t, row, with_names);
    heat_free(l.text);
    return heat_atomic_file_finish(l.file, status);
}
