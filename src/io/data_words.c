/* Words in a table of data: each column numbers its own as they come; at the end they are numbered anew in
 * the order of the alphabet, so that the order of the rows means nothing. */
#include "base/memory.h"
#include "io/data_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

heat_status heat_data_table_word(heat_context *ctx, heat_data_table *t, int64_t field, const char *text,
                                 size_t length, const heat_row_place *place, double *value)
{
    heat_status status = HEAT_OK;
    heat_labels *words;

    if (t->options->binarize < HEAT_FOREVER && field != t->label_field)
        return heat_data_table_fail(ctx, t, field, place, "a word has no value that --binarize could take");
    if (t->field_words == NULL)
        status = heat_alloc(ctx, t->n_fields, sizeof *t->field_words, &t->field_words);
    if (status != HEAT_OK)
        return status;
    words = &t->field_words[field];
    for (int64_t k = 0; k < words->n; k++) {
        const char *word = heat_labels_get(words, k);
        if (strncmp(word, text, length) == 0 && word[length] == '\0') {
            *value = (double)k;
            return HEAT_OK;
        }
    }
    if (words->n == HEAT_MOST_CLASSES)
        return heat_data_table_fail(ctx, t, field, place, "more than %d different words in one column",
                                    HEAT_MOST_CLASSES);
    *value = (double)words->n;
    return heat_labels_add(ctx, words, HEAT_LABEL_WORD, text, length);
}

typedef struct ranked {
    const char *word;
    int64_t before; /* its number so far */
} ranked;

static int by_word(const void *a, const void *b)
{
    return strcmp(((const ranked *)a)->word, ((const ranked *)b)->word);
}

/* Sorts the words of a field; now[k] is what number k becomes. */
static heat_status sort_words(heat_context *ctx, heat_labels *words, double *now)
{
    heat_labels sorted = {0};
    ranked *rows;
    heat_status status = heat_alloc(ctx, words->n, sizeof *rows, &rows);

    for (int64_t k = 0; k < words->n && status == HEAT_OK; k++)
        rows[k] = (ranked){heat_labels_get(words, k), k};
    if (status == HEAT_OK)
        qsort(rows, (size_t)words->n, sizeof *rows, by_word);
    for (int64_t k = 0; k < words->n && status == HEAT_OK; k++) {
        now[rows[k].before] = (double)k;
        status = heat_labels_add(ctx, &sorted, HEAT_LABEL_WORD, rows[k].word, strlen(rows[k].word));
    }
    heat_free(rows);
    if (status != HEAT_OK) {
        heat_labels_clear(&sorted);
        return status;
    }
    heat_labels_clear(words);
    *words = sorted;
    return HEAT_OK;
}

/* Renumbers one column of values. Its new numbers are of the old ones, so that the storage holds them. */
static void renumber(heat_data_table *t, int32_t column, const double *now)
{
    for (int64_t r = 0; r < t->n_rows; r++) {
        unsigned char *at = t->values + r * t->stride;
        double value = heat_data_table_get(t, r, column);
        float number;
        uint64_t word;
        if (isnan(value))
            continue;
        value = now[(int64_t)value];
        number = (float)value;
        switch (t->storage) {
        case HEAT_DATA_BITS:
            memcpy(&word, at + column / HEAT_DATA_WORD * (int64_t)sizeof word, sizeof word);
            word &= ~((uint64_t)1 << column % HEAT_DATA_WORD);
            word |= (uint64_t)(value > 0) << column % HEAT_DATA_WORD;
            memcpy(at + column / HEAT_DATA_WORD * (int64_t)sizeof word, &word, sizeof word);
            break;
        case HEAT_DATA_BYTES:
            at[column] = (unsigned char)value;
            break;
        case HEAT_DATA_FLOATS:
            memcpy(at + column * (int64_t)sizeof number, &number, sizeof number);
            break;
        }
    }
}

/* Moves the words of the fields to the variables and labels that they belong to. */
heat_status heat_data_table_place_words(heat_context *ctx, heat_data_table *t)
{
    double now[HEAT_MOST_CLASSES];
    heat_status status = heat_alloc(ctx, t->n_columns, sizeof *t->words, &t->words);
    int32_t column = 0, n_worded = 0;

    for (int64_t field = 0; field < t->n_fields && status == HEAT_OK; field++) {
        heat_labels *words = &t->field_words[field];
        bool is_label = field == t->label_field, is_variable = !is_label && field != t->weight_field;
        if (words->n > 0)
            status = sort_words(ctx, words, now);
        if (status == HEAT_OK && words->n > 0 && is_label)
            for (int64_t r = 0; r < t->n_rows; r++)
                t->label[r] = now[(int64_t)t->label[r]];
        if (status == HEAT_OK && words->n > 0 && is_variable) {
            renumber(t, column, now);
            n_worded++;
        }
        if (status == HEAT_OK && (is_label || is_variable)) {
            *(is_label ? &t->classes : &t->words[column]) = *words;
            *words = (heat_labels){0};
        }
        column += is_variable;
    }
    if (n_worded > 0)
        heat_data_table_say(t, "words of %d columns numbered in the order of the alphabet", (int)n_worded);
    return status;
}
