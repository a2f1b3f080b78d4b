/* heatbath ground: the lowest energy (or the highest), whether it is proved, and the state on request. */
#include "clock.h"
#include "figures.h"
#include "output.h"
#include "output_path.h"
#include "terminal.h"

#include <math.h>
#include <string.h>

static const double telling_s = 1.2e-7; /* the value of a variable, in JSON or in a file */

/* The method's name in the options: the result of the exact one names the road it took. */
static const char *method_option(const heat_ground_result *r)
{
#define WORD(tag, name, help) name,
    static const char *const words[] = {HEAT_GROUND_METHODS(WORD)};

    for (size_t k = 0; k < sizeof words / sizeof *words && r->method != NULL; k++)
        if (strcmp(words[k], r->method) == 0)
            return words[k];
    return "exact";
}

static heat_status get_cut(cli *c, const heat_model *model, const heat_model_info *info, double energy,
                           double *cut)
{
    *cut = (double)NAN;
    if (!info->max_cut || !isfinite(energy))
        return HEAT_OK;
    return heat_model_get_cut(c->ctx, model, energy, cut) == HEAT_OK ? HEAT_OK : cli_fail_library(c);
}

static json_t *json_trajectory(cli *c, const heat_model_info *info, const heat_ground_result *r)
{
    json_t *rows = json_array();

    for (int64_t k = 0; k < r->n_trajectory; k++) {
        json_t *row = json_array();
        cli_append(c, row, cli_json_number(r->trajectory_s[k]));
        cli_append(c, row, cli_json_energy(info, r->trajectory_energy[k]));
        cli_append(c, rows, row);
    }
    return rows;
}

static json_t *json_labels(cli *c, const heat_model *model, const heat_model_info *info)
{
    json_t *labels = json_array();

    for (int32_t i = 0; i < info->n_variables; i++)
        cli_append(c, labels, cli_json_text(heat_model_get_label(model, i)));
    return labels;
}

/* The schedule that ran, as --schedule takes it: hot and cold read back as the same numbers. */
static const char *text_schedule(const heat_ground_result *r, char buffer[4 * CLI_NUMBER_SIZE])
{
    char hot[CLI_NUMBER_SIZE], cold[CLI_NUMBER_SIZE], period[CLI_NUMBER_SIZE] = "";

    if (r->period > 0)
        snprintf(period, sizeof period, ":%lld", (long long)r->period);
    snprintf(buffer, 4 * CLI_NUMBER_SIZE, "%s:%s:%s%s", r->schedule, cli_text_full(r->hot, hot),
             cli_text_full(r->cold, cold), period);
    return buffer;
}

static json_t *json_states(cli *c, const heat_model_info *info, const heat_ground_result *r)
{
    json_t *rows = json_array();

    for (int64_t k = 0; k < r->n_states; k++) {
        json_t *row = json_object();
        cli_put(c, row, "energy", cli_json_energy(info, r->state_energies[k]));
        cli_put(c, row, "state",
                r->states != NULL ? cli_json_state(r->states + k * r->n_variables, r->n_variables)
                                  : cli_json_numbers(r->kept_values + k * r->n_variables, r->n_variables));
        if (r->curvatures != NULL)
            cli_put(c, row, "curvatures",
                    cli_json_numbers(r->curvatures + k * r->n_variables, r->n_variables));
        cli_put(c, row, "count", json_integer(r->state_counts[k]));
        if (r->extents != NULL)
            cli_put(c, row, "valley", cli_json_number(r->extents[k]));
        cli_append(c, rows, row);
    }
    return rows;
}

static json_t *json_end(int64_t end)
{
    return end < 0 ? json_null() : json_integer(end);
}

