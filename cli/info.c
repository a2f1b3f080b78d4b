/* heatbath info: what a model is, and what exact answers on it would cost. */
#include "clock.h"
#include "data_verbs.h"
#include "output.h"
#include "terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 10 }; /* variables that the text names */

static json_t *json_cost(cli *c, const heat_exact_cost *cost)
{
    json_t *object = json_object();

    cli_put(c, object, "method", cli_json_text(cost->method));
    cli_put(c, object, "width", json_integer(cost->width));
    cli_put(c, object, "width_is_bound", json_boolean(cost->width_is_bound));
    cli_put(c, object, "width_proved", json_integer(cost->width_proved));
    cli_put(c, object, "width_affordable", json_integer(cost->width_affordable));
    cli_put(c, object, "bytes", cli_json_number(cost->bytes));
    cli_put(c, object, "operations", cli_json_number(cost->operations));
    cli_put(c, object, "affordable", json_boolean(cost->affordable));
    return object;
}

/* What each verb would take with its default options, within --memory. */
typedef struct verb_costs {
    heat_cost ground, sample, logz;
} verb_costs;

static heat_status price_verbs(cli *c, const heat_model *model, const heat_exact_cost *exact,
                               verb_costs *costs)
{
    int64_t memory = c->args.values.own.memory;
    heat_ground_options ground;
    heat_sample_options sample;
    heat_logz_options logz;

    heat_ground_options_init(&ground);
    heat_sample_options_init(&sample);
    heat_logz_options_init(&logz);
    ground.memory = sample.memory = logz.memory = memory;
    if (heat_ground_estimate(c->ctx, model, &ground, exact, &costs->ground) != HEAT_OK ||
        heat_sample_estimate(c->ctx, model, &sample, exact, &costs->sample) != HEAT_OK ||
        heat_logz_estimate(c->ctx, model, &logz, exact, &costs->logz) != HEAT_OK)
        return cli_fail_library(c);
    return HEAT_OK;
}

static json_t *json_verb(cli *c, const heat_cost *cost)
{
    json_t *object = json_object();

    cli_put(c, object, "method", cli_json_text(cost->method));
    cli_put(c, object, "reason", cli_json_text(cost->reason));
    cli_put(c, object, "bytes", cli_json_number(cost->bytes));
    cli_put(c, object, "seconds", cli_json_number(cost->seconds));
    cli_put(c, object, "affordable", json_boolean(cost->affordable));
    return object;
}

static json_t *json_verbs(cli *c, const verb_costs *costs)
{
    json_t *object = json_object();

    cli_put(c, object, "ground", json_verb(c, &costs->ground));
    cli_put(c, object, "sample", json_verb(c, &costs->sample));
    cli_put(c, object, "logz", json_verb(c, &costs->logz));
    return object;
}

static void print_verb(const char *verb, const heat_cost *cost)
{
    char size[CLI_NUMBER_SIZE];

    if (cost->affordable && isnan(cost->seconds))
        cli_print_row(verb, "%s (%s)", cost->method, cost->reason);
    else if (cost->affordable)
        cli_print_row(verb, "%s, %s, about %.2g s (%s)", cost->method, cli_text_size(cost->bytes, size),
                      cost->seconds, cost->reason);
    else
        cli_print_row(verb, "no: %s", strcmp(cost->method, "none") == 0 ? cost->reason : "too large");
}

static double mean_degree(const heat_model_info *info)
{
    return info->n_variables > 0 ? 2 * (double)info->n_edges / info->n_variables : 0;
}

static json_t *json_extent(cli *c, const heat_model_info *info)
{
    json_t *array = json_array();

    for (int32_t k = 0; k < info->n_dimensions; k++)
        cli_append(c, array, json_integer(info->extent[k]));
    return array;
}

/* True of a potential, and of a custom model of real variables: it has coordinates instead of edges. */
static bool has_coordinates(const heat_model_info *info)
{
    return info->n_states == 0 && (strcmp(info->kind, "potential") == 0 || strcmp(info->kind, "custom") == 0);
}

static void put_coordinates(cli *c, json_t *result, const heat_model *model, int32_t n)
{
    json_t *array = json_array();

    for (int32_t i = 0; i < n; i++) {
        const char *name = heat_model_get_label(model, i);
        json_t *object = json_object();
        double lower, upper;
        heat_model_get_bounds(model, i, &lower, &upper);
        cli_put(c, object, "name", cli_json_text(name == NULL ? "" : name));
        cli_put(c, object, "lower", cli_json_number(lower));
        cli_put(c, object, "upper", cli_json_number(upper));
        cli_append(c, array, object);
    }
    cli_put(c, result, "coordinates", array);
}

