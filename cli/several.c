/* Several MODELs of one command. */
#include "several.h"
#include "terminal.h"

#include <stdlib.h>

enum { MOST_LINES = 10 };

/* A bad name at the end of the list must not cost the runs before it. */
static heat_status read_all(cli *c, const cli_several *s)
{
    for (int64_t k = 0; k < s->n_models; k++) {
        heat_model *model = NULL;
        heat_model_info info;
        heat_status status = cli_model_load_spec(c, s->specs[k], &model, &info);
        heat_model_free(model);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

static json_t *json_row(cli *c, const char *spec, const cli_report *report)
{
    json_t *row = report->result;

    cli_put(c, row, "model", cli_json_text(spec));
    cli_put(c, row, "outcome", json_string(heat_outcome_name(report->outcome)));
    cli_put(c, row, "reasons", report->reasons);
    cli_put(c, row, "seconds", cli_json_number(report->seconds));
    return row;
}

/* Loads, runs and notes the next model. */
static heat_status run_next(cli *c, cli_several *s, cli_several_fn run, void *arg)
{
    const char *spec = s->specs[s->n_run];
    cli_report report = {0};
    heat_model *model = NULL;
    heat_model_info info;
    heat_status status = cli_model_load_spec(c, spec, &model, &info);

    if (status == HEAT_OK)
        status = run(c, model, s->n_run, cli_time_left(c), arg, &report);
    heat_model_free(model);
    if (status != HEAT_OK)
        return status;
    if (c->json)
        cli_append(c, s->rows, json_row(c, spec, &report));
    s->outcomes[s->n_run++] = report.outcome;
    s->seconds += report.seconds;
    if (report.outcome > s->outcome)
        s->outcome = report.outcome;
    return HEAT_OK;
}

heat_status cli_several_run(cli *c, int64_t n_models, const char *const *specs, cli_several_fn run, void *arg,
                            cli_several *s)
{
    bool cut = false;
    heat_status status;

    *s = (cli_several){.n_models = n_models, .specs = specs, .rows = json_array()};
    s->outcomes = calloc((size_t)n_models, sizeof *s->outcomes);
    if (s->outcomes == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "no memory for %lld outcomes", (long long)n_models);
    status = read_all(c, s);
    while (s->n_run < n_models && status == HEAT_OK && !cut) {
        status = run_next(c, s, run, arg);
        cut = cli_signal() != 0 || !(cli_time_left(c) > 0);
    }
    if (s->n_run < n_models && s->outcome < HEAT_OUTCOME_TIME)
        s->outcome = HEAT_OUTCOME_TIME;
    s->n_done =
        cut && s->n_run > 1 && s->outcomes[s->n_run - 1] >= HEAT_OUTCOME_TIME ? s->n_run - 1 : s->n_run;
    return status;
}

void cli_several_close(cli_several *s)
{
    free(s->outcomes);
    json_decref(s->rows);
}

heat_status cli_several_print_json(cli *c, cli_several *s, json_t *result, json_t *reasons, const char *ran)
{
    cli_report report = {NULL, s->outcome, reasons, result, s->seconds, ran};

    cli_put(c, result, "models", s->rows);
    s->rows = NULL;
    cli_put(c, result, "n_models", json_integer(s->n_done));
    return cli_print_report(c, &report);
}

void cli_several_print_text(cli *c, const cli_several *s, cli_several_text_fn describe, const void *arg,
                            const char *reasons)
{
    char text[256];
    int64_t refused = 0;

    putchar('\n');
    for (int64_t k = 0; k < s->n_run; k++) {
        bool failed = s->outcomes[k] > HEAT_OUTCOME_CONVERGED;
        refused += s->outcomes[k] == HEAT_OUTCOME_NOT_CONVERGED && k < s->n_done;
        describe(k, arg, text, sizeof text);
        if (failed || s->n_run <= MOST_LINES)
            cli_print_row(failed ? heat_outcome_name(s->outcomes[k]) : "model", "%s: %s", s->specs[k], text);
    }
    cli_print_row("outcome", "%s", heat_outcome_name(s->outcome));
    cli_print_lines(reasons);
    if (refused > 0)
        cli_print_row("", "%lld of %lld models did not converge: what they withhold has no average",
                      (long long)refused, (long long)s->n_done);
    if (s->n_done < s->n_models)
        cli_print_row("", "stopped early: the average is over %lld of %lld models", (long long)s->n_done,
                      (long long)s->n_models);
    cli_print_row("time", "%s", cli_text_time(s->seconds, text));
    c->exit_code = cli_outcome_code(s->outcome);
}
