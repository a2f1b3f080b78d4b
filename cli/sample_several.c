/* sample of several MODELs: samples of one disorder, each with streams of its own, and their average. */
#include "sample_output.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

/* What is kept of each model. */
typedef struct several {
    int64_t n_models;
    const char *const *specs;
    heat_sample_result *results; /* [count] */
    json_t *rows;
    int64_t n_done;
    heat_outcome outcome; /* the worst so far */
    double seconds;
} several;

static heat_status check_options(cli *c)
{
    static const char *const one_model_only[] = {"output", "figures", "checkpoint", "initial"};
    double lo, hi;
    const char *set = c->args.values.verb.sample.temperature_set;

    for (size_t k = 0; k < sizeof one_model_only / sizeof *one_model_only; k++) {
        const heat_option *o = cli_option_find(&c->args, one_model_only[k]);
        const char *text = *(const char *const *)(const void *)((const char *)&c->args.values + o->offset);
        if (text != NULL)
            return cli_fail_option(c, o->name, text,
                                   "is for one MODEL: run the models one by one, with --index 0, 1, 2");
    }
    if (set != NULL && heat_temperature_range_get(set, &lo, &hi))
        return cli_fail_option(
            c, "temperature", set,
            "each model would get a ladder of its own, and there would be no average: give the "
            "temperatures as a list, or lo:hi:step");
    return HEAT_OK;
}

static json_t *json_model(cli *c, const char *spec, const heat_sample_result *r)
{
    json_t *row = cli_sample_json(c, r);

    cli_put(c, row, "model", cli_json_text(spec));
    cli_put(c, row, "outcome", json_string(heat_outcome_name(r->outcome)));
    cli_put(c, row, "reasons", cli_json_lines(r->reasons));
    cli_put(c, row, "seconds", cli_json_number(r->seconds));
    return row;
}

/* Loads, runs and notes model k. */
static heat_status run_one(cli *c, several *s, int64_t k)
{
    heat_sample_options options = c->args.values.verb.sample;
    heat_sample_result *r = &s->results[k];
    heat_model *model = NULL;
    heat_model_info info;
    heat_status status = cli_model_load_spec(c, s->specs[k], &model, &info);

    if (status != HEAT_OK)
        return status;
    options.index += k;
    options.time = cli_time_left(c);
    heat_sample_result_init(r);
    if (heat_sample(c->ctx, model, &options, r) != HEAT_OK)
        status = cli_fail_library(c);
    heat_model_free(model);
    if (status != HEAT_OK)
        return status;
    s->seconds += r->seconds;
    if (c->json)
        cli_append(c, s->rows, json_model(c, s->specs[k], r));
    if (r->outcome == HEAT_OUTCOME_INTERRUPTED || s->outcome != HEAT_OUTCOME_INTERRUPTED)
        s->outcome = r->outcome == HEAT_OUTCOME_CONVERGED ? s->outcome : r->outcome;
    s->n_done = k + 1;
    return HEAT_OK;
}

static heat_status print_json(cli *c, several *s, const heat_sample_result *average)
{
    json_t *result = json_object(), *mean = cli_sample_json(c, average);
    cli_report report = {NULL,   s->outcome, cli_json_lines(average->reasons),
                         result, s->seconds, average->engine};

    cli_put(c, result, "models", s->rows);
    s->rows = NULL;
    cli_put(c, result, "average", json_incref(json_object_get(mean, "temperatures")));
    cli_put(c, result, "n_models", json_integer(s->n_done));
    json_decref(mean);
    return cli_print_report(c, &report);
}

static void print_text(cli *c, const several *s, const heat_sample_result *average)
{
    char number[CLI_NUMBER_SIZE], energy[CLI_NUMBER_SIZE], error[CLI_NUMBER_SIZE];
    int64_t refused = 0;

    cli_hide_progress(c);
    printf("%s, average over %lld models\n", average->engine, (long long)s->n_done);
    for (int32_t t = 0; t < average->n_temperatures; t++)
        cli_sample_print_temperature(&average->temperatures[t]);
    putchar('\n');
    for (int64_t k = 0; k < s->n_done; k++) {
        const heat_observable *o = &s->results[k].temperatures[0].observables[0];
        bool failed = s->results[k].outcome != HEAT_OUTCOME_CONVERGED;
        refused += failed;
        if (failed || s->n_done <= 10)
            cli_print_row(failed ? heat_outcome_name(s->results[k].outcome) : "model", "%s: %s %s ± %s",
                          s->specs[k], o->name, cli_text_mean(o->mean, o->error, energy),
                          cli_text_error(o->error, error));
    }
    cli_print_row("outcome", "%s", heat_outcome_name(s->outcome));
    for (const char *line = average->reasons; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\n");
        cli_print_row("", "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
    if (refused > 0)
        cli_print_row("", "%lld of %lld models are not converged: what they withhold has no average",
                      (long long)refused, (long long)s->n_done);
    cli_print_row("time", "%s", cli_text_time(s->seconds, number));
    c->exit_code = cli_outcome_code(s->outcome);
}

heat_status cli_sample_several(cli *c, int64_t n_models, const char *const *specs)
{
    several s = {
        .n_models = n_models, .specs = specs, .outcome = HEAT_OUTCOME_CONVERGED, .rows = json_array()};
    heat_sample_result average = {0};
    heat_status status = check_options(c);

    heat_sample_result_init(&average);
    s.results = calloc((size_t)n_models, sizeof *s.results);
    if (status == HEAT_OK && s.results == NULL)
        status = cli_fail(c, HEAT_ERROR_MEMORY, "no memory for %lld results", (long long)n_models);
    for (int64_t k = 0; k < n_models && status == HEAT_OK; k++) {
        status = run_one(c, &s, k);
        if (s.outcome == HEAT_OUTCOME_INTERRUPTED || s.outcome == HEAT_OUTCOME_TIME)
            break;
    }
    if (status == HEAT_OK && heat_sample_average(c->ctx, s.n_done, s.results, &average) != HEAT_OK)
        status = cli_fail_library(c);
    if (s.outcome != HEAT_OUTCOME_INTERRUPTED && average.outcome == HEAT_OUTCOME_NOT_CONVERGED)
        s.outcome = average.outcome;
    if (status == HEAT_OK && c->json)
        status = print_json(c, &s, &average);
    else if (status == HEAT_OK)
        print_text(c, &s, &average);
    for (int64_t k = 0; s.results != NULL && k < n_models; k++)
        heat_sample_result_clear(&s.results[k]);
    free(s.results);
    json_decref(s.rows);
    heat_sample_result_clear(&average);
    return status;
}
