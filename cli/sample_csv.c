/* Kept states as lines `chain,draw,temperature,energy,NAMES`: every chain in turn, its draws in order.
 * Numbers are whole, or in full precision; names are the input's own, x0, x1, ... where it has none. */
#include "output_file.h"
#include "sample_output.h"
#include "terminal.h"

static void put_head(FILE *out, const heat_model *model, const heat_model_info *info)
{
    fputs("chain,draw,temperature,energy", out);
    for (int32_t i = 0; i < info->n_variables; i++) {
        putc(',', out);
        cli_file_put_name(out, model, info, "x", i);
    }
    putc('\n', out);
}

static void put_draw(FILE *out, const heat_sample_result *r, int64_t temperature, int64_t chain, int64_t draw)
{
    int64_t row = (temperature * r->n_chains + chain) * r->n_draws + draw;
    char t[CLI_NUMBER_SIZE], e[CLI_NUMBER_SIZE];

    fprintf(out, "%lld,%lld,%s,%s", (long long)chain, (long long)draw,
            cli_text_full(r->temperatures[temperature].temperature, t), cli_text_full(r->energies[row], e));
    for (int64_t i = row * r->n_variables; i < (row + 1) * r->n_variables; i++)
        if (r->states != NULL)
            fprintf(out, ",%d", r->states[i]);
        else
            fprintf(out, ",%s", cli_text_full(r->values[i], e));
    putc('\n', out);
}

heat_status cli_sample_save_csv(cli *c, const heat_model *model, const heat_model_info *info,
                                const heat_sample_result *r, const char *path)
{
    cli_file file;

    if (cli_file_create(c, path, &file) != HEAT_OK)
        return HEAT_ERROR_OUTPUT;
    put_head(file.stream, model, info);
    for (int64_t t = 0; t < r->n_temperatures; t++)
        for (int64_t chain = 0; chain < r->n_chains; chain++)
            for (int64_t draw = 0; draw < r->n_draws; draw++)
                put_draw(file.stream, r, t, chain, draw);
    return cli_file_commit(c, &file);
}
