/* Sums over states by whichever exact road is cheapest. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/components.h"
#include "kernel/isa.h"

#include <math.h>
#include <string.h>

static const double most_visits = 1e12;    /* of numbers of a layer that is summed out */
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

/* Takes the enumeration of a layer, where there are two of other kinds than two values. */
static void offer_units(const heat_model *model, int64_t memory, heat_exact_choice *choice)
{
    heat_layered layers;
    heat_unit_layers units;

    if (heat_model_get_layered(model, &layers) || !heat_model_get_units(model, &units))
        return;
    choice->by_units |=
        heat_unit_enumeration_visits(&units) <= most_visits &&
        offer(&choice->cost, heat_unit_enumeration_is_integral(&units) ? "quadrature" : "layer enumeration",
              heat_unit_enumeration_bytes(&units),
              heat_unit_enumeration_visits(&units) * HEAT_VALUE_STATE_NS * 1e-9, memory);
    choice->units = units;
}

/* Takes the integral over a potential of few variables. */
static void offer_quadrature(const heat_model *model, int64_t memory, heat_exact_choice *choice)
{
    static const double seconds[HEAT_QUADRATURE_DIMENSIONS] = {1e-4, 1e-2, 2}; /* mostly */

    choice->by_quadrature = heat_model_get_smooth(model, heat_isa_get("auto"), &choice->smooth) &&
                            heat_quadrature_fits(&choice->smooth) &&
                            offer(&choice->cost, "quadrature", heat_quadrature_bytes(&choice->smooth),
                                  seconds[choice->smooth.n - 1], memory);
}

