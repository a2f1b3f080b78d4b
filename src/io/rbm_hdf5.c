/* The weights say how many units there are; then every number is looked at. */
#include "io/rbm_hdf5.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

typedef struct rbm_reader {
    heat_context *ctx;
    heat_store *store;
    const char *name; /* of the file */
} rbm_reader;

static heat_status read_layer(const rbm_reader *r, const char *attribute, heat_layer *layer)
{
    char *word = NULL;
    heat_status status = heat_store_get_text(r->ctx, r->store, NULL, attribute, &word);

    if (status == HEAT_OK && !heat_layer_find(word, layer))
        status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                "the layer %s is '%.40s', expected binary, spin, potts, gaussian or relu",
                                attribute, word);
    heat_free(word);
    return status;
}

/* Reads an array of `rank` axes, whose lengths are in `extent` (-1: any), and looks at its numbers. */
static heat_status read_array(const rbm_reader *r, const char *array, int rank, int64_t *extent,
                              const double **out)
{
    int64_t found[HEAT_STORE_MAX_RANK] = {0}, count = 1;
    int n_axes = 0;
    double *values = NULL;
    heat_status status = heat_store_get(r->ctx, r->store, array, HEAT_STORE_DOUBLE, &n_axes, found, &values);

    *out = values;
    if (status != HEAT_OK)
        return status;
    if (n_axes != rank)
        return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'%s' has %d axes, expected %d", array,
                              n_axes, rank);
    for (int k = 0; k < rank; k++) {
        if (extent[k] != -1 && found[k] != extent[k])
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                  "axis %d of '%s' has length %lld, expected %lld", k, array,
                                  (long long)found[k], (long long)extent[k]);
        extent[k] = found[k];
        count *= found[k];
    }
    for (int64_t k = 0; k < count; k++)
        if (!isfinite(values[k]))
            return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0, "'%s' is not finite at place %lld",
                                  array, (long long)k);
    return HEAT_OK;
}

/* The bias of a layer, whose width is known: of Potts units it says how many there are, and of how many
 * states. */
static heat_status read_bias(const rbm_reader *r, const char *array, heat_layer layer, int64_t width,
                             int32_t *n, int32_t *n_states, const double **bias)
{
    int64_t extent[2] = {-1, -1};
    bool is_potts = layer == HEAT_LAYER_POTTS;
    heat_status status = read_array(r, array, is_potts ? 2 : 1, extent, bias);

    if (status != HEAT_OK)
        return status;
    if (extent[0] < 1 || (is_potts && (extent[1] < 2 || extent[1] > HEAT_MOST_STATES)) ||
        (is_potts ? extent[0] * extent[1] : extent[0]) != width)
        return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                              "'%s' does not fit 'weights', which has %lld of its units' values", array,
                              (long long)width);
    *n = (int32_t)extent[0];
    *n_states = is_potts ? (int32_t)extent[1] : 0;
    return HEAT_OK;
}

/* One number a unit, where the layer has a precision. */
static heat_status read_precision(const rbm_reader *r, const char *array, heat_layer layer, int64_t n,
                                  const double **precision)
{
    if (layer != HEAT_LAYER_GAUSSIAN && layer != HEAT_LAYER_RELU)
        return HEAT_OK;
    return read_array(r, array, 1, &n, precision);
}

heat_status heat_rbm_hdf5_read(heat_context *ctx, heat_store *store, const char *name, heat_edge_list *list)
{
    rbm_reader r = {ctx, store, name};
    int64_t shape[2] = {-1, -1};
    heat_status status = read_layer(&r, "visible", &list->rbm.visible);

    if (status == HEAT_OK)
        status = read_layer(&r, "hidden", &list->rbm.hidden);
    if (status == HEAT_OK)
        status = read_array(&r, "weights", 2, shape, &list->rbm.weights);
    if (status == HEAT_OK)
        status = read_bias(&r, "visible_bias", list->rbm.visible, shape[0], &list->rbm.n_visible,
                           &list->rbm.visible_states, &list->rbm.visible_bias);
    if (status == HEAT_OK)
        status = read_bias(&r, "hidden_bias", list->rbm.hidden, shape[1], &list->rbm.n_hidden,
                           &list->rbm.hidden_states, &list->rbm.hidden_bias);
    if (status == HEAT_OK && (int64_t)list->rbm.n_visible + list->rbm.n_hidden != list->n_variables)
        status =
            heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0, "%d and %d units, of n_variables = %lld",
                           (int)list->rbm.n_visible, (int)list->rbm.n_hidden, (long long)list->n_variables);
    if (status == HEAT_OK)
        status = read_precision(&r, "visible_precision", list->rbm.visible, list->rbm.n_visible,
                                &list->rbm.visible_precision);
    if (status == HEAT_OK)
        status = read_precision(&r, "hidden_precision", list->rbm.hidden, list->rbm.n_hidden,
                                &list->rbm.hidden_precision);
    if (status == HEAT_OK && !isfinite(list->offset))
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0, "the offset is not finite");
    return status;
}

/* The arrays of one layer. */
static heat_status write_layer(heat_context *ctx, heat_store *store, const char *bias_name,
                               const char *precision_name, int32_t n, int64_t width, const double *bias,
                               const double *precision)
{
    const int64_t extent[2] = {n, width / n};
    heat_status status =
        heat_store_put(ctx, store, bias_name, HEAT_STORE_DOUBLE, width > n ? 2 : 1, extent, bias);

    if (status == HEAT_OK && precision != NULL)
        status = heat_store_put(ctx, store, precision_name, HEAT_STORE_DOUBLE, 1, extent, precision);
    return status;
}

heat_status heat_rbm_hdf5_write(heat_context *ctx, heat_store *store, const heat_edge_list *list)
{
    const heat_rbm *r = &list->rbm;
    int64_t shape[2] = {(int64_t)r->n_visible * (r->visible == HEAT_LAYER_POTTS ? r->visible_states : 1),
                        (int64_t)r->n_hidden * (r->hidden == HEAT_LAYER_POTTS ? r->hidden_states : 1)};
    heat_status status = heat_store_put_text(ctx, store, NULL, "visible", heat_layer_name(r->visible));

    if (status == HEAT_OK)
        status = heat_store_put_text(ctx, store, NULL, "hidden", heat_layer_name(r->hidden));
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "weights", HEAT_STORE_DOUBLE, 2, shape, r->weights);
    if (status == HEAT_OK)
        status = write_layer(ctx, store, "visible_bias", "visible_precision", r->n_visible, shape[0],
                             r->visible_bias, r->visible_precision);
    if (status == HEAT_OK)
        status = write_layer(ctx, store, "hidden_bias", "hidden_precision", r->n_hidden, shape[1],
                             r->hidden_bias, r->hidden_precision);
    return status;
}
