/* The operand MODEL, as every verb reads it, and the time that reading it leaves. */
#include "cli.h"
#include "clock.h"

#include <string.h>

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

static bool was_given(const cli *c, const char *name)
{
    const heat_option *o = cli_option_find(&c->args, name);

    return o != NULL && c->args.given[o - c->args.rows];
}

/* NULL for "auto", and where the verb has no such option. */
static const char *word_or_null(const char *word)
{
    return word == NULL || strcmp(word, "auto") == 0 ? NULL : word;
}

heat_status cli_model_load(cli *c, heat_model **model, heat_model_info *info)
{
    return cli_model_load_spec(c, c->args.operands[0], model, info);
}

heat_status cli_model_load_spec(cli *c, const char *spec, heat_model **model, heat_model_info *info)
{
    const cli_own *own = &c->args.values.own;
    heat_load_options opt;
    heat_status status;

    heat_context_limit(c->ctx, cli_time_left(c));
    heat_load_options_init(&opt);
    opt.format = own->format;
    opt.transpose = was_given(c, "transpose") ? own->transpose : -1;
    opt.visible_layer = word_or_null(own->visible_layer);
    opt.hidden_layer = word_or_null(own->hidden_layer);
    opt.update = was_given(c, "update") ? own->update : -1;
    opt.let = own->let;
    opt.box = own->box;
    status = heat_model_load_with(c->ctx, spec, &opt, model);
    if (status == HEAT_ERROR_STOPPED)
        return cli_fail_file(c, status, spec, "%s%s", heat_context_error(c->ctx),
                             cli_signal() == 0 ? " (option --time)" : "");
    if (status != HEAT_OK)
        return cli_fail_library(c);
    heat_model_describe(*model, info);
    return HEAT_OK;
}
