/* heatbath bench logz --calibrate: does the 95 % interval, log Z ± 1.96 errors, hold the truth 95 times in
 * 100? Every estimator runs on models that the exact road solves, under one seed after another. The share of
 * intervals that hold it, pooled over a method's rows, must be 92 to 98 %, and no row's below 85 %; z, the
 * deviation in errors, has a mean square of 1 where errors are what they say. */
#include "bench.h"
#include "clock.h"
#include "output.h"
#include "terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CALIBRATION_SEEDS = 200, MOST_MODELS = 64, SPEC_SIZE = 64 };
static const double target_error = 0.03;                     /* nats: some batches of every estimator */
static const double half_width = 1.959963984540054;          /* of a 95 % interval, in standard errors */
static const double least_pooled = 0.92, most_pooled = 0.98; /* coverage of all rows of a method */
static const double least_row = 0.85;

static const struct {
    const char *spec;
    double temperature;
} calibration_models[] = {
    {"lattice:8x8", 2.27},
    {"ea:4x5", 0.5},
    {"ea:4x5,J=gauss,h=gauss:0.5", 0.7},
    {"ea:3x3x3", 1},
    {"sk:16", 0.5},
    {"sk:16,h=0.3", 0.5},
    {"regular:20,k=3,J=-1", 0.5},
    {"triangular:4x5,J=-1", 0.5},
    {"potts:4x4,q=3", 1},
    {"ea:8x8,J=gauss,open", 0.7},
};
enum { N_CALIBRATION_MODELS = sizeof calibration_models / sizeof *calibration_models };

/* Integrals at T = 1 over more variables than are summed up, in closed form or to a number that no table of
 * this size can tell from the truth; NaN: by quadrature. The third has the condition 10^4. */
static const struct {
    const char *spec;
    double log_z;
} calibration_potentials[] = {
    {"rosenbrock:2", (double)NAN},
    {"eight-schools", -31.311347},
    {"potential:sum(i=1..10,10^(4*(i-1)/9)*x[i]^2)/2", -13.836465597893735},
    {"basins:6,0.4", 6.724505326825273},
};
enum { N_CALIBRATION_POTENTIALS = sizeof calibration_potentials / sizeof *calibration_potentials };

/* RBMs with weights and biases of the size that training gives, at T = 1. */
static const struct {
    int32_t n_visible, n_hidden;
    double weights; /* their largest */
    double visible; /* the biases' mean */
} calibration_rbms[] = {{8, 6, 1.5, -0.5}, {12, 10, 1.1, 0}, {20, 16, 0.7, 0}, {784, 20, 0.45, -3.5}};
enum { N_CALIBRATION_RBMS = sizeof calibration_rbms / sizeof *calibration_rbms };

#define METHOD_NAME(tag, name, help) name,
static const char *const method_names[] = {HEAT_LOGZ_METHODS(METHOD_NAME)};
enum { N_METHODS = sizeof method_names / sizeof *method_names };

/* Runs of one method on one model, or on all. */
typedef struct tally {
    int64_t runs, inside, refused;
    double z, square, width, seconds; /* sums */
} tally;

typedef struct calibrated_model {
    char spec[SPEC_SIZE];
    double temperature, log_z;
    heat_model *model; /* owned */
    bool is_integer, is_real;
    tally tallies[N_METHODS];
} calibrated_model;

typedef struct calibration {
    cli *c;
    calibrated_model models[MOST_MODELS];
    int n_models;
    double until;
    bool is_late;
    tally pooled[N_METHODS];
} calibration;

