/* DATA as an operand: loading it, and what info and convert do with it. */
#include "data_verbs.h"
#include "clock.h"
#include "output.h"
#include "terminal.h"

#include <string.h>

bool cli_data_is_operand(cli *c, const char *spec)
{
    if (c->args.values.data.array != NULL) /* models have none to be chosen */
        return true;
    return heat_data_is_named(c->ctx, spec, c->args.values.own.format);
}

heat_status cli_data_load(cli *c, const char *spec, const heat_data_options *options, heat_data **data,
                          heat_data_info *info)
{
    heat_data_options opt = *options;
    heat_status status;

    opt.format = c->args.values.own.format;
    heat_context_limit(c->ctx, cli_time_left(c));
    status = heat_data_load(c->ctx, spec, &opt, data);
    if (status == HEAT_ERROR_STOPPED)
        return cli_fail_file(c, status, spec, "%s", heat_context_error(c->ctx));
    if (status != HEAT_OK)
        return cli_fail_library(c);
    heat_data_describe(*data, info);
    return HEAT_OK;
}

heat_status cli_data_refuse_options(cli *c, const char *spec)
{
    const heat_option_table *table = heat_option_table_get("data");

    for (int32_t k = 0; k < table->n_options; k++) {
        const heat_option *o = cli_option_find(&c->args, table->options[k].name);
        if (o != NULL && c->args.given[o - c->args.rows])
            return cli_fail_option(c, o->name, NULL, "says how data is read, and %.80s is a model", spec);
    }
    return HEAT_OK;
}

static const char *storage_name(heat_data_storage storage)
{
    return storage == HEAT_DATA_BITS ? "bits" : storage == HEAT_DATA_BYTES ? "bytes" : "floats";
}

static json_t *json_names(cli *c, const heat_data *data, const heat_data_info *info)
{
    json_t *array;

    if (heat_data_get_name(data, 0) == NULL)
        return json_null();
    array = json_array();
    for (int32_t k = 0; k < info->n_variables; k++)
        cli_append(c, array, cli_json_text(heat_data_get_name(data, k)));
    return array;
}

/* The classes of labels that are words; of other labels how many there are says enough. */
static json_t *json_classes(cli *c, const heat_data *data, const heat_data_info *info)
{
    json_t *array;

    if (!info->has_labels || heat_data_get_class(data, 0) == NULL)
        return json_null();
    array = json_array();
    for (int32_t k = 0; k < info->n_classes; k++)
        cli_append(c, array, cli_json_text(heat_data_get_class(data, k)));
    return array;
}

static json_t *json_extent(cli *c, const heat_data_info *info)
{
    json_t *array = json_array();

    for (int32_t k = 0; k < info->n_dimensions; k++)
        cli_append(c, array, json_integer(info->extent[k]));
    return array;
}

static heat_status print_json(cli *c, const heat_data *data, const heat_data_info *info, const char *path)
{
    json_t *result = json_object();
    heat_outcome outcome = cli_signal() == 0 ? HEAT_OUTCOME_COMPLETED : HEAT_OUTCOME_INTERRUPTED;
    cli_report report = {NULL, outcome, NULL, result, cli_clock() - c->began_s, NULL};

    if (path != NULL)
        cli_put(c, result, "file", cli_json_text(path));
    cli_put(c, result, "kind", json_string("data"));
    cli_put(c, result, "name", cli_json_text(info->name));
    cli_put(c, result, "format", cli_json_text(info->format));
    cli_put(c, result, "reading", cli_json_text(info->reading));
    cli_put(c, result, "rows", json_integer(info->n_rows));
    cli_put(c, result, "variables", json_integer(info->n_variables));
    cli_put(c, result, "storage", json_string(storage_name(info->storage)));
    cli_put(c, result, "spins", json_boolean(info->coding == HEAT_CODING_SPIN));
    cli_put(c, result, "states", info->n_states == 0 ? json_null() : json_integer(info->n_states));
    cli_put(c, result, "min", cli_json_number(info->min));
    cli_put(c, result, "max", cli_json_number(info->max));
    cli_put(c, result, "mean", cli_json_number(info->mean));
    cli_put(c, result, "missing", json_integer(info->n_missing));
    cli_put(c, result, "labels", json_boolean(info->has_labels));
    cli_put(c, result, "classes", json_integer(info->n_classes));
    cli_put(c, result, "class_names", json_classes(c, data, info));
    cli_put(c, result, "weights", json_boolean(info->has_weights));
    cli_put(c, result, "extent", json_extent(c, info));
    cli_put(c, result, "names", json_names(c, data, info));
    cli_put(c, result, "bytes", json_integer(info->bytes));
    return cli_print_report(c, &report);
}

