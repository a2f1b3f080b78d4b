/* The result of heat_sample: its life, and its kept states as files. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/npy.h"
#include "io/store.h"
#include "sample/interpolation.h"
#include "sample/sample_histogram.h"

#include <heatbath/sample.h>
#include <string.h>

void heat_sample_result_init(heat_sample_result *result)
{
    *result = (heat_sample_result){.size = sizeof *result};
}

void heat_sample_result_clear(heat_sample_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    for (int32_t t = 0; r->temperatures != NULL && t < r->n_temperatures; t++) {
        heat_free(r->temperatures[t].observables);
        heat_histograms_clear(&r->temperatures[t]);
        heat_free(r->temperatures[t].spin_mean);
        heat_free(r->temperatures[t].spin_error);
        heat_free(r->temperatures[t].edge_mean);
        heat_free(r->temperatures[t].edge_error);
    }
    heat_free(r->temperatures);
    heat_interpolation_clear(r);
    heat_free(r->reasons);
    heat_free(r->edge_i);
    heat_free(r->edge_j);
    heat_free(r->states);
    heat_free(r->values);
    heat_free(r->energies);
    size = r->size;
    *r = (heat_sample_result){.size = size};
}

static heat_status save_store(heat_context *ctx, const heat_sample_result *r, const int64_t *extent,
                              const char *path)
{
    heat_store *store = NULL;
    double *temperatures = NULL;
    heat_status status = heat_alloc(ctx, r->n_temperatures, sizeof *temperatures, &temperatures);

    for (int32_t t = 0; t < r->n_temperatures && status == HEAT_OK; t++)
        temperatures[t] = r->temperatures[t].temperature;
    if (status == HEAT_OK)
        status = heat_store_create(ctx, path, "samples", &store);
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "states", r->states != NULL ? HEAT_STORE_INT8 : HEAT_STORE_DOUBLE,
                                4, extent, r->states != NULL ? (const void *)r->states : r->values);
    if (status == HEAT_OK)
        status = heat_store_put_text(ctx, store, "states", "axes", "temperature,chain,draw,variable");
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "energy", HEAT_STORE_DOUBLE, 3, extent, r->energies);
    if (status == HEAT_OK)
        status = heat_store_put_text(ctx, store, "energy", "axes", "temperature,chain,draw");
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "temperature", HEAT_STORE_DOUBLE, 1, extent, temperatures);
    if (status == HEAT_OK)
        status = heat_store_put_text(ctx, store, NULL, "engine", r->engine);
    if (status == HEAT_OK)
        status = heat_store_commit(ctx, store);
    else
        heat_store_close(store);
    heat_free(temperatures);
    return status;
}

static bool ends_with(const char *text, const char *tail)
{
    size_t n = strlen(text), m = strlen(tail);

    return n >= m && strcmp(text + n - m, tail) == 0;
}

heat_status heat_sample_result_save(heat_context *ctx, const heat_sample_result *r, const char *path)
{
    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (r == NULL || path == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_sample_result_save: no result or no path");
    if (r->states == NULL && r->values == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "no states were kept (option keep_states)");
    {
        const int64_t extent[4] = {r->n_temperatures, r->n_chains, r->n_draws, r->n_variables};
        if (ends_with(path, ".npy"))
            return r->states != NULL ? heat_npy_write(ctx, path, "|i1", 4, extent, r->states)
                                     : heat_npy_write(ctx, path, "<f8", 4, extent, r->values);
        if (ends_with(path, ".h5"))
            return save_store(ctx, r, extent, path);
    }
    return heat_fail_option(ctx, "output", path, "states are written as .npy or .h5");
}
