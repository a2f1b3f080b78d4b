/* Orientation is told by the names, by the lengths of the biases, or by an option; never guessed. */
#include "io/rbm_parts.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

static heat_status check_array(heat_context *ctx, const char *file, const char *name, const heat_npy_array *a,
                               int rank)
{
    int64_t count = 1;

    if (a->values == NULL)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0, "the array '%s' is missing", name);
    if (a->rank != rank)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0, "'%s' has %d axes, expected %d", name,
                              a->rank, rank);
    for (int k = 0; k < rank; k++)
        count *= a->extent[k];
    for (int64_t k = 0; k < count; k++)
        if (!isfinite(a->values[k]))
            return heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0, "'%s' is not finite at place %lld", name,
                                  (long long)k);
    return HEAT_OK;
}

static bool fits(const heat_rbm_parts *p, bool transposed)
{
    return p->weights.extent[transposed] == p->visible_bias.extent[0] &&
           p->weights.extent[!transposed] == p->hidden_bias.extent[0];
}

static heat_status orient(heat_context *ctx, const char *file, const heat_rbm_parts *p,
                          const heat_rbm_hints *hints, bool *transposed)
{
    if (hints->transpose != HEAT_HINT_NONE)
        *transposed = hints->transpose == HEAT_HINT_YES;
    else if (p->is_oriented)
        *transposed = p->is_transposed;
    else if (fits(p, false) && fits(p, true))
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0,
                              "'%s' is square, %lld by %lld: it can be read as [visible][hidden] and as "
                              "[hidden][visible]: say which with --transpose=false or --transpose",
                              p->weights_name, (long long)p->weights.extent[0],
                              (long long)p->weights.extent[1]);
    else
        *transposed = fits(p, true);
    if (fits(p, *transposed) && p->weights.extent[0] > 0 && p->weights.extent[1] > 0 &&
        p->weights.extent[0] + p->weights.extent[1] < INT32_MAX)
        return HEAT_OK;
    return heat_fail_file(
        ctx, HEAT_ERROR_INPUT, file, 0, 0,
        "'%s' is %lld by %lld, '%s' (visible) has %lld entries and '%s' (hidden) %lld: they "
        "do not fit together",
        p->weights_name, (long long)p->weights.extent[0], (long long)p->weights.extent[1], p->visible_name,
        (long long)p->visible_bias.extent[0], p->hidden_name, (long long)p->hidden_bias.extent[0]);
}

/* What the units of a layer are: the file's word, the option's, or 0 and 1. */
static heat_status choose_layer(heat_context *ctx, const char *option, const heat_rbm_parts *p,
                                heat_layer told, const int hint, heat_layer *layer)
{
    *layer = p->layers_are_known ? told : hint > 0 ? (heat_layer)(hint - 1) : HEAT_LAYER_BINARY;
    if (hint > 0 && (heat_layer)(hint - 1) != *layer)
        return heat_fail_option(ctx, option, heat_layer_name((heat_layer)(hint - 1)),
                                "the file says that these units are %s", heat_layer_name(*layer));
    return HEAT_OK;
}

static heat_status copy(heat_context *ctx, const double *from, int64_t count, const double **out)
{
    double *to = NULL;
    heat_status status = heat_alloc(ctx, count, sizeof *to, &to);

    if (status == HEAT_OK)
        memcpy(to, from, (size_t)count * sizeof *to);
    *out = to;
    return status;
}

static heat_status copy_weights(heat_context *ctx, const heat_rbm_parts *p, bool transposed, heat_rbm *rbm)
{
    double *to = NULL;
    int64_t v = rbm->n_visible, h = rbm->n_hidden;
    heat_status status = heat_alloc(ctx, v * h, sizeof *to, &to);

    for (int64_t i = 0; i < v && status == HEAT_OK; i++)
        for (int64_t j = 0; j < h; j++)
            to[i * h + j] = p->weights.values[transposed ? j * v + i : i * h + j];
    rbm->weights = to;
    return status;
}

heat_status heat_rbm_parts_assemble(heat_context *ctx, const char *file, const heat_rbm_parts *p,
                                    heat_edge_list *list)
{
    heat_rbm *rbm = &list->rbm;
    bool transposed = false;
    heat_status status = check_array(ctx, file, p->weights_name, &p->weights, 2);

    if (status == HEAT_OK)
        status = check_array(ctx, file, p->visible_name, &p->visible_bias, 1);
    if (status == HEAT_OK)
        status = check_array(ctx, file, p->hidden_name, &p->hidden_bias, 1);
    if (status == HEAT_OK)
        status = orient(ctx, file, p, &list->hints, &transposed);
    if (status == HEAT_OK)
        status = choose_layer(ctx, "visible-layer", p, p->visible, list->hints.visible, &rbm->visible);
    if (status == HEAT_OK)
        status = choose_layer(ctx, "hidden-layer", p, p->hidden, list->hints.hidden, &rbm->hidden);
    if (status != HEAT_OK)
        return status;
    if (!p->layers_are_known && (list->hints.visible == 0 || list->hints.hidden == 0))
        heat_log(ctx, HEAT_LOG_NOTE,
                 "%s does not say what its %s units are: they are read as 0 and 1 (--visible-layer, "
                 "--hidden-layer)",
                 file,
                 list->hints.visible > 0  ? "hidden"
                 : list->hints.hidden > 0 ? "visible"
                                          : "visible and hidden");
    list->form = HEAT_FORM_RBM;
    rbm->n_visible = (int32_t)p->visible_bias.extent[0];
    rbm->n_hidden = (int32_t)p->hidden_bias.extent[0];
    list->n_variables = (int64_t)rbm->n_visible + rbm->n_hidden;
    status = copy_weights(ctx, p, transposed, rbm);
    if (status == HEAT_OK)
        status = copy(ctx, p->visible_bias.values, rbm->n_visible, &rbm->visible_bias);
    if (status == HEAT_OK)
        status = copy(ctx, p->hidden_bias.values, rbm->n_hidden, &rbm->hidden_bias);
    return status;
}