static heat_status print_json(cli *c, const heat_model *model, const heat_model_info *info, int32_t n_held,
                              const heat_exact_cost *cost, const verb_costs *costs, double seconds)
{
    json_t *result = json_object();
    heat_outcome outcome = cli_signal() == 0 ? HEAT_OUTCOME_COMPLETED : HEAT_OUTCOME_INTERRUPTED;
    cli_report report = {info, outcome, NULL, result, seconds, NULL};

    cli_put(c, result, "kind", cli_json_text(info->kind));
    cli_put(c, result, "name", cli_json_text(info->name));
    cli_put(c, result, "format", cli_json_text(info->format));
    cli_put(c, result, "variables", json_integer(info->n_variables));
    cli_put(c, result, "held", json_integer(n_held));
    cli_put(c, result, "states", json_integer(info->n_states));
    cli_put(c, result, "edges", json_integer(info->n_edges));
    cli_put(c, result, "merged", json_integer(info->n_merged));
    cli_put(c, result, "self_loops", json_integer(info->n_self_loops));
    cli_put(c, result, "isolated", json_integer(info->n_isolated));
    cli_put(c, result, "components", json_integer(info->n_components));
    cli_put(c, result, "chains", json_integer(info->n_chains));
    cli_put(c, result, "min_degree", json_integer(info->min_degree));
    cli_put(c, result, "mean_degree", cli_json_number(mean_degree(info)));
    cli_put(c, result, "max_degree", json_integer(info->max_degree));
    cli_put(c, result, "min_coupling", cli_json_number(info->min_coupling));
    cli_put(c, result, "max_coupling", cli_json_number(info->max_coupling));
    cli_put(c, result, "has_field", json_boolean(info->has_field));
    cli_put(c, result, "exact_energies", json_boolean(info->exact));
    cli_put(c, result, "integer_energies", json_boolean(info->integer));
    cli_put(c, result, "max_cut", json_boolean(info->max_cut));
    cli_put(c, result, "extent", json_extent(c, info));
    if (has_coordinates(info))
        put_coordinates(c, result, model, info->n_variables);
    cli_put(c, result, "exact_cost", json_cost(c, cost));
    cli_put(c, result, "costs", json_verbs(c, costs));
    return cli_print_report(c, &report);
}

/* The names of the first variables, and the walls of those that have any. */
static void print_coordinates(const heat_model *model, const heat_model_info *info)
{
    const int32_t shown = info->n_variables < SHOWN ? info->n_variables : SHOWN;

    printf("%-14s %d real:", "variables", info->n_variables);
    for (int32_t i = 0; i < shown; i++)
        printf("%s %s", i > 0 ? "," : "", heat_model_get_label(model, i));
    printf("%s\n", shown < info->n_variables ? ", ..." : "");
    for (int32_t i = 0; i < shown; i++) {
        char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];
        double lower, upper;
        heat_model_get_bounds(model, i, &lower, &upper);
        if (isfinite(lower) || isfinite(upper))
            cli_print_row("walls", "%s from %s to %s", heat_model_get_label(model, i),
                          isfinite(lower) ? cli_text_full(lower, a) : "-infinity",
                          isfinite(upper) ? cli_text_full(upper, b) : "infinity");
    }
}

static void print_origin(const heat_model_info *info)
{
    cli_print_row("kind", "%s%s", info->kind, info->max_cut ? " (Max-Cut: J = -w)" : "");
    cli_print_row("name", "%s", info->name);
    cli_print_row("format", "%s", info->format);
}

static void print_size(const heat_model_info *info, int32_t n_held)
{
    if (info->n_dimensions > 0) {
        printf("%-14s ", "lattice");
        for (int32_t k = 0; k < info->n_dimensions; k++)
            printf("%s%lld", k == 0 ? "" : " x ", (long long)info->extent[k]);
        putchar('\n');
    }
    if (info->n_states == 0)
        cli_print_row("variables", "%d, some of them real numbers", info->n_variables);
    else
        cli_print_row("variables", "%d of %d states%s", info->n_variables, info->n_states,
                      info->coding == HEAT_CODING_SPIN ? " (-1, +1)"
                      : info->n_states == 2            ? " (0, 1)"
                                                       : "");
    if (n_held > 0)
        cli_print_row("held", "%d variables more, by --clamp", n_held);
    cli_print_row("edges", "%lld", (long long)info->n_edges);
    if (info->n_merged > 0)
        cli_print_row("merged", "%lld repeated edges were added up", (long long)info->n_merged);
    if (info->n_self_loops > 0)
        cli_print_row("self loops", "%lld were dropped", (long long)info->n_self_loops);
    cli_print_row("degree", "%d to %d, mean %.4g", info->min_degree, info->max_degree, mean_degree(info));
    cli_print_row("components", "%d, of which isolated variables: %lld", info->n_components,
                  (long long)info->n_isolated);
    if (info->n_chains > 0)
        cli_print_row("chains", "%lld, kept by the training", (long long)info->n_chains);
}

