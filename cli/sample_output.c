/* What sample prints of one result: the parts of its JSON, and tables for people. */
#include "sample_output.h"
#include "terminal.h"

#include <math.h>
#include <string.h>

static json_t *json_observable(cli *c, const heat_observable *o)
{
    json_t *row = json_object();

    cli_put(c, row, "mean", cli_json_number(o->mean));
    cli_put(c, row, "error", cli_json_number(o->error));
    cli_put(c, row, "sd", cli_json_number(o->sd));
    cli_put(c, row, "q05", cli_json_number(o->q05));
    cli_put(c, row, "q50", cli_json_number(o->q50));
    cli_put(c, row, "q95", cli_json_number(o->q95));
    cli_put(c, row, "tau", cli_json_number(o->tau));
    cli_put(c, row, "ess", cli_json_number(o->ess));
    cli_put(c, row, "ess_tail", cli_json_number(o->ess_tail));
    cli_put(c, row, "rhat", cli_json_number(o->rhat));
    if (o->step_bias_error != 0) {
        json_t *bias = json_object();
        cli_put(c, bias, "mean", cli_json_number(o->step_bias));
        cli_put(c, bias, "error", cli_json_number(o->step_bias_error));
        cli_put(c, row, "step_bias", bias);
    }
    return row;
}

static json_t *json_spins(cli *c, const heat_sample_result *r, const heat_sample_temperature *t)
{
    json_t *spins = json_object();

    cli_put(c, spins, "mean", cli_json_numbers(t->spin_mean, r->n_variables));
    cli_put(c, spins, "error", cli_json_numbers(t->spin_error, r->n_variables));
    return spins;
}

static json_t *json_edges(cli *c, const heat_sample_result *r, const heat_sample_temperature *t)
{
    json_t *edges = json_object();

    cli_put(c, edges, "i", cli_json_indices(r->edge_i, r->n_edges));
    cli_put(c, edges, "j", cli_json_indices(r->edge_j, r->n_edges));
    cli_put(c, edges, "mean", cli_json_numbers(t->edge_mean, r->n_edges));
    cli_put(c, edges, "error", cli_json_numbers(t->edge_error, r->n_edges));
    return edges;
}

static json_t *json_histograms(cli *c, const heat_sample_temperature *t)
{
    json_t *rows = json_object();

    for (int32_t k = 0; k < t->n_histograms; k++) {
        const heat_sample_histogram *h = &t->histograms[k];
        json_t *row = json_object();
        cli_put(c, row, "edges", cli_json_numbers(h->edges, h->n_bins + 1));
        cli_put(c, row, "p", cli_json_numbers(h->p, h->n_bins));
        cli_put(c, row, "error", cli_json_numbers(h->error, h->n_bins));
        cli_put(c, rows, h->name, row);
    }
    return rows;
}

static json_t *json_basins(cli *c, const heat_sample_result *r, const heat_sample_temperature *t)
{
    json_t *rows = json_array();

    for (int32_t k = 0; k < r->n_basins; k++) {
        const heat_sample_basin *b = &t->basins[k];
        json_t *row = json_object(), *occupancy = json_object(), *passage = json_object();
        cli_put(c, row, "energy", cli_json_number(r->basin_energies[k]));
        cli_put(c, row, "state", cli_json_numbers(r->basin_states + k * r->n_variables, r->n_variables));
        cli_put(c, occupancy, "mean", cli_json_number(b->occupancy));
        cli_put(c, occupancy, "error", cli_json_number(b->occupancy_error));
        cli_put(c, row, "occupancy", occupancy);
        cli_put(c, row, "departures", b->departures < 0 ? json_null() : json_integer(b->departures));
        if (r->passage_unit != NULL) {
            cli_put(c, passage, "mean", cli_json_number(b->first_passage));
            cli_put(c, passage, "error", cli_json_number(b->first_passage_error));
            cli_put(c, passage, "unit", cli_json_text(r->passage_unit));
            cli_put(c, passage, "passages", json_integer(b->n_passages));
            cli_put(c, passage, "watched", cli_json_number(b->watched));
        }
        if (b->first_passage_bias_error != 0) {
            json_t *bias = json_object();
            cli_put(c, bias, "mean", cli_json_number(b->first_passage_bias));
            cli_put(c, bias, "error", cli_json_number(b->first_passage_bias_error));
            cli_put(c, passage, "step_bias", bias);
        }
        cli_put(c, row, "first_passage", r->passage_unit != NULL ? json_incref(passage) : json_null());
        json_decref(passage);
        cli_append(c, rows, row);
    }
    return rows;
}

