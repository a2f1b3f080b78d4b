/* heatbath sample: a table of averages per temperature, and the states on request. */
#include "clock.h"
#include "figures.h"
#include "output.h"
#include "output_file.h"
#include "terminal.h"

#include <string.h>

static json_t *json_observable(cli *c, const heat_observable *o)
{
    json_t *row = json_object();

    cli_put(c, row, "mean", cli_json_number(o->mean));
    cli_put(c, row, "error", cli_json_number(o->error));
    cli_put(c, row, "sd", cli_json_number(o->sd));
    cli_put(c, row, "q05", cli_json_number(o->q05));
    cli_put(c, row, "q50", cli_json_number(o->q50));
    cli_put(c, row, "q95", cli_json_number(o->q95));
    cli_put(c, row, "tau", cli_json_number(o->tau));
    cli_put(c, row, "ess", cli_json_number(o->ess));
    cli_put(c, row, "ess_tail", cli_json_number(o->ess_tail));
    cli_put(c, row, "rhat", cli_json_number(o->rhat));
    return row;
}

static json_t *json_spins(cli *c, const heat_sample_result *r, const heat_sample_temperature *t)
{
    json_t *spins = json_object();

    cli_put(c, spins, "mean", cli_json_numbers(t->spin_mean, r->n_variables));
    cli_put(c, spins, "error", cli_json_numbers(t->spin_error, r->n_variables));
    return spins;
}

static json_t *json_edges(cli *c, const heat_sample_result *r, const heat_sample_temperature *t)
{
    json_t *edges = json_object();

    cli_put(c, edges, "i", cli_json_indices(r->edge_i, r->n_edges));
    cli_put(c, edges, "j", cli_json_indices(r->edge_j, r->n_edges));
    cli_put(c, edges, "mean", cli_json_numbers(t->edge_mean, r->n_edges));
    cli_put(c, edges, "error", cli_json_numbers(t->edge_error, r->n_edges));
    return edges;
}

static json_t *json_temperature(cli *c, const heat_sample_result *r, const heat_sample_temperature *t)
{
    json_t *row = json_object(), *observables = json_object();

    for (int32_t k = 0; k < t->n_observables; k++)
        cli_put(c, observables, t->observables[k].name, json_observable(c, &t->observables[k]));
    cli_put(c, row, "temperature", cli_json_number(t->temperature));
    cli_put(c, row, "outcome", json_string(heat_outcome_name(t->outcome)));
    cli_put(c, row, "acceptance", cli_json_number(t->acceptance));
    cli_put(c, row, "exchange", cli_json_number(t->exchange));
    cli_put(c, row, "log_z", cli_json_number(t->log_z));
    cli_put(c, row, "log_z_error", cli_json_number(t->log_z_error));
    cli_put(c, row, "family_size", cli_json_number(t->family_size));
    cli_put(c, row, "observables", observables);
    cli_put(c, row, "histograms", json_object());
    if (t->spin_mean != NULL)
        cli_put(c, row, "spins", json_spins(c, r, t));
    if (t->edge_mean != NULL)
        cli_put(c, row, "edges", json_edges(c, r, t));
    return row;
}

/* Of all temperatures together: they visit the same number of variables. */
static double mean_acceptance(const heat_sample_result *r)
{
    double sum = 0;

    for (int32_t k = 0; k < r->n_temperatures; k++)
        sum += r->temperatures[k].acceptance;
    return sum / r->n_temperatures;
}

static heat_status print_json(cli *c, const heat_model_info *info, const heat_sample_result *r)
{
    json_t *result = json_object(), *rows = json_array(), *sampler = json_object();
    const char *file = c->args.values.own.output, *figures = c->args.values.own.figures;
    cli_report report = {info,     r->outcome, cli_json_lines(r->reasons), result, cli_clock() - c->began_s,
                         r->engine};

    for (int32_t k = 0; k < r->n_temperatures; k++)
        cli_append(c, rows, json_temperature(c, r, &r->temperatures[k]));
    cli_put(c, sampler, "engine", cli_json_text(r->engine));
    cli_put(c, sampler, "acceptance", cli_json_number(mean_acceptance(r)));
    cli_put(c, sampler, "step", json_null());
    cli_put(c, sampler, "divergences", json_null());
    cli_put(c, sampler, "round_trips", r->round_trips < 0 ? json_null() : json_integer(r->round_trips));
    cli_put(c, result, "temperatures", rows);
    cli_put(c, result, "sampler", sampler);
    cli_put(c, result, "chains", json_integer(r->n_chains));
    cli_put(c, result, "sweeps", json_integer(r->n_sweeps));
    cli_put(c, result, "updates", json_integer(r->updates));
    cli_put(c, result, "updates_per_ns",
            r->updates > 0 ? cli_json_number((double)r->updates / r->seconds * 1e-9) : json_null());
    cli_put(c, result, "effective_replicas", cli_json_number(r->effective_replicas));
    cli_put(c, result, "file", file == NULL ? json_null() : cli_json_text(file));
    cli_put(c, result, "figures", figures == NULL ? json_null() : cli_json_text(figures));
    return cli_print_report(c, &report);
}

