/* heatbath bench learn --data DIR: what is learned of the binary density-estimation sets, their test
 * likelihood beside that of a Chow-Liu tree (Chow and Liu, IEEE Trans. Inf. Theory 14 (1968) 462). Of a few
 * candidates the one of the highest validation likelihood counts. The folder holds NAME.train.data,
 * NAME.valid.data, NAME.test.data, or .gz. */
#include "bench.h"
#include "clock.h"
#include "output.h"
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_CANDIDATES = 2, PATH_SIZE = 1024 };
static const double set_s = 280; /* all candidates of a set */

typedef struct candidate {
    const char *kind, *negative;
    int64_t hidden; /* 0: none */
    int64_t epochs; /* all of which are run: rates fall with them; 0: as ever */
} candidate;

typedef struct bench_set {
    const char *name;
    double tree; /* nats a row of test data, of a tree learned from the training data */
    candidate candidates[MOST_CANDIDATES]; /* kind NULL: none */
} bench_set;

static const bench_set sets[] = {
    {"nltcs", -6.759, {{"rbm", "exact", 16, 0}, {"rbm", "exact", 24, 0}}},
    {"plants", -16.524, {{"rbm", "pcd:5", 50, 0}, {"rbm", "pcd:5", 100, 0}}},
    {"dna", -87.698, {{"ising", "auto", 0, 0}, {"rbm", "pcd:5", 50, 0}}},
    {"mushrooms", -20.986, {{"rbm", "tempering", 64, 800}, {"rbm", "tempering", 100, 800}}},
};
enum { N_SETS = sizeof sets / sizeof *sets };

enum { TRAIN = 0, VALIDATION, TEST, N_PARTS };
static const char *const parts[N_PARTS] = {"train", "valid", "test"};

/* What was found of a set. */
typedef struct found {
    const candidate *best; /* NULL: nothing */
    heat_likelihood validation, test;
    double log_z_error, seconds;
} found;

static heat_status load_part(cli *c, const char *name, const char *part, heat_data **data)
{
    const char *dir = c->args.values.verb.bench.data;
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/%s.%s.data", dir, name, part);
    if (access(path, F_OK) != 0)
        snprintf(path, sizeof path, "%s/%s.%s.data.gz", dir, name, part);
    return heat_data_load(c->ctx, path, NULL, data) == HEAT_OK ? HEAT_OK : cli_fail_library(c);
}

/* Better than the best so far, by what validation says. */
static void judge(const candidate *of, const heat_learn_result *r, found *f)
{
    if (!isfinite(r->validation.mean) || (f->best != NULL && !(r->validation.mean > f->validation.mean)))
        return;
    f->best = of;
    f->validation = r->validation;
    f->test = r->test;
    f->log_z_error = r->count.error;
}