/* The share of the chains in each basin at the end of each cycle. */
static json_t *json_cycles(cli *c, const heat_sample_result *r)
{
    json_t *rows = json_array();

    for (int64_t k = 0; k < r->n_cycles; k++)
        cli_append(c, rows, cli_json_numbers(r->cycle_occupancy + k * r->n_basins, r->n_basins));
    return rows;
}

static json_t *json_temperature(cli *c, const heat_sample_result *r, const heat_sample_temperature *t)
{
    json_t *row = json_object(), *observables = json_object();

    for (int32_t k = 0; k < t->n_observables; k++)
        cli_put(c, observables, t->observables[k].name, json_observable(c, &t->observables[k]));
    cli_put(c, row, "temperature", cli_json_number(t->temperature));
    cli_put(c, row, "outcome", json_string(heat_outcome_name(t->outcome)));
    cli_put(c, row, "acceptance", cli_json_number(t->acceptance));
    cli_put(c, row, "step", cli_json_number(t->step));
    cli_put(c, row, "e_bfmi", cli_json_number(t->e_bfmi));
    cli_put(c, row, "divergences", t->divergences < 0 ? json_null() : json_integer(t->divergences));
    cli_put(c, row, "discarded", json_integer(t->discarded));
    cli_put(c, row, "exchange", cli_json_number(t->exchange));
    cli_put(c, row, "log_z", cli_json_number(t->log_z));
    cli_put(c, row, "log_z_error", cli_json_number(t->log_z_error));
    cli_put(c, row, "family_size", cli_json_number(t->family_size));
    cli_put(c, row, "observables", observables);
    cli_put(c, row, "histograms", json_histograms(c, t));
    if (t->basins != NULL)
        cli_put(c, row, "basins", json_basins(c, r, t));
    if (t->spin_mean != NULL)
        cli_put(c, row, "spins", json_spins(c, r, t));
    if (t->edge_mean != NULL)
        cli_put(c, row, "edges", json_edges(c, r, t));
    return row;
}

/* Mean and error between the temperatures of the scan. */
static json_t *json_between(cli *c, const heat_sample_temperature *t)
{
    json_t *row = json_object(), *observables = json_object();

    for (int32_t k = 0; k < t->n_observables; k++) {
        json_t *o = json_object();
        cli_put(c, o, "mean", cli_json_number(t->observables[k].mean));
        cli_put(c, o, "error", cli_json_number(t->observables[k].error));
        cli_put(c, observables, t->observables[k].name, o);
    }
    cli_put(c, row, "temperature", cli_json_number(t->temperature));
    cli_put(c, row, "observables", observables);
    return row;
}

/* Of all temperatures together: they visit the same number of variables. */
static double mean_acceptance(const heat_sample_result *r)
{
    double sum = 0;

    for (int32_t k = 0; k < r->n_temperatures; k++)
        sum += r->temperatures[k].acceptance;
    return sum / r->n_temperatures;
}

static double mean_step(const heat_sample_result *r)
{
    double sum = 0;

    for (int32_t k = 0; k < r->n_temperatures; k++)
        sum += r->temperatures[k].step;
    return sum / r->n_temperatures;
}

static json_t *json_divergences(const heat_sample_result *r)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < r->n_temperatures; k++)
        sum += r->temperatures[k].divergences;
    return sum < 0 ? json_null() : json_integer(sum);
}

void cli_sample_put_temperatures(cli *c, json_t *object, const char *key, const heat_sample_result *r)
{
    json_t *rows = json_array(), *between = json_array();

    for (int32_t k = 0; k < r->n_temperatures; k++)
        cli_append(c, rows, json_temperature(c, r, &r->temperatures[k]));
    cli_put(c, object, key, rows);
    for (int32_t k = 0; k < r->n_between; k++)
        cli_append(c, between, json_between(c, &r->between[k]));
    if (r->n_between > 0)
        cli_put(c, object, "interpolated", json_incref(between));
    json_decref(between);
}

