/* The inside of heat_model: what every kind fills in, and the row that makes a kind. */
#ifndef HEATBATH_MODEL_PRIVATE_H
#define HEATBATH_MODEL_PRIVATE_H

#include "io/edge_list.h"
#include "model/unit_layers.h"
#include "model/views.h"

/* A kind of energy: one const row, called once per batch of states, never per variable. */
typedef struct heat_model_kind {
    const char *name;
    void (*free)(void *self);
    heat_status (*energies)(heat_context *ctx, const heat_model *model, int64_t n_rows, const void *rows,
                            double *energies);
    heat_status (*deltas)(heat_context *ctx, const heat_model *model, int64_t n_rows, const int8_t *states,
                          int32_t site, const int8_t *proposed, double *deltas);
    bool (*pairwise)(const void *self, heat_pairwise *view);       /* NULL: no such view */
    bool (*categorical)(const void *self, heat_categorical *view); /* likewise */
    bool (*layered)(const void *self, heat_layered *view);         /* likewise */
    bool (*units)(const void *self, heat_unit_layers *view);       /* likewise */
    bool (*summed)(const void *self, heat_summed *view);           /* likewise */
    bool (*smooth)(const heat_model *model, const struct heat_isa *isa, heat_smooth *view); /* likewise */
    int32_t (*count_values)(const void *self, int32_t variable); /* NULL: info.n_states of each */
    heat_status (*save)(heat_context *ctx, const heat_model *model,
                        const char *path); /* NULL: cannot be saved */
} heat_model_kind;

struct heat_model {
    const heat_model_kind *kind;
    void *self; /* the kind's own */
    heat_model_info info;
    char *name;              /* what info.name points to */
    int64_t *extent;         /* what info.extent points to; NULL unless a lattice */
    double total_weight;     /* of a Max-Cut model: the sum of its weights */
    heat_labels labels;      /* of the variables; empty where the input has none */
    heat_kept_chains chains; /* of the training that made it; none of any other */
    bool thread_safe;
    int32_t n_whole; /* of a clamped model: variables of the whole */
    int8_t *clamp;   /* [n_whole] their values, HEAT_FREE of its own; NULL: not clamped */
    double *held;    /* the same of a model of real numbers, NaN of its own */
};

/* A model around `self`, which it owns from the call on, even when the call fails. The caller completes
 * `info`. */
HEAT_MUST_USE heat_status heat_model_create(heat_context *ctx, const heat_model_kind *kind, void *self,
                                            const char *name, heat_model **out);

/* Names the variables x, y, z, or x1 ... xn where they are more than three. */
HEAT_MUST_USE heat_status heat_model_name_coordinates(heat_context *ctx, heat_model *model);

/* Fills in the edges and degrees of the n rows that `row` (n + 1) bounds, both ends of an edge counted. */
void heat_model_count_degrees(int32_t n, const int64_t *row, heat_model_info *info);

/* The Ising model or QUBO of an edge list, whose arrays it takes: the list is then only good for clearing.
 * `name` and `format` (static) are for info. */
HEAT_MUST_USE heat_status heat_ising_create(heat_context *ctx, heat_edge_list *list, const char *name,
                                            const char *format, heat_model **out);

/* The Potts model of a struct whose arrays are checked and copied. `name` and `format` (static) are for info.
 */
HEAT_MUST_USE heat_status heat_potts_create(heat_context *ctx, const heat_potts *potts, const char *name,
                                            const char *format, heat_model **out);

/* The same of an edge list that holds one. Its labels become the model's. */
HEAT_MUST_USE heat_status heat_potts_take(heat_context *ctx, heat_edge_list *list, const char *name,
                                          const char *format, heat_model **out);

/* The RBM of arrays, which are checked and copied. `name` and `format` (static) are for info. */
HEAT_MUST_USE heat_status heat_rbm_create(heat_context *ctx, const heat_rbm *rbm, const char *name,
                                          const char *format, heat_model **out);

/* The same where a layer is not of two values. The arrays were checked. */
HEAT_MUST_USE heat_status heat_unit_rbm_create(heat_context *ctx, const heat_rbm *rbm, const char *name,
                                               const char *format, heat_model **out);

/* Its arrays; false of any other model. */
bool heat_unit_rbm_get(const heat_model *model, heat_rbm *rbm);

/* Rows and columns of W. */
int64_t heat_rbm_visible_width(const heat_rbm *rbm);
int64_t heat_rbm_hidden_width(const heat_rbm *rbm);

/* Copies of all arrays, those that were NULL filled in; heat_rbm_clear frees them, also after a failure. */
HEAT_MUST_USE heat_status heat_rbm_copy(heat_context *ctx, const heat_rbm *rbm, heat_rbm *own);
void heat_rbm_clear(heat_rbm *own);

/* The RBM of an RBM's free units, given the values of held ones, NaN of free ones, which were checked (docs
 * of heat_model_create_clamped_values); *out stays NULL where all units of a layer of two values are held. */
HEAT_MUST_USE heat_status heat_rbm_create_clamped(heat_context *ctx, const heat_model *model,
                                                  const double *held, heat_model **out);

/* sum_i log(1 + exp(beta x_i)). */
double heat_sum_softplus(int64_t n, const double *x, double beta);

/* True if `value` is one that the variable has. */
bool heat_model_has_value(const heat_model *model, int32_t variable, int8_t value);

/* A built-in by its text, "lattice:32x32,J=1". *known is false, and the status HEAT_OK, if the word before
 * the colon names none. */
HEAT_MUST_USE heat_status heat_builtin_create(heat_context *ctx, const char *spec, bool *known,
                                              heat_model **out);

/* All their names, for messages. */
enum { HEAT_BUILTIN_LIST_SIZE = 512 };
void heat_builtin_list(char text[HEAT_BUILTIN_LIST_SIZE]);

/* A text of the built-in whose name is nearest to the word before the colon; without a colon, of the
 * potentials; NULL if none is near. */
const char *heat_builtin_nearest(const char *spec);

#endif
