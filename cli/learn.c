/* heatbath learn: a model of data, with the likelihood of what it was and was not shown. */
#include "clock.h"
#include "data_verbs.h"
#include "figures.h"
#include "images.h"
#include "output.h"
#include "output_path.h"
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the verb holds while it runs. */
typedef struct learning {
    heat_data *data, *validation, *test;
    heat_model *graph, *initial;
    cli_image image; /* what a row is; of no rows: it is none */
    heat_learn_result result;
} learning;

static json_t *json_likelihood(cli *c, const heat_likelihood *l)
{
    json_t *object;

    if (!isfinite(l->mean))
        return json_null();
    object = json_object();
    cli_put(c, object, "mean", cli_json_number(l->mean));
    cli_put(c, object, "error", cli_json_number(l->error));
    return object;
}

/* Lower bounds, where there is no likelihood to tell. */
static json_t *json_bounds(cli *c, const heat_learn_result *r)
{
    json_t *bounds = json_object();

    cli_put(c, bounds, "train", json_likelihood(c, &r->train_bound));
    cli_put(c, bounds, "validation", json_likelihood(c, &r->validation_bound));
    cli_put(c, bounds, "test", json_likelihood(c, &r->test_bound));
    return bounds;
}

static json_t *json_history(cli *c, const heat_learn_result *r)
{
    json_t *rows = json_array();

    for (int64_t k = 0; k < r->n_history; k++) {
        const heat_learn_look *look = &r->history[k];
        const double numbers[] = {look->train,       look->validation,  look->count.log_z, look->count.error,
                                  look->count.lower, look->count.upper, look->ess};
        json_t *row = json_array();
        cli_append(c, row, json_integer(look->epoch));
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
            cli_append(c, row, cli_json_number(numbers[n]));
        cli_append(c, rows, row);
    }
    return rows;
}

static json_t *json_bias(cli *c, const heat_learn_result *r)
{
    json_t *rows = json_array();

    for (int k = 0; k < HEAT_CD_BIASES && r->has_cd_bias; k++) {
        const heat_cd_bias *b = &r->cd_bias[k];
        json_t *row = json_object();
        cli_put(c, row, "k", json_integer(b->k));
        cli_put(c, row, "bias", cli_json_number(b->bias));
        cli_put(c, row, "update", cli_json_number(b->update));
        cli_put(c, row, "gradient", cli_json_number(b->gradient));
        cli_put(c, row, "cosine", cli_json_number(b->cosine));
        cli_put(c, row, "fixed_log_likelihood", cli_json_number(r->cd_fixed[k].log_likelihood));
        cli_put(c, row, "fixed_gradient", cli_json_number(r->cd_fixed[k].gradient));
        cli_append(c, rows, row);
    }
    return rows;
}

static heat_status print_json(cli *c, const heat_learn_result *r)
{
    json_t *result = json_object(), *likelihood = json_object(), *reasons = json_array();
    const char *path = c->args.values.own.output;
    heat_model_info info;
    cli_report report = {&info, r->outcome, reasons, result, cli_clock() - c->began_s, r->negative};

    heat_model_describe(r->model, &info);
    cli_append(c, reasons, cli_json_text(r->reason));
    cli_put(c, result, "model_file", path == NULL ? json_null() : cli_json_text(path));
    cli_put(c, result, "epochs", json_integer(r->epochs));
    cli_put(c, result, "negative", json_string(r->negative));
    cli_put(c, result, "rollbacks", json_integer(r->n_rollbacks));
    if (r->n_rungs > 0) {
        cli_put(c, result, "rungs", json_integer(r->n_rungs));
        cli_put(c, result, "exchanges_accepted", cli_json_number(r->exchanges_accepted));
    }
    cli_put(c, result, "gradient", cli_json_number(r->gradient));
    cli_put(c, result, "exact", json_boolean(r->exact));
    cli_put(c, result, "log_z", cli_json_number(r->count.log_z));
    cli_put(c, result, "log_z_error", cli_json_number(r->count.error));
    cli_put(c, result, "log_z_lower", cli_json_number(r->count.lower));
    cli_put(c, result, "log_z_upper", cli_json_number(r->count.upper));
    cli_put(c, result, "log_z_method", json_string(r->count_method));
    cli_put(c, likelihood, "train", json_likelihood(c, &r->train));
    cli_put(c, likelihood, "validation", json_likelihood(c, &r->validation));
    cli_put(c, likelihood, "test", json_likelihood(c, &r->test));
    cli_put(c, result, "log_likelihood", likelihood);
    if (r->is_bounded)
        cli_put(c, result, "log_likelihood_bound", json_bounds(c, r));
    if (isfinite(r->pseudo.mean))
        cli_put(c, result, "pseudo_log_likelihood", json_likelihood(c, &r->pseudo));
    cli_put(c, result, "history", json_history(c, r));
    if (r->has_cd_bias)
        cli_put(c, result, "cd_bias", json_bias(c, r));
    return cli_print_report(c, &report);
}