static const char *describe_values(const heat_data_info *info)
{
    if (info->coding == HEAT_CODING_SPIN)
        return "-1 and +1, a bit each";
    if (info->storage == HEAT_DATA_BITS)
        return "0 and 1, a bit each";
    return info->storage == HEAT_DATA_BYTES ? "whole numbers, a byte each" : "numbers, 32-bit floats";
}

static void print_text(cli *c, const heat_data_info *info)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], mean[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    cli_print_row("kind", "data");
    cli_print_row("name", "%s", info->name);
    cli_print_row("format", "%s%s%s%s", info->format, info->reading[0] == '\0' ? "" : " (", info->reading,
                  info->reading[0] == '\0' ? "" : ")");
    cli_print_row("rows", "%lld", (long long)info->n_rows);
    cli_print_row("variables", "%d", info->n_variables);
    if (info->n_dimensions > 0) {
        printf("%-14s ", "shape");
        for (int32_t k = 0; k < info->n_dimensions; k++)
            printf("%s%lld", k == 0 ? "" : " x ", (long long)info->extent[k]);
        putchar('\n');
    }
    cli_print_row("values", "%s: %s to %s, mean %s", describe_values(info), cli_text_full(info->min, a),
                  cli_text_full(info->max, b), cli_text_short(info->mean, 6, mean));
    if (info->n_missing > 0)
        cli_print_row("missing", "%lld", (long long)info->n_missing);
    if (info->has_labels && info->n_classes > 0)
        cli_print_row("labels", "%d classes", info->n_classes);
    else
        cli_print_row("labels", "%s", info->has_labels ? "numbers" : "none");
    if (info->has_weights)
        cli_print_row("weights", "one a row");
    cli_print_row("memory", "%s", cli_text_size((double)info->bytes, a));
    c->exit_code = cli_signal() == 0 ? 0 : 128 + cli_signal();
}

heat_status cli_data_info(cli *c)
{
    heat_data *data = NULL;
    heat_data_info info;
    heat_status status = cli_data_load(c, c->args.operands[0], &c->args.values.data, &data, &info);

    if (status == HEAT_OK && c->json)
        status = print_json(c, data, &info, NULL);
    else if (status == HEAT_OK)
        print_text(c, &info);
    heat_data_free(data);
    return status;
}

heat_status cli_data_convert(cli *c)
{
    const char *path = c->args.operands[1];
    heat_data *data = NULL;
    heat_data_info info;
    heat_status status = cli_data_load(c, c->args.operands[0], &c->args.values.data, &data, &info);

    if (status != HEAT_OK)
        goto out;
    if (heat_data_convert(c->ctx, data, path) != HEAT_OK) {
        status = cli_fail_library(c);
    } else if (c->json) {
        status = print_json(c, data, &info, path);
    } else {
        cli_print_row("file", "%s", path);
        cli_print_row("rows", "%lld", (long long)info.n_rows);
        cli_print_row("variables", "%d", info.n_variables);
        c->exit_code = cli_signal() == 0 ? 0 : 128 + cli_signal();
    }
out:
    heat_data_free(data);
    return status;
}
