/* heatbath logz: log Z with its error, and what follows from it. */
#include "clock.h"
#include "logz_output.h"
#include "model_list.h"
#include "terminal.h"

#include <math.h>

/* The keys of one temperature. */
static void put_row(cli *c, json_t *object, const heat_logz_result *r, const heat_logz_row *row)
{
    cli_put(c, object, "temperature", cli_json_number(row->temperature));
    cli_put(c, object, "log_z", cli_json_number(row->log_z));
    cli_put(c, object, "error", cli_json_number(row->error));
    cli_put(c, object, "exact", json_boolean(r->exact));
    cli_put(c, object, "method", r->method == NULL ? json_null() : cli_json_text(r->method));
    cli_put(c, object, "method_reason",
            r->method_reason == NULL ? json_null() : cli_json_text(r->method_reason));
    cli_put(c, object, "log_z_lower", cli_json_number(row->log_z_lower));
    cli_put(c, object, "log_z_upper", cli_json_number(row->log_z_upper));
    cli_put(c, object, "free_energy", cli_json_number(row->free_energy));
    cli_put(c, object, "mean_energy", cli_json_number(row->mean_energy));
    cli_put(c, object, "mean_energy_error", cli_json_number(row->mean_energy_error));
    cli_put(c, object, "entropy", cli_json_number(row->entropy));
    cli_put(c, object, "entropy_error", cli_json_number(row->entropy_error));
    cli_put(c, object, "heat_capacity", cli_json_number(row->heat_capacity));
    cli_put(c, object, "heat_capacity_error", cli_json_number(row->heat_capacity_error));
}

/* What an estimate says of itself. */
static void put_evidence(cli *c, json_t *object, const heat_logz_result *r)
{
    json_t *rungs = json_array(), *levels = json_array();

    if (r->exact)
        goto out;
    cli_put(c, object, "chains", json_integer(r->n_chains));
    cli_put(c, object, "sweeps", json_integer(r->n_sweeps));
    cli_put(c, object, "updates", json_integer(r->updates));
    cli_put(c, object, "ess", cli_json_number(r->ess));
    cli_put(c, object, "overlap", cli_json_number(r->overlap));
    cli_put(c, object, "families", cli_json_number(r->families));
    cli_put(c, object, "bootstrap_error", cli_json_number(r->bootstrap_error));
    cli_put(c, object, "integral", cli_json_number(r->integral));
    cli_put(c, object, "integral_error", cli_json_number(r->integral_error));
    cli_put(c, object, "bar", cli_json_number(r->bar));
    cli_put(c, object, "bar_error", cli_json_number(r->bar_error));
    cli_put(c, object, "forward", cli_json_number(r->forward));
    cli_put(c, object, "forward_error", cli_json_number(r->forward_error));
    cli_put(c, object, "reverse", cli_json_number(r->reverse));
    cli_put(c, object, "reverse_error", cli_json_number(r->reverse_error));
    for (int32_t k = 0; k < r->n_rungs; k++) {
        const heat_logz_rung *g = &r->rungs[k];
        json_t *rung = json_object();
        cli_put(c, rung, "beta", cli_json_number(g->beta));
        cli_put(c, rung, "log_z", cli_json_number(g->log_z));
        cli_put(c, rung, "error", cli_json_number(g->error));
        cli_put(c, rung, "mean_energy", cli_json_number(g->mean_energy));
        cli_put(c, rung, "tau", cli_json_number(g->tau));
        cli_put(c, rung, "overlap", cli_json_number(g->overlap));
        cli_append(c, rungs, rung);
    }
    for (int64_t k = 0; k < r->n_levels; k++) {
        json_t *level = json_object();
        cli_put(c, level, "energy", cli_json_number(r->levels[k].energy));
        cli_put(c, level, "log_count", cli_json_number(r->levels[k].log_count));
        cli_put(c, level, "error", cli_json_number(r->levels[k].error));
        cli_append(c, levels, level);
    }
out:
    cli_put(c, object, "ground_energy", cli_json_number(r->ground_energy));
    cli_put(c, object, "degeneracy", cli_json_number(exp(r->log_degeneracy)));
    cli_put(c, object, "degeneracy_error", cli_json_number(exp(r->log_degeneracy) * r->log_degeneracy_error));
    cli_put(c, object, "ground_entropy", cli_json_number(r->log_degeneracy));
    cli_put(c, object, "ground_entropy_error", cli_json_number(r->log_degeneracy_error));
    cli_put(c, object, "rungs", rungs);
    cli_put(c, object, "levels", levels);
}

