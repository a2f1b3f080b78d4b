/* heatbath explore: the basins of a potential's minima, and what each weighs. */
#include "clock.h"
#include "figures.h"
#include "output.h"
#include "terminal.h"

#include <math.h>

static json_t *json_estimate(cli *c, double mean, double error)
{
    json_t *object = json_object();

    cli_put(c, object, "mean", cli_json_number(mean));
    cli_put(c, object, "error", cli_json_number(error));
    return object;
}

static json_t *json_minima(cli *c, const heat_explore_result *r, const heat_explore_temperature *row)
{
    json_t *minima = json_array();

    for (int64_t k = 0; k < r->n_basins; k++) {
        const heat_explore_basin *b = &row->basins[k];
        json_t *minimum = json_object();
        cli_put(c, minimum, "energy", cli_json_number(r->energies[k]));
        cli_put(c, minimum, "state", cli_json_numbers(r->states + k * r->n_variables, r->n_variables));
        cli_put(c, minimum, "valley", cli_json_number(r->extents[k]));
        cli_put(c, minimum, "hessian_trace", json_estimate(c, r->hessian_trace[k], 0));
        cli_put(c, minimum, "hessian_top", cli_json_number(r->hessian_top[k]));
        cli_put(c, minimum, "learning_coefficient", json_null());
        cli_put(c, minimum, "free_energy", json_estimate(c, b->free_energy, b->free_energy_error));
        cli_put(c, minimum, "occupancy", json_estimate(c, b->occupancy, b->occupancy_error));
        cli_append(c, minima, minimum);
    }
    return minima;
}

/* What every way says of every basin. */
static json_t *json_delta_f(cli *c, const heat_explore_result *r, const heat_explore_temperature *row,
                            bool is_share)
{
    json_t *ways = json_object();

    for (int way = 0; way < HEAT_EXPLORE_WAYS; way++) {
        json_t *basins = json_array();
        for (int64_t k = 0; k < r->n_basins; k++) {
            const heat_explore_weight *w = &row->basins[k].by[way];
            cli_append(c, basins,
                       is_share ? json_estimate(c, w->occupancy, w->occupancy_error)
                                : json_estimate(c, w->delta_f, w->delta_f_error));
        }
        cli_put(c, ways, heat_explore_way_name((heat_explore_way)way), basins);
    }
    return ways;
}

/* How far every way got, and what keeps it from holding. */
static json_t *json_ways(cli *c, const heat_explore_temperature *row)
{
    json_t *ways = json_object();

    for (int way = 0; way < HEAT_EXPLORE_WAYS; way++) {
        const heat_explore_verdict *verdict = &row->ways[way];
        json_t *object = json_object();
        cli_put(c, object, "answer", cli_json_text(heat_explore_answer_name(verdict->answer)));
        cli_put(c, object, "reason", verdict->reason == NULL ? json_null() : cli_json_text(verdict->reason));
        cli_put(c, ways, heat_explore_way_name((heat_explore_way)way), object);
    }
    return ways;
}

static void put_row(cli *c, json_t *object, const heat_explore_result *r, const heat_explore_temperature *row)
{
    cli_put(c, object, "temperature", cli_json_number(row->temperature));
    cli_put(c, object, "minima", json_minima(c, r, row));
    cli_put(c, object, "reference", json_integer(row->reference));
    cli_put(c, object, "delta_f", json_delta_f(c, r, row, false));
    cli_put(c, object, "occupancies", json_delta_f(c, r, row, true));
    cli_put(c, object, "ways", json_ways(c, row));
    cli_put(c, object, "surest",
            row->surest < 0 ? json_null()
                            : cli_json_text(heat_explore_way_name((heat_explore_way)row->surest)));
    cli_put(c, object, "elsewhere", cli_json_number(row->elsewhere));
}

static json_t *json_end(int64_t end)
{
    return end < 0 ? json_null() : json_integer(end);
}

