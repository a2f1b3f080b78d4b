/* Which variables are held at which values, as text. Two forms, told by content, never guessed:
 *   a row      one value for each variable, as in a file of a state, or for each visible one; `?`, `NA` or
 *              `nan` where it is free
 *   lines      `index,value`, in any order, the others are free; a first line `index,value` makes it this
 * form The index is the number or the name that the model's input gives the variable. */
#ifndef HEATBATH_CLAMP_FILE_H
#define HEATBATH_CLAMP_FILE_H

#include "io/labels.h"
#include "io/text_source.h"

/* What the values are for. */
typedef struct heat_clamp_form {
    int64_t n;
    int64_t n_visible;         /* a row may also be of the first so many, the others free; 0: may not */
    int32_t n_states;          /* 0: values are any numbers */
    int32_t first_index;       /* of the variables, where they have no names */
    bool spin;                 /* -1 and +1, else 0 to n_states - 1 */
    const heat_labels *labels; /* NULL or empty: variables are numbers from first_index */
} heat_clamp_form;

/* Reads a file (.gz too, "-" is standard input) into held[n], NaN where a variable is free.
 * HEAT_ERROR_INPUT: neither form (names line and column), or both with different meanings (names both). */
HEAT_MUST_USE heat_status heat_clamp_file_read(heat_context *ctx, const char *path,
                                               const heat_clamp_form *form, double *held);

/* The same from an open source, up to its end. */
HEAT_MUST_USE heat_status heat_clamp_read(heat_text_source *source, const heat_clamp_form *form,
                                          double *held);

#endif
