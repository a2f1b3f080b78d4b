/* Training that goes on from a model, and the persistent chains that a model keeps for it. */
#include "base/context_private.h"
#include "base/memory.h"
#include "learn/learner.h"

#include <math.h>
#include <string.h>

/* True if the learner's units may be worth that. */
static bool is_value(const heat_learner *l, float value)
{
    if (heat_row_is_real(&l->form))
        return true;
    if (l->coding == HEAT_CODING_SPIN)
        return value == -1 || value == 1;
    return value >= 0 && value < (float)l->n_states && value == floorf(value);
}

static heat_status take_chains(heat_context *ctx, const heat_model *initial, const heat_learner *l,
                               heat_negative *negative)
{
    const float *values;
    int64_t n = heat_model_get_chains(initial, &values), width = l->n_visible - l->n_drawn;
    void *rows = negative->kind->get_chains(negative);

    for (int64_t k = 0; k < negative->n_chains * width && n > 0; k++) { /* hidden units are random */
        const float x = values[k % (n * width)];
        if (!is_value(l, x))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                             "option --initial: chain %lld is %g at unit %lld, which is no value of the data",
                             (long long)(k / width % n), (double)x, (long long)(k % width));
        heat_row_set(&l->form, rows, k / width * l->n_visible + k % width, (double)x);
    }
    return HEAT_OK;
}

heat_status heat_learn_go_on(heat_context *ctx, const heat_model *initial, heat_learner *l,
                             heat_negative *negative)
{
    heat_status status = l->kind->take(ctx, initial, l);

    l->n_changes++;
    return status == HEAT_OK && negative->kind->get_chains != NULL ? take_chains(ctx, initial, l, negative)
                                                                   : status;
}

heat_status heat_learn_keep_chains(heat_context *ctx, const heat_learner *l, heat_negative *negative,
                                   heat_model *model)
{
    int64_t width = l->n_visible - l->n_drawn, count = negative->n_chains * width;
    float *values = NULL;
    heat_status status;

    if (negative->kind->get_chains == NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, count, sizeof *values, &values);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++)
        values[k] = (float)heat_row_get(&l->form, negative->kind->get_chains(negative),
                                        k / width * l->n_visible + k % width);
    if (status == HEAT_OK)
        status = heat_model_keep_chains(ctx, model, negative->n_chains, values);
    heat_free(values);
    return status;
}

static double find_coupling(const heat_pairwise *view, int32_t i, int32_t j, int64_t *n_found)
{
    for (int64_t k = view->row[i]; k < view->row[i + 1]; k++)
        if (view->col[k] == j) {
            ++*n_found;
            return heat_pairwise_coupling(view, k);
        }
    return 0;
}

heat_status heat_learner_take_pairs(heat_context *ctx, const heat_model *model, int32_t n_units,
                                    int64_t n_edges, const int32_t *i, const int32_t *j, bool is_spin,
                                    double *weights, double *biases)
{
    heat_model_info info;
    heat_pairwise view;
    int64_t n_found = 0;

    heat_model_describe(model, &info);
    if (!heat_model_get_pairwise(model, &view) || (info.coding == HEAT_CODING_SPIN) != is_spin)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "option --initial: %s is no graph of units of %s",
                         info.name, is_spin ? "-1 and +1" : "0 and 1");
    if (view.n != n_units)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "option --initial: %s has %d units, and %d are learned",
                         info.name, (int)view.n, (int)n_units);
    memcpy(biases, view.field, (size_t)n_units * sizeof *biases);
    for (int64_t e = 0; e < n_edges; e++)
        weights[e] = find_coupling(&view, i[e], j[e], &n_found);
    if (n_found < view.row[view.n] / 2)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "option --initial: %s couples pairs that are not learned",
                         info.name);
    for (int64_t e = 0; e < n_edges && !is_spin; e++) { /* s = 2x - 1 */
        biases[i[e]] -= weights[e];
        biases[j[e]] -= weights[e];
        weights[e] *= 4;
    }
    for (int32_t k = 0; k < n_units && !is_spin; k++)
        biases[k] *= 2;
    return HEAT_OK;
}

static bool is_layer(const heat_unit_layer *layer, heat_layer is, int32_t n, int32_t n_states)
{
    return layer->kind->layer == is && layer->n == n && (is != HEAT_LAYER_POTTS || layer->q == n_states);
}

heat_status heat_learner_take_rbm(heat_context *ctx, const heat_model *model, const heat_unit_layer *visible,
                                  const heat_unit_layer *hidden, heat_rbm *rbm)
{
    heat_model_info info;

    heat_model_describe(model, &info);
    heat_rbm_init(rbm);
    if (strcmp(info.kind, "rbm") != 0)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "option --initial: %s is no RBM (kind %s)", info.name,
                         info.kind);
    if (heat_model_get_rbm(ctx, model, rbm) == HEAT_OK &&
        is_layer(visible, rbm->visible, rbm->n_visible, rbm->visible_states) &&
        is_layer(hidden, rbm->hidden, rbm->n_hidden, rbm->hidden_states))
        return HEAT_OK;
    return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                     "option --initial: %s has %d visible units (%s) and %d hidden ones (%s), and what is "
                     "learned has %d (%s) and %d (%s)",
                     info.name, (int)rbm->n_visible, heat_layer_name(rbm->visible), (int)rbm->n_hidden,
                     heat_layer_name(rbm->hidden), (int)visible->n, heat_layer_name(visible->kind->layer),
                     (int)hidden->n, heat_layer_name(hidden->kind->layer));
}

void heat_learn_follow(heat_context *ctx, const heat_model *initial, heat_learn_options *options)
{
    heat_model_info info;
    heat_rbm rbm;

    heat_model_describe(initial, &info);
    heat_rbm_init(&rbm);
    if (strcmp(info.kind, "rbm") != 0 || heat_model_get_rbm(ctx, initial, &rbm) != HEAT_OK)
        return;
    if (options->hidden == HEAT_AUTO)
        options->hidden = rbm.n_hidden;
    if (strcmp(options->visible_layer, "auto") == 0)
        options->visible_layer = heat_layer_name(rbm.visible);
    if (strcmp(options->hidden_layer, "auto") == 0) {
        options->hidden_layer = heat_layer_name(rbm.hidden);
        if (rbm.hidden == HEAT_LAYER_POTTS)
            options->hidden_states = rbm.hidden_states;
    }
}