static json_t *json_saddles(cli *c, const heat_explore_result *r)
{
    json_t *rows = json_array();

    for (int64_t k = 0; k < r->n_saddles; k++) {
        json_t *row = json_object(), *ends = json_array();
        cli_put(c, row, "energy", cli_json_number(r->saddle_energies[k]));
        cli_put(c, row, "state", cli_json_numbers(r->saddles + k * r->n_variables, r->n_variables));
        cli_append(c, ends, json_end(r->saddle_ends[2 * k]));
        cli_append(c, ends, json_end(r->saddle_ends[2 * k + 1]));
        cli_put(c, row, "between", ends);
        cli_append(c, rows, row);
    }
    return rows;
}

static heat_status print_json(cli *c, const heat_model_info *info, const heat_explore_result *r)
{
    json_t *result = json_object(), *rows = json_array();
    cli_report report = {info, r->outcome, cli_json_lines(r->reasons), result, cli_clock() - c->began_s,
                         NULL};

    put_row(c, result, r, &r->temperatures[0]);
    cli_put(c, result, "saddles", json_saddles(c, r));
    for (int32_t t = 0; t < r->n_temperatures; t++) {
        json_t *row = json_object();
        put_row(c, row, r, &r->temperatures[t]);
        cli_append(c, rows, row);
    }
    cli_put(c, result, "temperatures", rows);
    cli_put(c, result, "slow_variables", json_integer(r->n_slow));
    cli_put(c, result, "ladder", cli_json_numbers(r->ladder, r->n_rungs));
    cli_put(c, result, "exchange", cli_json_numbers(r->exchange, r->n_rungs > 0 ? r->n_rungs - 1 : 0));
    cli_put(c, result, "chains", json_integer(r->n_chains));
    cli_put(c, result, "sweeps", json_integer(r->n_sweeps));
    cli_put(c, result, "updates", json_integer(r->updates));
    return cli_print_report(c, &report);
}

/* "0.1234 ± 0.0056", or "-". */
static const char *text_estimate(double mean, double error, char *buffer, size_t size)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    if (isnan(mean))
        snprintf(buffer, size, "-");
    else if (error > 0)
        snprintf(buffer, size, "%s ± %s", cli_text_mean(mean, error, a), cli_text_error(error, b));
    else
        snprintf(buffer, size, "%s", cli_text_short(mean, 6, a));
    return buffer;
}

/* Columns count characters; a ± takes two bytes. */
static void print_cell(const char *text, int width)
{
    int bytes = 0, shown = 0;

    for (; text[bytes] != '\0'; bytes++)
        shown += (text[bytes] & 0xC0) != 0x80;
    printf(" %*s%s", shown < width ? width - shown : 0, "", text);
}

static void print_estimate(double mean, double error, int width)
{
    char text[3 * CLI_NUMBER_SIZE];

    print_cell(text_estimate(mean, error, text, sizeof text), width);
}

static void print_landscape(const heat_explore_result *r)
{
    enum { SHOWN = 4 };
    char energy[CLI_NUMBER_SIZE], trace[CLI_NUMBER_SIZE], top[CLI_NUMBER_SIZE], x[CLI_NUMBER_SIZE];

    printf("%5s %18s %14s %14s   %s\n", "basin", "energy", "trace H", "top of H", "minimum at");
    for (int64_t k = 0; k < r->n_basins; k++) {
        printf("%5lld %18s %14s %14s  ", (long long)k + 1, cli_text_short(r->energies[k], 10, energy),
               cli_text_short(r->hessian_trace[k], 7, trace), cli_text_short(r->hessian_top[k], 7, top));
        for (int32_t i = 0; i < r->n_variables && i < SHOWN; i++)
            printf(" %s", cli_text_short(r->states[k * r->n_variables + i], 7, x));
        printf("%s\n", r->n_variables > SHOWN ? " ..." : "");
    }
    for (int64_t k = 0; k < r->n_basins; k++)
        if (r->extents[k] > 0)
            printf("basin %lld has a valley of one energy for its minimum, seen %.2g far\n", (long long)k + 1,
                   r->extents[k]);
    for (int64_t k = 0; k < r->n_saddles; k++)
        if (r->saddle_ends[2 * k] >= 0 && r->saddle_ends[2 * k + 1] >= 0)
            printf("over a saddle of energy %s: %lld - %lld\n",
                   cli_text_short(r->saddle_energies[k], 10, energy), (long long)r->saddle_ends[2 * k] + 1,
                   (long long)r->saddle_ends[2 * k + 1] + 1);
}

