/* Marginals as files: .npy holds those of single variables, .h5 and .csv all. */
#include "base/context_private.h"
#include "base/text.h"
#include "io/npy.h"
#include "io/store.h"
#include "model/variable_name.h"

#include <heatbath/exact.h>

enum { NUMBER_SIZE = 32 };

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

/* `,value` of a state, in the coding of the model. */
static heat_status write_value(heat_atomic_file *file, const heat_model_info *info, int64_t state)
{
    return heat_atomic_file_print(file, ",%d",
                                  (int)(info->coding == HEAT_CODING_SPIN ? 2 * state - 1 : state));
}

static heat_status write_single(heat_atomic_file *file, const heat_model *model, const heat_model_info *info,
                                const heat_marginals *m, int64_t k)
{
    char p[NUMBER_SIZE];
    heat_status status = heat_variable_name_write(file, model, "", (int32_t)(k / m->n_states));

    if (status == HEAT_OK)
        status = write_value(file, info, k % m->n_states);
    return status == HEAT_OK
               ? heat_atomic_file_print(file, ",,,%s\n", heat_text_real(m->single[k], p, sizeof p))
               : status;
}

static heat_status write_pair(heat_atomic_file *file, const heat_model *model, const heat_model_info *info,
                              const heat_marginals *m, int64_t k)
{
    const int64_t q = m->n_states, pair = k / q / q;
    char p[NUMBER_SIZE];
    heat_status status = heat_variable_name_write(file, model, "", m->i[pair]);

    if (status == HEAT_OK)
        status = write_value(file, info, k / q % q);
    if (status == HEAT_OK)
        status = heat_atomic_file_print(file, ",");
    if (status == HEAT_OK)
        status = heat_variable_name_write(file, model, "", m->j[pair]);
    if (status == HEAT_OK)
        status = write_value(file, info, k % q);
    return status == HEAT_OK ? heat_atomic_file_print(file, ",%s\n", heat_text_real(m->pair[k], p, sizeof p))
                             : status;
}

static heat_status save_csv(heat_context *ctx, const heat_model *model, const heat_marginals *m,
                            const char *path)
{
    const int64_t q = m->n_states;
    heat_model_info info;
    heat_atomic_file *file;
    heat_status status = heat_atomic_file_create(ctx, path, &file);

    heat_model_describe(model, &info);
    if (status == HEAT_OK)
        status = heat_atomic_file_print(file, "i,value_i,j,value_j,p\n");
    for (int64_t k = 0; k < m->n_variables * q && status == HEAT_OK; k++)
        status = write_single(file, model, &info, m, k);
    for (int64_t k = 0; k < m->n_pairs * q * q && status == HEAT_OK; k++)
        status = write_pair(file, model, &info, m, k);
    return heat_atomic_file_finish(file, status);
}

heat_status heat_marginals_save(heat_context *ctx, const heat_model *model, const heat_marginals *m,
                                const char *path)
{
    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || m == NULL || path == NULL || m->single == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_marginals_save: no model, no marginals or no path");
    if (heat_path_ends_in(path, ".csv"))
        return save_csv(ctx, model, m, path);
    if (heat_path_ends_in(path, ".npy"))
        return save_single(ctx, m, path);
    if (heat_path_ends_in(path, ".h5") && !heat_path_ends_in(path, ".gz"))
        return save_all(ctx, m, path);
    return heat_fail_option(ctx, "marginals", path, "marginals are written as .csv, .npy or .h5");
}
