/* Writing a file as a verb of its own: atomic_file.c asks for the verb's name, and lets a halt end what it
 * writes. */
#include "base/context_private.h"

#include <heatbath/convert.h>

heat_status heat_model_convert(heat_context *ctx, const heat_model *model, const char *path)
{
    heat_budget budget;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    budget = heat_budget_enter(ctx, "convert", HEAT_FOREVER, ctx->config.memory);
    status = heat_halt_check(ctx, "the file was begun");
    if (status == HEAT_OK)
        status = heat_model_save(ctx, model, path);
    heat_budget_leave(ctx, &budget);
    return status;
}

heat_status heat_data_convert(heat_context *ctx, const heat_data *data, const char *path)
{
    heat_budget budget;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    budget = heat_budget_enter(ctx, "convert", HEAT_FOREVER, ctx->config.memory);
    status = heat_data_save(ctx, data, path);
    heat_budget_leave(ctx, &budget);
    return status;
}
