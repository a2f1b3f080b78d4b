/* Marginals as files: .npy holds those of single variables, .h5 all. */
#include "base/context_private.h"
#include "io/npy.h"
#include "io/store.h"

#include <heatbath/exact.h>
#include <string.h>

static heat_status save_single(heat_context *ctx, const heat_marginals *m, const char *path)
{
    const int64_t extent[2] = {m->n_variables, m->n_states};
    heat_atomic_file *file;
    heat_status status = heat_npy_create(ctx, path, "<f8", 2, extent, &file);

    if (status != HEAT_OK)
        return status;
    status = heat_atomic_file_write(file, m->single, sizeof(double) * (size_t)(extent[0] * extent[1]));
    return heat_atomic_file_finish(file, status);
}

typedef struct named_array {
    const char *name;
    heat_store_type type;
    int rank;
    int64_t extent[3];
    const void *data;
    const char *axes;
} named_array;

static heat_status save_all(heat_context *ctx, const heat_marginals *m, const char *path)
{
    const int64_t n = m->n_variables, q = m->n_states, pairs = m->n_pairs;
    const named_array arrays[] = {
        {"single", HEAT_STORE_DOUBLE, 2, {n, q}, m->single, "variable,value"},
        {"i", HEAT_STORE_INT32, 1, {pairs}, m->i, "pair"},
        {"j", HEAT_STORE_INT32, 1, {pairs}, m->j, "pair"},
        {"pair", HEAT_STORE_DOUBLE, 3, {pairs, q, q}, m->pair, "pair,value of i,value of j"},
        {"temperature", HEAT_STORE_DOUBLE, 0, {0}, &m->temperature, NULL},
        {"log_z", HEAT_STORE_DOUBLE, 0, {0}, &m->log_z, NULL},
        {"mean_energy", HEAT_STORE_DOUBLE, 0, {0}, &m->mean_energy, NULL},
        {"entropy", HEAT_STORE_DOUBLE, 0, {0}, &m->entropy, NULL},
    };
    heat_store *store = NULL;
    heat_status status = heat_store_create(ctx, path, "marginals", &store);

    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == HEAT_OK; k++) {
        const named_array *a = &arrays[k];
        status = heat_store_put(ctx, store, a->name, a->type, a->rank, a->extent, a->data);
        if (status == HEAT_OK && a->axes != NULL)
            status = heat_store_put_text(ctx, store, a->name, "axes", a->axes);
    }
    if (status == HEAT_OK)
        status = heat_store_put_text(ctx, store, NULL, "method", m->method);
    if (status == HEAT_OK)
        return heat_store_commit(ctx, store);
    heat_store_close(store);
    return status;
}

heat_status heat_marginals_save(heat_context *ctx, const heat_marginals *m, const char *path)
{
    const char *dot;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (m == NULL || path == NULL || m->single == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_marginals_save: no marginals or no path");
    dot = strrchr(path, '.');
    if (dot != NULL && strcmp(dot, ".npy") == 0)
        return save_single(ctx, m, path);
    if (dot != NULL && strcmp(dot, ".h5") == 0)
        return save_all(ctx, m, path);
    return heat_fail_option(ctx, "marginals", path, "marginals are written as .npy or .h5");
}