/* Which rule tells basins apart, where it is not the plain one. */
static void print_division(const heat_explore_result *r)
{
    if (r->n_slow > 0)
        printf(
            "divided by the flow of all variables but %s, then of all; typed, such a potential is divided by "
            "the flow of all at once\n",
            r->n_slow == 1 ? "the first" : "the slow ones");
}

static void print_basins(const heat_explore_result *r, const heat_explore_temperature *row)
{
    const int width = 21;

    printf("\n%5s", "basin");
    print_cell("occupancy", width);
    print_cell("free energy", width);
    for (int way = 0; way < HEAT_EXPLORE_WAYS; way++) {
        char head[CLI_NUMBER_SIZE];
        snprintf(head, sizeof head, "dF %s", heat_explore_way_name((heat_explore_way)way));
        print_cell(head, width);
    }
    printf("\n");
    for (int64_t k = 0; k < r->n_basins; k++) {
        const heat_explore_basin *b = &row->basins[k];
        printf("%5lld", (long long)k + 1);
        print_estimate(b->occupancy, b->occupancy_error, width);
        print_estimate(b->free_energy, b->free_energy_error, width);
        for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
            print_estimate(b->by[way].delta_f, b->by[way].delta_f_error, width);
        printf("\n");
    }
}

static void print_text(cli *c, const heat_explore_result *r)
{
    char number[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    print_landscape(r);
    print_division(r);
    for (int32_t t = 0; t < r->n_temperatures; t++) {
        const heat_explore_temperature *row = &r->temperatures[t];
        printf("\n");
        cli_print_row("temperature", "%s", cli_text_full(row->temperature, number));
        print_basins(r, row);
        for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
            if (row->ways[way].answer == HEAT_EXPLORE_OUT_OF_REACH)
                cli_print_row("out of reach", "%s: %s", heat_explore_way_name((heat_explore_way)way),
                              row->ways[way].reason);
        if (row->elsewhere > 0)
            cli_print_row("elsewhere", "%s of all draws lead to no minimum of these",
                          cli_text_short(row->elsewhere, 2, number));
    }
    printf("\n");
    if (r->n_rungs > 0)
        cli_print_row("ladder", "%d temperatures up to %s", r->n_rungs,
                      cli_text_short(r->ladder[r->n_rungs - 1], 4, number));
    if (r->n_chains > 0)
        cli_print_row("chains", "%lld, %lld sweeps each", (long long)r->n_chains, (long long)r->n_sweeps);
    cli_print_row("outcome", "%s", heat_outcome_name(r->outcome));
    cli_print_lines(r->reasons);
    cli_print_row("time", "%s", cli_text_time(cli_clock() - c->began_s, number));
    c->exit_code = cli_outcome_code(r->outcome);
}

heat_status cli_explore(cli *c)
{
    heat_model *model = NULL;
    heat_model_info info;
    heat_explore_options options;
    heat_explore_result result;
    heat_status status;

    heat_explore_result_init(&result);
    status = cli_model_load(c, &model, &info);
    if (status == HEAT_OK)
        status = cli_figures_prepare_landscape(c, model, &info);
    if (status != HEAT_OK)
        goto out;
    options = c->args.values.verb.explore;
    options.time = cli_time_left(c);
    if (heat_explore(c->ctx, model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    else
        status = cli_figures_write_explore(c, model, &result);
    if (status != HEAT_OK)
        goto out;
    if (c->json)
        status = print_json(c, &info, &result);
    else
        print_text(c, &result);
out:
    heat_explore_result_clear(&result);
    heat_model_free(model);
    return status;
}
