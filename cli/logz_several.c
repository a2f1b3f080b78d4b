/* logz of several MODELs: samples of one disorder, each with streams of its own, and their average per
 * variable. */
#include "logz_output.h"
#include "terminal.h"

#include <stdlib.h>

/* What is kept of each model. */
typedef struct several {
    int64_t n_models;
    const char *const *specs;
    heat_logz_result *results; /* [n_models] */
    json_t *rows;
    int64_t n_done;
    heat_outcome outcome; /* the worst so far */
    double seconds;
} several;

static json_t *json_model(cli *c, const char *spec, const heat_logz_result *r)
{
    json_t *row = cli_logz_json(c, r);

    cli_put(c, row, "model", cli_json_text(spec));
    cli_put(c, row, "outcome", json_string(heat_outcome_name(r->outcome)));
    cli_put(c, row, "reasons", cli_logz_reasons(c, r));
    cli_put(c, row, "seconds", cli_json_number(r->seconds));
    return row;
}

/* From best to worst; what is interrupted stays so. */
static int badness(heat_outcome outcome)
{
    static const heat_outcome order[] = {HEAT_OUTCOME_PROVED, HEAT_OUTCOME_CONVERGED, HEAT_OUTCOME_TIME,
                                         HEAT_OUTCOME_NOT_CONVERGED, HEAT_OUTCOME_INTERRUPTED};

    for (int k = 0; k < (int)(sizeof order / sizeof *order); k++)
        if (order[k] == outcome)
            return k;
    return 0;
}

/* Loads, counts and notes model k. */
static heat_status run_one(cli *c, several *s, int64_t k)
{
    heat_logz_options options = c->args.values.verb.logz;
    heat_logz_result *r = &s->results[k];
    heat_model *model = NULL;
    heat_model_info info;
    heat_status status = cli_model_load_spec(c, s->specs[k], &model, &info);

    if (status != HEAT_OK)
        return status;
    options.index += k;
    options.time = cli_time_left(c);
    heat_logz_result_init(r);
    if (heat_logz(c->ctx, model, &options, r) != HEAT_OK)
        status = cli_fail_library(c);
    heat_model_free(model);
    if (status != HEAT_OK)
        return status;
    s->seconds += r->seconds;
    if (c->json)
        cli_append(c, s->rows, json_model(c, s->specs[k], r));
    if (badness(r->outcome) > badness(s->outcome))
        s->outcome = r->outcome;
    s->n_done = k + 1;
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

static heat_status print_json(cli *c, several *s, const heat_logz_average *average)
{
    const heat_logz_result *first = &s->results[0];
    json_t *result = json_object();
    cli_report report = {NULL, s->outcome, NULL, result, s->seconds, first->exact ? "exact" : first->method};

    cli_put(c, result, "models", s->rows);
    s->rows = NULL;
    cli_put(c, result, "average", json_average(c, average));
    cli_put(c, result, "n_models", json_integer(s->n_done));
    return cli_print_report(c, &report);
}

static void print_mean(const char *name, const heat_logz_mean *m)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    printf("  %-26s %12s ± %s\n", name, cli_text_mean(m->mean, m->error, a), cli_text_error(m->error, b));
}

static void print_text(cli *c, const several *s, const heat_logz_average *average)
{
    char number[CLI_NUMBER_SIZE], a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];
    int64_t refused = 0;

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
    putchar('\n');
    for (int64_t k = 0; k < s->n_done; k++) {
        const heat_logz_result *r = &s->results[k];
        bool failed = badness(r->outcome) > badness(HEAT_OUTCOME_CONVERGED);
        refused += failed;
        if (failed || s->n_done <= 10)
            cli_print_row(failed ? heat_outcome_name(r->outcome) : "model", "%s: log Z %s ± %s", s->specs[k],
                          r->error > 0 ? cli_text_mean(r->log_z, r->error, a) : cli_text_full(r->log_z, a),
                          r->error > 0 ? cli_text_error(r->error, b) : cli_text_full(r->error, b));
    }
    cli_print_row("outcome", "%s", heat_outcome_name(s->outcome));
    if (refused > 0)
        cli_print_row("",
                      "%lld of %lld models were not counted to the end: what they withhold has no average",
                      (long long)refused, (long long)s->n_done);
    cli_print_row("time", "%s", cli_text_time(s->seconds, number));
    c->exit_code = cli_outcome_code(s->outcome);
}

heat_status cli_logz_several(cli *c, int64_t n_models, const char *const *specs)
{
    several s = {.n_models = n_models, .specs = specs, .outcome = HEAT_OUTCOME_PROVED, .rows = json_array()};
    heat_logz_average average = {0};
    heat_status status = HEAT_OK;

    s.results = calloc((size_t)n_models, sizeof *s.results);
    if (s.results == NULL)
        status = cli_fail(c, HEAT_ERROR_MEMORY, "no memory for %lld results", (long long)n_models);
    for (int64_t k = 0; k < n_models && status == HEAT_OK; k++) {
        status = run_one(c, &s, k);
        if (s.outcome == HEAT_OUTCOME_INTERRUPTED || s.outcome == HEAT_OUTCOME_TIME)
            break;
    }
    if (status == HEAT_OK && heat_logz_average_get(c->ctx, s.n_done, s.results, &average) != HEAT_OK)
        status = cli_fail_library(c);
    if (status == HEAT_OK && c->json)
        status = print_json(c, &s, &average);
    else if (status == HEAT_OK)
        print_text(c, &s, &average);
    for (int64_t k = 0; s.results != NULL && k < n_models; k++)
        heat_logz_result_clear(&s.results[k]);
    free(s.results);
    json_decref(s.rows);
    heat_logz_average_clear(&average);
    return status;
}
