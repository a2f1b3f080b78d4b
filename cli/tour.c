/* heatbath tour: claims measured now, on this machine, against values that are known exactly. */
#include "clock.h"
#include "output.h"
#include "terminal.h"

#include <math.h>
#include <string.h>

enum { MOST_ROWS = 3 };

/* One comparison; a claim has one to three of them and holds if all do. */
typedef struct comparison {
    double temperature;
    double measured, error, expected;
    double distance; /* over what is allowed: holds while it is at most 1 */
} comparison;

typedef struct claim {
    const char *id;
    const char *title;
    const char *text; /* what is compared with what, and why it is not obvious */
    heat_status (*measure)(cli *c, comparison *rows, int *n_rows);
} claim;

static const double allowed_errors = 4; /* standard errors */
static const double allowed_log_z = 1e-10;

/* --- the energy of the Ising model, sampled --- */

static heat_status sample_energy(cli *c, const heat_model *model, double temperature, comparison *row)
{
    heat_sample_options options;
    heat_sample_result result;
    heat_status status = HEAT_OK;
    double expected = (double)NAN;

    heat_sample_result_init(&result);
    heat_sample_options_init(&options);
    options.seed = c->args.values.own.seed;
    options.threads = c->args.values.own.threads;
    options.temperature = temperature;
    options.replicas = 8;
    options.sweeps = 10000;
    options.burn_in = 1000;
    if (heat_sample(c->ctx, model, &options, &result) != HEAT_OK ||
        heat_exact_square_ising(c->ctx, 16, 16, 1, temperature, NULL, &expected, NULL) != HEAT_OK)
        status = cli_fail_library(c);
    *row = (comparison){temperature, (double)NAN, (double)NAN, expected / 256, (double)NAN};
    for (int32_t k = 0; status == HEAT_OK && k < result.temperatures[0].n_observables; k++) {
        const heat_observable *o = &result.temperatures[0].observables[k];
        if (strcmp(o->name, "energy") != 0)
            continue;
        row->measured = o->mean / 256;
        row->error = o->error / 256;
        row->distance = fabs(row->measured - row->expected) / (allowed_errors * row->error);
    }
    heat_sample_result_clear(&result);
    return status;
}

static heat_status measure_ising_energy(cli *c, comparison *rows, int *n_rows)
{
    static const double temperatures[MOST_ROWS] = {1.8, 2.269185, 3.5};
    heat_model *model = NULL;
    heat_status status = HEAT_OK;

    if (heat_model_load(c->ctx, "lattice:16x16,J=1", &model) != HEAT_OK)
        return cli_fail_library(c);
    *n_rows = MOST_ROWS;
    for (int k = 0; k < MOST_ROWS && status == HEAT_OK; k++)
        status = sample_energy(c, model, temperatures[k], &rows[k]);
    heat_model_free(model);
    return status;
}

/* --- log Z of a torus, summed exactly --- */

static heat_status measure_torus_logz(cli *c, comparison *rows, int *n_rows)
{
    const double temperature = 2.269185;
    heat_model *model = NULL;
    heat_logz_options options;
    heat_logz_result result;
    heat_status status = HEAT_OK;
    double expected;

    heat_logz_result_init(&result);
    heat_logz_options_init(&options);
    options.method = "exact";
    options.temperature = temperature;
    options.threads = c->args.values.own.threads;
    if (heat_model_load(c->ctx, "lattice:8x8,J=1", &model) != HEAT_OK ||
        heat_logz(c->ctx, model, &options, &result) != HEAT_OK ||
        heat_exact_square_ising(c->ctx, 8, 8, 1, temperature, &expected, NULL, NULL) != HEAT_OK) {
        status = cli_fail_library(c);
    } else {
        *n_rows = 1;
        rows[0] = (comparison){temperature, result.log_z, result.error, expected,
                               fabs(result.log_z - expected) / allowed_log_z};
    }
    heat_logz_result_clear(&result);
    heat_model_free(model);
    return status;
}