json_t *cli_logz_reasons(cli *c, const heat_logz_result *r)
{
    json_t *reasons = json_array();

    if (r->reason != NULL)
        cli_append(c, reasons, cli_json_text(r->reason));
    if (r->diagnosis[0] != '\0')
        cli_append(c, reasons, cli_json_text(r->diagnosis));
    return reasons;
}

json_t *cli_logz_json(cli *c, const heat_logz_result *r)
{
    json_t *result = json_object(), *rows = json_array();

    if (r->n_rows > 0)
        put_row(c, result, r, &r->rows[0]);
    for (int32_t k = 0; k < r->n_rows; k++) {
        json_t *row = json_object();
        put_row(c, row, r, &r->rows[k]);
        cli_append(c, rows, row);
    }
    cli_put(c, result, "temperatures", rows);
    put_evidence(c, result, r);
    return result;
}

static heat_status print_json(cli *c, const heat_model_info *info, const heat_logz_result *r)
{
    const char *file = c->args.values.own.marginals;
    cli_report report = {info,
                         r->outcome,
                         cli_logz_reasons(c, r),
                         cli_logz_json(c, r),
                         cli_clock() - c->began_s,
                         r->exact ? "exact" : r->method};

    cli_put(c, report.result, "marginals", file == NULL ? json_null() : cli_json_text(file));
    return cli_print_report(c, &report);
}

/* A number with its error, in full where it is exact. */
static void print_value(const char *name, double value, double error, const char *unit)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    if (error > 0)
        cli_print_row(name, "%s ± %s%s", cli_text_mean(value, error, a), cli_text_error(error, b), unit);
    else
        cli_print_row(name, "%s%s", cli_text_full(value, a), unit);
}

static void print_one(const heat_logz_row *row, bool log_z_only)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    cli_print_row("temperature", "%s", cli_text_full(row->temperature, a));
    cli_print_row("log Z", "%s ± %s",
                  row->error > 0 ? cli_text_mean(row->log_z, row->error, a) : cli_text_full(row->log_z, a),
                  row->error > 0 ? cli_text_error(row->error, b) : cli_text_full(row->error, b));
    print_value("free energy", row->free_energy, row->temperature * row->error, "");
    if (!log_z_only) {
        print_value("mean energy", row->mean_energy, row->mean_energy_error, "");
        print_value("entropy", row->entropy, row->entropy_error, " nats");
    }
    if (!isnan(row->heat_capacity))
        print_value("heat capacity", row->heat_capacity, row->heat_capacity_error, "");
}

