/* The names that variables have in the tables of results. */
#ifndef HEATBATH_VARIABLE_NAME_H
#define HEATBATH_VARIABLE_NAME_H

#include "io/atomic_file.h"

#include <heatbath/model.h>

/* Writes the name that the input of `model` gives variable i, quoted where it holds a comma, a quote or a
 * line end (RFC 4180), or else `prefix` and the number that it gives it. `model` may be NULL: numbers from 0.
 */
HEAT_MUST_USE heat_status heat_variable_name_write(heat_atomic_file *file, const heat_model *model,
                                                   const char *prefix, int32_t i);

#endif
