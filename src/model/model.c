/* heat_model: the handle, its kinds' views, and loading by name. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/graph_format.h"
#include "io/state_file.h"
#include "model/custom_private.h"
#include "model/potential.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

heat_status heat_model_create(heat_context *ctx, const heat_model_kind *kind, void *self, const char *name,
                              heat_model **out)
{
    heat_model *model = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *model, &model);

    *out = NULL;
    if (status == HEAT_OK)
        status = heat_copy_text(ctx, name, &model->name);
    if (status != HEAT_OK) {
        heat_free(model);
        kind->free(self);
        return status;
    }
    model->kind = kind;
    model->self = self;
    model->info = (heat_model_info){.size = sizeof model->info, .kind = kind->name, .name = model->name};
    model->thread_safe = true;
    *out = model;
    return HEAT_OK;
}

void heat_model_free(heat_model *model)
{
    if (model == NULL)
        return;
    model->kind->free(model->self);
    heat_free(model->name);
    heat_free(model->extent);
    heat_free(model->clamp);
    heat_free(model->held);
    heat_labels_clear(&model->labels);
    heat_free(model->chains.values);
    heat_free(model);
}

heat_status heat_model_name_coordinates(heat_context *ctx, heat_model *model)
{
    const int32_t n = model->info.n_variables;
    heat_status status = HEAT_OK;

    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        char name[16];
        if (n <= 3)
            snprintf(name, sizeof name, "%c", "xyz"[i]);
        else
            snprintf(name, sizeof name, "x%d", (int)i + 1);
        status = heat_labels_add(ctx, &model->labels, HEAT_LABEL_WORD, name, strlen(name));
    }
    model->info.has_labels = n > 0;
    return status;
}

void heat_model_count_degrees(int32_t n, const int64_t *row, heat_model_info *info)
{
    info->n_edges = row[n] / 2;
    info->min_degree = n > 0 ? INT32_MAX : 0;
    for (int32_t i = 0; i < n; i++) {
        int32_t degree = (int32_t)(row[i + 1] - row[i]);
        info->n_isolated += degree == 0;
        info->min_degree = degree < info->min_degree ? degree : info->min_degree;
        info->max_degree = degree > info->max_degree ? degree : info->max_degree;
    }
}

/* Says what a file holds that its author may not have meant. */
static void warn(heat_context *ctx, const heat_model_info *info)
{
    if (info->n_merged > 0)
        heat_log(ctx, HEAT_LOG_WARNING, "%s: %lld terms repeat an earlier one; their numbers were added up",
                 info->name, (long long)info->n_merged);
    if (info->n_self_loops > 0)
        heat_log(ctx, HEAT_LOG_WARNING,
                 "%s: %lld edges from a vertex to itself were left out (they are never cut)", info->name,
                 (long long)info->n_self_loops);
}

/* The model that a file's list describes. */
static heat_status take_list(heat_context *ctx, heat_edge_list *list, const char *path, const char *format,
                             heat_model **out)
{
    switch (list->form) {
    case HEAT_FORM_POTTS:
        return heat_potts_take(ctx, list, path, format, out);
    case HEAT_FORM_RBM:
        list->rbm.offset = list->offset;
        return heat_rbm_create(ctx, &list->rbm, path, format, out);
    default:
        return heat_ising_create(ctx, list, path, format, out);
    }
}

static int32_t count_visible(const heat_model *model)
{
    heat_unit_layers units;

    if (model->info.n_visible > 0)
        return model->info.n_visible;
    return heat_model_get_units(model, &units) ? units.visible.n : model->info.n_variables;
}

/* The list's chains become the model's. */
static heat_status take_chains(heat_context *ctx, heat_edge_list *list, heat_model *model)
{
    if (list->chains.n > 0 && list->chains.n_visible != count_visible(model))
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, model->name, 0, 0,
                              "'chains' has rows of %d values, and there are %d visible units",
                              (int)list->chains.n_visible, (int)count_visible(model));
    model->chains = list->chains;
    model->info.n_chains = list->chains.n;
    list->chains = (heat_kept_chains){0};
    return HEAT_OK;
}