static heat_status learn(cli *c, const candidate *of, heat_data *const *data, double time_s, found *f)
{
    const cli_bench_options *bench = &c->args.values.verb.bench;
    heat_learn_input input = {
        .size = sizeof input, .data = data[TRAIN], .validation = data[VALIDATION], .test = data[TEST]};
    heat_learn_options options;
    heat_learn_result result;
    heat_status status = HEAT_OK;

    heat_learn_options_init(&options);
    heat_learn_result_init(&result);
    options.negative = of->negative;
    options.hidden = of->hidden > 0 ? of->hidden : HEAT_AUTO;
    if (of->epochs > 0)
        options.epochs = options.patience = of->epochs;
    options.seed = bench->seed;
    options.threads = bench->threads;
    options.isa = bench->isa;
    options.time = time_s;
    if (heat_learn(c->ctx, of->kind, &input, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    else
        judge(of, &result, f);
    heat_learn_result_clear(&result);
    return status;
}

static heat_status run_set(cli *c, const bench_set *set, double until, found *f)
{
    heat_data *data[N_PARTS] = {NULL};
    double begin = cli_clock();
    heat_status status = HEAT_OK;

    for (int k = 0; k < N_PARTS && status == HEAT_OK; k++)
        status = load_part(c, set->name, parts[k], &data[k]);
    for (int k = 0; k < MOST_CANDIDATES && status == HEAT_OK; k++) {
        double left = fmin(until - cli_clock(), (begin + set_s - cli_clock()) / (MOST_CANDIDATES - k));
        if (set->candidates[k].kind != NULL && left > 0 && cli_signal() == 0)
            status = learn(c, &set->candidates[k], data, left, f);
    }
    f->seconds = cli_clock() - begin;
    for (int k = 0; k < N_PARTS; k++)
        heat_data_free(data[k]);
    return status;
}

static void name_work(const bench_set *set, const found *f, char work[BENCH_WORK_SIZE])
{
    char hidden[48] = "", validation[CLI_NUMBER_SIZE], tree[CLI_NUMBER_SIZE];

    if (f->best == NULL) {
        snprintf(work, BENCH_WORK_SIZE, "learn %s: no likelihood was found", set->name);
        return;
    }
    if (f->best->hidden > 0)
        snprintf(hidden, sizeof hidden, ", %lld hidden", (long long)f->best->hidden);
    snprintf(work, BENCH_WORK_SIZE, "learn %s, test; Chow-Liu tree %s; %s%s, %s, by validation %s", set->name,
             cli_text_fixed(set->tree, 3, tree), f->best->kind, hidden, f->best->negative,
             cli_text_mean(f->validation.mean, f->validation.error, validation));
}

/* The error of the rows and that of log Z. */
static double error_of(const found *f)
{
    return hypot(f->test.error, f->log_z_error);
}

static json_t *json_row(cli *c, const bench_set *set, const found *f)
{
    char work[BENCH_WORK_SIZE];
    json_t *row = json_object();
    double value = f->best == NULL ? (double)NAN : f->test.mean;

    name_work(set, f, work);
    cli_put(c, row, "work", cli_json_text(work));
    cli_put(c, row, "value", cli_json_number(value));
    cli_put(c, row, "unit", json_string("nats a row"));
    cli_put(c, row, "low", cli_json_number(value - error_of(f)));
    cli_put(c, row, "high", cli_json_number(value + error_of(f)));
    cli_put(c, row, "runs", json_integer(f->best != NULL));
    cli_put(c, row, "tree", cli_json_number(set->tree));
    cli_put(c, row, "seconds", cli_json_number(f->seconds));
    return row;
}

static void print_row(const bench_set *set, const found *f)
{
    char work[BENCH_WORK_SIZE], mean[CLI_NUMBER_SIZE], error[CLI_NUMBER_SIZE], time[CLI_NUMBER_SIZE];
    double value = f->best == NULL ? (double)NAN : f->test.mean;

    name_work(set, f, work);
    printf("%-10s %-8s %-10s %s\n", cli_text_mean(value, error_of(f), mean),
           cli_text_error(error_of(f), error), cli_text_time(f->seconds, time), work);
}

static heat_status print(cli *c, const found *all, double seconds, bool is_late)
{
    json_t *rows = c->json ? json_array() : NULL;
    cli_report report = {.outcome = cli_signal() != 0 ? HEAT_OUTCOME_INTERRUPTED
                                    : is_late         ? HEAT_OUTCOME_TIME
                                                      : HEAT_OUTCOME_COMPLETED,
                         .seconds = seconds};
    char number[CLI_NUMBER_SIZE];

    if (!c->json) {
        cli_hide_progress(c);
        printf("%-10s %-8s %-10s work\n[nats a row]\n", "test", "error", "time");
    }
    for (int k = 0; k < N_SETS; k++)
        if (c->json)
            cli_append(c, rows, json_row(c, &sets[k], &all[k]));
        else
            print_row(&sets[k], &all[k]);
    if (c->json) {
        report.result = json_object();
        cli_put(c, report.result, "rows", rows);
        return cli_print_report(c, &report);
    }
    cli_print_row("outcome", "%s", heat_outcome_name(report.outcome));
    cli_print_row("time", "%s", cli_text_time(seconds, number));
    c->exit_code = cli_outcome_code(report.outcome);
    return HEAT_OK;
}

heat_status cli_bench_sets(cli *c)
{
    double begin = cli_clock(), until = begin + c->args.values.verb.bench.time;
    found all[N_SETS] = {{.best = NULL}};
    heat_status status = HEAT_OK;

    if (c->args.n_operands != 1 || strcmp(c->args.operands[0], "learn") != 0)
        return cli_fail_option(c, "data", NULL, "is what learn learns: heatbath bench learn --data DIR");
    for (int k = 0; k < N_SETS && status == HEAT_OK && cli_signal() == 0; k++) {
        cli_show_fraction(c, "bench", (double)k / N_SETS);
        status = run_set(c, &sets[k], until, &all[k]);
    }
    return status == HEAT_OK ? print(c, all, cli_clock() - begin, cli_clock() >= until) : status;
}
