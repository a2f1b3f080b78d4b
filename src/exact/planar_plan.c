/* From a graph of spins to a planar plan: the vertices that have couplings, one more for the fields, a
 * rotation of the plane or of a torus, vertices of many edges cut down, signs, and the tree. */
#include "exact/planar_plan.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>

enum { MOST_ENDS = 8, MOST_ENDS_OF_ALL = 1 << 29 };

/* The vertices of the graph that have a coupling or a field which is not 0, numbered; *n of them, *m edges,
 * the fields' vertex last. */
static void number_vertices(const heat_pairwise *graph, int32_t *number, int64_t *n, int64_t *m,
                            bool *has_field)
{
    *n = *m = 0;
    *has_field = false;
    for (int32_t v = 0; v < graph->n; v++) {
        int64_t edges = graph->field[v] != 0;
        *has_field = *has_field || graph->field[v] != 0;
        *m += edges;
        for (int64_t e = graph->row[v]; e < graph->row[v + 1]; e++)
            if (heat_pairwise_coupling(graph, e) != 0) {
                edges++;
                *m += graph->col[e] > v;
            }
        number[v] = edges > 0 ? (int32_t)(*n)++ : -1;
    }
    *n += *has_field;
}

static heat_status alloc_edges(heat_context *ctx, heat_planar *plan, int64_t m)
{
    heat_status status = heat_alloc(ctx, m, sizeof *plan->coupling, &plan->coupling);

    return status == HEAT_OK ? heat_alloc(ctx, m, sizeof *plan->source, &plan->source) : status;
}

/* The map of the graph, in no rotation that means anything. */
static heat_status put_graph(heat_context *ctx, heat_planar *plan, const int32_t *number, int32_t n,
                             int32_t m)
{
    const heat_pairwise *graph = plan->graph;
    int32_t to = 0;
    heat_status status = heat_map_init(ctx, n, m, &plan->map);

    if (status == HEAT_OK)
        status = alloc_edges(ctx, plan, m);
    if (status != HEAT_OK)
        return status;
    for (int32_t v = 0; v < graph->n; v++) {
        if (graph->field[v] != 0) {
            plan->coupling[to] = graph->field[v];
            plan->source[to] = -1 - (int64_t)v;
            plan->map.origin[2 * to] = number[v];
            plan->map.origin[2 * to++ + 1] = n - 1;
        }
        for (int64_t e = graph->row[v]; e < graph->row[v + 1]; e++) {
            if (graph->col[e] < v || heat_pairwise_coupling(graph, e) == 0)
                continue;
            plan->coupling[to] = heat_pairwise_coupling(graph, e);
            plan->source[to] = e;
            plan->map.origin[2 * to] = number[v];
            plan->map.origin[2 * to++ + 1] = number[graph->col[e]];
        }
    }
    heat_map_gather(&plan->map);
    return HEAT_OK;
}

/* Of a vertex with `degree` ends: how many it is cut into. The inner ones of the chain have two ends more,
 * the outer ones one. */
static int32_t pieces(int32_t degree)
{
    return degree <= MOST_ENDS ? 1 : (degree - 2 + MOST_ENDS - 3) / (MOST_ENDS - 2);
}