static heat_status create_rbm(cli *c, int which, heat_model **model)
{
    int32_t n_visible = calibration_rbms[which].n_visible, n_hidden = calibration_rbms[which].n_hidden;
    int64_t n_weights = (int64_t)n_visible * n_hidden;
    double *weights = malloc((size_t)(n_weights + n_visible + n_hidden) * sizeof *weights);
    heat_status status;
    heat_rbm rbm;

    if (weights == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "out of memory");
    heat_rbm_init(&rbm);
    rbm.n_visible = n_visible;
    rbm.n_hidden = n_hidden;
    rbm.weights = weights;
    rbm.visible_bias = weights + n_weights;
    rbm.hidden_bias = rbm.visible_bias + n_visible;
    for (int64_t k = 0; k < n_weights; k++) /* k^2: of full rank */
        weights[k] = calibration_rbms[which].weights * sin(1 + 2.3 * (double)k + 0.37 * (double)(k * k));
    for (int32_t i = 0; i < n_visible; i++)
        weights[n_weights + i] = sin(2 + 5.1 * i) + calibration_rbms[which].visible;
    for (int32_t j = 0; j < n_hidden; j++)
        weights[n_weights + n_visible + j] = sin(3 + 1.7 * j);
    status = heat_model_create_rbm(c->ctx, &rbm, model) == HEAT_OK ? HEAT_OK : cli_fail_library(c);
    free(weights);
    return status;
}

static heat_logz_options options_of(const calibration *a, const calibrated_model *m, const char *method)
{
    const cli_bench_options *bench = &a->c->args.values.verb.bench;
    double left = a->until - cli_clock();
    heat_logz_options o;

    heat_logz_options_init(&o);
    o.method = method;
    o.temperature = m->temperature;
    o.target_error = target_error;
    o.seed = bench->seed;
    o.threads = bench->threads;
    o.isa = bench->isa;
    o.time = left >= HEAT_FOREVER / 2 ? HEAT_FOREVER : fmax(left, 0);
    return o;
}

/* Takes a model: its log Z at T, which the exact road tells where it is NaN. */
static heat_status add_model(calibration *a, const char *spec, double temperature, double log_z,
                             heat_model *model)
{
    calibrated_model *m = &a->models[a->n_models++];
    heat_logz_options options;
    heat_logz_result exact;
    heat_model_info info;
    heat_status status = HEAT_OK;

    snprintf(m->spec, sizeof m->spec, "%s", spec);
    m->temperature = temperature;
    m->model = model;
    heat_model_describe(model, &info);
    m->is_integer = info.integer;
    m->is_real = info.n_states == 0;
    m->log_z = log_z;
    if (!isnan(log_z))
        return HEAT_OK;
    options = options_of(a, m, "exact");
    heat_logz_result_init(&exact);
    if (heat_logz(a->c->ctx, model, &options, &exact) != HEAT_OK)
        status = cli_fail_library(a->c);
    m->log_z = exact.log_z; /* NaN where the time was up */
    heat_logz_result_clear(&exact);
    return status;
}

static heat_status load_model(calibration *a, const char *spec, double temperature, double log_z)
{
    heat_model *model;

    if (heat_model_load(a->c->ctx, spec, &model) != HEAT_OK)
        return cli_fail_library(a->c);
    return add_model(a, spec, temperature, log_z, model);
}

static heat_status add_rbm(calibration *a, int which)
{
    char spec[SPEC_SIZE];
    heat_model *model;
    heat_status status = create_rbm(a->c, which, &model);

    snprintf(spec, sizeof spec, "rbm of %d x %d units", calibration_rbms[which].n_visible,
             calibration_rbms[which].n_hidden);
    return status == HEAT_OK ? add_model(a, spec, 1, (double)NAN, model) : status;
}

/* log Z of a potential of the table; NaN of others. */
static double known_log_z(const char *spec)
{
    for (int k = 0; k < N_CALIBRATION_POTENTIALS; k++)
        if (strcmp(calibration_potentials[k].spec, spec) == 0)
            return calibration_potentials[k].log_z;
    return (double)NAN;
}

static heat_status add_models(calibration *a)
{
    const cli_arguments *args = &a->c->args;
    heat_status status = HEAT_OK;

    for (int k = 1; k < args->n_operands && status == HEAT_OK; k++)
        status = load_model(a, args->operands[k], 1, known_log_z(args->operands[k]));
    if (args->n_operands > 1)
        return status;
    for (int k = 0; k < N_CALIBRATION_MODELS && status == HEAT_OK; k++)
        status = load_model(a, calibration_models[k].spec, calibration_models[k].temperature, (double)NAN);
    for (int k = 0; k < N_CALIBRATION_RBMS && status == HEAT_OK; k++)
        status = add_rbm(a, k);
    for (int k = 0; k < N_CALIBRATION_POTENTIALS && status == HEAT_OK; k++)
        status = load_model(a, calibration_potentials[k].spec, 1, calibration_potentials[k].log_z);
    return status;
}

