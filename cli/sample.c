/* heatbath sample: a table of averages per temperature, and the states on request. */
#include "clock.h"
#include "figures.h"
#include "images.h"
#include "model_list.h"
#include "output_path.h"
#include "sample_output.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

static bool is_stan(const cli *c)
{
    return strcmp(c->args.values.verb.sample.output_format, "stan") == 0;
}

/* Every file that the states were written to. */
static json_t *json_files(cli *c, const heat_sample_result *r)
{
    const char *output = c->args.values.own.output;
    size_t size = strlen(output) + CLI_NUMBER_SIZE + 32;
    char *path = malloc(size);
    json_t *files = path == NULL ? NULL : json_array();

    for (int32_t t = 0; t < r->n_temperatures && files != NULL; t++)
        for (int32_t chain = 0; chain < r->n_chains; chain++) {
            heat_sample_stan_path(r, t, chain, output, path, size);
            cli_append(c, files, cli_json_text(path));
        }
    free(path);
    return files;
}

static heat_status print_json(cli *c, const heat_model_info *info, const heat_sample_result *r)
{
    const char *file = c->args.values.own.output;
    cli_report report = {info,       r->outcome, cli_json_lines(r->reasons), cli_sample_json(c, r),
                         r->seconds, r->engine};

    cli_put(c, report.result, "file", file == NULL || is_stan(c) ? json_null() : cli_json_text(file));
    if (file != NULL && is_stan(c))
        cli_put(c, report.result, "files", json_files(c, r));
    return cli_print_report(c, &report);
}

/* "draws_1.csv ... draws_4.csv" */
static void print_stan_files(const cli *c, const heat_sample_result *r)
{
    char first[512], last[512];

    heat_sample_stan_path(r, 0, 0, c->args.values.own.output, first, sizeof first);
    heat_sample_stan_path(r, r->n_temperatures - 1, r->n_chains - 1, c->args.values.own.output, last,
                          sizeof last);
    cli_print_row("files", strcmp(first, last) == 0 ? "%s" : "%s ... %s", first, last);
}

/* `is_written`: the files that were asked for stand. */
static void print_text(cli *c, const heat_sample_result *r, bool is_written)
{
    char number[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    if (r->n_cycles > 0)
        printf("%s, %d chains of %lld sweeps, %s: %lld draws each\n", r->engine, r->n_chains,
               (long long)r->n_sweeps, c->args.values.verb.sample.schedule, (long long)r->n_cycles);
    else
        printf("%s, %d chains of %lld sweeps at each temperature\n", r->engine, r->n_chains,
               (long long)r->n_sweeps);
    for (int32_t k = 0; k < r->n_temperatures; k++) {
        cli_sample_print_temperature(&r->temperatures[k]);
        cli_sample_print_arrays(r, &r->temperatures[k]);
    }
    cli_sample_print_between(r);
    putchar('\n');
    cli_print_row("outcome", "%s%s", heat_outcome_name(r->outcome),
                  r->n_cycles > 0 ? ": draws of the annealing, not of equilibrium" : "");
    cli_print_lines(r->reasons);
    if (r->round_trips >= 0)
        cli_print_row("round trips", "%lld", (long long)r->round_trips);
    cli_print_row("time", "%s", cli_text_time(cli_clock() - c->began_s, number));
    if (r->updates > 0 && r->seconds > 0)
        cli_print_row("rate", "%s updates/s", cli_text_count((double)r->updates / r->seconds, number));
    if (is_written && c->args.values.own.output != NULL && is_stan(c))
        print_stan_files(c, r);
    else if (is_written && c->args.values.own.output != NULL)
        cli_print_row("file", "%s", c->args.values.own.output);
    if (is_written && c->args.values.own.figures != NULL)
        cli_print_row("figures", "%s", c->args.values.own.figures);
    c->exit_code = cli_outcome_code(r->outcome);
}

static heat_status check_output(cli *c)
{
    const char *path = c->args.values.own.output;

    if (path == NULL)
        return HEAT_OK;
    if (is_stan(c) && !cli_path_ends_in(path, "|.csv|"))
        return cli_fail_option(c, "output", path, "'%.300s': CmdStan's files are .csv", path);
    if (!cli_path_ends_in(path, "|.npy|.h5|.csv|"))
        return cli_fail_option(c, "output", path, "'%.300s': sample writes .npy, .h5 or .csv", path);
    c->args.values.verb.sample.keep_states = true;
    return cli_path_probe(c, path);
}

static heat_status save(cli *c, const heat_model *model, const heat_sample_options *options,
                        const heat_sample_result *r)
{
    const char *path = c->args.values.own.output;
    heat_status status = is_stan(c) ? heat_sample_result_save_stan(c->ctx, model, options, r, path)
                                    : heat_sample_result_save(c->ctx, model, r, path);

    return status == HEAT_OK ? HEAT_OK : cli_fail_library(c);
}

static heat_status sample_one(cli *c, const char *spec)
{
    heat_model *model = NULL;
    heat_model_info info;
    heat_sample_options options;
    heat_sample_result result;
    cli_image image;
    char list[CLI_FIGURE_LIST]; /* options.histogram */
    heat_status status;

    heat_sample_result_init(&result);
    status = check_output(c);
    if (status == HEAT_OK)
        status = cli_model_load_spec(c, spec, &model, &info);
    if (status != HEAT_OK)
        goto out;
    options = c->args.values.verb.sample;
    status = cli_image_shape(c, info.n_visible, NULL, &image);
    if (status == HEAT_OK)
        status = cli_figures_prepare(c, model, &info, &options, list);
    if (status != HEAT_OK)
        goto out;
    if (c->args.values.own.figures != NULL && image.rows > 0)
        cli_images_prepare(&options);
    options.time = cli_time_left(c);
    if (heat_sample(c->ctx, model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    if (status != HEAT_OK)
        goto out;
    if (c->args.values.own.output != NULL)
        status = save(c, model, &options, &result);
    if (status == HEAT_OK)
        status = cli_figures_write(c, model, &info, &result);
    if (status == HEAT_OK && c->args.values.own.figures != NULL)
        status = cli_images_write_samples(c, model, &image, &result);
    if (!c->json)
        print_text(c, &result, status == HEAT_OK); /* a full disk must not cost the averages too */
    else if (status == HEAT_OK)
        status = print_json(c, &info, &result);
out:
    heat_sample_result_clear(&result);
    heat_model_free(model);
    return status;
}

heat_status cli_sample(cli *c)
{
    cli_model_list list;
    heat_status status = cli_model_list_open(c, &list);

    if (status == HEAT_OK && is_stan(c) && c->args.values.own.output == NULL)
        status = cli_fail_option(c, "output-format", "stan", "is for --output, which is not given");
    if (status == HEAT_OK && is_stan(c) && c->args.values.verb.sample.schedule != NULL)
        status = cli_fail_option(c, "output-format", "stan",
                                 "the draws of --schedule have many temperatures, CmdStan's have one");
    if (status == HEAT_OK)
        status = list.n == 1 ? sample_one(c, list.specs[0]) : cli_sample_several(c, list.n, list.specs);
    cli_model_list_close(c, &list);
    return status;
}