/* Between which of the states each lies. */
static json_t *json_saddles(cli *c, const heat_model_info *info, const heat_ground_result *r)
{
    json_t *rows = json_array();

    for (int64_t k = 0; k < r->n_saddles; k++) {
        json_t *row = json_object(), *ends = json_array();
        cli_put(c, row, "energy", cli_json_energy(info, r->saddle_energies[k]));
        cli_put(c, row, "state", cli_json_numbers(r->saddles + k * r->n_variables, r->n_variables));
        cli_put(c, row, "curvatures",
                cli_json_numbers(r->saddle_curvatures + k * r->n_variables, r->n_variables));
        cli_append(c, ends, json_end(r->saddle_ends[2 * k]));
        cli_append(c, ends, json_end(r->saddle_ends[2 * k + 1]));
        cli_put(c, row, "between", ends);
        cli_append(c, rows, row);
    }
    return rows;
}

/* States are listed where they were asked for; the minima of a potential always. */
static bool lists_states(const cli *c, const heat_ground_result *r)
{
    return c->args.values.verb.ground.keep > 0 || (r->kept_values != NULL && r->n_states > 0);
}

static heat_status print_json(cli *c, const heat_model *model, const heat_model_info *info,
                              const heat_ground_result *r, double cut)
{
    json_t *result = json_object(), *reasons = json_array();
    const char *file = c->args.values.own.output;
    char schedule[4 * CLI_NUMBER_SIZE];
    cli_report report = {info, r->outcome, reasons, result, cli_clock() - c->began_s, method_option(r)};

    if (r->reason != NULL)
        cli_append(c, reasons, cli_json_text(r->reason));
    cli_put(c, result, "energy", cli_json_energy(info, r->energy));
    if (info->max_cut)
        cli_put(c, result, "cut", cli_json_energy(info, cut));
    cli_put(c, result, "bound", cli_json_energy(info, r->bound));
    cli_put(c, result, "method", r->method == NULL ? json_null() : cli_json_text(r->method));
    cli_put(c, result, "state",
            r->state != NULL    ? cli_json_state(r->state, r->n_variables)
            : r->values != NULL ? cli_json_numbers(r->values, r->n_variables)
                                : json_null());
    if (info->has_labels)
        cli_put(c, result, "labels", json_labels(c, model, info));
    if (lists_states(c, r))
        cli_put(c, result, "states", json_states(c, info, r));
    if (r->curvatures != NULL)
        cli_put(c, result, "saddles", json_saddles(c, info, r));
    cli_put(c, result, "trajectory", json_trajectory(c, info, r));
    cli_put(c, result, "schedule",
            r->schedule == NULL ? json_null() : cli_json_text(text_schedule(r, schedule)));
    cli_put(c, result, "sweeps", json_integer(r->sweeps));
    cli_put(c, result, "restarts", json_integer(r->restarts));
    cli_put(c, result, "updates", json_integer(r->updates));
    cli_put(c, result, "updates_per_ns",
            r->updates > 0 ? cli_json_number((double)r->updates / r->seconds * 1e-9) : json_null());
    cli_put(c, result, "file", file == NULL ? json_null() : cli_json_text(file));
    return cli_print_report(c, &report);
}