heat_status heat_model_keep_chains(heat_context *ctx, heat_model *model, int64_t n_chains,
                                   const float *values)
{
    const int32_t n_visible = count_visible(model);
    heat_status status =
        heat_alloc(ctx, n_chains * n_visible, sizeof *model->chains.values, &model->chains.values);

    if (status != HEAT_OK)
        return status;
    memcpy(model->chains.values, values, (size_t)(n_chains * n_visible) * sizeof *values);
    model->chains.n = model->info.n_chains = n_chains;
    model->chains.n_visible = n_visible;
    return HEAT_OK;
}

int64_t heat_model_get_chains(const heat_model *model, const float **values)
{
    *values = model->chains.values;
    return model->chains.n;
}

static heat_status load_file(heat_context *ctx, const char *path, const char *format,
                             const heat_rbm_hints *hints, heat_model **out)
{
    heat_edge_list list = {0};
    const char *found = NULL;
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (path == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_load: no path");
    status = heat_graph_read_hinted(ctx, path, format, hints, &list, &found);
    if (status == HEAT_OK)
        status = take_list(ctx, &list, path, found, out);
    if (status == HEAT_OK)
        status = take_chains(ctx, &list, *out);
    heat_edge_list_clear(&list);
    if (status != HEAT_OK) {
        heat_model_free(*out);
        *out = NULL;
    }
    if (status == HEAT_OK)
        (*out)->info.first_index = heat_graph_first_index(found);
    if (status == HEAT_OK)
        warn(ctx, &(*out)->info);
    return status;
}

heat_status heat_model_load_format(heat_context *ctx, const char *path, const char *format, heat_model **out)
{
    return load_file(ctx, path, format, &(heat_rbm_hints){0}, out);
}

void heat_load_options_init(heat_load_options *options)
{
    *options = (heat_load_options){.size = sizeof *options, .transpose = -1, .update = -1};
}

static heat_status hint_layer(heat_context *ctx, const char *option, const char *word, int32_t *hint)
{
    heat_layer layer;

    if (word == NULL)
        return HEAT_OK;
    if (!heat_layer_find(word, &layer) || layer == HEAT_LAYER_POTTS || layer == HEAT_LAYER_RELU)
        return heat_fail_option(ctx, option, word, "'%.80s' is none of binary|spin|gaussian", word);
    *hint = 1 + (int32_t)layer;
    return HEAT_OK;
}

/* Options of a potential, given of something else. */
static heat_status refuse_potential_options(heat_context *ctx, const char *spec, const heat_load_options *o)
{
    const bool is_code = spec != NULL && heat_custom_is_object(spec);

    if (o->let != NULL)
        return heat_fail_option(ctx, "let", o->let,
                                is_code
                                    ? "parameters are named in a typed potential, those of %.200s are set "
                                      "where it is written"
                                    : "%.200s is no potential",
                                spec);
    if (o->box != NULL)
        return heat_fail_option(ctx, "box", o->box,
                                is_code
                                    ? "walls are set about typed and built-in potentials, those of %.200s "
                                      "are what it is written with (lower, upper of heat_custom)"
                                    : "%.200s is no potential",
                                spec);
    return HEAT_OK;
}

static heat_status load_builtin(heat_context *ctx, const char *spec, const heat_load_options *o, bool *known,
                                heat_model **out)
{
    char list[HEAT_BUILTIN_LIST_SIZE];
    const char *nearest;
    heat_status status = heat_potential_load(ctx, spec, o, known, out);

    if (*known)
        return status;
    status = heat_builtin_create(ctx, spec, known, out);
    if (*known)
        return status;
    nearest = heat_builtin_nearest(spec);
    if (nearest != NULL)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, spec, 0, 0,
                              "no such file, and no such built-in; did you mean %s?", nearest);
    if (strchr(spec, ':') == NULL)
        return HEAT_OK;
    heat_builtin_list(list);
    return heat_fail_file(ctx, HEAT_ERROR_INPUT, spec, 0, 0, "no such file, and no such built-in (%s)", list);
}