/* For the model as a whole. */
static heat_status choose_whole(heat_context *ctx, const heat_model *model, int64_t memory,
                                heat_exact_choice *choice)
{
    heat_exact_cost *cost = &choice->cost;
    heat_planar_cost priced;
    heat_pairwise graph;
    double seconds;
    heat_status status = heat_exact_choose(ctx, model, memory, true, choice);

    if (status == HEAT_OK)
        offer_units(model, memory, choice);
    if (status == HEAT_OK)
        offer_quadrature(model, memory, choice);
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

const char heat_exact_by_components[] = "components";

static const char *road_of(const heat_exact_cost *cost)
{
    return cost->sum_method != NULL ? cost->sum_method : cost->method;
}

/* A road for each part, and what they cost together: memory for one at a time. */
static heat_status choose_parts(heat_context *ctx, int64_t memory, heat_exact_parts *parts,
                                heat_exact_cost *together)
{
    heat_status status = HEAT_OK;

    together->affordable = true;
    for (int32_t k = 0; k < parts->n && status == HEAT_OK && together->affordable; k++) {
        const heat_exact_cost *own = &parts->part[k].choice.cost;
        bool by_sum;
        status = choose_whole(ctx, parts->part[k].model, memory, &parts->part[k].choice);
        by_sum = own->sum_method != NULL;
        together->affordable = status == HEAT_OK && !heat_halted(ctx) && (by_sum || own->affordable);
        together->sum_bytes = fmax(together->sum_bytes, by_sum ? own->sum_bytes : own->bytes);
        together->sum_seconds += by_sum ? own->sum_seconds : heat_exact_seconds(own);
        together->sum_method = k == 0 || strcmp(together->sum_method, road_of(own)) == 0
                                   ? road_of(own)
                                   : heat_exact_by_components;
    }
    return status;
}

/* Components that are each cheap may be dear together, and need not share a road. */
heat_status heat_exact_choose_sum(heat_context *ctx, const heat_model *model, int64_t memory,
                                  heat_exact_choice *choice)
{
    heat_exact_cost *cost = &choice->cost, together = {.sum_bytes = 0};
    heat_exact_parts *parts = NULL;
    heat_model_info info;
    bool known;
    heat_status status = choose_whole(ctx, model, memory, choice);

    known = cost->sum_method != NULL || cost->affordable;
    heat_model_describe(model, &info);
    if (status != HEAT_OK || heat_halted(ctx) || info.n_components < 2 ||
        !heat_model_get_pairwise(model, &choice->graph) ||
        (known && (cost->sum_method != NULL ? cost->sum_seconds : heat_exact_seconds(cost)) < worth_a_search))
        return status;
    status = heat_exact_parts_create(ctx, &choice->graph, &parts);
    if (status == HEAT_OK && parts != NULL)
        status = choose_parts(ctx, memory, parts, &together);
    if (status == HEAT_OK && together.affordable &&
        offer(cost, together.sum_method, together.sum_bytes, together.sum_seconds, memory)) {
        heat_planar_free(choice->planar);
        choice->planar = NULL;
        choice->by_magnetization = false;
        choice->parts = parts;
        parts = NULL;
    }
    heat_exact_parts_free(parts);
    return status;
}

/* Pfaffians know every mean if there is no field, and no edge that couples nothing. */
static bool planar_has_means(const heat_pairwise *graph)
{
    for (int32_t v = 0; v < graph->n; v++)
        if (graph->field[v] != 0)
            return false;
    for (int64_t e = 0; e < graph->row[graph->n]; e++)
        if (heat_pairwise_coupling(graph, e) == 0)
            return false;
    return true;
}

/* Parts must not be joined by edges that couple nothing either: their graphs have not got these. */
static bool parts_have_means(const heat_exact_parts *parts, const heat_pairwise *graph)
{
    int64_t ends = 0;

    for (int32_t k = 0; k < parts->n; k++) {
        const heat_pairwise *own = &parts->part[k].choice.graph;
        if (!heat_exact_has_means(&parts->part[k].choice))
            return false;
        ends += own->row[own->n];
    }
    return ends == graph->row[graph->n];
}

bool heat_exact_has_means(const heat_exact_choice *choice)
{
    if (choice->parts != NULL)
        return parts_have_means(choice->parts, &choice->graph);
    if (choice->by_magnetization)
        return heat_magnetization_has_means(&choice->graph);
    if (choice->planar != NULL)
        return planar_has_means(&choice->graph);
    return choice->plan != NULL;
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
    heat_layer_enumeration layer = {.wants_energy = !sum->log_z_only};
    heat_enumeration all = {.log_z = (double)NAN};
    heat_quadrature integral;
    heat_status status;

    sum->road = road_of(&choice->cost);
    if (choice->parts != NULL)
        return heat_exact_parts_run_sum(ctx, choice->parts, &choice->graph, beta, threads, sum);
    if (choice->by_magnetization)
        return run_magnetization(ctx, &choice->graph, beta, sum);
    if (choice->planar != NULL) {
        status = heat_planar_run_sum(ctx, choice->planar, beta, sum);
        if (status != HEAT_ERROR_UNABLE || choice->plan == NULL)
            return status; /* else too cold: elimination is dearer, but nothing cancels in it */
        sum->road = choice->cost.method;
    }
    if (choice->by_quadrature) {
        status = heat_quadrature_run(ctx, &choice->smooth, beta, &choice->places, threads, &integral);
        sum->log_z = integral.log_z;
        sum->mean_energy = integral.mean_energy;
        sum->energy_variance = integral.energy_variance;
        return status;
    }
    if (choice->by_units) {
        heat_unit_sums units = {.wants_moments = !sum->log_z_only};
        status = heat_unit_enumeration_run(ctx, &choice->units, beta, threads, &units);
        sum->log_z = units.log_z;
        sum->mean_energy = units.mean_energy;
        sum->energy_variance = (double)NAN;
        return status;
    }
    if (choice->by_layer) {
        status = heat_layer_enumeration_run(ctx, &choice->layers, beta, threads, &layer);
        sum->log_z = layer.log_z;
        sum->mean_energy = layer.mean_energy;
        sum->energy_variance = layer.energy_variance;
        return status;
    }
    if (choice->plan != NULL)
        return heat_elimination_run_sum(ctx, choice->plan, beta, !sum->log_z_only, threads, sum);
    status = heat_enumeration_run(ctx, model, beta, threads, &all);
    sum->log_z = all.log_z;
    sum->mean_energy = all.mean_energy;
    sum->energy_variance = all.energy_variance;
    return status;
}
