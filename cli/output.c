/* The JSON envelope that every verb shares, and errors as text and JSON. */
#include "output.h"
#include "clock.h"
#include "json_text.h"
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_put(cli *c, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        c->json_failed = true;
}

void cli_append(cli *c, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        c->json_failed = true;
}

json_t *cli_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *cli_json_energy(const heat_model_info *model, double energy)
{
    if (model->integer && fabs(energy) < 9007199254740992.0)
        return json_integer((json_int_t)energy);
    return cli_json_number(energy);
}

json_t *cli_json_text(const char *text)
{
    json_t *value = json_string(text);
    char *plain;

    if (value != NULL)
        return value;
    plain = strdup(text); /* not UTF-8: a file name may be any bytes */
    if (plain == NULL)
        return NULL;
    for (char *c = plain; *c != '\0'; c++)
        if ((unsigned char)*c >= 128)
            *c = '?';
    value = json_string(plain);
    free(plain);
    return value;
}

/* An array is built whole or not at all. */
static json_t *array_add(json_t *array, json_t *value)
{
    if (array != NULL && json_array_append_new(array, value) != 0) {
        json_decref(array);
        return NULL;
    }
    return array;
}

/* A state may be of millions of variables, but of few values: these are shared. */
json_t *cli_json_state(const int8_t *state, int64_t count)
{
    json_t *array = json_array(), *shared[UINT8_MAX + 1] = {NULL};

    for (int64_t k = 0; array != NULL && k < count; k++) {
        json_t **value = &shared[(uint8_t)state[k]];
        if (*value == NULL)
            *value = json_integer(state[k]);
        array = array_add(array, json_incref(*value));
    }
    for (int k = 0; k <= UINT8_MAX; k++)
        json_decref(shared[k]);
    return array;
}

json_t *cli_json_numbers(const double *values, int64_t count)
{
    json_t *array = json_array();

    for (int64_t k = 0; array != NULL && k < count; k++)
        array = array_add(array, cli_json_number(values[k]));
    return array;
}

json_t *cli_json_indices(const int32_t *values, int64_t count)
{
    json_t *array = json_array();

    for (int64_t k = 0; array != NULL && k < count; k++)
        array = array_add(array, json_integer(values[k]));
    return array;
}

json_t *cli_json_lines(const char *text)
{
    json_t *array = json_array();

    while (text != NULL && *text != '\0' && array != NULL) {
        size_t length = strcspn(text, "\n");
        if (length > 0)
            array = array_add(array, json_stringn(text, length));
        text += length + (text[length] == '\n');
    }
    return array;
}

static json_t *json_seed(uint64_t seed)
{
    char text[24];

    if (seed <= 9007199254740992ULL)
        return json_integer((json_int_t)seed);
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    return json_string(text); /* beyond 2^53 many readers of JSON would round it */
}

static const void *field(const cli *c, const heat_option *o)
{
    return (const char *)&c->args.values + o->offset;
}

static json_t *json_temperatures(cli *c, const char *set)
{
    int64_t count = 0;
    double *values;
    json_t *array = NULL;

    if (heat_temperature_set_get(c->ctx, set, 0, NULL, &count) != HEAT_OK)
        return cli_json_text(set);
    values = malloc((size_t)count * sizeof *values);
    if (values != NULL && heat_temperature_set_get(c->ctx, set, count, values, &count) == HEAT_OK)
        array = cli_json_numbers(values, count);
    free(values);
    return array;
}

static json_t *json_choice(const char *option, const char *value, const char *ran)
{
    bool is_auto = strcmp(value, "auto") == 0;

    if (is_auto && strcmp(option, "isa") == 0)
        return json_string(heat_isa_resolve(value));
    if (is_auto && ran != NULL && (strcmp(option, "engine") == 0 || strcmp(option, "method") == 0))
        return json_string(ran);
    return json_string(value);
}

/* One option as it was resolved; null where nothing is set. */
static json_t *json_option(cli *c, const heat_option *o, const char *ran)
{
    const void *f = field(c, o);

    switch (o->kind) {
    case HEAT_OPTION_REAL: {
        double value = *(const double *)f;
        if (value == HEAT_RANDOM)
            return json_string("random");
        if (o->min == HEAT_AUTO && value == HEAT_AUTO)
            return json_string("auto");
        return fabs(value) >= HEAT_FOREVER ? json_null() : cli_json_number(value);
    }
    case HEAT_OPTION_COUNT: {
        int64_t count = *(const int64_t *)f;
        if (count != HEAT_AUTO || o->min != HEAT_AUTO)
            return json_integer(count);
        return strcmp(o->name, "threads") == 0 ? json_integer(heat_threads_resolve(count))
                                               : json_string("auto");
    }
    case HEAT_OPTION_SEED:
        return json_seed(*(const uint64_t *)f);
    case HEAT_OPTION_BYTES:
        return json_integer(*(const int64_t *)f);
    case HEAT_OPTION_SWITCH:
        return json_boolean(*(const bool *)f);
    case HEAT_OPTION_TEXT: {
        const char *text = *(const char *const *)f;
        return text == NULL ? json_null() : cli_json_text(text);
    }
    case HEAT_OPTION_CHOICE:
        return json_choice(o->name, *(const char *const *)f, ran);
    case HEAT_OPTION_TEMPERATURE: {
        const char *set = *(const char *const *)(const void *)((const char *)&c->args.values + o->set_offset);
        return set == NULL ? json_real(*(const double *)f) : json_temperatures(c, set);
    }
    }
    return NULL;
}