static heat_status load(heat_context *ctx, const char *spec, const heat_load_options *o, heat_model **out)
{
    bool known = false;
    heat_status status = HEAT_OK;

    if (spec == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_load: no model named");
    if (strcmp(spec, "-") != 0 && access(spec, F_OK) != 0)
        status = load_builtin(ctx, spec, o, &known, out);
    if (status == HEAT_OK && (!known || strcmp((*out)->info.kind, "potential") != 0)) {
        status = refuse_potential_options(ctx, spec, o);
        if (status != HEAT_OK)
            heat_model_free(*out);
    }
    if (status != HEAT_OK)
        *out = NULL;
    if (status != HEAT_OK || known)
        return status;
    if (heat_custom_is_object(spec))
        return heat_custom_load(ctx, spec, out);
    return heat_model_load_format(ctx, spec, NULL, out);
}

heat_status heat_model_load_with(heat_context *ctx, const char *spec, const heat_load_options *options,
                                 heat_model **out)
{
    heat_load_options o;
    heat_rbm_hints hints = {HEAT_HINT_NONE, 0, 0, 0};
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    heat_load_options_init(&o);
    if (options != NULL)
        heat_struct_copy(&o, sizeof o, options, options->size);
    if (o.transpose != -1)
        hints.transpose = o.transpose == 0 ? HEAT_HINT_NO : HEAT_HINT_YES;
    if (o.update >= 0)
        hints.update = 1 + o.update;
    status = hint_layer(ctx, "visible-layer", o.visible_layer, &hints.visible);
    if (status == HEAT_OK)
        status = hint_layer(ctx, "hidden-layer", o.hidden_layer, &hints.hidden);
    if (status != HEAT_OK)
        return status;
    if (o.format == NULL && hints.transpose == HEAT_HINT_NONE && hints.visible == 0 && hints.hidden == 0 &&
        hints.update == 0)
        return load(ctx, spec, &o, out);
    status = refuse_potential_options(ctx, spec, &o);
    return status == HEAT_OK ? load_file(ctx, spec, o.format, &hints, out) : status;
}

heat_status heat_model_load(heat_context *ctx, const char *spec, heat_model **out)
{
    return heat_model_load_with(ctx, spec, NULL, out);
}

heat_status heat_model_save(heat_context *ctx, const heat_model *model, const char *path)
{
    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || path == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_save: no model or no path");
    if (model->kind->save == NULL)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "a %s model cannot be saved: no format holds it",
                         model->kind->name);
    return model->kind->save(ctx, model, path);
}

void heat_model_describe(const heat_model *model, heat_model_info *info)
{
    *info = model->info;
}

const char *heat_model_get_label(const heat_model *model, int32_t i)
{
    return i < 0 ? NULL : heat_labels_get(&model->labels, i);
}

bool heat_model_get_pairwise(const heat_model *model, heat_pairwise *view)
{
    return model->kind->pairwise != NULL && model->kind->pairwise(model->self, view);
}

bool heat_model_get_categorical(const heat_model *model, heat_categorical *view)
{
    return model->kind->categorical != NULL && model->kind->categorical(model->self, view);
}

bool heat_model_get_summed(const heat_model *model, heat_summed *view)
{
    return model->kind->summed != NULL && model->kind->summed(model->self, view);
}

bool heat_model_get_layered(const heat_model *model, heat_layered *view)
{
    return model->kind->layered != NULL && model->kind->layered(model->self, view);
}

bool heat_model_get_smooth(const heat_model *model, const struct heat_isa *isa, heat_smooth *view)
{
    return model->kind->smooth != NULL && model->kind->smooth(model, isa, view);
}

bool heat_model_get_units(const heat_model *model, heat_unit_layers *view)
{
    return model->kind->units != NULL && model->kind->units(model->self, view);
}

int32_t heat_model_count_values(const heat_model *model, int32_t variable)
{
    return model->kind->count_values == NULL ? model->info.n_states
                                             : model->kind->count_values(model->self, variable);
}

double heat_model_log_states(const heat_model *model)
{
    double sum = 0;

    if (model->kind->count_values == NULL)
        return model->info.n_variables * log(model->info.n_states);
    for (int32_t i = 0; i < model->info.n_variables; i++)
        sum += log(heat_model_count_values(model, i));
    return sum;
}

