/* Labels in one block of text, and their JSON. */
#include "io/labels.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

heat_status heat_labels_add(heat_context *ctx, heat_labels *labels, heat_label_kind kind, const char *text,
                            size_t length)
{
    int64_t size = labels->size + (int64_t)length + 2;
    heat_status status =
        heat_grow(ctx, labels->n + 1, sizeof *labels->begin, &labels->capacity, &labels->begin);

    if (status == HEAT_OK)
        status = heat_grow(ctx, size, 1, &labels->text_capacity, &labels->text);
    if (status != HEAT_OK)
        return status;
    labels->text[labels->size] = (char)kind;
    memcpy(labels->text + labels->size + 1, text, length);
    labels->text[size - 1] = '\0';
    labels->begin[labels->n++] = labels->size;
    labels->size = size;
    return HEAT_OK;
}

heat_status heat_labels_add_int(heat_context *ctx, heat_labels *labels, int64_t value)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)value);

    return heat_labels_add(ctx, labels, HEAT_LABEL_JSON, digits, (size_t)length);
}

const char *heat_labels_get(const heat_labels *labels, int64_t k)
{
    return k < labels->n ? labels->text + labels->begin[k] + 1 : NULL;
}

bool heat_labels_get_index(const heat_labels *labels, int64_t k, int64_t *value)
{
    const char *text = labels->text + labels->begin[k];

    return text[0] == HEAT_LABEL_JSON && heat_parse_int(text + 1, strlen(text + 1), value) && *value >= 0 &&
           *value < INT32_MAX;
}

bool heat_labels_are_indices(const heat_labels *labels)
{
    int64_t before = -1, value;

    for (int64_t k = 0; k < labels->n; k++) {
        if (!heat_labels_get_index(labels, k, &value) || value <= before)
            return false;
        before = value;
    }
    return labels->n > 0;
}

/* Labels with their variables, for sorting. */
typedef struct named {
    const char *text;
    int64_t variable;
} named;

static int by_text(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order != 0 ? order : (x->variable > y->variable) - (x->variable < y->variable);
}

heat_status heat_labels_find_repeat(heat_context *ctx, const heat_labels *labels, bool *found, int64_t *first,
                                    int64_t *second)
{
    named *sorted = NULL;
    heat_status status = heat_alloc(ctx, labels->n, sizeof *sorted, &sorted);

    *found = false;
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < labels->n; k++)
        sorted[k] = (named){labels->text + labels->begin[k], k};
    qsort(sorted, (size_t)labels->n, sizeof *sorted, by_text);
    for (int64_t k = 1; k < labels->n && !*found; k++) {
        *found = strcmp(sorted[k - 1].text, sorted[k].text) == 0;
        *first = sorted[k - 1].variable;
        *second = sorted[k].variable;
    }
    heat_free(sorted);
    return HEAT_OK;
}

/* Text that grows at its end. */
typedef struct growing_text {
    char *text;
    int64_t size, capacity;
} growing_text;

static heat_status append(heat_context *ctx, growing_text *t, const char *text, size_t length)
{
    heat_status status = heat_grow(ctx, t->size + (int64_t)length + 1, 1, &t->capacity, &t->text);

    if (status != HEAT_OK)
        return status;
    memcpy(t->text + t->size, text, length);
    t->size += (int64_t)length;
    return HEAT_OK;
}

static heat_status append_word(heat_context *ctx, growing_text *t, const char *word)
{
    heat_status status = append(ctx, t, "\"", 1);

    for (; *word != '\0' && status == HEAT_OK; word++) {
        char escaped[8];
        if (*word == '"' || *word == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", *word);
        else if ((unsigned char)*word < ' ')
            snprintf(escaped, sizeof escaped, "\\u%04x", *word);
        else
            snprintf(escaped, sizeof escaped, "%c", *word);
        status = append(ctx, t, escaped, strlen(escaped));
    }
    return status == HEAT_OK ? append(ctx, t, "\"", 1) : status;
}

heat_status heat_labels_to_json(heat_context *ctx, const heat_labels *labels, int64_t n, char **json,
                                int64_t *size)
{
    growing_text t = {NULL, 0, 0};
    heat_status status = append(ctx, &t, "[", 1);

    for (int64_t k = 0; k < n && status == HEAT_OK; k++) {
        char number[24];
        const char *label = heat_labels_get(labels, k);
        if (k > 0)
            status = append(ctx, &t, ", ", 2);
        if (status != HEAT_OK)
            break;
        if (label != NULL && label[-1] == HEAT_LABEL_WORD) {
            status = append_word(ctx, &t, label);
            continue;
        }
        snprintf(number, sizeof number, "%lld", (long long)k);
        label = label == NULL ? number : label;
        status = append(ctx, &t, label, strlen(label));
    }
    if (status == HEAT_OK)
        status = append(ctx, &t, "]", 1);
    if (status != HEAT_OK) {
        heat_free(t.text);
        t = (growing_text){NULL, 0, 0};
    }
    *json = t.text;
    *size = t.size;
    return status;
}

static bool is_plain(const json_t *array)
{
    for (size_t k = 0; k < json_array_size(array); k++) {
        const json_t *label = json_array_get(array, k);
        if (!json_is_integer(label) || json_integer_value(label) != (json_int_t)k)
            return false;
    }
    return true;
}

static heat_status add_json(heat_context *ctx, const json_t *label, heat_labels *labels)
{
    size_t size;
    char *text;
    heat_status status;

    if (json_is_string(label))
        return heat_labels_add(ctx, labels, HEAT_LABEL_WORD, json_string_value(label),
                               json_string_length(label));
    size = json_dumpb(label, NULL, 0, JSON_ENCODE_ANY | JSON_COMPACT);
    status = heat_alloc(ctx, (int64_t)size, 1, &text);
    if (status != HEAT_OK)
        return status;
    if (size == 0 || json_dumpb(label, text, size, JSON_ENCODE_ANY | JSON_COMPACT) != size)
        status = heat_fail(ctx, HEAT_ERROR_MEMORY, "out of memory");
    else
        status = heat_labels_add(ctx, labels, HEAT_LABEL_JSON, text, size);
    heat_free(text);
    return status;
}

heat_status heat_labels_from_json(heat_context *ctx, const json_t *array, const char *file,
                                  heat_labels *labels)
{
    int64_t first = 0, second = 0;
    bool repeated = false;
    heat_status status = HEAT_OK;

    if (is_plain(array))
        return HEAT_OK;
    for (size_t k = 0; k < json_array_size(array) && status == HEAT_OK; k++) {
        const json_t *label = json_array_get(array, k);
        if (!json_is_string(label) && !json_is_number(label) && !json_is_array(label))
            return heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0,
                                  "label %lld is neither a word nor a number nor a list", (long long)k);
        status = add_json(ctx, label, labels);
    }
    if (status == HEAT_OK)
        status = heat_labels_find_repeat(ctx, labels, &repeated, &first, &second);
    if (status == HEAT_OK && repeated)
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0,
                                "variables %lld and %lld have the same label '%.40s'", (long long)first,
                                (long long)second, heat_labels_get(labels, first));
    return status;
}

void heat_labels_clear(heat_labels *labels)
{
    heat_free(labels->begin);
    heat_free(labels->text);
    *labels = (heat_labels){0};
}
