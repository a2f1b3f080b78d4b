/* heatbath bench: rates on this machine. The runs of different works are interleaved, round after round, so
 * that a slow moment of the machine falls on all of them; each row is a median with its quartiles. */
#include "bench.h"
#include "clock.h"
#include "output.h"
#include "terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_REPEATS = 9, SURE_REPEATS = 3, MOST_WORKS = 4 * CLI_MOST_OPERANDS };
static const double work_s = 1;              /* under auto, a work that took so long is not run again */
static const double other_temperature = 2.5; /* at which models that the user names are sampled */

/* --- the tables --- */

#define RULE(spec, rule, T, replicas)                                                                        \
    {                                                                                                        \
        BENCH_SWEEPS, spec, rule, T, replicas, .model = NULL                                                 \
    }
#define GIBBS(spec, T, replicas) RULE(spec, "heat-bath", T, replicas)
#define CLUSTERS(spec, rule, T)                                                                              \
    {                                                                                                        \
        BENCH_CLUSTERS, spec, rule, T, 1, .model = NULL                                                      \
    }
#define STEPS(spec, replicas, precision)                                                                     \
    {                                                                                                        \
        BENCH_STEPS, spec, "ula", 0.25, replicas, NULL, 1e-4, precision, .model = NULL                       \
    }
#define TRIPS(spec, rule, temperatures)                                                                      \
    {                                                                                                        \
        BENCH_TRIPS, spec, rule, .replicas = 2, .ladder = temperatures, .model = NULL                        \
    }

static const double critical = 2.26918531421302; /* T_c of the square lattice, 2 / log(1 + sqrt 2) */

static const bench_work sample_works[] = {
    RULE("regular:1000,k=6,J=gauss", "metropolis", 2.5, 64),
    GIBBS("regular:1000,k=6,J=gauss", 2.5, 64),
    GIBBS("regular:1000,k=6,J=gauss", 2.5, 16),
    GIBBS("regular:100000,k=6,J=gauss", 2.5, 64),
    GIBBS("sk:500", 2.5, 64),
    RULE("ea:64x64", "metropolis", 2.5, 512),
    GIBBS("ea:64x64", 2.5, 512),
    GIBBS("ea:16x16x16", 2.5, 512),
    GIBBS("regular:10000,k=6,J=pm", 2.5, 512),
    GIBBS("regular:100000,k=6,J=pm", 2.5, 512),
    GIBBS("lattice:1024x1024", critical, 1),
    GIBBS("potts:100,graph=complete,q=21,J=gauss", 10, 1000),
    {BENCH_MEASURED, "regular:1000,k=6,J=gauss", "heat-bath", 2.5, 64, .model = NULL},
    CLUSTERS("lattice:512x512", "wolff", critical),
    CLUSTERS("lattice:512x512", "swendsen-wang", critical),
    CLUSTERS("regular:10000,k=6", "swendsen-wang", 4),
    TRIPS("ea:8x8x8", "tempering", "0.4:2"),
    TRIPS("ea:20x20,J=gauss", "tempering", "0.2:2"),
    TRIPS("ea:20x20,J=gauss", "houdayer", "0.2:2"),
    STEPS("rosenbrock:2", 1, "double"),
    STEPS("potential:(1-x)^2+100*(y-x^2)^2", 1, "double"),
    STEPS("rosenbrock:2", 1000, "double"),
    STEPS("potential:(1-x)^2+100*(y-x^2)^2", 1000, "double"),
    STEPS("rosenbrock:2", 1000, "single"),
    STEPS("potential:(1-x)^2+100*(y-x^2)^2", 1000, "single"),
    {BENCH_WORTH, "potential:sum(i=1..10, 0.5*x[i]^2) + sum(i=1..9, 2*(x[i+1]-x[i])^2)", "auto", 1, 4,
     .model = NULL},
};

/* The families of the G-set: random graphs, dense and sparse; a planar torus with weights +1 and -1. */
static const bench_work ground_works[] = {
    {BENCH_GROUND, "regular:2000,k=20", .model = NULL},
    {BENCH_GROUND, "regular:5000,k=5", .model = NULL},
    {BENCH_GROUND, "ea:100x200", .model = NULL},
    {BENCH_GROUND, "sk:1000,J=pm", .model = NULL},
};

