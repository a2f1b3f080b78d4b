/* The operand MODEL, as every verb reads it, and the time that reading it leaves. */
#include "cli.h"
#include "clock.h"

double cli_time_left(const cli *c)
{
    const heat_option *o = cli_option_find(&c->args, "time");
    double time_s, left;

    if (o == NULL)
        return HEAT_FOREVER;
    time_s = *(const double *)(const void *)((const char *)&c->args.values + o->offset);
    if (!(time_s < HEAT_FOREVER))
        return HEAT_FOREVER;
    left = time_s - (cli_clock() - c->began_s);
    return left > 0 ? left : 0;
}

heat_status cli_model_load(cli *c, heat_model **model, heat_model_info *info)
{
    return cli_model_load_spec(c, c->args.operands[0], model, info);
}

heat_status cli_model_load_spec(cli *c, const char *spec, heat_model **model, heat_model_info *info)
{
    const char *format = c->args.values.own.format;
    heat_status status;

    heat_context_limit(c->ctx, cli_time_left(c));
    status = format == NULL ? heat_model_load(c->ctx, spec, model)
                            : heat_model_load_format(c->ctx, spec, format, model);
    if (status == HEAT_ERROR_STOPPED)
        return cli_fail_file(c, status, spec, "%s%s", heat_context_error(c->ctx),
                             cli_signal() == 0 ? " (option --time)" : "");
    if (status != HEAT_OK)
        return cli_fail_library(c);
    heat_model_describe(*model, info);
    return HEAT_OK;
}
