/* What a row is: a state as models, chains, files and learners hand it over, one element a variable, rows one
 * after another. Rows travel as void pointers with their form beside them; code of one element reads them as
 * the array that they are. */
#ifndef HEATBATH_ROW_FORM_H
#define HEATBATH_ROW_FORM_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef enum heat_element {
    HEAT_ELEMENT_INT8,   /* a value in the model's coding */
    HEAT_ELEMENT_FLOAT,  /* real numbers: of data and of the chains that learn from it */
    HEAT_ELEMENT_DOUBLE, /* those of everybody else */
} heat_element;

typedef struct heat_row_form {
    heat_element element;
    int64_t n; /* elements */
} heat_row_form;

static inline bool heat_row_is_real(const heat_row_form *form)
{
    return form->element != HEAT_ELEMENT_INT8;
}

static inline int64_t heat_row_bytes(const heat_row_form *form)
{
    static const int64_t size[] = {sizeof(int8_t), sizeof(float), sizeof(double)};

    return form->n * size[form->element];
}

HEAT_MUST_USE static inline heat_status heat_rows_alloc(heat_context *ctx, const heat_row_form *form,
                                                        int64_t n_rows, void *out)
{
    return heat_alloc(ctx, n_rows * heat_row_bytes(form), 1, out);
}

/* Row number r, to be read and to be written. */
static inline const void *heat_row_at(const heat_row_form *form, const void *rows, int64_t r)
{
    return (const char *)rows + r * heat_row_bytes(form);
}

static inline void *heat_row_edit(const heat_row_form *form, void *rows, int64_t r)
{
    return (char *)rows + r * heat_row_bytes(form);
}

/* Copies n_rows, which do not overlap. */
static inline void heat_rows_copy(const heat_row_form *form, int64_t n_rows, const void *from, void *to)
{
    memcpy(to, from, (size_t)(n_rows * heat_row_bytes(form)));
}

/* Element k, counted from the first of `rows`. */
static inline double heat_row_get(const heat_row_form *form, const void *rows, int64_t k)
{
    switch (form->element) {
    case HEAT_ELEMENT_FLOAT:
        return (double)((const float *)rows)[k];
    case HEAT_ELEMENT_DOUBLE:
        return ((const double *)rows)[k];
    default:
        return ((const int8_t *)rows)[k];
    }
}

static inline void heat_row_set(const heat_row_form *form, void *rows, int64_t k, double x)
{
    switch (form->element) {
    case HEAT_ELEMENT_FLOAT:
        ((float *)rows)[k] = (float)x;
        break;
    case HEAT_ELEMENT_DOUBLE:
        ((double *)rows)[k] = x;
        break;
    default:
        ((int8_t *)rows)[k] = (int8_t)x;
    }
}

#endif
