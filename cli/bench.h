/* One work of heatbath bench: how a run of it is timed. */
#ifndef HEATBATH_BENCH_H
#define HEATBATH_BENCH_H

#include "cli.h"

enum {
    BENCH_WORK_SIZE = 256,
    BENCH_GROUND_REPLICAS = 32,
    BENCH_GROUND_SWEEPS = 250,
    BENCH_TRIP_SWEEPS = 1000
};

/* What is timed: a sample's sweeps alone, or with every sweep measured; a ladder's round trips. */
typedef enum bench_kind { BENCH_SWEEPS, BENCH_MEASURED, BENCH_TRIPS, BENCH_GROUND, BENCH_LOGZ } bench_kind;

typedef struct bench_work {
    bench_kind kind;
    const char *spec;   /* the model, borrowed */
    const char *engine; /* of sample */
    double temperature; /* of sample */
    int64_t replicas;   /* of sample */
    const char *ladder; /* temperatures of BENCH_TRIPS */
    double effective;   /* independent replicas that the last run told; 0 before */
    heat_model *model;  /* owned */
    int64_t sweeps;     /* of one run of sample; 0 until it is tuned */
    double hot, cold;   /* ground's schedule; NaN before the first run */
    double *values;     /* [n_values], one a run; owned */
    int64_t n_values;
    double seconds; /* that its runs took */
} bench_work;

/* One run. *value is NaN where the run was cut short, by a signal or by `until` on cli_clock's scale. */
heat_status cli_bench_run(cli *c, bench_work *work, double until, double *value);

/* "sample sk:500, metropolis, T = 2.5, 64 replicas, 1 thread". Returns `buffer`. */
const char *cli_bench_name(const cli *c, const bench_work *work, char buffer[BENCH_WORK_SIZE]);

const char *cli_bench_unit(const bench_work *work);

/* What --calibrate asks for: the whole run, and what it prints. */
heat_status cli_bench_calibrate(cli *c);

#endif