static const bench_work logz_works[] = {
    {BENCH_LOGZ, "ea:16x200,open", .model = NULL},
    {BENCH_LOGZ, "lattice:8x8", .model = NULL},
    {BENCH_LOGZ, "sk:20", .model = NULL},
};

static const bench_work learn_works[] = {
    {BENCH_EPOCH, NULL, "cd:1", .model = NULL},
    {BENCH_EPOCH, NULL, "pcd:1", .model = NULL},
    {BENCH_ANNEALED_RBM, NULL, .model = NULL},
    {BENCH_COUNTED_RBM, NULL, .replicas = 20, .model = NULL},
    {BENCH_COUNTED_RBM, NULL, .replicas = 25, .model = NULL},
};

/* What a MODEL of the user's is measured by. */
static const bench_work sample_other[] = {RULE(NULL, "metropolis", other_temperature, 64),
                                          GIBBS(NULL, other_temperature, 64)};
static const bench_work ground_other[] = {{BENCH_GROUND, NULL, .model = NULL}};
static const bench_work learn_other[] = {{BENCH_EPOCH, NULL, .model = NULL}}; /* by a phase */
static const bench_work logz_other[] = {{BENCH_LOGZ, NULL, .model = NULL}};

#define ROWS(works) works, (int)(sizeof(works) / sizeof *(works))
static const struct {
    const char *verb;
    const bench_work *works;
    int n_works;
    const bench_work *other;
    int n_other;
    bool is_long; /* run where it is named */
} tables[] = {
    {"sample", ROWS(sample_works), ROWS(sample_other), false},
    {"ground", ROWS(ground_works), ROWS(ground_other), false},
    {"logz", ROWS(logz_works), ROWS(logz_other), false},
    {"learn", ROWS(learn_works), ROWS(learn_other), true},
};
enum { N_TABLES = sizeof tables / sizeof *tables };

/* --- the works of this run --- */

typedef struct benching {
    bench_work works[MOST_WORKS];
    int n_works;
    int64_t repeats;
    bool is_auto;
    double until;                                    /* on cli_clock's scale */
    bool is_late;                                    /* the time was up before all runs were made */
    const bench_layout *layouts[BENCH_MOST_LAYOUTS]; /* of the works that were run */
    heat_replicas replicas[BENCH_MOST_LAYOUTS];
    int n_layouts;
} benching;

static heat_status add_works(cli *c, benching *b, const bench_work *works, int n_works, const char *spec)
{
    for (int k = 0; k < n_works; k++) {
        bench_work *w = &b->works[b->n_works++];
        *w = works[k];
        w->hot = w->cold = (double)NAN;
        if (spec != NULL)
            w->spec = spec;
        w->values = malloc((size_t)b->repeats * sizeof *w->values);
        if (w->values == NULL)
            return cli_fail(c, HEAT_ERROR_MEMORY, "out of memory");
        if (cli_bench_is_learn(w)) {
            w->engine = spec == NULL ? w->engine : spec;
            heat_status status = cli_bench_learn_open(c, w);
            if (status != HEAT_OK)
                return status;
            continue;
        }
        if (heat_model_load(c->ctx, w->spec, &w->model) != HEAT_OK)
            return cli_fail_library(c);
    }
    return HEAT_OK;
}

static heat_status choose_works(cli *c, benching *b)
{
    const cli_arguments *args = &c->args;
    bool known = false;

    for (int t = 0; t < N_TABLES; t++) {
        bool chosen =
            args->n_operands == 0 ? !tables[t].is_long : strcmp(args->operands[0], tables[t].verb) == 0;
        heat_status status = HEAT_OK;
        known |= chosen;
        if (chosen && args->n_operands <= 1)
            status = add_works(c, b, tables[t].works, tables[t].n_works, NULL);
        for (int k = 1; chosen && k < args->n_operands && status == HEAT_OK; k++)
            status = add_works(c, b, tables[t].other, tables[t].n_other, args->operands[k]);
        if (status != HEAT_OK)
            return status;
    }
    if (known)
        return HEAT_OK;
    return cli_fail(c, HEAT_ERROR_ARGUMENT,
                    "'%.80s' is none of sample, ground, logz, learn: a MODEL follows one of the first three, "
                    "as in: heatbath bench "
                    "ground %.80s",
                    args->operands[0], args->operands[0]);
}

