/* heatbath score: how likely data are under a model, row by row and on average. */
#include "clock.h"
#include "data_verbs.h"
#include "output.h"
#include "output_path.h"
#include "terminal.h"

#include <math.h>

static json_t *json_value(cli *c, double mean, double error)
{
    json_t *object = json_object();

    cli_put(c, object, "mean", cli_json_number(mean));
    cli_put(c, object, "error", cli_json_number(error));
    return object;
}

static json_t *json_ranking(cli *c, const heat_score_result *r)
{
    json_t *rows = json_array();

    for (int64_t k = 0; k < r->n_ranked; k++) {
        json_t *row = json_object();
        cli_put(c, row, "row", json_integer(r->ranked[k]));
        cli_put(c, row, "log_likelihood", cli_json_number(r->log_likelihood[r->ranked[k]]));
        cli_append(c, rows, row);
    }
    return rows;
}

static heat_status print_json(cli *c, const heat_model_info *info, const heat_score_result *r)
{
    json_t *result = json_object(), *reasons = json_array();
    const char *path = c->args.values.own.output;
    cli_report report = {
        info, r->outcome, reasons, result, cli_clock() - c->began_s, r->exact ? "exact" : r->method};

    cli_append(c, reasons, cli_json_text(r->reason));
    if (r->diagnosis[0] != '\0')
        cli_append(c, reasons, cli_json_text(r->diagnosis));
    cli_put(c, result, "mean_log_likelihood", cli_json_number(r->mean_log_likelihood));
    cli_put(c, result, "error_rows", cli_json_number(r->error_rows));
    cli_put(c, result, "error_log_z", cli_json_number(r->error_log_z));
    if (isfinite(r->bound)) {
        cli_put(c, result, "error_hidden", cli_json_number(r->error_hidden));
        cli_put(c, result, "log_likelihood_bound", json_value(c, r->bound, r->bound_error));
    }
    if (r->is_bounded)
        cli_put(c, result, "rows_are_bounds", json_true());
    cli_put(c, result, "log_z", cli_json_number(r->log_z));
    cli_put(c, result, "log_z_lower", cli_json_number(r->log_z_lower));
    cli_put(c, result, "log_z_upper", cli_json_number(r->log_z_upper));
    cli_put(c, result, "log_z_forward", json_value(c, r->log_z_forward, r->forward_error));
    cli_put(c, result, "log_z_reverse", json_value(c, r->log_z_reverse, r->reverse_error));
    cli_put(c, result, "rows", json_integer(r->n_rows));
    if (r->n_predicted > 0) {
        if (isfinite(r->rmse))
            cli_put(c, result, "rmse", json_value(c, r->rmse, r->error_rmse));
        else
            cli_put(c, result, "accuracy", json_value(c, r->accuracy, r->error_accuracy));
        cli_put(c, result, "predicted_columns", json_integer(r->n_predicted));
    }
    if (c->args.values.verb.score.rank > 0)
        cli_put(c, result, "ranking", json_ranking(c, r));
    cli_put(c, result, "exact", json_boolean(r->exact));
    cli_put(c, result, "method", cli_json_text(r->method));
    cli_put(c, result, "file", path == NULL ? json_null() : cli_json_text(path));
    return cli_print_report(c, &report);
}

/* A number with an error that may be 0, or not there. */
static void print_value(const char *name, double value, double error, const char *unit)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    if (!isfinite(value))
        cli_print_row(name, "withheld");
    else if (error > 0)
        cli_print_row(name, "%s ± %s%s", cli_text_mean(value, error, a), cli_text_error(error, b), unit);
    else
        cli_print_row(name, "%s%s", cli_text_full(value, a), unit);
}

/* One way of an annealing, where there was one. */
static void print_way(const char *name, double value, double error)
{
    if (isfinite(value))
        print_value(name, value, error, "");
}

