/* Names of variables, as an input gives them: words, numbers or nested lists, in the order of the variables.
 */
#ifndef HEATBATH_LABELS_H
#define HEATBATH_LABELS_H

#include <heatbath/context.h>

struct json_t;

/* Each label lies in `text` as its kind, its characters and a 0. */
typedef struct heat_labels {
    int64_t n, capacity;
    int64_t *begin; /* where each label's kind stands */
    int64_t size, text_capacity;
    char *text;
} heat_labels;

/* What a label was: a word, or JSON of another kind (a number, a list) that stands for itself. */
typedef enum heat_label_kind { HEAT_LABEL_WORD = '"', HEAT_LABEL_JSON = '#' } heat_label_kind;

HEAT_MUST_USE heat_status heat_labels_add(heat_context *ctx, heat_labels *labels, heat_label_kind kind,
                                          const char *text, size_t length);
HEAT_MUST_USE heat_status heat_labels_add_int(heat_context *ctx, heat_labels *labels, int64_t value);

/* The characters of label k; NULL if there are no labels. */
const char *heat_labels_get(const heat_labels *labels, int64_t k);

/* The whole number from 0 to INT32_MAX - 1 that label k is; false if it is none. */
bool heat_labels_get_index(const heat_labels *labels, int64_t k, int64_t *value);

/* True if there are labels, and they are such numbers, each larger than the one before. */
bool heat_labels_are_indices(const heat_labels *labels);

/* Two variables of one label; *found is false if there are none. */
HEAT_MUST_USE heat_status heat_labels_find_repeat(heat_context *ctx, const heat_labels *labels, bool *found,
                                                  int64_t *first, int64_t *second);

/* The labels of n variables as the text of a JSON array, 0 to n - 1 where there are none; the caller frees
 * it. */
HEAT_MUST_USE heat_status heat_labels_to_json(heat_context *ctx, const heat_labels *labels, int64_t n,
                                              char **json, int64_t *size);

/* Fills in empty labels from a JSON array (jansson's); from 0, 1, 2, ... they stay empty. HEAT_ERROR_INPUT,
 * which names `file`, if two labels are the same or one is a truth value, null or an object. */
HEAT_MUST_USE heat_status heat_labels_from_json(heat_context *ctx, const struct json_t *array,
                                                const char *file, heat_labels *labels);

void heat_labels_clear(heat_labels *labels);

#endif