static void print_temperature(const heat_sample_temperature *t)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], tau[CLI_NUMBER_SIZE], ess[CLI_NUMBER_SIZE];
    char rhat[CLI_NUMBER_SIZE];
    int width = (int)strlen("observable");

    for (int32_t k = 0; k < t->n_observables; k++)
        if ((int)strlen(t->observables[k].name) > width)
            width = (int)strlen(t->observables[k].name);
    printf("\nT = %s\n", cli_text_full(t->temperature, a));
    printf("  %-*s %12s   %-10s %7s %7s %7s\n", width, "observable", "mean", "error", "tau", "ess", "rhat");
    for (int32_t k = 0; k < t->n_observables; k++) {
        const heat_observable *o = &t->observables[k];
        printf("  %-*s %12s ± %-10s %7s %7s %7s\n", width, o->name, cli_text_mean(o->mean, o->error, a),
               cli_text_error(o->error, b), cli_text_fixed(o->tau, 2, tau), cli_text_fixed(o->ess, 0, ess),
               cli_text_fixed(o->rhat, 3, rhat));
    }
}

static void print_arrays(const heat_sample_result *r, const heat_sample_temperature *t)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    for (int32_t k = 0; t->spin_mean != NULL && k < r->n_variables; k++)
        printf("  spin %-17d %16s ± %s\n", k, cli_text_mean(t->spin_mean[k], t->spin_error[k], a),
               cli_text_error(t->spin_error[k], b));
    for (int64_t k = 0; t->edge_mean != NULL && k < r->n_edges; k++)
        printf("  edge %-8d %-8d %16s ± %s\n", r->edge_i[k], r->edge_j[k],
               cli_text_mean(t->edge_mean[k], t->edge_error[k], a), cli_text_error(t->edge_error[k], b));
}

static void print_text(cli *c, const heat_sample_result *r)
{
    char number[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    printf("%s, %d chains of %lld sweeps at each temperature\n", r->engine, r->n_chains,
           (long long)r->n_sweeps);
    for (int32_t k = 0; k < r->n_temperatures; k++) {
        print_temperature(&r->temperatures[k]);
        print_arrays(r, &r->temperatures[k]);
    }
    putchar('\n');
    cli_print_row("outcome", "%s", heat_outcome_name(r->outcome));
    for (const char *line = r->reasons; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\n");
        cli_print_row("", "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
    if (r->round_trips >= 0)
        cli_print_row("round trips", "%lld", (long long)r->round_trips);
    cli_print_row("time", "%s", cli_text_time(cli_clock() - c->began_s, number));
    if (r->updates > 0 && r->seconds > 0)
        cli_print_row("rate", "%s updates/s", cli_text_count((double)r->updates / r->seconds, number));
    if (c->args.values.own.output != NULL)
        cli_print_row("file", "%s", c->args.values.own.output);
    if (c->args.values.own.figures != NULL)
        cli_print_row("figures", "%s", c->args.values.own.figures);
    c->exit_code = cli_outcome_code(r->outcome);
}

static heat_status check_output(cli *c)
{
    const char *path = c->args.values.own.output, *suffix;

    if (path == NULL)
        return HEAT_OK;
    if (!cli_file_suffix(path, "|.npy|.h5|", &suffix))
        return cli_fail_option(c, "output", path, "'%.300s': sample writes .npy or .h5", path);
    c->args.values.verb.sample.keep_states = true;
    return cli_file_probe(c, path);
}

heat_status cli_sample(cli *c)
{
    heat_model *model = NULL;
    heat_model_info info;
    heat_sample_options options;
    heat_sample_result result;
    heat_status status;

    heat_sample_result_init(&result);
    status = check_output(c);
    if (status == HEAT_OK)
        status = cli_model_load(c, &model, &info);
    if (status != HEAT_OK)
        goto out;
    options = c->args.values.verb.sample;
    status = cli_figures_prepare(c, &info, &options);
    if (status != HEAT_OK)
        goto out;
    options.time = cli_time_left(c);
    if (heat_sample(c->ctx, model, &options, &result) != HEAT_OK ||
        (c->args.values.own.output != NULL &&
         heat_sample_result_save(c->ctx, &result, c->args.values.own.output) != HEAT_OK)) {
        status = cli_fail_library(c);
        goto out;
    }
    status = cli_figures_write(c, model, &info, &result);
    if (status != HEAT_OK)
        goto out;
    if (c->json)
        status = print_json(c, &info, &result);
    else
        print_text(c, &result);
out:
    heat_sample_result_clear(&result);
    heat_model_free(model);
    return status;
}
