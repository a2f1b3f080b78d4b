/* One timed run of a work. A rate of sample is that of the sweeps alone: what it takes to start the chains is
 * measured by a run of the fewest sweeps, in the same breath, and subtracted. */
#include "bench.h"
#include "clock.h"
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double run_s = 0.1; /* what the sweeps of one run of sample aim at, at least */
enum { FEWEST_SWEEPS = 4, MOST_SWEEPS = 1 << 24 };

static double time_left(double until)
{
    double left = until - cli_clock();

    return left >= HEAT_FOREVER / 2 ? HEAT_FOREVER : left > 0 ? left : 0;
}

/* What is timed are sweeps of the burn-in, which are not measured. */
static bool is_of_burn_in(const bench_work *w)
{
    return w->kind == BENCH_SWEEPS || w->kind == BENCH_STEPS;
}

/* Of the chains at both steps (see step_bias); those of one replica go side by side, and count as one. */
static double steps_of(const bench_work *w, int64_t sweeps)
{
    return (double)(sweeps * BENCH_WALK_STEPS * (w->replicas == 1 ? 1 : 2 * w->replicas));
}

/* A run of `sweeps` sweeps beyond the fewest that sample takes. */
static heat_status run_chains(cli *c, bench_work *w, int64_t sweeps, double until, double *seconds,
                              double *updates)
{
    const cli_bench_options *bench = &c->args.values.verb.bench;
    heat_sample_options options;
    heat_sample_result result;
    heat_status status = HEAT_OK;

    heat_sample_options_init(&options);
    heat_sample_result_init(&result);
    options.seed = bench->seed;
    options.threads = bench->threads;
    options.isa = bench->isa;
    options.time = time_left(until);
    options.engine = w->engine;
    options.temperature = w->temperature;
    options.replicas = w->replicas;
    options.sweeps = FEWEST_SWEEPS + (is_of_burn_in(w) ? 0 : sweeps);
    options.burn_in = is_of_burn_in(w) ? sweeps : w->kind == BENCH_CLUSTERS ? BENCH_CLUSTER_BURN_IN : 0;
    if (w->kind == BENCH_STEPS) {
        options.step = w->step;
        options.steps = BENCH_WALK_STEPS;
        options.precision = w->precision;
    }
    if (heat_sample(c->ctx, w->model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    *seconds = result.n_sweeps == options.sweeps ? result.seconds : (double)NAN;
    w->layout = result.layout;
    *updates = w->kind == BENCH_STEPS ? steps_of(w, sweeps) : (double)result.updates;
    heat_sample_result_clear(&result);
    return status;
}

/* One run of a ladder; NaN seconds where it was stopped. */
static heat_status run_ladder(cli *c, const bench_work *w, int64_t burn_in, int64_t sweeps, double until,
                              heat_sample_result *result)
{
    const cli_bench_options *bench = &c->args.values.verb.bench;
    heat_sample_options options;

    heat_sample_options_init(&options);
    heat_sample_result_init(result);
    options.seed = bench->seed;
    options.threads = bench->threads;
    options.isa = bench->isa;
    options.time = time_left(until);
    options.engine = w->engine;
    options.temperature_set = w->ladder;
    options.replicas = w->replicas;
    options.sweeps = sweeps;
    options.burn_in = burn_in;
    if (heat_sample(c->ctx, w->model, &options, result) != HEAT_OK)
        return cli_fail_library(c);
    if (result->n_sweeps != sweeps)
        result->seconds = (double)NAN;
    return HEAT_OK;
}

/* Round trips of BENCH_TRIP_SWEEPS measured sweeps, over the seconds of as many of burn-in: statistics,
 * and the pilot that spaces the ladder, the same for every burn-in, are left out. */
static heat_status run_trips(cli *c, bench_work *w, double until, double *value)
{
    heat_sample_result measured, burnt[2];
    double seconds[2] = {0, 0};
    heat_status status = run_ladder(c, w, BENCH_TRIP_BURN_IN, BENCH_TRIP_SWEEPS, until, &measured);

    w->layout = measured.layout;
    for (int k = 0; k < 2 && status == HEAT_OK; k++) {
        status =
            run_ladder(c, w, BENCH_TRIP_BURN_IN + k * BENCH_TRIP_SWEEPS, FEWEST_SWEEPS, until, &burnt[k]);
        seconds[k] = burnt[k].seconds;
        heat_sample_result_clear(&burnt[k]);
    }
    if (seconds[1] > seconds[0] && isfinite(measured.seconds))
        *value = (double)measured.round_trips / (seconds[1] - seconds[0]);
    heat_sample_result_clear(&measured);
    return status;
}

/* Sweeps as they are timed: the seconds of starting alone, those of the sweeps, and the rate, updates a
 * nanosecond; NaN where the time was up. */
typedef struct sweep_times {
    double start_s, sweeps_s, rate;
} sweep_times;

static heat_status time_sweeps(cli *c, bench_work *w, int64_t sweeps, double until, sweep_times *t)
{
    double start_updates = 0, all_s = 0, all_updates = 0;
    heat_status status = run_chains(c, w, 0, until, &t->start_s, &start_updates);

    if (status == HEAT_OK)
        status = run_chains(c, w, sweeps, until, &all_s, &all_updates);
    t->sweeps_s = all_s - t->start_s;
    t->rate = t->sweeps_s > 0 ? (all_updates - start_updates) / t->sweeps_s * 1e-9 : (double)NAN;
    return status;
}

/* Finds how many sweeps make a run of the wanted length, which is no shorter than the start: the difference
 * of two runs is then well above what either wavers by. These runs also warm the machine. */
static heat_status tune(cli *c, bench_work *w, double until)
{
    int64_t sweeps = FEWEST_SWEEPS;
    sweep_times t;
    heat_status status = time_sweeps(c, w, sweeps, until, &t);

    while (status == HEAT_OK && t.sweeps_s < fmax(run_s, t.start_s) / 8 && sweeps < MOST_SWEEPS &&
           cli_signal() == 0) {
        sweeps *= 4;
        status = time_sweeps(c, w, sweeps, until, &t);
    }
    if (t.sweeps_s > 0)
        sweeps = (int64_t)ceil((double)sweeps * fmax(run_s, t.start_s) / t.sweeps_s);
    w->sweeps = sweeps < FEWEST_SWEEPS ? FEWEST_SWEEPS : sweeps;
    return status;
}

static heat_status run_sample(cli *c, bench_work *w, double until, double *value)
{
    heat_status status = w->sweeps == 0 ? tune(c, w, until) : HEAT_OK;
    sweep_times t = {.rate = (double)NAN};

    if (status == HEAT_OK)
        status = time_sweeps(c, w, w->sweeps, until, &t);
    *value = t.rate;
    if (w->kind == BENCH_CLUSTERS)
        *value = 1 / *value;
    if (w->kind == BENCH_STEPS)
        *value *= 1e3;
    return status;
}

/* The least of the coordinates' effective sample sizes, over the seconds of the whole run. */
static heat_status run_worth(cli *c, const bench_work *w, double until, double *value)
{
    const cli_bench_options *bench = &c->args.values.verb.bench;
    heat_sample_options options;
    heat_sample_result result;
    double least = HUGE_VAL;
    heat_status status = HEAT_OK;

    heat_sample_options_init(&options);
    heat_sample_result_init(&result);
    options.seed = bench->seed;
    options.threads = bench->threads;
    options.isa = bench->isa;
    options.time = time_left(until);
    options.engine = w->engine;
    options.replicas = w->replicas;
    if (heat_sample(c->ctx, w->model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    for (int32_t k = 0; status == HEAT_OK && k < result.temperatures[0].n_observables; k++) {
        const heat_observable *o = &result.temperatures[0].observables[k];
        if (o->name[0] == 'x' && !(o->ess >= least))
            least = o->ess;
    }
    if (result.n_sweeps == options.sweeps)
        *value = least / result.seconds;
    heat_sample_result_clear(&result);
    return status;
}

static heat_status run_ground(cli *c, bench_work *w, double until, double *value)
{
    const cli_bench_options *bench = &c->args.values.verb.bench;
    heat_ground_options options;
    heat_ground_result result;
    heat_status status = HEAT_OK;

    heat_ground_options_init(&options);
    heat_ground_result_init(&result);
    options.method = "anneal";
    options.seed = bench->seed;
    options.threads = bench->threads;
    options.isa = bench->isa;
    options.time = time_left(until);
    options.replicas = BENCH_GROUND_REPLICAS;
    options.sweeps = BENCH_GROUND_SWEEPS;
    options.restart_sweeps = BENCH_GROUND_SWEEPS;
    if (heat_ground(c->ctx, w->model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    w->hot = result.hot;
    w->cold = result.cold;
    if (result.outcome != HEAT_OUTCOME_TIME && result.outcome != HEAT_OUTCOME_INTERRUPTED &&
        result.updates > 0)
        *value = (double)result.updates / result.seconds * 1e-9;
    heat_ground_result_clear(&result);
    return status;
}

static heat_status run_logz(cli *c, bench_work *w, double until, double *value)
{
    const cli_bench_options *bench = &c->args.values.verb.bench;
    heat_logz_options options;
    heat_logz_result result;
    heat_status status = HEAT_OK;

    heat_logz_options_init(&options);
    heat_logz_result_init(&result);
    options.method = "exact";
    options.seed = bench->seed;
    options.threads = bench->threads;
    options.isa = bench->isa;
    options.time = time_left(until);
    if (heat_logz(c->ctx, w->model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    if (result.outcome == HEAT_OUTCOME_PROVED)
        *value = result.seconds;
    heat_logz_result_clear(&result);
    return status;
}

heat_status cli_bench_run(cli *c, bench_work *w, double until, double *value)
{
    *value = (double)NAN;
    switch (w->kind) {
    case BENCH_SWEEPS:
    case BENCH_MEASURED:
    case BENCH_STEPS:
    case BENCH_CLUSTERS:
        return run_sample(c, w, until, value);
    case BENCH_WORTH:
        return run_worth(c, w, until, value);
    case BENCH_TRIPS:
        return run_trips(c, w, until, value);
    case BENCH_GROUND:
        return run_ground(c, w, until, value);
    case BENCH_LOGZ:
        break;
    case BENCH_EPOCH:
    case BENCH_ANNEALED_RBM:
    case BENCH_COUNTED_RBM:
        return cli_bench_learn_run(c, w, until, value);
    }
    return run_logz(c, w, until, value);
}

/* "64 replicas as lanes, each worth 0.99 +- 0.02" */
static void name_replicas(const bench_work *w, const heat_replicas *r, char *text, size_t size)
{
    const bench_layout *l = cli_bench_layout_get(w->layout);
    char mean[CLI_NUMBER_SIZE], error[CLI_NUMBER_SIZE], worth[2 * CLI_NUMBER_SIZE] = "";

    if (l != NULL && r != NULL && r->effective > 0 && w->replicas > 1) {
        double n = (double)l->n_replicas;
        snprintf(worth, sizeof worth, ", each worth %s ± %s",
                 cli_text_mean(r->effective / n, r->error / n, mean), cli_text_error(r->error / n, error));
    }
    snprintf(text, size, "%lld replica%s%s%s%s", (long long)w->replicas, w->replicas == 1 ? "" : "s",
             w->layout == NULL ? "" : " as ", w->layout == NULL ? "" : w->layout, worth);
}

const char *cli_bench_name(const cli *c, const bench_work *w, const heat_replicas *replicas,
                           char buffer[BENCH_WORK_SIZE])
{
    char how[128] = "exact", hot[CLI_NUMBER_SIZE], cold[CLI_NUMBER_SIZE], threads[48], chains[80];
    int32_t n = heat_threads_resolve(c->args.values.verb.bench.threads);
    const char *verb = w->kind == BENCH_GROUND ? "ground" : w->kind == BENCH_LOGZ ? "logz" : "sample";

    if (cli_bench_is_learn(w))
        return cli_bench_learn_name(c, w, buffer);
    if (w->kind == BENCH_GROUND)
        snprintf(how, sizeof how, "anneal, geometric:%s:%s, %d sweeps, %d replicas",
                 cli_text_short(w->hot, 4, hot), cli_text_short(w->cold, 4, cold), BENCH_GROUND_SWEEPS,
                 BENCH_GROUND_REPLICAS);
    else if (w->kind == BENCH_TRIPS)
        snprintf(how, sizeof how, "%s, T = %s, %lld ladders, %d sweeps after %d", w->engine, w->ladder,
                 (long long)w->replicas, BENCH_TRIP_SWEEPS, BENCH_TRIP_BURN_IN);
    else if (w->kind != BENCH_LOGZ) {
        name_replicas(w, replicas, chains, sizeof chains);
        snprintf(how, sizeof how, "%s%s, T = %s, %s", w->engine,
                 w->kind == BENCH_MEASURED                                       ? ", each sweep measured"
                 : w->kind == BENCH_STEPS && strcmp(w->precision, "single") == 0 ? ", single precision"
                                                                                 : "",
                 cli_text_short(w->temperature, 6, hot), chains);
    }
    snprintf(threads, sizeof threads, "%d thread%s", n, n == 1 ? "" : "s");
    snprintf(buffer, BENCH_WORK_SIZE, "%s %.80s, %s, %s", verb, w->spec, how, threads);
    return buffer;
}

const char *cli_bench_unit(const bench_work *w)
{
    if (w->kind == BENCH_LOGZ || cli_bench_is_learn(w))
        return "seconds";
    if (w->kind == BENCH_TRIPS)
        return "round trips/s";
    if (w->kind == BENCH_CLUSTERS)
        return "ns a spin";
    if (w->kind == BENCH_STEPS)
        return "million steps/s";
    if (w->kind == BENCH_WORTH)
        return "effective samples/s";
    return w->kind == BENCH_GROUND ? "updates/ns" : "updates/ns, effective independent";
}