static void print_likelihood(const char *name, const char *relation, const heat_likelihood *l)
{
    char mean[CLI_NUMBER_SIZE], error[CLI_NUMBER_SIZE];

    if (isfinite(l->mean))
        cli_print_row(name, "%s%s ± %s nats a row", relation, cli_text_mean(l->mean, l->error, mean),
                      cli_text_error(l->error, error));
}

static void print_bias(const heat_learn_result *r)
{
    char bias[CLI_NUMBER_SIZE], update[CLI_NUMBER_SIZE], at[CLI_NUMBER_SIZE + 40];

    for (int k = 0; k < HEAT_CD_BIASES && r->has_cd_bias; k++) {
        double rests = r->cd_fixed[k].log_likelihood;
        snprintf(at, sizeof at, "no fixed point was found");
        if (isfinite(rests))
            snprintf(at, sizeof at, "its fixed point has %.6g nats a row", rests);
        cli_print_row(k == 0 ? "bias of" : "", "CD-%-2lld %s, of an update of %s; %s",
                      (long long)r->cd_bias[k].k, cli_text_short(r->cd_bias[k].bias, 3, bias),
                      cli_text_short(r->cd_bias[k].update, 3, update), at);
    }
}

static const char *describe_count(const heat_learn_result *r)
{
    if (r->exact)
        return "exact: every state was counted";
    if (strcmp(r->count_method, "refused") == 0)
        return "withheld: log Z by annealing is not to be believed";
    if (r->is_bounded && strcmp(r->count_method, "exact") == 0)
        return "bounded from below: hidden units by mean field, log Z exact";
    if (r->is_bounded && isfinite(r->count.log_z))
        return "bounded from below: hidden units by mean field, log Z by annealing there and back";
    if (isfinite(r->count.log_z))
        return "estimated: log Z by annealing there and back";
    return r->outcome == HEAT_OUTCOME_INTERRUPTED || r->outcome == HEAT_OUTCOME_TIME
               ? "unknown: stopped before log Z was found"
               : "unknown: log Z was not found";
}

/* Where it is not exact. */
static void print_count(const heat_learn_result *r)
{
    char mean[CLI_NUMBER_SIZE], error[CLI_NUMBER_SIZE], lower[CLI_NUMBER_SIZE], upper[CLI_NUMBER_SIZE];

    if (!(r->count.error > 0))
        return;
    cli_print_row("log Z", "%s ± %s, bounds %s and %s", cli_text_mean(r->count.log_z, r->count.error, mean),
                  cli_text_error(r->count.error, error), cli_text_mean(r->count.lower, r->count.error, lower),
                  cli_text_mean(r->count.upper, r->count.error, upper));
}

/* What was seen on the way, where there was no time for log Z at the end. */
static void print_last_look(const heat_learn_result *r)
{
    char train[CLI_NUMBER_SIZE], lower[CLI_NUMBER_SIZE], upper[CLI_NUMBER_SIZE];
    const heat_learn_look *last = r->n_history > 0 ? &r->history[r->n_history - 1] : NULL;
    double error;

    if (last == NULL || isfinite(r->count.log_z) || strcmp(r->count_method, "unknown") != 0 ||
        !isfinite(last->train))
        return;
    error = last->count.error;
    cli_print_row("last look", "epoch %lld: train %s%s nats a row, bounds %s and %s, log Z %s",
                  (long long)last->epoch, r->is_bounded ? ">= " : "",
                  cli_text_mean(last->train, error, train),
                  cli_text_mean(last->train + last->count.log_z - last->count.upper, error, lower),
                  cli_text_mean(last->train + last->count.log_z - last->count.lower, error, upper),
                  error > 0 ? "tracked along the training" : "counted");
}

/* What persistent chains were worth at the end. */
static void print_chains(const heat_learn_result *r)
{
    char number[CLI_NUMBER_SIZE];
    const heat_learn_look *last = r->n_history > 0 ? &r->history[r->n_history - 1] : NULL;

    if (last != NULL && isfinite(last->ess))
        cli_print_row("chains", "%s independent states since the look before the last",
                      cli_text_fixed(last->ess, 0, number));
}