/* The same number by other roads, and what the estimate stands on. */
static void print_evidence(const heat_logz_result *r)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    if (r->exact)
        return;
    if (!isnan(r->bar))
        print_value("by BAR", r->bar, r->bar_error, "");
    if (!isnan(r->integral))
        print_value("by integral", r->integral, r->integral_error, "");
    if (!isnan(r->forward))
        print_value("forward", r->forward, r->forward_error, "");
    if (!isnan(r->reverse))
        print_value("reverse", r->reverse, r->reverse_error, "");
    for (int32_t k = 0; k < r->n_rows; k++)
        if (!isnan(r->rows[k].log_z_upper))
            cli_print_row("bounds", "%s to %s: two errors below forward and above reverse",
                          cli_text_mean(r->rows[k].log_z_lower, r->forward_error, a),
                          cli_text_mean(r->rows[k].log_z_upper, r->reverse_error, b));
    if (!isnan(r->log_degeneracy)) {
        print_value("ground entropy", r->log_degeneracy, r->log_degeneracy_error, " nats");
        cli_print_row("degeneracy", "%s of energy %s, the lowest met",
                      cli_text_short(exp(r->log_degeneracy), 4, a), cli_text_full(r->ground_energy, b));
    }
    if (r->n_chains > 0)
        cli_print_row("chains", "%lld, %lld sweeps each", (long long)r->n_chains, (long long)r->n_sweeps);
    if (r->n_rungs > 0)
        cli_print_row("ladder", "%d temperatures, overlap %s", r->n_rungs, cli_text_short(r->overlap, 2, a));
    if (!isnan(r->ess))
        cli_print_row("ess", "%s", cli_text_short(r->ess, 3, a));
    if (!isnan(r->families))
        cli_print_row("families", "%s", cli_text_short(r->families, 3, a));
    if (!isnan(r->bootstrap_error))
        cli_print_row("bootstrap", "± %s", cli_text_error(r->bootstrap_error, a));
}

/* A number of a table: in `digits` where it is exact, else to two digits of its error. */
static const char *text_value(double value, double error, int digits, char *buffer)
{
    return error > 0 ? cli_text_mean(value, error, buffer) : cli_text_short(value, digits, buffer);
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
               text_value(row->log_z, row->error, 14, z), cli_text_short(row->error, 2, error),
               text_value(row->free_energy, row->temperature * row->error, 12, f),
               text_value(row->mean_energy, row->mean_energy_error, 12, energy),
               text_value(row->entropy, row->entropy_error, 12, entropy));
    }
}

static void print_text(cli *c, const heat_logz_result *r)
{
    char number[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    if (r->n_rows == 1)
        print_one(&r->rows[0], isnan(r->rows[0].mean_energy) && c->args.values.verb.logz.log_z_only);
    else
        print_table(r);
    print_evidence(r);
    cli_print_row("outcome", "%s%s%s", heat_outcome_name(r->outcome), r->reason == NULL ? "" : ": ",
                  r->reason == NULL ? "" : r->reason);
    if (r->diagnosis[0] != '\0')
        cli_print_row("diagnosis", "%s", r->diagnosis);
    if (r->method_reason == NULL)
        cli_print_row("method", "%s", r->method == NULL ? "-" : r->method);
    else
        cli_print_row("method", "%s: %s", r->method == NULL ? "-" : r->method, r->method_reason);
    if (c->args.values.own.marginals != NULL)
        cli_print_row("marginals", "%s", c->args.values.own.marginals);
    cli_print_row("time", "%s", cli_text_time(cli_clock() - c->began_s, number));
    c->exit_code = cli_outcome_code(r->outcome);
}

static heat_status count_one(cli *c, const char *spec)
{
    heat_model *model = NULL;
    heat_model_info info;
    heat_logz_options options;
    heat_logz_result result;
    heat_status status;

    heat_logz_result_init(&result);
    status = cli_model_load_spec(c, spec, &model, &info);
    if (status != HEAT_OK)
        goto out;
    options = c->args.values.verb.logz;
    options.time = cli_time_left(c);
    if (heat_logz(c->ctx, model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    else if (c->args.values.own.marginals != NULL && result.outcome == HEAT_OUTCOME_PROVED)
        status = cli_logz_write_marginals(c, model);
    if (status != HEAT_OK)
        goto out;
    if (c->json)
        status = print_json(c, &info, &result);
    else
        print_text(c, &result);
out:
    heat_logz_result_clear(&result);
    heat_model_free(model);
    return status;
}

heat_status cli_logz(cli *c)
{
    cli_model_list list;
    heat_status status = cli_model_list_open(c, &list);

    if (status == HEAT_OK)
        status = cli_logz_check_marginals(c, list.n);
    if (status == HEAT_OK)
        status = list.n == 1 ? count_one(c, list.specs[0]) : cli_logz_several(c, list.n, list.specs);
    cli_model_list_close(c, &list);
    return status;
}