json_t *cli_sample_json(cli *c, const heat_sample_result *r)
{
    json_t *result = json_object(), *sampler = json_object();

    cli_put(c, sampler, "engine", cli_json_text(r->engine));
    cli_put(c, sampler, "layout", r->layout != NULL ? cli_json_text(r->layout) : json_null());
    cli_put(c, sampler, "acceptance", cli_json_number(mean_acceptance(r)));
    cli_put(c, sampler, "step", cli_json_number(mean_step(r)));
    cli_put(c, sampler, "divergences", json_divergences(r));
    cli_put(c, sampler, "round_trips", r->round_trips < 0 ? json_null() : json_integer(r->round_trips));
    cli_sample_put_temperatures(c, result, "temperatures", r);
    cli_put(c, result, "sampler", sampler);
    cli_put(c, result, "chains", json_integer(r->n_chains));
    cli_put(c, result, "sweeps", json_integer(r->n_sweeps));
    cli_put(c, result, "cycles", r->n_cycles > 0 ? json_integer(r->n_cycles) : json_null());
    if (r->cycle_occupancy != NULL)
        cli_put(c, result, "cycle_occupancy", json_cycles(c, r));
    cli_put(c, result, "updates", json_integer(r->updates));
    cli_put(c, result, "updates_per_ns",
            r->updates > 0 ? cli_json_number((double)r->updates / r->seconds * 1e-9) : json_null());
    cli_put(c, result, "effective_replicas", cli_json_number(r->effective_replicas));
    return result;
}

/* How real numbers were walked, and what the step has added to each mean. */
static void print_walk(const heat_sample_temperature *t)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    if (isnan(t->step))
        return;
    printf("  step %s, acceptance %s, %lld divergences", cli_text_short(t->step, 3, a),
           cli_text_fixed(t->acceptance, 3, b), (long long)t->divergences);
    if (!isnan(t->e_bfmi))
        printf(", E-BFMI %s", cli_text_short(t->e_bfmi, 2, a));
    printf("\n");
    for (int32_t k = 0; k < t->n_observables; k++) {
        const heat_observable *o = &t->observables[k];
        if (o->step_bias_error > 0)
            printf("  of %s the step makes %s ± %s\n", o->name,
                   cli_text_mean(o->step_bias, o->step_bias_error, a), cli_text_error(o->step_bias_error, b));
    }
}

/* "1.23 ± 0.04" with the sign in one column, or "-". */
static void print_mean(const heat_observable *o, int width)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    if (isfinite(o->mean))
        printf(" %*s ± %-*s", width, cli_text_mean(o->mean, o->error, a), width - 2,
               cli_text_error(o->error, b));
    else
        printf(" %*s %*s", width, "-", width, "");
}

static void print_head(bool is_wide, int names)
{
    printf("  %-*s %*s   %-*s", names, "observable", is_wide ? 10 : 12, "mean", is_wide ? 8 : 10, "error");
    if (is_wide)
        printf(" %8s %8s %8s %8s", "sd", "5 %", "median", "95 %");
    printf(" %7s %7s", "tau", "ess");
    if (is_wide)
        printf(" %7s", "tail");
    printf(" %7s\n", "rhat");
}

/* Quantiles with as many digits as the spread justifies. */
static void print_spread(const heat_observable *o)
{
    const double values[] = {o->q05, o->q50, o->q95};
    char text[CLI_NUMBER_SIZE];

    printf(" %8s", cli_text_mean(o->sd, o->sd / 10, text));
    for (int k = 0; k < 3; k++)
        printf(" %8s", cli_text_mean(values[k], o->sd / 10, text));
}

static void print_observable(const heat_observable *o, bool is_wide, int names)
{
    char tau[CLI_NUMBER_SIZE], ess[CLI_NUMBER_SIZE], tail[CLI_NUMBER_SIZE], rhat[CLI_NUMBER_SIZE];

    printf("  %-*s", names, o->name);
    print_mean(o, is_wide ? 10 : 12);
    if (is_wide)
        print_spread(o);
    printf(" %7s %7s", cli_text_fixed(o->tau, 2, tau), cli_text_fixed(o->ess, 0, ess));
    if (is_wide)
        printf(" %7s", cli_text_fixed(o->ess_tail, 0, tail));
    printf(" %7s\n", cli_text_fixed(o->rhat, 3, rhat));
}

