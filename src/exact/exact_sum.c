/* Sums over states by whichever exact road is cheapest. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/exact_choice.h"

#include <math.h>

static const double worth_a_search = 1e-2; /* seconds of another road, for a planar plan to be made */

/* Takes a road of sums alone if it fits and is the cheapest so far. */
static bool offer(heat_exact_cost *cost, const char *method, double bytes, double seconds, int64_t memory)
{
    double best = cost->sum_method != NULL ? cost->sum_seconds
                  : cost->affordable       ? heat_exact_seconds(cost)
                                           : (double)INFINITY;

    if (!(bytes <= (double)memory && seconds < best))
        return false;
    cost->sum_method = method;
    cost->sum_bytes = bytes;
    cost->sum_seconds = seconds;
    return true;
}

heat_status heat_exact_choose_sum(heat_context *ctx, const heat_model *model, int64_t memory,
                                  heat_exact_choice *choice)
{
    heat_exact_cost *cost = &choice->cost;
    heat_planar_cost priced;
    heat_pairwise graph;
    double seconds;
    heat_status status = heat_exact_choose(ctx, model, memory, true, choice);

    if (status != HEAT_OK || heat_halted(ctx) || !heat_model_get_pairwise(model, &graph))
        return status;
    choice->graph = graph;
    choice->by_magnetization =
        heat_magnetization_fits(&graph) && offer(cost, "magnetization", heat_magnetization_bytes(&graph),
                                                 heat_magnetization_seconds(&graph), memory);
    if (choice->by_magnetization || (cost->affordable && heat_exact_seconds(cost) < worth_a_search))
        return HEAT_OK;
    status = heat_planar_create(ctx, &choice->graph, &choice->planar);
    if (status != HEAT_OK || choice->planar == NULL)
        return status;
    priced = heat_planar_get_cost(choice->planar);
    seconds = (priced.operations * HEAT_PFAFFIAN_NS + graph.n * HEAT_JOIN_NS) * 1e-9;
    if (!offer(cost, "planar", priced.bytes, seconds, memory)) {
        heat_planar_free(choice->planar);
        choice->planar = NULL;
    }
    return HEAT_OK;
}

static heat_status run_magnetization(heat_context *ctx, const heat_pairwise *graph, double beta,
                                     heat_elimination_sum *sum)
{
    double *p = NULL;
    heat_status status = heat_alloc(ctx, graph->n + 1, sizeof *p, &p);

    if (status == HEAT_OK)
        status = heat_magnetization_run_sum(ctx, graph, beta, p, sum);
    heat_free(p);
    return status;
}

heat_status heat_exact_run_sum(heat_context *ctx, const heat_model *model, const heat_exact_choice *choice,
                               double beta, int64_t threads, heat_elimination_sum *sum)
{
    heat_layer_enumeration layer = {.wants_moments = true};
    heat_enumeration all = {.log_z = (double)NAN};
    heat_status status;

    if (choice->by_magnetization)
        return run_magnetization(ctx, &choice->graph, beta, sum);
    if (choice->planar != NULL) {
        status = heat_planar_run_sum(ctx, choice->planar, beta, sum);
        if (status != HEAT_ERROR_UNABLE || choice->plan == NULL)
            return status; /* else too cold: elimination is dearer, but nothing cancels in it */
    }
    if (choice->by_layer) {
        status = heat_layer_enumeration_run(ctx, &choice->layers, beta, threads, &layer);
        sum->log_z = layer.log_z;
        sum->mean_energy = layer.mean_energy;
        sum->energy_variance = (double)NAN;
        return status;
    }
    if (choice->plan != NULL)
        return heat_elimination_run_sum(ctx, choice->plan, beta, true, threads, sum);
    status = heat_enumeration_run(ctx, model, beta, threads, &all);
    sum->log_z = all.log_z;
    sum->mean_energy = all.mean_energy;
    sum->energy_variance = all.energy_variance;
    return status;
}