static void count_run(tally *t, const heat_logz_result *r, double truth)
{
    double z = (r->log_z - truth) / r->error;

    t->seconds += r->seconds;
    if (isnan(r->log_z)) {
        t->refused++;
        return;
    }
    t->runs++;
    t->inside += fabs(z) <= half_width;
    t->z += z;
    t->square += z * z;
    t->width += 2 * half_width * r->error;
}

static bool is_over(calibration *a)
{
    a->is_late |= cli_clock() >= a->until;
    return a->is_late || cli_signal() != 0;
}

static bool is_run(const calibration *a, const calibrated_model *model, int m)
{
    const char *chosen = a->c->args.values.verb.bench.method, *name = method_names[m];

    return strcmp(name, "exact") != 0 && (model->is_integer || strcmp(name, "wang-landau") != 0) &&
           (!model->is_real || strcmp(name, "population") != 0) &&
           (strcmp(chosen, "all") == 0 || strcmp(chosen, name) == 0);
}

/* One seed: every method on every model. A run that was cut short does not count. */
static heat_status run_round(calibration *a, int64_t round)
{
    for (int k = 0; k < a->n_models; k++)
        for (int m = 0; m < N_METHODS && !is_over(a); m++) {
            calibrated_model *model = &a->models[k];
            heat_logz_options options = options_of(a, model, method_names[m]);
            heat_logz_result r;
            if (!is_run(a, model, m))
                continue;
            options.index = round;
            heat_logz_result_init(&r);
            if (heat_logz(a->c->ctx, model->model, &options, &r) != HEAT_OK)
                return cli_fail_library(a->c);
            if (r.outcome != HEAT_OUTCOME_TIME && r.outcome != HEAT_OUTCOME_INTERRUPTED) {
                count_run(&model->tallies[m], &r, model->log_z);
                count_run(&a->pooled[m], &r, model->log_z);
            }
            heat_logz_result_clear(&r);
        }
    return HEAT_OK;
}

static heat_status run_rounds(calibration *a)
{
    int64_t repeats = a->c->args.values.verb.bench.repeats;
    heat_status status = HEAT_OK;

    if (repeats == HEAT_AUTO)
        repeats = CALIBRATION_SEEDS;
    a->c->bar_is_own = true;
    for (int64_t round = 0; round < repeats && status == HEAT_OK && !is_over(a); round++) {
        cli_show_fraction(a->c, "calibrate", (double)round / (double)repeats);
        status = run_round(a, round);
    }
    return status;
}

/* --- what is printed --- */

static double coverage_of(const tally *t)
{
    return t->runs == 0 ? (double)NAN : (double)t->inside / (double)t->runs;
}

/* One standard error of Wilson's interval away from the coverage. */
static double coverage_end(const tally *t, double side)
{
    double n = (double)t->runs, p = coverage_of(t);

    return (p + 0.5 / n + side * sqrt(p * (1 - p) / n + 0.25 / n / n)) / (1 + 1 / n);
}

/* Fewer seeds than the table's own show too little to judge by. */
static bool is_calibrated(const tally *t, double least, double most)
{
    return t->runs + t->refused < CALIBRATION_SEEDS || (coverage_of(t) >= least && coverage_of(t) <= most);
}

