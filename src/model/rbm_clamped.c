/* An RBM with some of its units held is an RBM of the free ones: the weights of held units go into the
 * biases, b'_i = b_i + sum_(j held) W_ij h_j,   c'_j = c_j + sum_(i held) W_ij v_i, and what lies among them
 * into the offset. */
#include "base/memory.h"
#include "model/model_private.h"

/* The free units of a layer, ascending, and what the held ones count. */
typedef struct layer {
    int32_t n, n_free;
    int32_t *free; /* [n_free] */
    double *held;  /* [n] the held unit's value; 0 where it is free */
    double *bias;  /* [n_free] of the new model */
    const double *old_bias;
} layer;

static void layer_clear(layer *l)
{
    heat_free(l->free);
    heat_free(l->held);
    heat_free(l->bias);
}

static heat_status read_layer(heat_context *ctx, heat_coding coding, heat_layer kind, int32_t n,
                              const int8_t *clamp, const double *bias, layer *l)
{
    heat_status status = heat_alloc(ctx, n, sizeof *l->free, &l->free);

    l->n = n;
    l->old_bias = bias;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *l->held, &l->held);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++)
        if (clamp[i] == HEAT_FREE)
            l->free[l->n_free++] = i;
        else
            l->held[i] = kind == HEAT_LAYER_SPIN && coding != HEAT_CODING_SPIN ? 2 * clamp[i] - 1 : clamp[i];
    if (status == HEAT_OK)
        status = heat_alloc(ctx, l->n_free, sizeof *l->bias, &l->bias);
    for (int32_t k = 0; k < l->n_free && status == HEAT_OK; k++)
        l->bias[k] = bias[l->free[k]];
    return status;
}

/* Biases and weights of the free units; returns the offset. */
static double reduce(const heat_rbm *r, const layer *v, const layer *h, double *weights)
{
    double offset = r->offset;

    for (int32_t i = 0; i < v->n; i++)
        offset -= v->held[i] * v->old_bias[i];
    for (int32_t j = 0; j < h->n; j++)
        offset -= h->held[j] * h->old_bias[j];
    for (int32_t i = 0; i < v->n; i++)
        for (int32_t j = 0; j < h->n; j++)
            offset -= v->held[i] * r->weights[(int64_t)i * h->n + j] * h->held[j];
    for (int32_t k = 0; k < v->n_free; k++) {
        const double *w = r->weights + (int64_t)v->free[k] * h->n;
        for (int32_t j = 0; j < h->n; j++)
            v->bias[k] += w[j] * h->held[j];
        for (int32_t l = 0; l < h->n_free; l++)
            weights[(int64_t)k * h->n_free + l] = w[h->free[l]];
    }
    for (int32_t i = 0; i < v->n; i++)
        for (int32_t l = 0; l < h->n_free; l++)
            h->bias[l] += v->held[i] * r->weights[(int64_t)i * h->n + h->free[l]];
    return offset;
}

heat_status heat_rbm_create_clamped(heat_context *ctx, const heat_model *model, const int8_t *clamp,
                                    heat_model **out)
{
    heat_rbm whole, part;
    layer v = {0}, h = {0};
    double *weights = NULL;
    heat_status status = heat_model_get_rbm(ctx, model, &whole);

    if (status == HEAT_OK)
        status = read_layer(ctx, model->info.coding, whole.visible, whole.n_visible, clamp,
                            whole.visible_bias, &v);
    if (status == HEAT_OK)
        status = read_layer(ctx, model->info.coding, whole.hidden, whole.n_hidden, clamp + whole.n_visible,
                            whole.hidden_bias, &h);
    if (status != HEAT_OK || v.n_free == 0 || h.n_free == 0)
        goto out;
    status = heat_alloc(ctx, (int64_t)v.n_free * h.n_free, sizeof *weights, &weights);
    if (status != HEAT_OK)
        goto out;
    part = whole;
    part.n_visible = v.n_free;
    part.n_hidden = h.n_free;
    part.offset = reduce(&whole, &v, &h, weights);
    part.weights = weights;
    part.visible_bias = v.bias;
    part.hidden_bias = h.bias;
    status = heat_rbm_create(ctx, &part, model->name, "memory", out);
out:
    heat_free(weights);
    layer_clear(&v);
    layer_clear(&h);
    return status;
}