/* Cuts vertices of many ends into chains of few, tied by couplings without end: a map of the same faces. */
static heat_status cut_vertices(heat_context *ctx, heat_planar *plan)
{
    heat_planar old = *plan;
    int32_t n = 0, to = 0, at = 0, tie;
    heat_status status;

    for (int32_t v = 0; v < old.map.n; v++)
        plan->n_tied += pieces(heat_map_degree(&old.map, v)) - 1;
    if (plan->n_tied == 0)
        return HEAT_OK;
    plan->map = (heat_map){.n = 0};
    plan->coupling = NULL;
    plan->source = NULL;
    tie = old.map.m;
    if ((status = heat_map_init(ctx, old.map.n + plan->n_tied, old.map.m + plan->n_tied, &plan->map)) !=
            HEAT_OK ||
        (status = alloc_edges(ctx, plan, plan->map.m)) != HEAT_OK)
        goto out;
    for (int32_t e = 0; e < plan->map.m; e++) {
        plan->coupling[e] = e < old.map.m ? old.coupling[e] : (double)INFINITY;
        plan->source[e] = e < old.map.m ? old.source[e] : heat_planar_tie;
    }
    for (int32_t v = 0; v < old.map.n; v++) {
        int32_t left = heat_map_degree(&old.map, v), count = pieces(left);
        for (int32_t piece = 0; piece < count; piece++) {
            bool ties_on = piece + 1 < count;
            int32_t room = MOST_ENDS - (piece > 0) - ties_on, take = left < room ? left : room;
            plan->map.first[n] = to;
            if (piece > 0)
                plan->map.around[to++] = 2 * tie++ + 1;
            for (; take > 0; take--, left--)
                plan->map.around[to++] = old.map.around[at++];
            if (ties_on)
                plan->map.around[to++] = 2 * tie;
            for (int32_t k = plan->map.first[n]; k < to; k++)
                plan->map.origin[plan->map.around[k]] = n;
            n++;
        }
    }
    plan->map.first[n] = to;
    heat_map_index(&plan->map);
out:
    heat_map_clear(&old.map);
    heat_free(old.coupling);
    heat_free(old.source);
    return status;
}

/* Finds a rotation of genus 0 or 1, with its signs. */
static heat_status embed(heat_context *ctx, heat_planar *plan, bool *found)
{
    heat_status status = heat_planarity_run(ctx, &plan->map, found);

    if (status == HEAT_OK && !*found && !plan->has_field)
        status = heat_lattice_map_find(ctx, &plan->map, found);
    if (status != HEAT_OK || !*found)
        return status;
    if ((status = cut_vertices(ctx, plan)) == HEAT_OK)
        status = heat_map_signs_find(ctx, &plan->map, &plan->signs);
    *found = plan->signs.n_cuts == 0 || plan->signs.n_cuts == 2;
    plan->cost.torus = plan->signs.n_cuts == 2;
    return status;
}

static void price(heat_planar *plan)
{
    double n = plan->map.n, m = plan->map.m, front = plan->largest_front;
    double numbers = (double)plan->stack + (double)plan->factors + 3 * front * front;

    plan->cost.bytes =
        4 * 8.0 * numbers + 100 * n + 120 * m + 4.0 * (double)(plan->index_room + plan->join_room);
}

heat_status heat_planar_create(heat_context *ctx, const heat_pairwise *graph, heat_planar **out)
{
    heat_planar *plan = NULL;
    int32_t *number = NULL;
    int64_t n, m;
    bool found = false;
    heat_status status = heat_alloc(ctx, graph->n, sizeof *number, &number);

    *out = NULL;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *plan, &plan);
    if (status != HEAT_OK)
        goto out;
    plan->graph = graph;
    number_vertices(graph, number, &n, &m, &plan->has_field);
    if (m > 3 * n || m > MOST_ENDS_OF_ALL / 2) /* too many for a torus */
        goto out;
    status = put_graph(ctx, plan, number, (int32_t)n, (int32_t)m);
    if (status == HEAT_OK)
        status = embed(ctx, plan, &found);
    if (status == HEAT_OK && found)
        status = heat_planar_tree_create(ctx, plan);
    if (status != HEAT_OK || !found)
        goto out;
    price(plan);
    *out = plan;
    plan = NULL;
out:
    heat_planar_free(plan);
    heat_free(number);
    return status;
}

void heat_planar_free(heat_planar *plan)
{
    if (plan == NULL)
        return;
    heat_map_clear(&plan->map);
    heat_map_signs_clear(&plan->signs);
    heat_free(plan->coupling);
    heat_free(plan->source);
    heat_free(plan->nodes);
    heat_free(plan->join);
    heat_free(plan->index);
    heat_free(plan->closing);
    heat_free(plan->closing_place);
    heat_free(plan);
}

heat_planar_cost heat_planar_get_cost(const heat_planar *plan)
{
    return plan->cost;
}
