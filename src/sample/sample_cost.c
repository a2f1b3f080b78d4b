/* What sampling takes, told from counts and rates. */
#include "base/context_private.h"
#include "sample/layout.h"
#include "sample/sampling.h"
#include "sample/walk_options.h"

#include <heatbath/cost.h>
#include <math.h>
#include <string.h>

/* As many as may be needed, of a ladder that spaces itself. */
static heat_status count_temperatures(heat_context *ctx, const heat_sample_options *opt, int64_t *count)
{
    double lo, hi;

    *count = opt->temperature_set == NULL ? 1 : HEAT_MOST_RUNGS;
    if (opt->temperature_set == NULL || heat_temperature_range_get(opt->temperature_set, &lo, &hi))
        return HEAT_OK;
    return heat_temperature_set_get(ctx, opt->temperature_set, 0, NULL, count);
}

heat_status heat_sample_estimate(heat_context *ctx, const heat_model *model,
                                 const heat_sample_options *options, const heat_exact_cost *exact,
                                 heat_cost *cost)
{
    heat_sampling s = {.model = model};
    const double beta = 1;
    const char *reason;
    double draws;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || exact == NULL || cost == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_sample_estimate: a model and two costs are needed");
    heat_sample_options_init(&s.opt);
    if (options != NULL)
        heat_struct_copy(&s.opt, sizeof s.opt, options, options->size);
    heat_model_describe(model, &s.info);
    s.engine =
        heat_engine_choose(model, s.opt.engine, s.opt.temperature_set, s.opt.schedule != NULL, &reason);
    if (s.engine == NULL)
        return heat_fail_option(ctx, "engine", s.opt.engine, "there is no such engine");
    s.walk = heat_walk_plan_of(model, s.engine, &s.opt);
    heat_walk_gather(&s);
    status = heat_cooling_read(ctx, &s.opt, &s.cooling);
    if (status != HEAT_OK)
        return status;
    status = count_temperatures(ctx, &s.opt, &s.n_temperatures);
    if (status != HEAT_OK)
        return status;
    s.plan = (heat_recorder_plan){.n_chains = s.n_temperatures * s.opt.replicas,
                                  .n_sweeps = s.cooling.is_on ? s.cooling.n_cycles : s.opt.sweeps,
                                  .n_kept_of = s.opt.sweeps,
                                  .thin = s.opt.thin,
                                  .keep_states = s.opt.keep_states};
    heat_scalars_init(model, &s.plan.scalars);
    draws = (double)s.plan.n_chains * (double)s.opt.sweeps;
    *cost = (heat_cost){.size = sizeof *cost, .method = s.engine->name, .affordable = true};
    cost->reason = reason;
    cost->bytes = heat_recorder_bytes(&s.plan);
    if (heat_engine_moves_chains(s.engine)) {
        heat_chains_plan chains = heat_sampling_plan_chains(&s);
        chains.n_rungs = 1;
        chains.betas = &beta;
        cost->bytes += heat_chains_bytes(model, &chains);
        cost->seconds = heat_sweep_seconds(model, &chains) * ((double)s.opt.burn_in + (double)s.opt.sweeps);
    } else {
        const heat_chains_plan one = {
            .n_chains = 1, .n_rungs = 1, .betas = &beta, .layout = &heat_layout_rows};
        cost->bytes += exact->bytes;
        cost->seconds =
            heat_exact_seconds(exact) * (double)s.n_temperatures + draws * heat_sweep_seconds(model, &one);
        cost->affordable = exact->affordable;
    }
    cost->seconds += draws * HEAT_MEASURE_NS * 1e-9;
    cost->affordable = cost->affordable && cost->bytes <= (double)s.opt.memory;
    return HEAT_OK;
}
