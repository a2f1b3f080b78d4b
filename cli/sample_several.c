/* sample of several MODELs: samples of one disorder, and their average. */
#include "figures.h"
#include "sample_output.h"
#include "several.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

static heat_status check_options(cli *c)
{
    static const char *const one_model_only[] = {"output", "checkpoint", "initial"};
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
    return cli_figures_open(c);
}

static heat_status run_one(cli *c, const heat_model *model, int64_t index, double time, void *arg,
                           cli_report *report)
{
    heat_sample_options options = c->args.values.verb.sample;
    heat_sample_result *r = (heat_sample_result *)arg + index;

    options.index += index;
    options.time = time;
    heat_sample_result_init(r);
    if (heat_sample(c->ctx, model, &options, r) != HEAT_OK)
        return cli_fail_library(c);
    report->outcome = r->outcome;
    report->seconds = r->seconds;
    if (c->json) {
        report->result = cli_sample_json(c, r);
        report->reasons = cli_json_lines(r->reasons);
    }
    return HEAT_OK;
}

/* The figures of the average, named after the first model. */
static heat_status draw(cli *c, const cli_several *s, const heat_sample_result *average)
{
    heat_model *model = NULL;
    heat_model_info info;
    heat_status status;

    if (c->args.values.own.figures == NULL)
        return HEAT_OK;
    status = cli_model_load_spec(c, s->specs[0], &model, &info);
    if (status == HEAT_OK)
        status = cli_figures_write(c, model, &info, average);
    heat_model_free(model);
    return status;
}

static heat_status print_json(cli *c, cli_several *s, const heat_sample_result *average)
{
    json_t *result = json_object();

    cli_sample_put_temperatures(c, result, "average", average);
    return cli_several_print_json(c, s, result, cli_json_lines(average->reasons), average->engine);
}

static void describe(int64_t index, const void *arg, char *text, size_t size)
{
    const heat_sample_result *r = (const heat_sample_result *)arg + index;
    const heat_observable *o = &r->temperatures[0].observables[0];
    char energy[CLI_NUMBER_SIZE], error[CLI_NUMBER_SIZE];

    snprintf(text, size, "%s %s ± %s", o->name, cli_text_mean(o->mean, o->error, energy),
             cli_text_error(o->error, error));
}

static void print_text(cli *c, const cli_several *s, const heat_sample_result *results,
                       const heat_sample_result *average)
{
    cli_hide_progress(c);
    printf("%s, average over %lld models\n", average->engine, (long long)s->n_done);
    for (int32_t t = 0; t < average->n_temperatures; t++)
        cli_sample_print_temperature(&average->temperatures[t]);
    cli_sample_print_between(average);
    cli_several_print_text(c, s, describe, results, average->reasons);
    if (c->args.values.own.figures != NULL)
        cli_print_row("figures", "%s", c->args.values.own.figures);
}

heat_status cli_sample_several(cli *c, int64_t n_models, const char *const *specs)
{
    cli_several s = {.n_models = 0};
    heat_sample_result average = {0}, *results = NULL;
    heat_status status = check_options(c);

    heat_sample_result_init(&average);
    if (status != HEAT_OK)
        return status;
    results = calloc((size_t)n_models, sizeof *results);
    if (results == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "no memory for %lld results", (long long)n_models);
    status = cli_several_run(c, n_models, specs, run_one, results, &s);
    if (status == HEAT_OK && heat_sample_average(c->ctx, s.n_done, results, &average) != HEAT_OK)
        status = cli_fail_library(c);
    if (average.outcome > s.outcome)
        s.outcome = average.outcome;
    if (status == HEAT_OK)
        status = draw(c, &s, &average);
    if (status == HEAT_OK && c->json)
        status = print_json(c, &s, &average);
    else if (status == HEAT_OK)
        print_text(c, &s, results, &average);
    for (int64_t k = 0; k < n_models; k++)
        heat_sample_result_clear(&results[k]);
    free(results);
    heat_sample_result_clear(&average);
    cli_several_close(&s);
    return status;
}
