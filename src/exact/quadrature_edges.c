/* Edges: what stands nearer to a wall than doubles can tell places apart. The weight is a power of the
 * distance there, which is found just outside and followed inwards. */
#include "base/context_private.h"
#include "exact/quadrature_line.h"

#include <math.h>

enum { AT_AN_EDGE = 4 };
/* An edge begins at this part of the numbers at a wall, which doubles round to parts of 2^-21 there, and at
 * this one of the scale where the wall is at 0; it stays within this part of the room. Up to `rounded` times
 * as far away what x was rounded by counts. */
static const double edge_part = 0x1p-32, edge_at_zero = 0x1p-64, part_of_room = 0x1p-22, least_part = 0x1p-48,
                    rounded = 0x1p14;
static const double deeper[] = {1, 0x1p-192, 0x1p-836}; /* edges at 0, one tried after the other */
static const double straight = 1e-11, straight_enough = 1e-3, edge_share = 3e-11;

bool heat_line_is_within_edge(const heat_line *l, const heat_node *node)
{
    return node->wall >= 0 && node->log_near < l->edges[node->wall].log_from;
}

double heat_line_place(const heat_line *l, const heat_node *node)
{
    return heat_line_is_within_edge(l, node) ? l->edges[node->wall].x : node->x;
}

void heat_line_lean(const heat_line *l, const heat_node *node, heat_node_tally *t)
{
    const heat_line_edge *e = &l->edges[node->wall < 0 ? 0 : node->wall];
    double wall, log_place;

    if (node->wall < 0 || !(node->log_near < e->log_from + log(rounded)))
        return;
    wall = heat_node_get_wall(&l->map, node->wall);
    log_place = log(fabs(heat_line_place(l, node) - wall));
    t->highest += heat_wall_law_get(&e->weight, log_place - e->log_from, node->log_near - e->log_from);
    t->energy += heat_wall_law_get(&e->energy, log_place - e->log_from, node->log_near - e->log_from);
}

/* An edge that begins at a distance; *doubt becomes the error of its power. */
static heat_status find_edge(heat_context *ctx, heat_line *l, int upper, double from, heat_line_edge *e,
                             double *doubt)
{
    const double wall = heat_node_get_wall(&l->map, upper);
    double log_near[AT_AN_EDGE], weight[AT_AN_EDGE], energy[AT_AN_EDGE];

    for (int k = AT_AN_EDGE - 1; k >= 0; k--) {
        heat_status status;
        e->x = wall + (upper ? -1 : 1) * ldexp(from, 2 * k);
        status = heat_line_weigh(ctx, l, e->x, &e->at);
        if (status != HEAT_OK)
            return status;
        log_near[k] = log(fabs(e->x - wall));
        weight[k] = heat_node_tally_log(&e->at);
        energy[k] = e->at.energy;
    }
    e->log_from = log_near[0];
    e->weight = heat_wall_law_find(log_near, weight);
    e->energy = heat_wall_law_find(log_near, energy);
    *doubt = fabs(e->weight.power - heat_wall_law_find(log_near + 1, weight + 1).power) +
             0x1p-51 * (1 + fabs(weight[0]));
    return HEAT_OK;
}

/* What an edge says of the integral at its wall. */
static heat_status judge_edge(heat_context *ctx, heat_line *l, int upper, double doubt)
{
    heat_line_edge *e = &l->edges[upper];
    const double there = heat_node_tally_log(&e->at) + e->log_from;

    if (e->weight.power <= -1 + doubt && doubt < straight_enough)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "the integral of exp(-U/T) diverges at the %s wall of variable %d",
                         upper ? "upper" : "lower", l->i + 1);
    e->log_off = there + log(doubt) - 2 * log(fmin(1, 1 + e->weight.power));
    if (!(e->weight.power > -1)) /* a peak that is narrower than the edge: it may be straight to its top */
        e->log_off = there + fabs(e->weight.power);
    if (!(e->weight.power > -1) || !isfinite(e->energy.power))
        e->weight = e->energy = (heat_wall_law){0, 0};
    if (isnan(e->log_off))
        e->log_off = there;
    return HEAT_OK;
}

/* Where an edge begins: far enough from the wall for doubles to tell places apart. */
static double edge_begins(const heat_node_map *m, double wall)
{
    if (wall == 0)
        return fmin(edge_at_zero * m->scale, part_of_room * heat_node_get_room(m));
    return fmax(fmin(edge_part * fabs(wall), part_of_room * heat_node_get_room(m)), least_part * fabs(wall));
}

/* The edge at a wall, if there is one; at 0 as near as it takes for the weight to be a power, or as it can be
 * had. */
static heat_status open_edge(heat_context *ctx, heat_line *l, int upper)
{
    const heat_node_map *m = &l->map;
    const double wall = heat_node_get_wall(m, upper), from = edge_begins(m, wall);
    const size_t tries = wall == 0 ? sizeof deeper / sizeof *deeper : 1;
    heat_error_text before = ctx->error;
    double doubt = (double)INFINITY;
    heat_status status = HEAT_OK;

    if (!heat_node_has_wall(m, upper))
        return HEAT_OK;
    for (size_t k = 0; k < tries && status == HEAT_OK && !heat_halted(ctx) && !(doubt <= straight); k++) {
        heat_line_edge next = {.log_off = 0};
        double its_doubt;
        status = find_edge(ctx, l, upper, from * deeper[k], &next, &its_doubt);
        if (status == HEAT_OK) {
            l->edges[upper] = next;
            doubt = its_doubt;
        } else if (k > 0) {
            ctx->error = before;
            status = HEAT_OK;
            break;
        }
    }
    return status != HEAT_OK || heat_halted(ctx) ? status : judge_edge(ctx, l, upper, doubt);
}

heat_status heat_line_open_edges(heat_context *ctx, heat_line *l)
{
    heat_status status = open_edge(ctx, l, 0);

    return status == HEAT_OK ? open_edge(ctx, l, 1) : status;
}

heat_status heat_line_check_edges(heat_context *ctx, const heat_line *l)
{
    const double whole = heat_node_tally_log(&l->total), counts = fmax(whole, l->whole);

    for (int upper = 0; upper < 2; upper++)
        if (heat_node_has_wall(&l->map, upper) &&
            l->edges[upper].log_off > counts + log(edge_share * (1 + fabs(whole))))
            return heat_fail(
                ctx, HEAT_ERROR_UNDEFINED,
                "exp(-U/T) is too steep at the %s wall of variable %d to be summed to ten digits",
                upper ? "upper" : "lower", l->i + 1);
    return HEAT_OK;
}
