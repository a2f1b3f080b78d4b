/* An RBM with some of its units held is an RBM of the free ones: what held units add to fields goes into the
 * biases, what lies among them into the offset,
 *
 *     f'_i = f_i + sum_(j held) W_ij psi(h_j),   g'_j = g_j + sum_(i held) W_ij phi(v_i),
 *
 * f and g the fields at rest: of a unit with a precision a its mean becomes f'/a, which adds f'^2/2a. */
#include "base/memory.h"
#include "model/model_private.h"

#include <math.h>

/* The free units of a layer, ascending, and the fields that the held ones of the other leave all of its own.
 */
typedef struct layer {
    const heat_unit_layer *whole;
    const double *held; /* [n] values, NaN of free units */
    int32_t n_free;
    int32_t *free;     /* [n_free] */
    double *field;     /* [n][q] */
    double *bias;      /* [n_free][q] of the new model */
    double *precision; /* [n_free] */
} layer;

static void layer_clear(layer *l)
{
    heat_free(l->free);
    heat_free(l->field);
    heat_free(l->bias);
    heat_free(l->precision);
}

static heat_status read_layer(heat_context *ctx, const heat_unit_layer *whole, const double *held, layer *l)
{
    int64_t width = heat_unit_layer_width(whole);
    heat_status status = heat_alloc(ctx, whole->n, sizeof *l->free, &l->free);

    l->whole = whole;
    l->held = held;
    for (int32_t i = 0; i < whole->n && status == HEAT_OK; i++)
        if (isnan(held[i]))
            l->free[l->n_free++] = i;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, width, sizeof *l->field, &l->field);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)l->n_free * whole->q, sizeof *l->bias, &l->bias);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, l->n_free, sizeof *l->precision, &l->precision);
    for (int64_t a = 0; a < width && status == HEAT_OK; a++)
        l->field[a] = whole->bias[a];
    return status;
}

/* -E of the held units in these fields. */
static double sum_held(const layer *l, const double *field)
{
    double sum = 0;

    for (int32_t i = 0; i < l->whole->n; i++) {
        double x = l->held[i], feature;
        int32_t place;
        if (isnan(x))
            continue;
        feature = heat_unit_feature(l->whole, x, &place);
        sum += field[(int64_t)i * l->whole->q + place] * feature;
        if (l->whole->precision != NULL)
            sum -= l->whole->precision[i] * x * x / 2;
    }
    return sum;
}

/* Fields of the free units become biases; returns what their means at rest add to the energy. */
static double take_fields(layer *l)
{
    double sum = 0;

    for (int32_t k = 0; k < l->n_free; k++) {
        int32_t q = l->whole->q;
        const double *field = l->field + (int64_t)l->free[k] * q;
        for (int32_t a = 0; a < q; a++)
            l->bias[(int64_t)k * q + a] = field[a];
        if (l->whole->precision == NULL)
            continue;
        l->precision[k] = l->whole->precision[l->free[k]];
        l->bias[k] /= l->precision[k];
        sum += l->precision[k] * l->bias[k] * l->bias[k] / 2;
    }
    return sum;
}

/* Biases of the free units; returns the offset. */
static double reduce(const heat_unit_layers *u, layer *v, layer *h)
{
    double offset = u->offset - sum_held(v, v->field);

    for (int32_t i = 0; i < v->whole->n; i++)
        if (!isnan(v->held[i]))
            heat_units_add_visible(u, i, v->held[i], 1, h->field);
    for (int32_t j = 0; j < h->whole->n; j++)
        if (!isnan(h->held[j]))
            heat_units_add_hidden(u, j, h->held[j], 1, v->field);
    offset -= sum_held(h, h->field);
    return offset - take_fields(v) - take_fields(h);
}

static void copy_weights(const heat_unit_layers *u, const layer *v, const layer *h, double *weights)
{
    int64_t width = heat_unit_layer_width(&u->hidden);

    for (int32_t k = 0; k < v->n_free; k++)
        for (int32_t a = 0; a < v->whole->q; a++) {
            const double *row = u->weights + ((int64_t)v->free[k] * v->whole->q + a) * width;
            for (int32_t l = 0; l < h->n_free; l++)
                for (int32_t b = 0; b < h->whole->q; b++)
                    *weights++ = row[(int64_t)h->free[l] * h->whole->q + b];
        }
}

static heat_status make(heat_context *ctx, const heat_model *model, const heat_unit_layers *u, layer *v,
                        layer *h, heat_model **out)
{
    heat_rbm part;
    heat_layered layers;
    double *weights = NULL;
    bool is_whole = v->n_free > 0 && h->n_free > 0;
    heat_status status = HEAT_OK;

    if (!is_whole && heat_model_get_layered(model, &layers))
        return HEAT_OK;
    heat_rbm_init(&part);
    part.visible = u->visible.kind->layer;
    part.hidden = u->hidden.kind->layer;
    part.visible_states = u->visible.q;
    part.hidden_states = u->hidden.q;
    part.n_visible = v->n_free;
    part.n_hidden = h->n_free;
    part.offset = reduce(u, v, h);
    status = heat_alloc(ctx, heat_rbm_visible_width(&part) * heat_rbm_hidden_width(&part), sizeof *weights,
                        &weights);
    if (status == HEAT_OK)
        copy_weights(u, v, h, weights);
    part.weights = weights;
    part.visible_bias = v->bias;
    part.hidden_bias = h->bias;
    part.visible_precision = v->precision;
    part.hidden_precision = h->precision;
    if (status == HEAT_OK) /* which alone takes a layer without units */
        status = (is_whole ? heat_rbm_create : heat_unit_rbm_create)(ctx, &part, model->name, "memory", out);
    heat_free(weights);
    return status;
}

heat_status heat_rbm_create_clamped(heat_context *ctx, const heat_model *model, const double *held,
                                    heat_model **out)
{
    heat_unit_layers u;
    layer v = {0}, h = {0};
    heat_status status;

    heat_model_get_units(model, &u);
    status = read_layer(ctx, &u.visible, held, &v);
    if (status == HEAT_OK)
        status = read_layer(ctx, &u.hidden, held + u.visible.n, &h);
    if (status == HEAT_OK)
        status = make(ctx, model, &u, &v, &h, out);
    layer_clear(&v);
    layer_clear(&h);
    return status;
}
