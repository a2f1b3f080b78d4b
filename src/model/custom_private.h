/* The inside of a custom model, and shared objects that hold one. */
#ifndef HEATBATH_CUSTOM_PRIVATE_H
#define HEATBATH_CUSTOM_PRIVATE_H

#include "model/model_private.h"

typedef struct heat_custom_model {
    heat_custom c;                 /* its arrays are those below, its name the model's */
    double *lower, *upper, *start; /* copies; NULL where there are none */
    void *object;                  /* the shared object that the callbacks lie in; NULL: the program */
} heat_custom_model;

/* A copy of a sound struct; the user's data stays the caller's until `free` is set. */
HEAT_MUST_USE heat_status heat_custom_copy(heat_context *ctx, const heat_custom *custom,
                                           heat_custom_model **out);
void heat_custom_free(void *self);

/* HEAT_ERROR_CALLBACK of a callback that returned `code`. */
heat_status heat_custom_refuse(heat_context *ctx, const heat_model *model, const char *callback, int code);

/* The kind of models of real variables (custom_real.c), and what makes such a model unsound. */
extern const heat_model_kind heat_custom_real_kind;
HEAT_MUST_USE heat_status heat_custom_check_real(heat_context *ctx, const heat_custom *custom);

/* True of a file that is a shared object, or is named as one. */
bool heat_custom_is_object(const char *path);

/* The model that a shared object exports (heat_custom_fill). */
HEAT_MUST_USE heat_status heat_custom_load(heat_context *ctx, const char *path, heat_model **out);

#endif