/* What was not summed over. */
static void print_hidden(const heat_score_result *r)
{
    char mean[CLI_NUMBER_SIZE], error[CLI_NUMBER_SIZE];

    if (isfinite(r->error_hidden) && isfinite(r->bound))
        cli_print_row("  hidden", "± %s of it, by annealing", cli_text_error(r->error_hidden, error));
    if (isfinite(r->bound))
        cli_print_row(r->is_bounded ? "log-likelihood" : "bound", ">= %s ± %s nats a row, by mean field",
                      cli_text_mean(r->bound, r->bound_error, mean), cli_text_error(r->bound_error, error));
}

static void print_text(cli *c, const heat_score_result *r)
{
    char number[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    if (!(r->is_bounded && r->n_predicted == 0))
        print_value("log-likelihood", r->mean_log_likelihood, r->error_rows,
                    r->n_predicted > 0 ? " nats a row, of what was predicted" : " nats a row, by the rows");
    print_hidden(r);
    if (r->n_predicted > 0 && isfinite(r->rmse))
        print_value("rmse", r->rmse, r->error_rmse, "");
    else if (r->n_predicted > 0)
        print_value("accuracy", r->accuracy, r->error_accuracy, "");
    else
        print_value("log Z", r->log_z, r->error_log_z, r->exact ? ", exact" : "");
    print_way("  there", r->log_z_forward, r->forward_error);
    print_way("  back", r->log_z_reverse, r->reverse_error);
    for (int64_t k = 0; k < r->n_ranked; k++)
        cli_print_row(k == 0 ? "least likely" : "", "row %lld, %s", (long long)r->ranked[k],
                      cli_text_short(r->log_likelihood[r->ranked[k]], 6, number));
    cli_print_row("rows", "%lld", (long long)r->n_rows);
    cli_print_row("method", "%s", r->method);
    cli_print_row("outcome", "%s: %s", heat_outcome_name(r->outcome), r->reason);
    if (r->diagnosis[0] != '\0')
        cli_print_row("", "%s", r->diagnosis);
    cli_print_row("time", "%s", cli_text_time(cli_clock() - c->began_s, number));
    if (c->args.values.own.output != NULL)
        cli_print_row("file", "%s", c->args.values.own.output);
    c->exit_code = cli_outcome_code(r->outcome);
}

static heat_status check_output(cli *c)
{
    const char *path = c->args.values.own.output;

    if (path == NULL)
        return HEAT_OK;
    if (!cli_path_ends_in(path, "|.txt|.csv|"))
        return cli_fail_option(c, "output", path, "'%.300s': rows are written as .txt or .csv", path);
    return cli_path_probe(c, path);
}

/* DATA is told by its content: --format is the model's. */
static heat_status load_data(cli *c, heat_data **data)
{
    heat_context_limit(c->ctx, cli_time_left(c));
    return heat_data_load(c->ctx, c->args.operands[1], &c->args.values.data, data) == HEAT_OK
               ? HEAT_OK
               : cli_fail_library(c);
}

heat_status cli_score(cli *c)
{
    heat_score_options options = c->args.values.verb.score;
    heat_score_result r;
    heat_model *model = NULL;
    heat_data *data = NULL;
    heat_model_info info;
    heat_status status = check_output(c);

    heat_score_result_init(&r);
    if (status == HEAT_OK)
        status = cli_model_load(c, &model, &info);
    if (status == HEAT_OK)
        status = load_data(c, &data);
    options.time = cli_time_left(c);
    if (status == HEAT_OK && heat_score(c->ctx, model, data, &options, &r) != HEAT_OK)
        status = cli_fail_library(c);
    heat_context_limit(c->ctx, HEAT_FOREVER); /* what was found is written whatever the time */
    if (status == HEAT_OK && c->args.values.own.output != NULL && isfinite(r.mean_log_likelihood))
        if (heat_score_result_save(c->ctx, &r, c->args.values.own.output) != HEAT_OK)
            status = cli_fail_library(c);
    if (status == HEAT_OK && c->json)
        status = print_json(c, &info, &r);
    else if (status == HEAT_OK)
        print_text(c, &r);
    heat_score_result_clear(&r);
    heat_data_free(data);
    heat_model_free(model);
    return status;
}
