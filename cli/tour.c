/* heatbath tour: claims measured now, on this machine, against values that are known exactly. */
#include "tour.h"
#include "clock.h"
#include "output.h"
#include "terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct claim {
    const char *id;
    const char *title;
    const char *text; /* what is compared with what, and why it is not obvious */
    heat_status (*measure)(cli *c, tour_finding *finding);
} claim;

static const double allowed_log_z = 1e-10;

const heat_observable *tour_find(const heat_sample_result *r, const char *name)
{
    for (int32_t k = 0; k < r->temperatures[0].n_observables; k++)
        if (strcmp(r->temperatures[0].observables[k].name, name) == 0)
            return &r->temperatures[0].observables[k];
    return NULL;
}

/* --- the energy of the Ising model, sampled --- */

static heat_status sample_energy(cli *c, const heat_model *model, double temperature, tour_row *row)
{
    heat_sample_options options;
    heat_sample_result result;
    heat_status status = HEAT_OK;
    double expected = (double)NAN;
    const heat_observable *energy;

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
    *row = (tour_row){.temperature = temperature,
                      .measured = (double)NAN,
                      .error = (double)NAN,
                      .expected = expected / 256,
                      .distance = (double)NAN};
    energy = status == HEAT_OK ? tour_find(&result, "energy") : NULL;
    if (energy != NULL) {
        row->measured = energy->mean / 256;
        row->error = energy->error / 256;
        row->distance = fabs(row->measured - row->expected) / (tour_allowed_errors * row->error);
    }
    heat_sample_result_clear(&result);
    return status;
}

static heat_status measure_ising_energy(cli *c, tour_finding *f)
{
    static const double temperatures[TOUR_MOST_ROWS] = {1.8, 2.269185, 3.5};
    heat_model *model = NULL;
    heat_status status = HEAT_OK;

    if (heat_model_load(c->ctx, "lattice:16x16,J=1", &model) != HEAT_OK)
        return cli_fail_library(c);
    f->n_rows = TOUR_MOST_ROWS;
    for (int k = 0; k < TOUR_MOST_ROWS && status == HEAT_OK; k++)
        status = sample_energy(c, model, temperatures[k], &f->rows[k]);
    heat_model_free(model);
    return status;
}

/* --- log Z of a torus, summed exactly --- */

static heat_status measure_torus_logz(cli *c, tour_finding *f)
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
        f->n_rows = 1;
        f->rows[0] = (tour_row){.temperature = temperature,
                                .measured = result.log_z,
                                .error = result.error,
                                .expected = expected,
                                .distance = fabs(result.log_z - expected) / allowed_log_z};
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

static heat_status measure_proved_ground(cli *c, tour_finding *f)
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
    f->n_rows = 1;
    f->rows[0] = (tour_row){.measured = found,
                            .expected = expected,
                            .distance = proved && found == expected ? 0 : (double)INFINITY};
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
    {"three-roads", "Three roads to one log Z: exact, tempering, annealing",
     "The 2^256 states of the 16 x 16 lattice at its critical temperature: summed exactly, estimated from "
     "chains\n"
     "at many temperatures, and by annealing from infinite temperature. The exact number must agree with\n"
     "Kaufman's closed form to 1e-10, each estimate within 4 of its standard errors.",
     tour_measure_roads},
    {"log-sum-exp", "A plain sum of exponentials overflows; a sum of logarithms does not",
     "All 65536 states of the 4 x 4 lattice. exp(-E/T) is the largest double, 1.8e308, at E/T = -710: a "
     "plain\n"
     "sum is right when it is warm and infinite when it is cold, where heatbath must agree with Kaufman.",
     tour_measure_overflow},
    {"proved-ground", "A ground state is proved, and annealing finds it",
     "On a 6 x 6 spin glass (couplings +1 or -1 at random) elimination over (min, +) proves the lowest "
     "energy.\n"
     "Simulated annealing, which proves nothing, must find a state of that energy.",
     measure_proved_ground},
    {"temperature-knob", "Temperature is a knob: order, criticality, disorder",
     "One 24 x 24 lattice (two rows of spins a line) below, at and above its critical temperature: one "
     "phase,\n"
     "patches of every size, noise. Each energy must lie within 4 standard errors of Kaufman's.",
     tour_measure_lattices},
    {"shared-numbers", "512 replicas are worth 512, unless they share their random numbers",
     "Replicas that share one random number a site run many times faster, and say the same thing 512 times.\n"
     "The variance of one replica's energy over that of the mean of all tells what they are worth, here at "
     "the\n"
     "critical temperature of the 8 x 8 lattice; an error bar that counted 512 would be too small by its "
     "root.",
     tour_measure_shared_numbers},
    {"two-phases", "Positive minus negative phase: the likelihood climbs, and never falls",
     "An RBM of 16 hidden units learns 1797 handwritten digits, every likelihood exact, from independent "
     "pixels\n"
     "up; and bars and stripes, 30 pictures equally likely, to within 0.05 of their entropy, log 30 nats.",
     tour_measure_phases},
    {"cd-bias", "Contrastive divergence is biased, and less so the longer its chains",
     "The update that CD-k makes on average, summed over all states, less the gradient, over the gradient's\n"
     "norm. With one sweep it misses a share of it; with 8 less than half that, with 64 less than a "
     "hundredth.",
     tour_measure_bias},
    {"machine-is-ising", "A Boltzmann machine is an Ising model",
     "Ten units of 0 and 1, every pair coupled, and the spins s = 2x - 1 with J = W/4 and h = b/2 + sum "
     "W/4:\n"
     "the same energy in each of 1024 states, and the same log Z.",
     tour_measure_machine},
    {"two-wells", "A cold particle stays in its well; heated and cooled it finds the other",
     "The share of time to the right in U = (x^2 - 1)^2 at T = 0.1, half by symmetry. To cross takes 12763 "
     "in "
     "the\n"
     "mean: four walks, each over a time of 1000, two begun in either well, must be refused. Exchange with "
     "higher\n"
     "temperatures, and cycles of heating and cooling, must agree with half.",
     tour_measure_wells},
    {"wide-well", "Of two minima of equal energy the wide one wins, by e^(nc)",
     "U = (x^2 - 1)^2 + e^(-cx) |y|^2/2, y of n variables: both minima have U = 0, and the share on the wide "
     "side,\n"
     "at T = 0.1, must agree with the integral of exp(-U/T), towards 4/5 and e^2/(1 + e^2) as T falls.",
     tour_measure_wide_well},
};
enum { N_CLAIMS = sizeof claims / sizeof *claims };

