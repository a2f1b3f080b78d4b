/* logz of several MODELs: samples of one disorder, and their average per variable. */
#include "logz_output.h"
#include "several.h"
#include "terminal.h"

#include <stdlib.h>

static heat_status run_one(cli *c, const heat_model *model, int64_t index, double time, void *arg,
                           cli_report *report)
{
    heat_logz_options options = c->args.values.verb.logz;
    heat_logz_result *r = (heat_logz_result *)arg + index;

    options.index += index;
    options.time = time;
    heat_logz_result_init(r);
    if (heat_logz(c->ctx, model, &options, r) != HEAT_OK)
        return cli_fail_library(c);
    report->outcome = r->outcome;
    report->seconds = r->seconds;
    if (c->json) {
        report->result = cli_logz_json(c, r);
        report->reasons = cli_logz_reasons(c, r);
    }
    return HEAT_OK;
}

static json_t *json_mean(cli *c, const heat_logz_mean *m)
{
    json_t *row = json_object();

    cli_put(c, row, "mean", cli_json_number(m->mean));
    cli_put(c, row, "error", cli_json_number(m->error));
    cli_put(c, row, "sd", cli_json_number(m->scatter));
    return row;
}

static json_t *json_average(cli *c, const heat_logz_average *average)
{
    json_t *rows = json_array();

    for (int32_t t = 0; t < average->n_rows; t++) {
        const heat_logz_average_row *a = &average->rows[t];
        json_t *row = json_object();
        cli_put(c, row, "temperature", cli_json_number(a->temperature));
        cli_put(c, row, "log_z_per_variable", json_mean(c, &a->log_z));
        cli_put(c, row, "free_energy_per_variable", json_mean(c, &a->free_energy));
        cli_put(c, row, "mean_energy_per_variable", json_mean(c, &a->mean_energy));
        cli_put(c, row, "entropy_per_variable", json_mean(c, &a->entropy));
        cli_append(c, rows, row);
    }
    return rows;
}

static void print_mean(const char *name, const heat_logz_mean *m)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    printf("  %-26s %12s ± %s\n", name, cli_text_mean(m->mean, m->error, a), cli_text_error(m->error, b));
}

static void describe(int64_t index, const void *arg, char *text, size_t size)
{
    const heat_logz_result *r = (const heat_logz_result *)arg + index;
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    snprintf(text, size, "log Z %s ± %s",
             r->error > 0 ? cli_text_mean(r->log_z, r->error, a) : cli_text_full(r->log_z, a),
             r->error > 0 ? cli_text_error(r->error, b) : cli_text_full(r->error, b));
}

static void print_text(cli *c, const cli_several *s, const heat_logz_result *results,
                       const heat_logz_average *average)
{
    char number[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    printf("average over %lld models, per variable\n", (long long)s->n_done);
    for (int32_t t = 0; t < average->n_rows; t++) {
        const heat_logz_average_row *row = &average->rows[t];
        printf("\nT = %s\n", cli_text_full(row->temperature, number));
        print_mean("log Z", &row->log_z);
        print_mean("free energy", &row->free_energy);
        print_mean("mean energy", &row->mean_energy);
        print_mean("entropy", &row->entropy);
    }
    cli_several_print_text(c, s, describe, results, NULL);
}

heat_status cli_logz_several(cli *c, int64_t n_models, const char *const *specs)
{
    cli_several s;
    heat_logz_average average = {0};
    heat_logz_result *results = calloc((size_t)n_models, sizeof *results);
    heat_status status;

    if (results == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "no memory for %lld results", (long long)n_models);
    status = cli_several_run(c, n_models, specs, run_one, results, &s);
    if (status == HEAT_OK && heat_logz_average_get(c->ctx, s.n_done, results, &average) != HEAT_OK)
        status = cli_fail_library(c);
    if (status == HEAT_OK && c->json) {
        json_t *result = json_object();
        cli_put(c, result, "average", json_average(c, &average));
        status = cli_several_print_json(c, &s, result, NULL, results[0].exact ? "exact" : results[0].method);
    } else if (status == HEAT_OK) {
        print_text(c, &s, results, &average);
    }
    for (int64_t k = 0; k < n_models; k++)
        heat_logz_result_clear(&results[k]);
    free(results);
    heat_logz_average_clear(&average);
    cli_several_close(&s);
    return status;
}
