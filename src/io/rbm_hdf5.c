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

bool heat_layer_get(const char *word, heat_layer *layer)
{
    static const heat_layer all[] = {HEAT_LAYER_BINARY, HEAT_LAYER_SPIN};

    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (strcmp(word, heat_layer_name(all[k])) == 0) {
            *layer = all[k];
            return true;
        }
    return false;
}

static heat_status read_layer(const rbm_reader *r, const char *attribute, heat_layer *layer)
{
    char *word = NULL;
    heat_status status = heat_store_get_text(r->ctx, r->store, NULL, attribute, &word);

    if (status == HEAT_OK && !heat_layer_get(word, layer))
        status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, 0, 0,
                                "the layer %s is '%.40s', expected binary or spin", attribute, word);
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

heat_status heat_rbm_hdf5_read(heat_context *ctx, heat_store *store, const char *name, heat_edge_list *list)
{
    rbm_reader r = {ctx, store, name};
    int64_t shape[2] = {-1, -1};
    heat_status status = read_layer(&r, "visible", &list->rbm.visible);

    if (status == HEAT_OK)
        status = read_layer(&r, "hidden", &list->rbm.hidden);
    if (status == HEAT_OK)
        status = read_array(&r, "weights", 2, shape, &list->rbm.weights);
    if (status == HEAT_OK && (shape[0] < 1 || shape[1] < 1 || shape[0] + shape[1] != list->n_variables))
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0,
                                "'weights' is %lld by %lld, of n_variables = %lld", (long long)shape[0],
                                (long long)shape[1], (long long)list->n_variables);
    if (status == HEAT_OK)
        status = read_array(&r, "visible_bias", 1, &shape[0], &list->rbm.visible_bias);
    if (status == HEAT_OK)
        status = read_array(&r, "hidden_bias", 1, &shape[1], &list->rbm.hidden_bias);
    if (status == HEAT_OK && !isfinite(list->offset))
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0, "the offset is not finite");
    if (status != HEAT_OK)
        return status;
    list->rbm.n_visible = (int32_t)shape[0];
    list->rbm.n_hidden = (int32_t)shape[1];
    return HEAT_OK;
}

heat_status heat_rbm_hdf5_write(heat_context *ctx, heat_store *store, const heat_edge_list *list)
{
    const heat_rbm *r = &list->rbm;
    int64_t shape[2] = {r->n_visible, r->n_hidden};
    heat_status status = heat_store_put_text(ctx, store, NULL, "visible", heat_layer_name(r->visible));

    if (status == HEAT_OK)
        status = heat_store_put_text(ctx, store, NULL, "hidden", heat_layer_name(r->hidden));
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "weights", HEAT_STORE_DOUBLE, 2, shape, r->weights);
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "visible_bias", HEAT_STORE_DOUBLE, 1, &shape[0], r->visible_bias);
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "hidden_bias", HEAT_STORE_DOUBLE, 1, &shape[1], r->hidden_bias);
    return status;
}
