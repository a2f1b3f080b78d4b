/* One work of heatbath bench: how a run of it is timed. */
#ifndef HEATBATH_BENCH_H
#define HEATBATH_BENCH_H

#include "cli.h"

enum {
    BENCH_WORK_SIZE = 256,
    BENCH_GROUND_REPLICAS = 32,
    BENCH_GROUND_SWEEPS = 250,
    BENCH_TRIP_SWEEPS = 2000,
    BENCH_TRIP_BURN_IN = 4000,
    BENCH_CLUSTER_BURN_IN = 60,
    BENCH_WALK_STEPS = 1000, /* a sweep of BENCH_STEPS */
    BENCH_MOST_LAYOUTS = 8
};

/* What is timed: a sample's sweeps alone, or with every sweep measured; steps of walks without a test; whole
 * runs, by what they are worth; sweeps of clusters, in equilibrium; a ladder's round trips; what
 * cli_bench_learn_run runs. */
typedef enum bench_kind {
    BENCH_SWEEPS,
    BENCH_MEASURED,
    BENCH_STEPS,
    BENCH_WORTH,
    BENCH_CLUSTERS,
    BENCH_TRIPS,
    BENCH_GROUND,
    BENCH_LOGZ,
    BENCH_EPOCH,
    BENCH_ANNEALED_RBM,
    BENCH_COUNTED_RBM
} bench_kind;

typedef struct bench_work {
    bench_kind kind;
    const char *spec;   /* the model, borrowed */
    const char *engine; /* of sample; of BENCH_EPOCH the negative phase */
    double temperature; /* of sample */
    int64_t replicas;   /* of sample; of BENCH_COUNTED_RBM hidden units */
    const char *ladder; /* temperatures of BENCH_TRIPS */
    double step;        /* of BENCH_STEPS, and its precision */
    const char *precision;
    const char *layout; /* of the chains, as the last run told; NULL before */
    heat_model *model;  /* owned */
    heat_data *data;    /* of BENCH_EPOCH; owned */
    bool is_made_up;    /* the data are */
    int64_t sweeps;     /* of one run of sample; 0 until it is tuned */
    double hot, cold;   /* ground's schedule; NaN before the first run */
    double *values;     /* [n_values], one a run; owned */
    int64_t n_values;
    double seconds; /* that its runs took */
} bench_work;

/* One run. *value is NaN where the run was cut short, by a signal or by `until` on cli_clock's scale. */
heat_status cli_bench_run(cli *c, bench_work *work, double until, double *value);

/* "sample sk:500, metropolis, T = 2.5, 64 replicas as lanes, each worth 0.99 +- 0.02, 1 thread"; without what
 * they are worth where that is not known (NULL). Returns `buffer`. */
const char *cli_bench_name(const cli *c, const bench_work *work, const heat_replicas *replicas,
                           char buffer[BENCH_WORK_SIZE]);

const char *cli_bench_unit(const bench_work *work);

/* The same for works of learn, which make their own models and data. */
heat_status cli_bench_learn_open(cli *c, bench_work *work);
heat_status cli_bench_learn_run(cli *c, bench_work *work, double until, double *value);
const char *cli_bench_learn_name(const cli *c, const bench_work *work, char buffer[BENCH_WORK_SIZE]);

static inline bool cli_bench_is_learn(const bench_work *work)
{
    return work->kind >= BENCH_EPOCH;
}

/* What a layout's replicas are worth, measured on a small model of it: where they share random numbers they
 * do so there too. */
typedef struct bench_layout {
    const char *name; /* as sample tells it */
    const char *spec, *engine;
    double temperature;
    int64_t n_replicas;
    int64_t gap; /* sweeps from one draw to the next */
    int64_t n_draws;
} bench_layout;

/* The layout's row; NULL where there is none, or no name. */
const bench_layout *cli_bench_layout_get(const char *name);
heat_status cli_bench_layout_run(cli *c, const bench_layout *layout, double until, heat_replicas *replicas);
const char *cli_bench_layout_name(const bench_layout *layout, char buffer[BENCH_WORK_SIZE]);

/* What --calibrate asks for: the whole run, and what it prints. */
heat_status cli_bench_calibrate(cli *c);

/* What --data asks for, likewise. */
heat_status cli_bench_sets(cli *c);

#endif
