/* heatbath convert: a model or data in, the same in another format out. */
#include "clock.h"
#include "data_verbs.h"
#include "output.h"
#include "terminal.h"

static heat_status print_json(cli *c, const heat_model_info *info, const char *path, double seconds)
{
    json_t *result = json_object();
    heat_outcome outcome = cli_signal() == 0 ? HEAT_OUTCOME_COMPLETED : HEAT_OUTCOME_INTERRUPTED;
    cli_report report = {info, outcome, NULL, result, seconds, NULL};

    cli_put(c, result, "file", cli_json_text(path));
    return cli_print_report(c, &report);
}

heat_status cli_convert(cli *c)
{
    const char *path = c->args.operands[1];
    double start = cli_clock();
    heat_model *model = NULL;
    heat_model_info info;
    heat_status status;

    if (cli_data_is_operand(c, c->args.operands[0]))
        return cli_data_convert(c);
    status = cli_data_refuse_options(c, c->args.operands[0]);
    if (status == HEAT_OK)
        status = cli_model_load(c, &model, &info);
    if (status != HEAT_OK)
        goto out;
    if (heat_model_convert(c->ctx, model, path) != HEAT_OK) {
        status = cli_fail_library(c);
    } else if (c->json) {
        status = print_json(c, &info, path, cli_clock() - start);
    } else {
        cli_print_row("file", "%s", path);
        cli_print_row("variables", "%d", info.n_variables);
        cli_print_row("edges", "%lld", (long long)info.n_edges);
        c->exit_code = cli_signal() == 0 ? 0 : 128 + cli_signal();
    }
out:
    heat_model_free(model);
    return status;
}
