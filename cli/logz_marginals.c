/* `logz --marginals FILE`: exact probabilities of the values of every variable and of every coupled pair. */
#include "logz_output.h"
#include "output_path.h"

#include <string.h>

heat_status cli_logz_check_marginals(cli *c, int64_t n_models)
{
    const char *path = c->args.values.own.marginals;
    const heat_logz_options *options = &c->args.values.verb.logz;

    if (path == NULL)
        return HEAT_OK;
    if (!cli_path_ends_in(path, "|.csv|.npy|.h5|"))
        return cli_fail_option(c, "marginals", path, "'%.300s': marginals are written as .csv, .npy or .h5",
                               path);
    if (strcmp(options->method, "auto") != 0 && strcmp(options->method, "exact") != 0)
        return cli_fail_option(c, "marginals", path, "marginals are exact: they take --method exact, not %s",
                               options->method);
    if (options->temperature_set != NULL || n_models != 1)
        return cli_fail_option(c, "marginals", path, "marginals are written of one model at one temperature");
    if (options->clamp != NULL)
        return cli_fail_option(c, "marginals", path, "marginals of a clamped model are not written");
    c->args.values.verb.logz.method = "exact";
    return cli_path_probe(c, path);
}

heat_status cli_logz_write_marginals(cli *c, const heat_model *model)
{
    const heat_logz_options *options = &c->args.values.verb.logz;
    const char *path = c->args.values.own.marginals;
    heat_marginals m = {.size = sizeof m};
    heat_status status = HEAT_OK;

    if (heat_exact_marginals(c->ctx, model, options->temperature, options->memory, options->threads, &m) !=
        HEAT_OK)
        return cli_fail_library(c);
    if (heat_marginals_save(c->ctx, model, &m, path) != HEAT_OK)
        status = cli_fail_library(c);
    heat_marginals_clear(&m);
    return status;
}