static void print_text(cli *c, const heat_learn_result *r)
{
    char number[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    cli_print_row("log-likelihood", "%s", describe_count(r));
    print_likelihood("  train", "", &r->train);
    print_likelihood("  validation", "", &r->validation);
    print_likelihood("  test", "", &r->test);
    print_likelihood("  train", ">= ", &r->train_bound);
    print_likelihood("  validation", ">= ", &r->validation_bound);
    print_likelihood("  test", ">= ", &r->test_bound);
    print_likelihood("pseudo", "", &r->pseudo);
    print_last_look(r);
    print_count(r);
    cli_print_row("negative", "%s", r->negative);
    if (r->n_rungs > 0)
        cli_print_row("ladder", "%lld rungs, %.0f %% of exchanges accepted where they are rarest",
                      (long long)r->n_rungs, 100 * r->exchanges_accepted);
    cli_print_row("epochs", "%lld", (long long)r->epochs);
    print_chains(r);
    if (r->n_rollbacks > 0)
        cli_print_row("diverged", "%lld times: went back to the best state, with a smaller learning rate",
                      (long long)r->n_rollbacks);
    if (isfinite(r->gradient))
        cli_print_row("gradient", "%s at most", cli_text_short(r->gradient, 2, number));
    print_bias(r);
    cli_print_row("outcome", "%s: %s", heat_outcome_name(r->outcome), r->reason);
    cli_print_row("time", "%s", cli_text_time(cli_clock() - c->began_s, number));
    if (c->args.values.own.output != NULL)
        cli_print_row("file", "%s", c->args.values.own.output);
    if (c->args.values.own.figures != NULL)
        cli_print_row("figures", "%s", c->args.values.own.figures);
    c->exit_code = cli_outcome_code(r->outcome);
}

/* Says before the work begins what could only fail after it. */
static heat_status check_output(cli *c)
{
    const char *path = c->args.values.own.output;

    if (path == NULL)
        return HEAT_OK;
    if (!cli_path_ends_in(path, "|.h5|.ising|.qubo|.coo|.json|"))
        return cli_fail_option(c, "output", path,
                               "'%.300s': a learned model is written as .h5, .ising, .qubo, .coo or .json",
                               path);
    return cli_path_probe(c, path);
}

static heat_status load_part(cli *c, const char *option, const char *text, heat_data **data, heat_data **part)
{
    heat_data_options options = c->args.values.data;

    if (text == NULL)
        return HEAT_OK;
    options.format = c->args.values.own.format;
    return heat_data_load_part(c->ctx, option, text, &options, c->args.values.verb.learn.seed, data, part) ==
                   HEAT_OK
               ? HEAT_OK
               : cli_fail_library(c);
}

static heat_status load(cli *c, learning *l)
{
    const cli_own *own = &c->args.values.own;
    heat_data_info info;
    heat_status status = cli_data_load(c, c->args.operands[1], &c->args.values.data, &l->data, &info);

    if (status == HEAT_OK)
        status = cli_image_shape(c, info.n_variables, &info, &l->image);
    if (status == HEAT_OK)
        status = load_part(c, "test", own->test, &l->data, &l->test);
    if (status == HEAT_OK)
        status = load_part(c, "validation", own->validation, &l->data, &l->validation);
    if (status == HEAT_OK && own->graph != NULL && heat_model_load(c->ctx, own->graph, &l->graph) != HEAT_OK)
        status = cli_fail_library(c);
    if (status == HEAT_OK && own->initial != NULL &&
        heat_model_load(c->ctx, own->initial, &l->initial) != HEAT_OK)
        status = cli_fail_library(c);
    return status;
}

static heat_status run(cli *c, learning *l)
{
    heat_learn_input input = {sizeof input, l->data, l->validation, l->test, l->graph, l->initial};
    heat_learn_options options = c->args.values.verb.learn;
    const char *path = c->args.values.own.output;
    heat_status status;

    options.time = cli_time_left(c);
    if (heat_learn(c->ctx, c->args.operands[0], &input, &options, &l->result) != HEAT_OK)
        return cli_fail_library(c);
    heat_context_limit(c->ctx, HEAT_FOREVER); /* what was learned is written whatever the time */
    if (path != NULL && heat_model_save(c->ctx, l->result.model, path) != HEAT_OK)
        return cli_fail_library(c);
    status = cli_figures_write_learning(c, &l->result);
    if (status == HEAT_OK && c->args.values.own.figures != NULL)
        status = cli_images_write_learned(c, l->result.model, &l->image);
    return status;
}

heat_status cli_learn(cli *c)
{
    learning l = {0};
    heat_status status = check_output(c);

    heat_learn_result_init(&l.result);
    if (status == HEAT_OK)
        status = cli_figures_open(c);
    if (status == HEAT_OK)
        status = load(c, &l);
    if (status == HEAT_OK)
        status = run(c, &l);
    if (status == HEAT_OK && c->json)
        status = print_json(c, &l.result);
    else if (status == HEAT_OK)
        print_text(c, &l.result);
    heat_learn_result_clear(&l.result);
    heat_data_free(l.data);
    heat_data_free(l.validation);
    heat_data_free(l.test);
    heat_model_free(l.graph);
    heat_model_free(l.initial);
    return status;
}
