/* The layout is that of the package's own save and load, without its random states and chains. */
#include "io/rbms_hdf5.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "io/rbm_parts.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    heat_layer visible, hidden;
} model_types[] = {
    {"BBRBM", HEAT_LAYER_BINARY, HEAT_LAYER_BINARY},
    {"IIRBM", HEAT_LAYER_SPIN, HEAT_LAYER_SPIN},
    {"PBRBM", HEAT_LAYER_POTTS, HEAT_LAYER_BINARY},
};
enum { N_MODEL_TYPES = sizeof model_types / sizeof *model_types };

bool heat_rbms_recognise(const heat_store *store)
{
    return !heat_store_is_own(store) && heat_store_has(store, "model_type");
}

static heat_status read_model_type(heat_context *ctx, heat_store *store, const char *name, heat_rbm_parts *p)
{
    char *word = NULL;
    heat_status status = heat_store_get_word(ctx, store, "model_type", &word);

    if (status != HEAT_OK)
        return status;
    status = heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0,
                            "model_type is '%.40s'; those read are BBRBM (units 0 and 1), IIRBM (-1 and +1) "
                            "and PBRBM (visible Potts units)",
                            word);
    for (int k = 0; k < N_MODEL_TYPES; k++)
        if (strcmp(word, model_types[k].name) == 0) {
            p->visible = model_types[k].visible;
            p->hidden = model_types[k].hidden;
            status = HEAT_OK;
        }
    heat_free(word);
    return status;
}

static heat_status choose_update(heat_context *ctx, heat_store *store, const char *name, int64_t hint,
                                 int64_t *update)
{
    char group[64];

    if (!heat_store_find_last(store, "update_", update))
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0, "no group update_N holds an RBM");
    if (hint == 0)
        return HEAT_OK;
    snprintf(group, sizeof group, "update_%lld", (long long)hint - 1);
    if (!heat_store_has(store, group)) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)hint - 1);
        return heat_fail_option(ctx, "update", number, "%s has no update %s; its last is %lld", name, number,
                                (long long)*update);
    }
    *update = hint - 1;
    return HEAT_OK;
}

static heat_status get(heat_context *ctx, heat_store *store, int64_t update, const char *array,
                       heat_npy_array *a)
{
    char path[96];

    snprintf(path, sizeof path, "update_%lld/params/%s", (long long)update, array);
    return heat_store_get(ctx, store, path, HEAT_STORE_DOUBLE, &a->rank, a->extent, &a->values);
}

/* Of Potts units W is [visible][value][hidden], vbias [visible][value]: as rows and numbers of all values. */
static heat_status flatten(heat_context *ctx, const char *name, heat_rbm_parts *p, int64_t *n_states)
{
    heat_npy_array *w = &p->weights, *b = &p->visible_bias;

    *n_states = 1;
    if (p->visible != HEAT_LAYER_POTTS)
        return HEAT_OK;
    if (w->rank != 3 || b->rank != 2 || w->extent[0] != b->extent[0] || w->extent[1] != b->extent[1] ||
        b->extent[1] < 2 || b->extent[1] > HEAT_MOST_STATES)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0,
                              "of Potts units '%s' is expected as [visible][value][hidden], '%s' as "
                              "[visible][value], of 2 to %d values",
                              p->weights_name, p->visible_name, HEAT_MOST_STATES);
    *n_states = b->extent[1];
    w->rank = 2;
    w->extent[0] *= *n_states;
    w->extent[1] = w->extent[2];
    b->rank = 1;
    b->extent[0] *= *n_states;
    return HEAT_OK;
}

heat_status heat_rbms_read(heat_context *ctx, heat_store *store, const char *name, heat_edge_list *list)
{
    heat_rbm_parts p = {.weights_name = "weight_matrix",
                        .visible_name = "vbias",
                        .hidden_name = "hbias",
                        .is_oriented = true,
                        .layers_are_known = true};
    int64_t update = 0, n_states = 1;
    heat_status status = read_model_type(ctx, store, name, &p);

    if (status == HEAT_OK)
        status = choose_update(ctx, store, name, list->hints.update, &update);
    if (status == HEAT_OK)
        status = get(ctx, store, update, p.weights_name, &p.weights);
    if (status == HEAT_OK)
        status = get(ctx, store, update, p.visible_name, &p.visible_bias);
    if (status == HEAT_OK)
        status = get(ctx, store, update, p.hidden_name, &p.hidden_bias);
    if (status == HEAT_OK)
        status = flatten(ctx, name, &p, &n_states);
    if (status == HEAT_OK)
        status = heat_rbm_parts_assemble(ctx, name, &p, list);
    if (status == HEAT_OK && p.visible == HEAT_LAYER_POTTS) {
        list->rbm.n_visible /= (int32_t)n_states;
        list->rbm.visible_states = (int32_t)n_states;
        list->n_variables = (int64_t)list->rbm.n_visible + list->rbm.n_hidden;
    }
    heat_free(p.weights.values);
    heat_free(p.visible_bias.values);
    heat_free(p.hidden_bias.values);
    return status;
}