/* Rows [first, last) in one line: the worst of them. */
static void print_left_out(const heat_sample_temperature *t, int32_t first, int32_t last)
{
    const heat_observable *fewest = &t->observables[first], *largest = fewest;
    char ess[CLI_NUMBER_SIZE], rhat[CLI_NUMBER_SIZE];

    for (int32_t k = first; k < last; k++) {
        const heat_observable *o = &t->observables[k];
        if (!(fmin(o->ess, o->ess_tail) >= fmin(fewest->ess, fewest->ess_tail)))
            fewest = o;
        if (!(o->rhat <= largest->rhat))
            largest = o;
    }
    printf("  … %d more (--json has all): ess from %s (%s), R-hat up to %s (%s)\n", last - first,
           cli_text_fixed(fmin(fewest->ess, fewest->ess_tail), 0, ess), fewest->name,
           cli_text_fixed(largest->rhat, 3, rhat), largest->name);
}

/* Of walks the table has the spread too. Of hundreds of coordinates the first and the last are enough; what
 * is derived from averages has no spread. */
void cli_sample_print_temperature(const heat_sample_temperature *t)
{
    enum { MOST = 40, FIRST = 20, LAST = 4 };
    char number[CLI_NUMBER_SIZE];
    const bool is_wide = !isnan(t->step);
    int names = (int)strlen("observable");
    int32_t n_averages = 0;

    for (int32_t k = 0; k < t->n_observables; k++) {
        int length = (int)strlen(t->observables[k].name);
        names = length > names ? length : names;
        n_averages += !isnan(t->observables[k].sd);
    }
    printf("\nT = %s\n", cli_text_full(t->temperature, number));
    print_head(is_wide, names);
    for (int32_t k = 0; k < t->n_observables; k++) {
        if (is_wide && n_averages > MOST && k == FIRST) {
            print_left_out(t, FIRST, n_averages - LAST);
            k = n_averages - LAST;
        }
        print_observable(&t->observables[k], is_wide, names);
    }
    print_walk(t);
}

void cli_sample_print_between(const heat_sample_result *r)
{
    char t[CLI_NUMBER_SIZE], a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    if (r->n_between > 0)
        printf("\ninterpolated\n");
    for (int32_t k = 0; k < r->n_between; k++)
        for (int32_t q = 0; q < r->between[k].n_observables; q++) {
            const heat_observable *o = &r->between[k].observables[q];
            printf("  T = %-10s %-28s %12s ± %s\n", cli_text_short(r->between[k].temperature, 8, t), o->name,
                   cli_text_mean(o->mean, o->error, a), cli_text_error(o->error, b));
        }
}

/* What is nothing but rounding is 0. */
static const char *text_place(double x, char buffer[CLI_NUMBER_SIZE])
{
    static const double rounding = 1e-12;

    return cli_text_short(fabs(x) < rounding ? 0 : x, 6, buffer);
}

/* Minima, and how chains leave them. */
static void print_basin(const heat_sample_result *r, int32_t k, const heat_sample_basin *basin)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    printf("  basin %d, energy %s at (", k + 1, text_place(r->basin_energies[k], a));
    for (int32_t i = 0; i < r->n_variables; i++)
        printf("%s%s", i > 0 ? ", " : "", text_place(r->basin_states[k * r->n_variables + i], a));
    printf(")");
    if (basin->departures >= 0)
        printf(": %lld departures", (long long)basin->departures);
    if (basin->n_passages > 0)
        printf(", first passage %s ± %s %s of %lld",
               cli_text_mean(basin->first_passage, basin->first_passage_error, a),
               cli_text_error(basin->first_passage_error, b), r->passage_unit, (long long)basin->n_passages);
    putchar('\n');
    if (basin->first_passage_bias_error > 0)
        printf("    of which the step makes %s ± %s\n",
               cli_text_mean(basin->first_passage_bias, basin->first_passage_bias_error, a),
               cli_text_error(basin->first_passage_bias_error, b));
}

void cli_sample_print_arrays(const heat_sample_result *r, const heat_sample_temperature *t)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    for (int32_t k = 0; t->basins != NULL && k < r->n_basins; k++)
        print_basin(r, k, &t->basins[k]);

    for (int32_t k = 0; t->spin_mean != NULL && k < r->n_variables; k++)
        printf("  spin %-17d %16s ± %s\n", k, cli_text_mean(t->spin_mean[k], t->spin_error[k], a),
               cli_text_error(t->spin_error[k], b));
    for (int64_t k = 0; t->edge_mean != NULL && k < r->n_edges; k++)
        printf("  edge %-8d %-8d %16s ± %s\n", r->edge_i[k], r->edge_j[k],
               cli_text_mean(t->edge_mean[k], t->edge_error[k], a), cli_text_error(t->edge_error[k], b));
}
