/* One array, as the narrowest type that holds it. */
#include "io/chains_hdf5.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>

heat_status heat_chains_hdf5_read(heat_context *ctx, heat_store *store, const char *name,
                                  heat_kept_chains *chains)
{
    int64_t extent[HEAT_STORE_MAX_RANK] = {0}, count;
    int rank = 0;
    double *values = NULL;
    heat_status status;

    if (!heat_store_has(store, "chains"))
        return HEAT_OK;
    status = heat_store_get(ctx, store, "chains", HEAT_STORE_DOUBLE, &rank, extent, &values);
    if (status == HEAT_OK && (rank != 2 || extent[0] < 1 || extent[1] < 1 || extent[1] > INT32_MAX))
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0,
                                "'chains' is not an array of rows, one a chain");
    count = status == HEAT_OK ? extent[0] * extent[1] : 0;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count, sizeof *chains->values, &chains->values);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        chains->values[k] = (float)values[k];
        if (!isfinite(chains->values[k]))
            status = heat_fail_file(ctx, HEAT_ERROR_INPUT, name, 0, 0, "'chains' is not finite at place %lld",
                                    (long long)k);
    }
    chains->n = status == HEAT_OK ? extent[0] : 0;
    chains->n_visible = (int32_t)extent[1];
    heat_free(values);
    return status;
}

heat_status heat_chains_hdf5_write(heat_context *ctx, heat_store *store, const heat_kept_chains *chains)
{
    const int64_t extent[2] = {chains->n, chains->n_visible}, count = extent[0] * extent[1];
    bool is_whole = true;
    double *values = NULL;
    int8_t *states = NULL;
    heat_status status;

    for (int64_t k = 0; k < count && is_whole; k++)
        is_whole = fabsf(chains->values[k]) < 128 && chains->values[k] == floorf(chains->values[k]);
    status = is_whole ? heat_alloc(ctx, count, sizeof *states, &states)
                      : heat_alloc(ctx, count, sizeof *values, &values);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++)
        if (is_whole)
            states[k] = (int8_t)chains->values[k];
        else
            values[k] = (double)chains->values[k];
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "chains", is_whole ? HEAT_STORE_INT8 : HEAT_STORE_DOUBLE, 2,
                                extent, is_whole ? (const void *)states : values);
    heat_free(values);
    heat_free(states);
    return status;
}
