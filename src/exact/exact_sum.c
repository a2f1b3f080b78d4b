/* Sums over states by whichever exact road is cheapest. */
#include "base/context_private.h"
#include "exact/exact_choice.h"

#include <math.h>

static const double worth_a_search = 1e-2; /* seconds of another road, for a planar plan to be made */

heat_status heat_exact_choose_sum(heat_context *ctx, const heat_model *model, int64_t memory,
                                  heat_exact_choice *choice)
{
    heat_exact_cost *cost = &choice->cost;
    heat_planar_cost priced;
    heat_pairwise graph;
    heat_status status = heat_exact_choose(ctx, model, memory, true, choice);

    if (status != HEAT_OK || heat_halted(ctx) || !heat_model_get_pairwise(model, &graph) ||
        (cost->affordable && heat_exact_seconds(cost) < worth_a_search))
        return status;
    choice->graph = graph;
    status = heat_planar_create(ctx, &choice->graph, &choice->planar);
    if (status != HEAT_OK || choice->planar == NULL)
        return status;
    priced = heat_planar_get_cost(choice->planar);
    cost->planar_bytes = priced.bytes;
    cost->planar_operations = priced.operations;
    cost->planar_steps = graph.n;
    cost->planar = priced.bytes <= (double)memory &&
                   (!cost->affordable || heat_planar_seconds(cost) < heat_exact_seconds(cost));
    if (!cost->planar) {
        cost->planar_bytes = cost->planar_operations = cost->planar_steps = 0;
        heat_planar_free(choice->planar);
        choice->planar = NULL;
    }
    return HEAT_OK;
}

heat_status heat_exact_run_sum(heat_context *ctx, const heat_model *model, const heat_exact_choice *choice,
                               double beta, int64_t threads, heat_elimination_sum *sum)
{
    heat_layer_enumeration layer = {.wants_moments = true};
    heat_enumeration all = {.log_z = (double)NAN};
    heat_status status;

    if (choice->planar != NULL) {
        status = heat_planar_run_sum(ctx, choice->planar, beta, sum);
        if (status != HEAT_ERROR_UNABLE || choice->plan == NULL)
            return status; /* else too cold: elimination is dearer, but nothing cancels in it */
    }
    if (choice->by_layer) {
        status = heat_layer_enumeration_run(ctx, &choice->layers, beta, threads, &layer);
        sum->log_z = layer.log_z;
        sum->mean_energy = layer.mean_energy;
        return status;
    }
    if (choice->plan != NULL)
        return heat_elimination_run_sum(ctx, choice->plan, beta, true, threads, sum);
    status = heat_enumeration_run(ctx, model, beta, threads, &all);
    sum->log_z = all.log_z;
    sum->mean_energy = all.mean_energy;
    return status;
}
