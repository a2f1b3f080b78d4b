/* What replicas are worth, layout by layout: heat_replicas_check on small models, near or at their critical
 * temperature, at draws some autocorrelation times apart. */
#include "bench.h"
#include "clock.h"
#include "terminal.h"

#include <stdio.h>
#include <string.h>

static const bench_layout layouts[] = {
    {"bits", "lattice:8x8", "heat-bath", 2.26918531421302, 512, 40, 4000},
    {"stripes", "lattice:64x64", "heat-bath", 3, 8, 10, 4000},
    {"lanes", "regular:64,k=6,J=gauss", "heat-bath", 2.5, 64, 10, 4000},
    {"bytes", "potts:5x5,q=3", "heat-bath", 1.2, 32, 10, 4000},
    {"clusters", "lattice:8x8", "swendsen-wang", 2.26918531421302, 16, 10, 4000},
};
enum { BURN_IN = 400 };

const bench_layout *cli_bench_layout_get(const char *name)
{
    for (size_t k = 0; name != NULL && k < sizeof layouts / sizeof *layouts; k++)
        if (strcmp(layouts[k].name, name) == 0)
            return &layouts[k];
    return NULL;
}

heat_status cli_bench_layout_run(cli *c, const bench_layout *l, double until, heat_replicas *replicas)
{
    const cli_bench_options *bench = &c->args.values.verb.bench;
    double left = until - cli_clock();
    heat_sample_options options;
    heat_model *model;
    heat_status status = HEAT_OK;

    if (heat_model_load(c->ctx, l->spec, &model) != HEAT_OK)
        return cli_fail_library(c);
    heat_sample_options_init(&options);
    options.seed = bench->seed;
    options.threads = bench->threads;
    options.isa = bench->isa;
    options.time = left > 0 ? left : 0;
    options.engine = l->engine;
    options.temperature = l->temperature;
    options.replicas = l->n_replicas;
    options.burn_in = BURN_IN;
    options.thin = l->gap;
    options.sweeps = l->gap * l->n_draws;
    if (heat_replicas_check(c->ctx, model, &options, replicas) != HEAT_OK)
        status = cli_fail_library(c);
    heat_model_free(model);
    return status;
}

const char *cli_bench_layout_name(const bench_layout *l, char buffer[BENCH_WORK_SIZE])
{
    char number[CLI_NUMBER_SIZE];

    snprintf(buffer, BENCH_WORK_SIZE, "%lld replicas as %s, %s, %s, T = %s, %lld draws %lld sweeps apart",
             (long long)l->n_replicas, l->name, l->spec, l->engine, cli_text_short(l->temperature, 6, number),
             (long long)l->n_draws, (long long)l->gap);
    return buffer;
}