/* How a graph's couplings are, and what summing over its states takes. */
static void print_graph(const heat_model_info *info, const heat_exact_cost *cost)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    cli_print_row("couplings", "%s to %s", cli_text_full(info->min_coupling, a),
                  cli_text_full(info->max_coupling, b));
    if (info->n_states > 2 || info->n_states == 0)
        cli_print_row("values", "%s",
                      info->has_field ? "told apart" : "alike: exchanging two of them changes nothing");
    else
        cli_print_row("field", "%s", info->has_field ? "yes" : "none");
    cli_print_row("energies", "%s", info->integer ? "integers, exact" : info->exact ? "exact" : "rounded");
    if (strcmp(cost->method, "none") == 0)
        cli_print_row("exact by", "none");
    else
        cli_print_row("exact by", "%s: %s, %s %s", cost->method, cli_text_size(cost->bytes, a),
                      cli_text_count(cost->operations, b),
                      strcmp(cost->method, "layer enumeration") == 0 ||
                              strcmp(cost->method, "quadrature") == 0
                          ? "visits of a unit"
                          : "table entries");
    if (strcmp(cost->method, "elimination") == 0)
        cli_print_row("width", "%s%d, affordable up to %d; no order is below %d",
                      cost->width_is_bound ? "at least " : "", cost->width, cost->width_affordable,
                      cost->width_proved);
    cli_print_row("affordable", "%s", cost->affordable ? "yes" : "no");
}

static void print_text(cli *c, const heat_model *model, const heat_model_info *info, int32_t n_held,
                       const heat_exact_cost *cost, const verb_costs *costs)
{
    cli_hide_progress(c);
    print_origin(info);
    if (has_coordinates(info)) {
        print_coordinates(model, info);
    } else {
        print_size(info, n_held);
        print_graph(info, cost);
    }
    print_verb("ground", &costs->ground);
    print_verb("sample", &costs->sample);
    print_verb("logz", &costs->logz);
    c->exit_code = cli_signal() == 0 ? 0 : 128 + cli_signal();
}

/* The model given the variables that --clamp holds; the whole itself without it. */
static heat_status clamp(cli *c, heat_model *whole, int32_t n, heat_model **model)
{
    const char *path = c->args.values.own.clamp;
    double *row;
    heat_status status = HEAT_OK;

    *model = path == NULL ? whole : NULL;
    if (path == NULL)
        return HEAT_OK;
    row = malloc(((size_t)n + 1) * sizeof *row);
    if (row == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "no memory for the values of %d variables", n);
    if (heat_model_load_clamp_values(c->ctx, whole, path, row) != HEAT_OK ||
        heat_model_create_clamped_values(c->ctx, whole, row, model) != HEAT_OK)
        status = cli_fail_library(c);
    free(row);
    return status;
}

heat_status cli_info(cli *c)
{
    double start = cli_clock();
    heat_model *whole = NULL, *model = NULL;
    heat_model_info info;
    heat_exact_cost cost;
    verb_costs costs;
    int32_t n_held;
    heat_status status;

    if (cli_data_is_operand(c, c->args.operands[0]))
        return c->args.values.own.clamp == NULL
                   ? cli_data_info(c)
                   : cli_fail_option(c, "clamp", c->args.values.own.clamp,
                                     "holds variables of a model, and %.80s is data", c->args.operands[0]);
    status = cli_data_refuse_options(c, c->args.operands[0]);
    if (status == HEAT_OK)
        status = cli_model_load(c, &whole, &info);
    if (status == HEAT_OK)
        status = clamp(c, whole, info.n_variables, &model);
    if (status != HEAT_OK)
        goto out;
    n_held = info.n_variables;
    heat_model_describe(model, &info);
    n_held -= info.n_variables;
    if (heat_exact_estimate(c->ctx, model, c->args.values.own.memory, &cost) != HEAT_OK)
        status = cli_fail_library(c);
    else
        status = price_verbs(c, model, &cost, &costs);
    if (status != HEAT_OK)
        goto out;
    if (c->json)
        status = print_json(c, model, &info, n_held, &cost, &costs, cli_clock() - start);
    else
        print_text(c, model, &info, n_held, &cost, &costs);
out:
    if (model != whole)
        heat_model_free(model);
    heat_model_free(whole);
    return status;
}