static json_t *json_options(cli *c, const char *ran)
{
    json_t *options = json_object();

    for (int k = 0; k < c->args.table.n_options; k++) {
        const heat_option *o = &c->args.rows[k];
        cli_put(c, options, o->name, json_option(c, o, ran));
    }
    return options;
}

static json_t *json_model(cli *c, const heat_model_info *info)
{
    json_t *model = json_object();

    cli_put(c, model, "kind", cli_json_text(info->kind));
    cli_put(c, model, "variables", json_integer(info->n_variables));
    cli_put(c, model, "states", json_integer(info->n_states));
    cli_put(c, model, "edges", json_integer(info->n_edges));
    cli_put(c, model, "name", cli_json_text(info->name));
    cli_put(c, model, "format", cli_json_text(info->format));
    return model;
}

/* The resolved value of an option that some verbs lack, or null. */
static json_t *json_resolved(cli *c, const char *name)
{
    const heat_option *o = cli_option_find(&c->args, name);
    return o == NULL ? json_null() : json_option(c, o, NULL);
}

heat_status cli_print_report(cli *c, cli_report *report)
{
    json_t *envelope = json_object();
    bool complete;

    cli_put(c, envelope, "heatbath", json_string(heat_version()));
    cli_put(c, envelope, "verb", json_string(c->verb->name));
    cli_put(c, envelope, "model", report->model == NULL ? json_null() : json_model(c, report->model));
    cli_put(c, envelope, "options", json_options(c, report->ran));
    cli_put(c, envelope, "seed", json_resolved(c, "seed"));
    cli_put(c, envelope, "threads", json_resolved(c, "threads"));
    cli_put(c, envelope, "isa", json_resolved(c, "isa"));
    cli_put(c, envelope, "seconds", cli_json_number(report->seconds));
    cli_put(c, envelope, "outcome", json_string(heat_outcome_name(report->outcome)));
    cli_put(c, envelope, "reasons", report->reasons == NULL ? json_array() : report->reasons);
    cli_put(c, envelope, "result", report->result);
    c->exit_code = cli_outcome_code(report->outcome);
    cli_hide_progress(c);
    complete = !c->json_failed && cli_json_print(stdout, envelope);
    json_decref(envelope);
    return complete ? HEAT_OK : cli_fail(c, HEAT_ERROR_MEMORY, "out of memory while writing JSON");
}

heat_status cli_print_interrupted(cli *c)
{
    cli_report report = {.outcome = HEAT_OUTCOME_INTERRUPTED, .seconds = cli_clock() - c->began_s};

    cli_print_failure(c);
    if (c->json) {
        report.reasons = json_array();
        cli_append(c, report.reasons, cli_json_text(c->failure.message));
        report.result = json_null();
    }
    cli_failure_clear(c);
    c->exit_code = cli_outcome_code(report.outcome);
    return c->json ? cli_print_report(c, &report) : HEAT_OK;
}

void cli_print_failure(const cli *c)
{
    fprintf(stderr, "heatbath: %s\n", c->failure.message);
}

static json_t *text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : cli_json_text(text);
}

void cli_print_failure_json(cli *c)
{
    const cli_failure *f = &c->failure;
    json_t *envelope = json_object(), *error = json_object();

    cli_put(c, error, "message", cli_json_text(f->message));
    cli_put(c, error, "status", json_string(heat_status_name(f->status)));
    cli_put(c, error, "option", text_or_null(f->option));
    cli_put(c, error, "value", text_or_null(f->value));
    cli_put(c, error, "file", text_or_null(f->file));
    cli_put(c, error, "line", f->line > 0 ? json_integer(f->line) : json_null());
    cli_put(c, error, "column", f->column > 0 ? json_integer(f->column) : json_null());
    cli_put(c, envelope, "error", error);
    if (!cli_json_print(stdout, envelope))
        fputs("heatbath: out of memory while writing JSON\n", stderr);
    json_decref(envelope);
}
