/* Kept states as files: .npy holds the states alone, .h5 energies, temperatures, axes and names too, .csv
 * lines `chain,draw,temperature,energy,NAMES`, at each temperature every chain in turn, its draws in order.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/npy.h"
#include "io/store.h"
#include "model/model_private.h"
#include "model/variable_name.h"

#include <heatbath/sample.h>

enum { NUMBER_SIZE = 32 };

/* The names that the input gave its variables, as in files of graphs. */
static heat_status put_labels(heat_context *ctx, heat_store *store, const heat_model *model)
{
    char *text = NULL;
    int64_t size;
    heat_status status;

    if (model == NULL || heat_model_get_label(model, 0) == NULL)
        return HEAT_OK;
    status = heat_labels_to_json(ctx, &model->labels, model->info.n_variables, &text, &size);
    if (status == HEAT_OK)
        status = heat_store_put(ctx, store, "labels", HEAT_STORE_INT8, 1, &size, text);
    heat_free(text);
    return status;
}

static heat_status save_store(heat_context *ctx, const heat_model *model, const heat_sample_result *r,
                              const int64_t *extent, const char *path)
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
    if (status == HEAT_OK && r->draw_temperatures != NULL)
        status = heat_store_put(ctx, store, "draw_temperature", HEAT_STORE_DOUBLE, 1, &extent[2],
                                r->draw_temperatures);
    if (status == HEAT_OK)
        status = heat_store_put_text(ctx, store, NULL, "engine", r->engine);
    if (status == HEAT_OK)
        status = put_labels(ctx, store, model);
    if (status == HEAT_OK)
        status = heat_store_commit(ctx, store);
    else
        heat_store_close(store);
    heat_free(temperatures);
    return status;
}

static heat_status write_head(heat_atomic_file *file, const heat_model *model, int32_t n)
{
    heat_status status = heat_atomic_file_print(file, "chain,draw,temperature,energy");

    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        status = heat_atomic_file_print(file, ",");
        if (status == HEAT_OK)
            status = heat_variable_name_write(file, model, "x", i);
    }
    return status == HEAT_OK ? heat_atomic_file_print(file, "\n") : status;
}

static heat_status write_draw(heat_atomic_file *file, const heat_sample_result *r, int64_t row)
{
    const int64_t draw = row % r->n_draws, chain = row / r->n_draws % r->n_chains,
                  t = row / r->n_draws / r->n_chains;
    char a[NUMBER_SIZE], b[NUMBER_SIZE];
    heat_status status =
        heat_atomic_file_print(file, "%lld,%lld,%s,%s", (long long)chain, (long long)draw,
                               heat_text_real(r->draw_temperatures != NULL ? r->draw_temperatures[draw]
                                                                           : r->temperatures[t].temperature,
                                              a, sizeof a),
                               heat_text_real(r->energies[row], b, sizeof b));

    for (int64_t i = row * r->n_variables; i < (row + 1) * r->n_variables && status == HEAT_OK; i++)
        status = r->states != NULL
                     ? heat_atomic_file_print(file, ",%d", r->states[i])
                     : heat_atomic_file_print(file, ",%s", heat_text_real(r->values[i], a, sizeof a));
    return status == HEAT_OK ? heat_atomic_file_print(file, "\n") : status;
}

static heat_status save_csv(heat_context *ctx, const heat_model *model, const heat_sample_result *r,
                            const char *path)
{
    const int64_t n_rows = (int64_t)r->n_temperatures * r->n_chains * r->n_draws;
    heat_atomic_file *file;
    heat_status status = heat_atomic_file_create(ctx, path, &file);

    if (status == HEAT_OK)
        status = write_head(file, model, r->n_variables);
    for (int64_t row = 0; row < n_rows && status == HEAT_OK; row++)
        status = write_draw(file, r, row);
    return heat_atomic_file_finish(file, status);
}

heat_status heat_sample_result_save(heat_context *ctx, const heat_model *model, const heat_sample_result *r,
                                    const char *path)
{
    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (r == NULL || path == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_sample_result_save: no result or no path");
    if (r->states == NULL && r->values == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "no states were kept (option keep_states)");
    {
        const int64_t extent[4] = {r->n_temperatures, r->n_chains, r->n_draws, r->n_variables};
        if (heat_path_ends_in(path, ".csv"))
            return save_csv(ctx, model, r, path);
        if (heat_path_ends_in(path, ".npy"))
            return r->states != NULL ? heat_npy_write(ctx, path, "|i1", 4, extent, r->states)
                                     : heat_npy_write(ctx, path, "<f8", 4, extent, r->values);
        if (heat_path_ends_in(path, ".h5") && !heat_path_ends_in(path, ".gz"))
            return save_store(ctx, model, r, extent, path);
    }
    return heat_fail_option(ctx, "output", path, "states are written as .npy, .h5 or .csv");
}