static void free_works(benching *b)
{
    for (int k = 0; k < b->n_works; k++) {
        heat_model_free(b->works[k].model);
        heat_data_free(b->works[k].data);
        free(b->works[k].values);
    }
}

/* --- runs --- */

static bool is_due(const benching *b, const bench_work *w, int64_t round)
{
    return !(b->is_auto && round >= SURE_REPEATS && w->seconds >= work_s);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts the values of every work, for their quantiles. */
static void sort_values(benching *b)
{
    for (int k = 0; k < b->n_works; k++)
        qsort(b->works[k].values, (size_t)b->works[k].n_values, sizeof *b->works[k].values, by_size);
}

static heat_status run_works(cli *c, benching *b)
{
    for (int64_t round = 0; round < b->repeats; round++)
        for (int k = 0; k < b->n_works; k++) {
            bench_work *w = &b->works[k];
            double value, begin = cli_clock();
            heat_status status;
            if (!is_due(b, w, round))
                continue;
            b->is_late = begin >= b->until;
            if (b->is_late || cli_signal() != 0)
                return HEAT_OK;
            cli_show_fraction(c, "bench",
                              (double)(round * b->n_works + k) / (double)(b->repeats * b->n_works));
            status = cli_bench_run(c, w, b->until, &value);
            if (status != HEAT_OK)
                return status;
            if (value > 0)
                w->values[w->n_values++] = value;
            w->seconds += cli_clock() - begin;
        }
    b->is_late = cli_clock() >= b->until;
    return HEAT_OK;
}

static const heat_replicas *replicas_of(const benching *b, const bench_work *w)
{
    for (int k = 0; k < b->n_layouts; k++)
        if (b->layouts[k] == cli_bench_layout_get(w->layout))
            return &b->replicas[k];
    return NULL;
}

/* Measures once what the replicas of every layout that was met are worth. */
static heat_status run_layouts(cli *c, benching *b)
{
    for (int k = 0; k < b->n_works; k++) {
        const bench_layout *l = cli_bench_layout_get(b->works[k].layout);
        heat_status status;
        if (l == NULL || b->works[k].replicas == 1 || replicas_of(b, &b->works[k]) != NULL || b->is_late ||
            cli_signal() != 0)
            continue;
        heat_replicas_init(&b->replicas[b->n_layouts]);
        status = cli_bench_layout_run(c, l, b->until, &b->replicas[b->n_layouts]);
        if (status != HEAT_OK)
            return status;
        b->layouts[b->n_layouts++] = l;
    }
    return HEAT_OK;
}

static bool is_rate(const bench_work *w)
{
    return w->kind == BENCH_SWEEPS || w->kind == BENCH_MEASURED;
}

/* Replicas that are worth less than one each make so much less of a rate. */
static void weigh_values(benching *b)
{
    for (int k = 0; k < b->n_works; k++) {
        bench_work *w = &b->works[k];
        const heat_replicas *r = replicas_of(b, w);
        double worth = r == NULL || w->replicas == 1
                           ? 1
                           : r->effective / (double)cli_bench_layout_get(w->layout)->n_replicas;
        for (int64_t run = 0; run < w->n_values && worth < 1 && is_rate(w); run++)
            w->values[run] *= worth;
    }
}

/* The quantile `f` of sorted values, linear between neighbours; NaN without values. */
static double quantile(const double *values, int64_t n, double f)
{
    double place = f * (double)(n - 1);
    int64_t below = (int64_t)place;

    if (n == 0)
        return (double)NAN;
    return below + 1 < n ? values[below] + (place - (double)below) * (values[below + 1] - values[below])
                         : values[n - 1];
}

/* --- what is printed --- */

/* A line of the table: of a work, or, after all works, of a layout. */
typedef struct bench_row {
    char name[BENCH_WORK_SIZE];
    const char *unit;
    double value, low, high;
    int64_t n_runs;
} bench_row;

static void fill_row(const cli *c, const benching *b, int k, bench_row *row)
{
    const bench_work *w = &b->works[k < b->n_works ? k : 0];
    const heat_replicas *r = &b->replicas[k < b->n_works ? 0 : k - b->n_works];

    if (k < b->n_works) {
        cli_bench_name(c, w, replicas_of(b, w), row->name);
        row->unit = cli_bench_unit(w);
        row->value = quantile(w->values, w->n_values, 0.5);
        row->low = quantile(w->values, w->n_values, 0.25);
        row->high = quantile(w->values, w->n_values, 0.75);
        row->n_runs = w->n_values;
        return;
    }
    cli_bench_layout_name(b->layouts[k - b->n_works], row->name);
    row->unit = "effective replicas, one standard error about them";
    row->value = r->effective;
    row->low = r->effective - r->error;
    row->high = r->effective + r->error;
    row->n_runs = 1;
}

static json_t *json_rows(cli *c, const benching *b)
{
    json_t *rows = json_array();
    bench_row of;

    for (int k = 0; k < b->n_works + b->n_layouts; k++) {
        json_t *row = json_object();
        fill_row(c, b, k, &of);
        cli_put(c, row, "work", cli_json_text(of.name));
        cli_put(c, row, "value", cli_json_number(of.value));
        cli_put(c, row, "unit", json_string(of.unit));
        cli_put(c, row, "low", cli_json_number(of.low));
        cli_put(c, row, "high", cli_json_number(of.high));
        cli_put(c, row, "runs", json_integer(of.n_runs));
        cli_append(c, rows, row);
    }
    return rows;
}

static void print_rows(cli *c, const benching *b)
{
    char value[CLI_NUMBER_SIZE], low[CLI_NUMBER_SIZE], high[CLI_NUMBER_SIZE];
    const char *unit = "";
    bench_row row;

    printf("%-10s %-10s %-10s %4s  work\n", "median", "lower", "upper", "runs");
    for (int k = 0; k < b->n_works + b->n_layouts; k++, unit = row.unit) {
        fill_row(c, b, k, &row);
        if (strcmp(row.unit, unit) != 0)
            printf("[%s]\n", row.unit);
        printf("%-10s %-10s %-10s %4lld  %s\n", cli_text_short(row.value, 3, value),
               cli_text_short(row.low, 3, low), cli_text_short(row.high, 3, high), (long long)row.n_runs,
               row.name);
    }
}

static heat_status print(cli *c, const benching *b, double seconds)
{
    json_t *result;
    cli_report report = {.outcome = HEAT_OUTCOME_COMPLETED, .seconds = seconds};
    char number[CLI_NUMBER_SIZE];

    if (cli_signal() != 0)
        report.outcome = HEAT_OUTCOME_INTERRUPTED;
    else if (b->is_late)
        report.outcome = HEAT_OUTCOME_TIME;
    if (c->json) {
        result = json_object();
        cli_put(c, result, "rows", json_rows(c, b));
        report.result = result;
        return cli_print_report(c, &report);
    }
    cli_hide_progress(c);
    print_rows(c, b);
    cli_print_row("kernels", "%s", heat_isa_resolve(c->args.values.verb.bench.isa));
    cli_print_row("outcome", "%s", heat_outcome_name(report.outcome));
    cli_print_row("time", "%s", cli_text_time(seconds, number));
    c->exit_code = cli_outcome_code(report.outcome);
    return HEAT_OK;
}

heat_status cli_bench(cli *c)
{
    static benching b; /* too large for a small stack */
    const cli_bench_options *o = &c->args.values.verb.bench;
    double begin = cli_clock();
    heat_status status;

    if (o->calibrate)
        return cli_bench_calibrate(c);
    if (strcmp(o->method, "all") != 0)
        return cli_fail_option(c, "method", o->method, "is of --calibrate, which runs one estimator alone");
    if (o->data != NULL)
        return cli_bench_sets(c);
    b.is_auto = o->repeats == HEAT_AUTO;
    b.repeats = b.is_auto ? DEFAULT_REPEATS : o->repeats;
    b.until = begin + o->time;
    c->bar_is_own = true;
    status = choose_works(c, &b);
    if (status == HEAT_OK)
        status = run_works(c, &b);
    if (status == HEAT_OK)
        status = run_layouts(c, &b);
    weigh_values(&b);
    sort_values(&b);
    if (status == HEAT_OK)
        status = print(c, &b, cli_clock() - begin);
    free_works(&b);
    return status;
}