static const tour_row *worst_of(const tour_finding *f)
{
    const tour_row *worst = f->rows;

    for (int k = 1; k < f->n_rows; k++)
        if (!(f->rows[k].distance <= worst->distance))
            worst = &f->rows[k];
    return worst;
}

/* The claim's numbers are those of its worst comparison. */
static json_t *json_claim(cli *c, const claim *what, const tour_finding *f)
{
    const tour_row *worst = worst_of(f);
    json_t *object = json_object(), *all = json_array();

    cli_put(c, object, "id", json_string(what->id));
    cli_put(c, object, "title", json_string(what->title));
    cli_put(c, object, "measured", cli_json_number(worst->measured));
    cli_put(c, object, "error", cli_json_number(worst->error));
    cli_put(c, object, "expected", cli_json_number(worst->expected));
    cli_put(c, object, "holds", json_boolean(worst->distance <= 1));
    for (int k = 0; k < f->n_rows; k++) {
        json_t *row = json_object();
        if (f->rows[k].label != NULL)
            cli_put(c, row, "label", json_string(f->rows[k].label));
        cli_put(c, row, "temperature", cli_json_number(f->rows[k].temperature));
        cli_put(c, row, "measured", cli_json_number(f->rows[k].measured));
        cli_put(c, row, "error", cli_json_number(f->rows[k].error));
        cli_put(c, row, "expected", cli_json_number(f->rows[k].expected));
        cli_put(c, row, "holds", json_boolean(f->rows[k].distance <= 1));
        cli_append(c, all, row);
    }
    cli_put(c, object, "rows", all);
    return object;
}

static void print_row(const tour_row *row)
{
    char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

    printf("  ");
    if (row->label != NULL)
        printf("%-28s", row->label);
    if (row->is_worth) {
        printf(" worth %s ± %s of %s replicas\n", cli_text_mean(row->measured, row->error, a),
               cli_text_error(row->error, b), cli_text_full(row->expected, (char[CLI_NUMBER_SIZE]){""}));
        return;
    }
    if (row->is_refusal) {
        printf(" %s: one found %s   exact %s\n",
               row->distance <= 1 ? "refused, as it must be" : "NOT REFUSED", cli_text_full(row->measured, a),
               cli_text_full(row->expected, b));
        return;
    }
    if (row->temperature > 0)
        printf("T = %-9s", cli_text_full(row->temperature, a));
    if (row->error > 0)
        printf(" measured %s ± %s", cli_text_mean(row->measured, row->error, a),
               cli_text_error(row->error, b));
    else
        printf(" measured %s", isinf(row->measured) ? "infinity" : cli_text_full(row->measured, a));
    printf("   exact %s", row->error > 0 ? cli_text_mean(row->expected, row->error / 10, a)
                                         : cli_text_full(row->expected, a));
    if (row->error > 0)
        printf("   %+.1f standard errors", (row->measured - row->expected) / row->error);
    putchar('\n');
}

/* In colour on a terminal. */
static void print_picture(const char *picture)
{
    bool colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;

    while (*picture != '\0') {
        int length = (int)strcspn(picture, "\n");
        printf(colour ? "  \033[36m%.*s\033[0m\n" : "  %.*s\n", length, picture);
        picture += length + (picture[length] == '\n');
    }
}

static void print_claim(cli *c, const claim *what, const tour_finding *f, double seconds)
{
    char time[CLI_NUMBER_SIZE];

    cli_hide_progress(c);
    printf("%s: %s\n%s\n", what->id, what->title, what->text);
    print_picture(f->picture);
    for (int k = 0; k < f->n_rows; k++)
        print_row(&f->rows[k]);
    printf("  %s  (%s)\n\n", worst_of(f)->distance <= 1 ? "holds" : "DOES NOT HOLD",
           cli_text_time(seconds, time));
    fflush(stdout);
}

/* All or the one that was asked for. */
static heat_status measure_claims(cli *c, json_t *list, json_t *reasons, int *n_measured, int *n_held)
{
    const char *only = c->args.values.own.only;

    for (int k = 0; k < N_CLAIMS && cli_signal() == 0; k++) {
        tour_finding f = {.n_rows = 0};
        double start = cli_clock();
        heat_status status;
        if (strcmp(only, "all") != 0 && strcmp(only, claims[k].id) != 0)
            continue;
        status = claims[k].measure(c, &f);
        if (cli_signal() != 0 && status == HEAT_ERROR_STOPPED)
            cli_failure_clear(c);
        else if (status != HEAT_OK)
            return status;
        if (cli_signal() != 0)
            break; /* cut short: no measurement */
        ++*n_measured;
        if (worst_of(&f)->distance <= 1)
            ++*n_held;
        else
            cli_append(c, reasons, json_sprintf("%s does not hold", claims[k].id));
        if (c->json)
            cli_append(c, list, json_claim(c, &claims[k], &f));
        else
            print_claim(c, &claims[k], &f, cli_clock() - start);
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
