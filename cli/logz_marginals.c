/* `logz --marginals FILE`: exact probabilities of the values of every variable and of every coupled pair. As
 * CSV, lines `i,value_i,j,value_j,p`, where j and value_j are empty for a variable alone; variables by the
 * input's own names or numbers, values in its coding. */
#include "logz_output.h"
#include "output_file.h"
#include "terminal.h"

#include <string.h>

heat_status cli_logz_check_marginals(cli *c, int64_t n_models)
{
    const char *path = c->args.values.own.marginals, *suffix;
    const heat_logz_options *options = &c->args.values.verb.logz;

    if (path == NULL)
        return HEAT_OK;
    if (!cli_file_suffix(path, "|.csv|.npy|.h5|", &suffix))
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
    return cli_file_probe(c, path);
}

static int value_of(const heat_model_info *info, int64_t state)
{
    return (int)(info->coding == HEAT_CODING_SPIN ? 2 * state - 1 : state);
}

static heat_status save_csv(cli *c, const heat_model *model, const heat_model_info *info,
                            const heat_marginals *m, const char *path)
{
    const int64_t q = m->n_states;
    char p[CLI_NUMBER_SIZE];
    cli_file file;

    if (cli_file_create(c, path, &file) != HEAT_OK)
        return HEAT_ERROR_OUTPUT;
    fputs("i,value_i,j,value_j,p\n", file.stream);
    for (int64_t k = 0; k < m->n_variables * q; k++) {
        cli_file_put_name(file.stream, model, info, "", (int32_t)(k / q));
        fprintf(file.stream, ",%d,,,%s\n", value_of(info, k % q), cli_text_full(m->single[k], p));
    }
    for (int64_t k = 0; k < m->n_pairs * q * q; k++) {
        int64_t pair = k / q / q;
        cli_file_put_name(file.stream, model, info, "", m->i[pair]);
        fprintf(file.stream, ",%d,", value_of(info, k / q % q));
        cli_file_put_name(file.stream, model, info, "", m->j[pair]);
        fprintf(file.stream, ",%d,%s\n", value_of(info, k % q), cli_text_full(m->pair[k], p));
    }
    return cli_file_commit(c, &file);
}

heat_status cli_logz_write_marginals(cli *c, const heat_model *model, const heat_model_info *info)
{
    const heat_logz_options *options = &c->args.values.verb.logz;
    const char *path = c->args.values.own.marginals, *suffix;
    heat_marginals m = {.size = sizeof m};
    heat_status status = HEAT_OK;

    if (heat_exact_marginals(c->ctx, model, options->temperature, options->memory, options->threads, &m) !=
        HEAT_OK)
        return cli_fail_library(c);
    if (cli_file_suffix(path, "|.csv|", &suffix))
        status = save_csv(c, model, info, &m, path);
    else if (heat_marginals_save(c->ctx, &m, path) != HEAT_OK)
        status = cli_fail_library(c);
    heat_marginals_clear(&m);
    return status;
}
