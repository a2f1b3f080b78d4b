/* The views a model may offer of itself. Engines and exact methods ask for a view, never for a kind: a new
 * kind that offers one gets everything built on it. */
#ifndef HEATBATH_VIEWS_H
#define HEATBATH_VIEWS_H

#include "kernel/categorical.h"
#include "kernel/layered.h"
#include "kernel/pairwise.h"
#include "kernel/smooth.h"
#include "model/row_form.h"

#include "random/stream.h"

#include <heatbath/cost.h>
#include <heatbath/model.h>

/* Fills in the pairwise view; false if the model has none. Valid while the model lives. */
bool heat_model_get_pairwise(const heat_model *model, heat_pairwise *view);

/* Fills in the categorical view; false if the model has none. Valid while the model lives. */
bool heat_model_get_categorical(const heat_model *model, heat_categorical *view);

/* Fills in the layered view; false if the model has none. Valid while the model lives. */
bool heat_model_get_layered(const heat_model *model, heat_layered *view);

struct heat_isa;

/* Fills in the smooth view, its kernels those of an instruction set (kernel/isa.h); false if the model has
 * none. Valid while the model lives. */
bool heat_model_get_smooth(const heat_model *model, const struct heat_isa *isa, heat_smooth *view);

/* The view of one layer of two, the other summed out. */
typedef struct heat_summed {
    heat_layered layers;
    bool keeps_hidden; /* variables are the hidden units, else the visible ones */
    double beta;       /* of the one temperature that the energy, F_T, stands for */
} heat_summed;

/* Fills in the summed view; false if the model has none. Valid while the model lives. */
bool heat_model_get_summed(const heat_model *model, heat_summed *view);

/* The smaller layer of a model of two, over 0 and 1, its energy the free energy F_T with the other summed out
 * (summed_layer.c); *out stays NULL where there is no layered view. `model` is borrowed: it must outlive the
 * new one. */
HEAT_MUST_USE heat_status heat_model_create_summed(heat_context *ctx, const heat_model *model,
                                                   double temperature, heat_model **out);

/* Values that a variable has: info.n_states, or fewer in a layer of another kind; in rows they count from 0.
 */
int32_t heat_model_count_values(const heat_model *model, int32_t variable);

/* log of the number of states. */
double heat_model_log_states(const heat_model *model);

/* HEAT_ERROR_UNABLE, which names the work, where variables are real numbers, which are no states. */
HEAT_MUST_USE heat_status heat_model_need_states(heat_context *ctx, const heat_model *model,
                                                 const char *work);

/* The price of work that such a model cannot be given. */
heat_cost heat_cost_of_none(void);

/* Rewrites rows of spins, which is what the pairwise view speaks of, in the model's coding, in place. */
void heat_states_from_spins(const heat_model_info *info, int64_t n_rows, int8_t *states);

/* True where some variables are real numbers: then the model has no states to count, and n_states is 0. */
static inline bool heat_model_is_real(const heat_model_info *info)
{
    return info->n_states == 0;
}

/* Of its states: values in the model's coding, or doubles where variables are real numbers. */
heat_row_form heat_model_row_form(const heat_model_info *info);

/* Every model has the black-box view: energies of rows, and energy changes of one site in many rows.
 * Both follow heat_custom: they fail with HEAT_ERROR_CALLBACK on a failing callback, NaN or -infinity. Rows
 * are of heat_model_row_form, and are not checked. Energy changes are of models of states alone. */
HEAT_MUST_USE heat_status heat_model_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                              const void *rows, double *energies);
HEAT_MUST_USE heat_status heat_model_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                            const int8_t *states, int32_t site, const int8_t *proposed,
                                            double *deltas);

/* The model of energy -E: the same states, in the same coding. A forbidden state (E = +infinity) stays
 * forbidden. `model` is borrowed: it must outlive the new one. Takes 8 bytes a variable, of a Potts
 * model 8 an edge end, or its tables, and its fields. */
HEAT_MUST_USE heat_status heat_model_create_negated(heat_context *ctx, const heat_model *model,
                                                    heat_model **out);

/* The model of the free variables by a file of held ones, as heat_model_load_clamp reads it. */
HEAT_MUST_USE heat_status heat_model_create_clamped_by(heat_context *ctx, const heat_model *model,
                                                       const char *path, heat_model **out);

/* The clamp of a model of states that was made by one, a value for each variable of the whole; NULL for any
 * other. */
const int8_t *heat_model_get_clamp(const heat_model *model);

/* The free part of a whole state, in place. HEAT_ERROR_OPTION, which names option `initial` and `path`, where
 * the state disagrees with the held values. Any other model leaves it as it is. */
HEAT_MUST_USE heat_status heat_model_take_free(heat_context *ctx, const heat_model *model, const char *path,
                                               int8_t *state);

/* One uniformly random value of a variable, in the model's coding. The second knows variables of fewer
 * values.
 */
int8_t heat_random_value(const heat_model_info *info, heat_stream *stream);
int8_t heat_model_random_value(const heat_model *model, int32_t variable, heat_stream *stream);

/* Keeps a copy of chains[n_chains][visible units] with the model, once: heat_model_get_chains. */
HEAT_MUST_USE heat_status heat_model_keep_chains(heat_context *ctx, heat_model *model, int64_t n_chains,
                                                 const float *values);

/* True if the two functions above may be called from several threads at once. */
bool heat_model_is_thread_safe(const heat_model *model);

#endif