heat_status heat_model_need_states(heat_context *ctx, const heat_model *model, const char *work)
{
    if (!heat_model_is_real(&model->info))
        return HEAT_OK;
    return heat_fail(ctx, HEAT_ERROR_UNABLE,
                     "%s: some of its variables are real numbers, and %s works on variables of few values",
                     model->name, work);
}

heat_cost heat_cost_of_none(void)
{
    return (heat_cost){sizeof(heat_cost), "none", "some variables are real numbers, which are no states", 0,
                       (double)NAN,       false};
}

heat_row_form heat_model_row_form(const heat_model_info *info)
{
    return (heat_row_form){heat_model_is_real(info) ? HEAT_ELEMENT_DOUBLE : HEAT_ELEMENT_INT8,
                           info->n_variables};
}

heat_status heat_model_energies(heat_context *ctx, const heat_model *model, int64_t n_rows, const void *rows,
                                double *energies)
{
    return model->kind->energies(ctx, model, n_rows, rows, energies);
}

heat_status heat_model_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                              const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    return model->kind->deltas(ctx, model, n_rows, states, site, proposed, deltas);
}

bool heat_model_is_thread_safe(const heat_model *model)
{
    return model->thread_safe;
}

int8_t heat_random_value(const heat_model_info *info, heat_stream *stream)
{
    if (info->coding == HEAT_CODING_SPIN)
        return heat_stream_bits(stream) >> 63 ? 1 : -1;
    return (int8_t)heat_stream_below(stream, (uint64_t)info->n_states);
}

int8_t heat_model_random_value(const heat_model *model, int32_t variable, heat_stream *stream)
{
    if (model->info.coding == HEAT_CODING_SPIN)
        return heat_random_value(&model->info, stream);
    return (int8_t)heat_stream_below(stream, (uint64_t)heat_model_count_values(model, variable));
}

void heat_states_from_spins(const heat_model_info *info, int64_t n_rows, int8_t *states)
{
    if (info->coding == HEAT_CODING_SPIN)
        return;
    for (int64_t k = 0; k < n_rows * info->n_variables; k++)
        states[k] = states[k] > 0;
}

bool heat_model_has_value(const heat_model *model, int32_t variable, int8_t value)
{
    if (model->info.coding == HEAT_CODING_SPIN)
        return value == -1 || value == 1;
    return value >= 0 && value < heat_model_count_values(model, variable);
}

heat_status heat_model_get_energy(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                  const int8_t *states, double *energies)
{
    const heat_model_info *info;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || n_rows < 0 || (n_rows > 0 && (states == NULL || energies == NULL)))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_get_energy: no model, states or energies");
    status = heat_model_need_states(ctx, model, "heat_model_get_energy");
    if (status != HEAT_OK)
        return status;
    info = &model->info;
    for (int64_t k = 0; k < n_rows * info->n_variables; k++)
        if (!heat_model_has_value(model, (int32_t)(k % info->n_variables), states[k]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                             "state row %lld, variable %lld: %d is not in the coding (%s)",
                             (long long)(k / info->n_variables), (long long)(k % info->n_variables),
                             states[k], info->coding == HEAT_CODING_SPIN ? "-1 or +1" : "0 to q-1");
    return heat_model_energies(ctx, model, n_rows, states, energies);
}

heat_status heat_model_get_cut(heat_context *ctx, const heat_model *model, double energy, double *cut)
{
    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || cut == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_get_cut: no model or no place for the cut");
    *cut = (double)NAN;
    if (!model->info.max_cut)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED, "%s is not a Max-Cut problem: it has no cut",
                         model->name);
    *cut = (model->total_weight - energy) / 2;
    return HEAT_OK;
}

heat_status heat_model_load_state(heat_context *ctx, const heat_model *model, const char *path, int8_t *state)
{
    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || path == NULL || state == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_load_state: no model, path or state");
    return heat_state_file_read(ctx, path, model->info.n_variables, model->info.n_states,
                                model->info.coding == HEAT_CODING_SPIN, state);
}
