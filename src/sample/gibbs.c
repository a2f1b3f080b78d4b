/* Block Gibbs: all hidden units of an RBM are drawn given the visible ones, then all visible ones given the
 * hidden. It is the heat bath in that order of units; chains of any engine on two layers move so, this one on
 * nothing else. Smolensky, in Parallel Distributed Processing 1 (1986) 194. */
#include "base/context_private.h"
#include "model/unit_layers.h"
#include "sample/sampling.h"

static heat_status plan(heat_context *ctx, heat_sampling *s)
{
    heat_unit_layers units;

    if (heat_model_get_units(s->model, &units))
        return HEAT_OK;
    return heat_fail_option(ctx, "engine", s->opt.engine,
                            "%s draws the two layers of an RBM, and %s has none (kind %s): heat-bath moves "
                            "single variables of any model",
                            s->engine->name, s->info.name, s->info.kind);
}

const heat_engine heat_engine_gibbs = {
    .name = "gibbs", .rule = &heat_rule_heat_bath, .plan = plan, .run = heat_sampling_run_chains};
