/* The inside of the potential kind: an energy U(x) of real variables, with the smooth view and nothing else.
 */
#ifndef HEATBATH_POTENTIAL_H
#define HEATBATH_POTENTIAL_H

#include "expr/expression.h"
#include "kernel/isa.h"
#include "model/model_private.h"

/* Its creator fills it in; the model owns every array, and the expression. */
typedef struct heat_potential {
    int32_t n;
    heat_expression *expression; /* of a typed one; NULL: a named one */
    heat_potential_name name;    /* which kernels */
    heat_potential_numbers numbers;
    double *mean, *precision, *zero; /* what `numbers` points to */
    double *lower, *upper;           /* [n]; NULL: no bounds */
    double *own_lower, *own_upper;   /* [n] without what a box adds; NULL: it has none of its own */
    double *start, *scale;           /* [n]; NULL: not known */
    int32_t n_slow;                  /* heat_smooth's */
    const char *const *names;        /* [n] static; NULL: x, y, z or x1 ... xn */
} heat_potential;

/* The model of a potential, which it owns from the call on, even when the call fails. `format` is static. */
HEAT_MUST_USE heat_status heat_potential_create(heat_context *ctx, heat_potential *potential,
                                                const char *name, const char *format, heat_model **out);

void heat_potential_free(void *self);

/* Fills in a normal distribution from a file (heat_matrix_read): the mean in the first row, the covariance
 * below it; or the covariance alone, of mean 0. HEAT_ERROR_INPUT if it is none. */
HEAT_MUST_USE heat_status heat_potential_read_gaussian(heat_context *ctx, const char *path,
                                                       heat_potential *potential);

/* Fills in a typed potential, `text` with the parameters of option --let, "a=1,b=2" (NULL: none). */
HEAT_MUST_USE heat_status heat_potential_read_expression(heat_context *ctx, const char *text,
                                                         const char *lets, heat_potential *potential);

/* Makes walls of a box at which a typed energy is -infinity bounds of its own: what piles up there is walked
 * in a coordinate without (sample/walk_free.h). */
HEAT_MUST_USE heat_status heat_potential_find_ends(heat_context *ctx, heat_potential *potential);

/* A potential by its text, "double-well", with what options --let and --box say of it; *known is false, and
 * the status HEAT_OK, if the word before the colon names none. */
HEAT_MUST_USE heat_status heat_potential_load(heat_context *ctx, const char *spec,
                                              const heat_load_options *options, bool *known,
                                              heat_model **out);

/* Name k of them, and a text that works; NULL behind the last. */
const char *heat_potential_get_name(int k, const char **example);

#endif