/* --- a ground state, proved and found --- */

static heat_status find_ground(cli *c, const heat_model *model, const char *method, double *energy,
                               bool *proved)
{
    heat_ground_options options;
    heat_ground_result result;
    heat_status status = HEAT_OK;

    heat_ground_result_init(&result);
    heat_ground_options_init(&options);
    options.method = method;
    options.seed = c->args.values.own.seed;
    options.threads = c->args.values.own.threads;
    if (heat_ground(c->ctx, model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    *energy = result.energy;
    *proved = result.outcome == HEAT_OUTCOME_PROVED;
    heat_ground_result_clear(&result);
    return status;
}

static heat_status measure_proved_ground(cli *c, comparison *rows, int *n_rows)
{
    heat_model *model = NULL;
    heat_status status;
    double found = (double)NAN, expected = (double)NAN;
    bool proved = false, guessed = false;

    if (heat_model_load(c->ctx, "ea:6x6,seed=1", &model) != HEAT_OK)
        return cli_fail_library(c);
    status = find_ground(c, model, "exact", &expected, &proved);
    if (status == HEAT_OK)
        status = find_ground(c, model, "anneal", &found, &guessed);
    *n_rows = 1;
    rows[0] = (comparison){0, found, 0, expected, proved && found == expected ? 0 : (double)INFINITY};
    heat_model_free(model);
    return status;
}

static const claim claims[] = {
    {"ising-energy", "Sampling the 16 x 16 Ising model gives the exact energy per spin",
     "The periodic square lattice without field was solved by Onsager and, at finite size, by Kaufman "
     "(1949).\n"
     "Below, at and above the critical temperature the sampled mean must lie within 4 standard errors.",
     measure_ising_energy},
    {"torus-logz", "Elimination sums all 2^64 states of the 8 x 8 torus",
     "Summing out one spin after the other gives log Z without visiting the states one by one. Kaufman's "
     "closed\n"
     "form gives the same number by another road; they must agree to 1e-10.",
     measure_torus_logz},
    {"proved-ground", "A ground state is proved, and annealing finds it",
     "On a 6 x 6 spin glass (couplings +1 or -1 at random) elimination over (min, +) proves the lowest "
     "energy.\n"
     "Simulated annealing, which proves nothing, must find a state of that energy.",
     measure_proved_ground},
};
enum { N_CLAIMS = sizeof claims / sizeof *claims };

static const comparison *worst_of(const comparison *rows, int n_rows)
{
    const comparison *worst = rows;

    for (int k = 1; k < n_rows; k++)
        if (!(rows[k].distance <= worst->distance))
            worst = &rows[k];
    return worst;
}

/* The claim's numbers are those of its worst comparison. */
static json_t *json_claim(cli *c, const claim *what, const comparison *rows, int n_rows)
{
    const comparison *worst = worst_of(rows, n_rows);
    json_t *object = json_object(), *all = json_array();

    cli_put(c, object, "id", json_string(what->id));
    cli_put(c, object, "title", json_string(what->title));
    cli_put(c, object, "measured", cli_json_number(worst->measured));
    cli_put(c, object, "error", cli_json_number(worst->error));
    cli_put(c, object, "expected", cli_json_number(worst->expected));
    cli_put(c, object, "holds", json_boolean(worst->distance <= 1));
    for (int k = 0; k < n_rows; k++) {
        json_t *row = json_object();
        cli_put(c, row, "temperature", cli_json_number(rows[k].temperature));
        cli_put(c, row, "measured", cli_json_number(rows[k].measured));
        cli_put(c, row, "error", cli_json_number(rows[k].error));
        cli_put(c, row, "expected", cli_json_number(rows[k].expected));
        cli_put(c, row, "holds", json_boolean(rows[k].distance <= 1));
        cli_append(c, all, row);
    }
    cli_put(c, object, "rows", all);
    return object;
}

static void print_claim(cli *c, const claim *what, const comparison *rows, int n_rows, double seconds)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], time[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    printf("%s: %s\n%s\n", what->id, what->title, what->text);
    for (int k = 0; k < n_rows; k++) {
        const comparison *row = &rows[k];
        if (row->temperature > 0)
            printf("  T = %-9s", cli_text_full(row->temperature, a));
        else
            printf("  ");
        if (row->error > 0)
            printf(" measured %s ± %s", cli_text_mean(row->measured, row->error, a),
                   cli_text_error(row->error, b));
        else
            printf(" measured %s", cli_text_full(row->measured, a));
        printf("   exact %s", row->error > 0 ? cli_text_mean(row->expected, row->error / 10, a)
                                             : cli_text_full(row->expected, a));
        if (row->error > 0)
            printf("   %+.1f standard errors", (row->measured - row->expected) / row->error);
        putchar('\n');
    }
    printf("  %s  (%s)\n\n", worst_of(rows, n_rows)->distance <= 1 ? "holds" : "DOES NOT HOLD",
           cli_text_time(seconds, time));
    fflush(stdout);
}

/* All or the one that was asked for. */
static heat_status measure_claims(cli *c, json_t *list, json_t *reasons, int *n_measured, int *n_held)
{
    const char *only = c->args.values.own.only;

    for (int k = 0; k < N_CLAIMS && cli_signal() == 0; k++) {
        comparison rows[MOST_ROWS];
        int n_rows = 0;
        double start = cli_clock();
        heat_status status;
        if (strcmp(only, "all") != 0 && strcmp(only, claims[k].id) != 0)
            continue;
        status = claims[k].measure(c, rows, &n_rows);
        if (cli_signal() != 0 && status == HEAT_ERROR_STOPPED)
            cli_failure_clear(c);
        else if (status != HEAT_OK)
            return status;
        if (cli_signal() != 0)
            break; /* cut short: no measurement */
        ++*n_measured;
        if (worst_of(rows, n_rows)->distance <= 1)
            ++*n_held;
        else
            cli_append(c, reasons, json_sprintf("%s does not hold", claims[k].id));
        if (c->json)
            cli_append(c, list, json_claim(c, &claims[k], rows, n_rows));
        else
            print_claim(c, &claims[k], rows, n_rows, cli_clock() - start);
    }
    return HEAT_OK;
}

heat_status cli_tour(cli *c)
{
    double start = cli_clock();
    json_t *list = json_array(), *reasons = json_array(), *result = json_object();
    int n_measured = 0, n_held = 0;
    cli_report report = {NULL, HEAT_OUTCOME_COMPLETED, reasons, result, 0, NULL};
    heat_status status = measure_claims(c, list, reasons, &n_measured, &n_held);

    cli_put(c, result, "claims", list);
    if (status != HEAT_OK) {
        json_decref(result);
        json_decref(reasons);
        return status;
    }
    if (n_held < n_measured)
        report.outcome = HEAT_OUTCOME_NOT_CONVERGED;
    if (cli_signal() != 0)
        report.outcome = HEAT_OUTCOME_INTERRUPTED;
    if (c->json) {
        report.seconds = cli_clock() - start;
        return cli_print_report(c, &report);
    }
    json_decref(result);
    json_decref(reasons);
    cli_hide_progress(c);
    if (report.outcome == HEAT_OUTCOME_INTERRUPTED && n_measured == 0)
        printf("interrupted before a claim was measured\n");
    else
        printf("%d of %d claims hold%s\n", n_held, n_measured,
               report.outcome == HEAT_OUTCOME_INTERRUPTED ? "; interrupted before the rest were measured"
                                                          : "");
    c->exit_code = cli_outcome_code(report.outcome);
    return HEAT_OK;
}