/* " at (x, y, ...)": the first coordinates of a point of real numbers. */
static void print_place(const double *x, int32_t n, char *text, size_t size)
{
    enum { SHOWN = 6 };
    size_t used = (size_t)snprintf(text, size, " at (");

    for (int32_t i = 0; i < n && i < SHOWN && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%.8g", i == 0 ? "" : ", ", x[i]);
    if (used < size)
        snprintf(text + used, size - used, n > SHOWN ? ", ...)" : ")");
}

static void print_states(const heat_ground_result *r)
{
    enum { MOST_SHOWN = 10 };
    int64_t shown = r->n_states < MOST_SHOWN ? r->n_states : MOST_SHOWN;
    char number[CLI_NUMBER_SIZE], place[256] = "", valley[80] = "";

    cli_print_row("kept", "%lld distinct state%s%s", (long long)r->n_states, r->n_states == 1 ? "" : "s",
                  shown < r->n_states ? ", the ten best:" : "");
    for (int64_t k = 0; k < shown; k++) {
        if (r->kept_values != NULL)
            print_place(r->kept_values + k * r->n_variables, r->n_variables, place, sizeof place);
        valley[0] = '\0';
        if (r->extents != NULL && r->extents[k] > 0)
            snprintf(valley, sizeof valley, ", of a valley of one energy seen %.2g far", r->extents[k]);
        cli_print_row("", "energy %s, count %lld%s%s", cli_text_full(r->state_energies[k], number),
                      (long long)r->state_counts[k], place, valley);
    }
    if (r->n_saddles == 0)
        return;
    cli_print_row("saddles", "%lld%s", (long long)r->n_saddles,
                  r->n_saddles > MOST_SHOWN ? ", the ten lowest:" : "");
    for (int64_t k = 0; k < r->n_saddles && k < MOST_SHOWN; k++) {
        print_place(r->saddles + k * r->n_variables, r->n_variables, place, sizeof place);
        cli_print_row("", "energy %s%s", cli_text_full(r->saddle_energies[k], number), place);
    }
}

static void print_text(cli *c, const heat_model_info *info, const heat_ground_result *r, double cut)
{
    char number[CLI_NUMBER_SIZE], schedule[4 * CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    cli_print_row("energy", "%s", cli_text_full(r->energy, number));
    if (info->max_cut)
        cli_print_row("cut", "%s", cli_text_full(cut, number));
    if (isfinite(r->bound) && r->outcome != HEAT_OUTCOME_PROVED)
        cli_print_row("bound", "%s", cli_text_full(r->bound, number));
    cli_print_row("outcome", "%s%s%s", heat_outcome_name(r->outcome), r->reason == NULL ? "" : ": ",
                  r->reason == NULL ? "" : r->reason);
    cli_print_row("method", "%s", r->method == NULL ? "-" : r->method);
    if (r->schedule != NULL)
        cli_print_row("schedule", "%s, %lld sweeps, %lld restarts", text_schedule(r, schedule),
                      (long long)r->sweeps, (long long)r->restarts);
    if (lists_states(c, r))
        print_states(r);
    cli_print_row("time", "%s", cli_text_time(cli_clock() - c->began_s, number));
    if (r->updates > 0 && r->seconds > 0)
        cli_print_row("rate", "%s updates/s", cli_text_count((double)r->updates / r->seconds, number));
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
    if (!cli_path_ends_in(path, "|.txt|.csv|"))
        return cli_fail_option(c, "output", path, "'%.300s': ground writes .txt (one value a line) or .csv",
                               path);
    return cli_path_probe(c, path);
}

heat_status cli_ground(cli *c)
{
    heat_model *model = NULL;
    heat_model_info info;
    heat_ground_options options;
    heat_ground_result result;
    double cut, lead_s;
    heat_status status;

    heat_ground_result_init(&result);
    status = check_output(c);
    if (status == HEAT_OK)
        status = cli_model_load(c, &model, &info);
    if (status == HEAT_OK)
        status = cli_figures_prepare_landscape(c, model, &info);
    if (status != HEAT_OK)
        goto out;
    options = c->args.values.verb.ground;
    options.time = cli_time_left(c);
    if (options.time < HEAT_FOREVER && (c->json || c->args.values.own.output != NULL))
        options.time = fmax(0, options.time - telling_s * info.n_variables);
    lead_s = cli_clock() - c->began_s;
    if (heat_ground(c->ctx, model, &options, &result) != HEAT_OK) {
        status = cli_fail_library(c);
        goto out;
    }
    for (int64_t k = 0; k < result.n_trajectory; k++)
        result.trajectory_s[k] += lead_s; /* seconds of the command, as --time counts them */
    status = get_cut(c, model, &info, result.energy, &cut);
    if (status == HEAT_OK && c->args.values.own.output != NULL &&
        (result.state != NULL || result.values != NULL))
        if (heat_ground_result_save(c->ctx, model, &result, c->args.values.own.output) != HEAT_OK)
            status = cli_fail_library(c);
    if (status == HEAT_OK)
        status = cli_figures_write_ground(c, model, &result);
    if (status != HEAT_OK)
        goto out;
    if (c->json)
        status = print_json(c, model, &info, &result, cut);
    else
        print_text(c, &info, &result, cut);
out:
    heat_ground_result_clear(&result);
    heat_model_free(model);
    return status;
}
