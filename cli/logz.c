/* heatbath logz: log Z with its error, and what follows from it. */
#include "clock.h"
#include "output.h"
#include "terminal.h"

/* The keys of one temperature. */
static void put_row(cli *c, json_t *object, const heat_logz_result *r, const heat_logz_row *row)
{
    cli_put(c, object, "temperature", cli_json_number(row->temperature));
    cli_put(c, object, "log_z", cli_json_number(row->log_z));
    cli_put(c, object, "error", cli_json_number(row->error));
    cli_put(c, object, "exact", json_boolean(r->exact));
    cli_put(c, object, "method", r->method == NULL ? json_null() : cli_json_text(r->method));
    cli_put(c, object, "log_z_lower", cli_json_number(row->log_z_lower));
    cli_put(c, object, "log_z_upper", cli_json_number(row->log_z_upper));
    cli_put(c, object, "free_energy", cli_json_number(row->free_energy));
    cli_put(c, object, "mean_energy", cli_json_number(row->mean_energy));
    cli_put(c, object, "entropy", cli_json_number(row->entropy));
}

static heat_status print_json(cli *c, const heat_model_info *info, const heat_logz_result *r)
{
    json_t *result = json_object(), *rows = json_array(), *reasons = json_array();
    cli_report report = {info, r->outcome, reasons, result, cli_clock() - c->began_s, "exact"};

    if (r->reason != NULL)
        cli_append(c, reasons, cli_json_text(r->reason));
    if (r->n_rows > 0)
        put_row(c, result, r, &r->rows[0]);
    for (int32_t k = 0; k < r->n_rows; k++) {
        json_t *row = json_object();
        put_row(c, row, r, &r->rows[k]);
        cli_append(c, rows, row);
    }
    cli_put(c, result, "temperatures", rows);
    return cli_print_report(c, &report);
}

static void print_one(const heat_logz_row *row)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    cli_print_row("temperature", "%s", cli_text_full(row->temperature, a));
    cli_print_row("log Z", "%s ± %s",
                  row->error > 0 ? cli_text_mean(row->log_z, row->error, a) : cli_text_full(row->log_z, a),
                  row->error > 0 ? cli_text_error(row->error, b) : cli_text_full(row->error, b));
    cli_print_row("free energy", "%s", cli_text_full(row->free_energy, a));
    cli_print_row("mean energy", "%s", cli_text_full(row->mean_energy, a));
    cli_print_row("entropy", "%s nats", cli_text_full(row->entropy, a));
}

static void print_table(const heat_logz_result *r)
{
    char t[CLI_NUMBER_SIZE], z[CLI_NUMBER_SIZE], error[CLI_NUMBER_SIZE], f[CLI_NUMBER_SIZE];
    char energy[CLI_NUMBER_SIZE], entropy[CLI_NUMBER_SIZE];

    printf("%12s %20s   %-10s %18s %18s %18s\n", "temperature", "log Z", "error", "free energy",
           "mean energy", "entropy");
    for (int32_t k = 0; k < r->n_rows; k++) {
        const heat_logz_row *row = &r->rows[k];
        printf("%12s %20s ± %-10s %18s %18s %18s\n", cli_text_short(row->temperature, 8, t),
               cli_text_short(row->log_z, 14, z), cli_text_short(row->error, 2, error),
               cli_text_short(row->free_energy, 12, f), cli_text_short(row->mean_energy, 12, energy),
               cli_text_short(row->entropy, 12, entropy));
    }
}

static void print_text(cli *c, const heat_logz_result *r)
{
    char number[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    if (r->n_rows == 1)
        print_one(&r->rows[0]);
    else
        print_table(r);
    cli_print_row("outcome", "%s%s%s", heat_outcome_name(r->outcome), r->reason == NULL ? "" : ": ",
                  r->reason == NULL ? "" : r->reason);
    cli_print_row("method", "%s", r->method == NULL ? "-" : r->method);
    cli_print_row("time", "%s", cli_text_time(cli_clock() - c->began_s, number));
    c->exit_code = cli_outcome_code(r->outcome);
}

heat_status cli_logz(cli *c)
{
    heat_model *model = NULL;
    heat_model_info info;
    heat_logz_options options;
    heat_logz_result result;
    heat_status status;

    heat_logz_result_init(&result);
    status = cli_model_load(c, &model, &info);
    if (status != HEAT_OK)
        goto out;
    options = c->args.values.verb.logz;
    options.time = cli_time_left(c);
    if (heat_logz(c->ctx, model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    else if (c->json)
        status = print_json(c, &info, &result);
    else
        print_text(c, &result);
out:
    heat_logz_result_clear(&result);
    heat_model_free(model);
    return status;
}
