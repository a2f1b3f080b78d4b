/* The state that was found, as a file. */
#include "base/context_private.h"
#include "base/text.h"
#include "model/variable_name.h"

#include <heatbath/ground.h>

enum { NUMBER_SIZE = 32 };

static heat_status write_line(heat_atomic_file *file, const heat_model *model, const heat_ground_result *r,
                              int32_t i, bool is_named)
{
    char number[NUMBER_SIZE];
    heat_status status = HEAT_OK;

    if (is_named)
        status = heat_variable_name_write(file, model, "", i);
    if (is_named && status == HEAT_OK)
        status = heat_atomic_file_print(file, ",");
    if (status != HEAT_OK)
        return status;
    return r->state != NULL
               ? heat_atomic_file_print(file, "%d\n", r->state[i])
               : heat_atomic_file_print(file, "%s\n", heat_text_real(r->values[i], number, sizeof number));
}

heat_status heat_ground_result_save(heat_context *ctx, const heat_model *model, const heat_ground_result *r,
                                    const char *path)
{
    const bool is_csv = path != NULL && heat_path_ends_in(path, ".csv");
    heat_atomic_file *file;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (r == NULL || path == NULL || (r->state == NULL && r->values == NULL))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_ground_result_save: no state or no path");
    status = heat_atomic_file_create(ctx, path, &file);
    if (status == HEAT_OK && is_csv)
        status = heat_atomic_file_print(file, "index,value\n");
    for (int32_t i = 0; i < r->n_variables && status == HEAT_OK; i++)
        status = write_line(file, model, r, i, is_csv);
    return heat_atomic_file_finish(file, status);
}
