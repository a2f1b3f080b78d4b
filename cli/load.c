/* The operand MODEL, as every verb reads it. */
#include "cli.h"

heat_status cli_model_load(cli *c, heat_model **model, heat_model_info *info)
{
    const char *spec = c->args.operands[0], *format = c->args.values.own.format;
    heat_status status = format == NULL ? heat_model_load(c->ctx, spec, model)
                                        : heat_model_load_format(c->ctx, spec, format, model);

    if (status != HEAT_OK)
        return cli_fail_library(c);
    heat_model_describe(*model, info);
    return HEAT_OK;
}