/* One row as an object, or as a line. */
static void put_row(const calibration *a, json_t *rows, const char *spec, int m, const tally *t)
{
    char work[BENCH_WORK_SIZE], share[CLI_NUMBER_SIZE], mean[CLI_NUMBER_SIZE], rms[CLI_NUMBER_SIZE];
    char width[CLI_NUMBER_SIZE], seconds[CLI_NUMBER_SIZE];
    double n = (double)t->runs;
    json_t *row;

    if (t->runs + t->refused == 0)
        return;
    if (rows == NULL) {
        printf("%-9s %-8s %-7s %-9s %-9s %5lld %7lld  %s, %s\n", cli_text_short(coverage_of(t), 3, share),
               cli_text_short(t->z / n, 2, mean), cli_text_short(sqrt(t->square / n), 3, rms),
               cli_text_short(t->width / n, 2, width), cli_text_short(t->seconds / n, 2, seconds),
               (long long)t->runs, (long long)t->refused, method_names[m], spec);
        return;
    }
    row = json_object();
    snprintf(work, sizeof work, "logz %.80s, %s", spec, method_names[m]);
    cli_put(a->c, row, "work", cli_json_text(work));
    cli_put(a->c, row, "method", json_string(method_names[m]));
    cli_put(a->c, row, "value", cli_json_number(coverage_of(t)));
    cli_put(a->c, row, "unit", json_string("coverage of 95 % intervals"));
    cli_put(a->c, row, "low", cli_json_number(coverage_end(t, -1)));
    cli_put(a->c, row, "high", cli_json_number(coverage_end(t, 1)));
    cli_put(a->c, row, "runs", json_integer(t->runs));
    cli_put(a->c, row, "refused", json_integer(t->refused));
    cli_put(a->c, row, "mean_z", cli_json_number(t->z / n));
    cli_put(a->c, row, "rms_z", cli_json_number(sqrt(t->square / n)));
    cli_put(a->c, row, "width", cli_json_number(t->width / n));
    cli_put(a->c, row, "seconds", cli_json_number(t->seconds / n));
    cli_append(a->c, rows, row);
}

static void put_rows(const calibration *a, json_t *rows)
{
    if (rows == NULL)
        printf("%-9s %-8s %-7s %-9s %-9s %5s %7s\n", "coverage", "mean z", "rms z", "width", "seconds",
               "runs", "refused");
    for (int m = 0; m < N_METHODS; m++) {
        for (int k = 0; k < a->n_models; k++)
            put_row(a, rows, a->models[k].spec, m, &a->models[k].tallies[m]);
        put_row(a, rows, "all rows", m, &a->pooled[m]);
    }
}

static heat_outcome outcome_of(const calibration *a)
{
    bool holds = true;

    if (cli_signal() != 0)
        return HEAT_OUTCOME_INTERRUPTED;
    for (int m = 0; m < N_METHODS; m++) {
        holds &= is_calibrated(&a->pooled[m], least_pooled, most_pooled);
        for (int k = 0; k < a->n_models; k++)
            holds &= is_calibrated(&a->models[k].tallies[m], least_row, 1);
    }
    return !holds ? HEAT_OUTCOME_NOT_CONVERGED : a->is_late ? HEAT_OUTCOME_TIME : HEAT_OUTCOME_COMPLETED;
}

static heat_status print(const calibration *a, double seconds)
{
    const char *failing = "coverage is not 92 to 98 % over all rows of a method, or below 85 % in one row";
    cli_report report = {.outcome = outcome_of(a), .seconds = seconds};
    bool fails = report.outcome == HEAT_OUTCOME_NOT_CONVERGED;
    char number[CLI_NUMBER_SIZE];
    json_t *rows;

    if (a->c->json) {
        rows = json_array();
        put_rows(a, rows);
        report.result = json_object();
        cli_put(a->c, report.result, "rows", rows);
        report.reasons = json_array();
        if (fails)
            cli_append(a->c, report.reasons, json_string(failing));
        return cli_print_report(a->c, &report);
    }
    cli_hide_progress(a->c);
    put_rows(a, NULL);
    cli_print_row("outcome", "%s%s%s", heat_outcome_name(report.outcome), fails ? ": " : "",
                  fails ? failing : "");
    cli_print_row("time", "%s", cli_text_time(seconds, number));
    a->c->exit_code = cli_outcome_code(report.outcome);
    return HEAT_OK;
}

heat_status cli_bench_calibrate(cli *c)
{
    static calibration a; /* too large for a small stack */
    double begin = cli_clock();
    heat_status status;

    a.c = c;
    a.until = begin + c->args.values.verb.bench.time;
    if (c->args.n_operands == 0 || strcmp(c->args.operands[0], "logz") != 0)
        return cli_fail_option(c, "calibrate", NULL,
                               "logz is what it calibrates: heatbath bench logz --calibrate");
    status = add_models(&a);
    if (status == HEAT_OK)
        status = run_rounds(&a);
    if (status == HEAT_OK)
        status = print(&a, cli_clock() - begin);
    for (int k = 0; k < a.n_models; k++)
        heat_model_free(a.models[k].model);
    return status;
}
