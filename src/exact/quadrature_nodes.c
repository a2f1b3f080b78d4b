/* The changes of variable and the sums of quadrature.c. Logarithms keep what is near a wall apart from it. */
#include "exact/quadrature_nodes.h"
#include "kernel/elementary.h"

#include <math.h>

enum { MOST_NEWTON = 8 };
static const double pi = 3.14159265358979323846;

bool heat_node_has_wall(const heat_node_map *map, int upper)
{
    return !isinf(heat_node_get_wall(map, upper));
}

double heat_node_get_wall(const heat_node_map *map, int upper)
{
    return upper ? map->upper : map->lower;
}

double heat_node_get_room(const heat_node_map *map)
{
    return heat_node_has_wall(map, 0) && heat_node_has_wall(map, 1) ? map->upper - map->lower : map->scale;
}

/* log of 1 / (1 + exp(-u)). */
static double log_share(double u)
{
    return u < 0 ? u - log1p(exp(u)) : -log1p(exp(-u));
}

heat_node heat_node_find(const heat_node_map *map, double t)
{
    const bool has_lower = heat_node_has_wall(map, 0), has_upper = heat_node_has_wall(map, 1);
    heat_node node = {.direction = 1, .wall = -1};
    double u;

    if (!has_lower && !has_upper) {
        node.x = map->centre + map->scale * sinh(t);
        node.log_slope = log(map->scale * cosh(t));
        return node;
    }
    if (has_lower && has_upper) {
        u = pi * sinh(t);
        node.wall = t >= 0;
        node.log_near = log(map->upper - map->lower) + log_share(-fabs(u));
        node.log_slope = node.log_near + log_share(fabs(u)) + log(pi * cosh(t));
    } else {
        node.wall = has_upper;
        node.direction = has_upper ? -1 : 1;
        node.log_near = log(map->scale) + t - exp(-t);
        node.log_slope = node.log_near + log1p(exp(-t));
    }
    node.x = heat_node_get_wall(map, node.wall) + (node.wall ? -1 : 1) * exp(node.log_near);
    return node;
}

double heat_node_invert(const heat_node_map *map, double x)
{
    const bool has_lower = heat_node_has_wall(map, 0), has_upper = heat_node_has_wall(map, 1);
    double u, t;

    if (!has_lower && !has_upper)
        return asinh((x - map->centre) / map->scale);
    if (has_lower && has_upper)
        return asinh((log(x - map->lower) - log(map->upper - x)) / pi);
    u = log(fabs(x - heat_node_get_wall(map, has_upper)) / map->scale); /* t - exp(-t), which is concave */
    t = u > 0 ? u : -log1p(-u);
    for (int k = 0; k < MOST_NEWTON; k++)
        t -= (t - exp(-t) - u) / (1 + exp(-t));
    return t;
}

heat_wall_law heat_wall_law_find(const double *log_distance, const double *value)
{
    const double first = (value[1] - value[0]) / (log_distance[1] - log_distance[0]);
    const double second = (value[2] - value[1]) / (log_distance[2] - log_distance[1]);

    return (heat_wall_law){first - (second - first) / 3, (second - first) * log(4) / 9};
}

double heat_wall_law_get(const heat_wall_law *law, double from, double to)
{
    return law->power * (to - from) + law->bend * (exp(to) - exp(from));
}

heat_node_tally heat_node_tally_empty(void)
{
    return (heat_node_tally){.highest = -(double)INFINITY};
}

void heat_node_tally_join(heat_node_tally *to, const heat_node_tally *t)
{
    const double highest = fmax(to->highest, t->highest);
    double a, b, part, apart;

    if (t->highest == -(double)INFINITY)
        return;
    a = to->highest == -(double)INFINITY ? 0 : heat_exp_negative(to->highest - highest);
    b = heat_exp_negative(t->highest - highest);
    if (a == 0)
        *to = *t;
    if (a == 0 || b == 0)
        return;
    part = b * t->sum / (a * to->sum + b * t->sum);
    apart = t->energy - to->energy;
    to->sum = a * to->sum + b * t->sum;
    to->square = a * to->square + b * t->square + apart * apart * part * (1 - part) * to->sum;
    to->energy += part * apart;
    for (int32_t i = 0; i < HEAT_QUADRATURE_DIMENSIONS; i++)
        to->gradient[i] += part * (t->gradient[i] - to->gradient[i]);
    to->highest = highest;
}

void heat_node_tally_gather(heat_node_tally *to, int64_t n, const heat_node_tally *t, const double *log_share)
{
    heat_node_tally all = heat_node_tally_empty();
    double part[HEAT_TALLIES_AT_ONCE];

    for (int64_t k = 0; k < n; k++)
        all.highest = fmax(all.highest, t[k].highest + (log_share == NULL ? 0 : log_share[k]));
    if (all.highest == -(double)INFINITY)
        return;
    for (int64_t k = 0; k < n; k++) {
        part[k] =
            t[k].sum * heat_exp_negative(t[k].highest + (log_share == NULL ? 0 : log_share[k]) - all.highest);
        all.sum += part[k];
        if (part[k] > 0)
            all.energy += part[k] * t[k].energy;
    }
    all.energy /= all.sum;
    for (int64_t k = 0; k < n; k++)
        if (part[k] > 0) {
            const double apart = t[k].energy - all.energy, share = part[k] / all.sum;
            all.square += part[k] * (t[k].square / t[k].sum + apart * apart);
            for (int32_t i = 0; i < HEAT_QUADRATURE_DIMENSIONS; i++)
                all.gradient[i] += share * t[k].gradient[i];
        }
    heat_node_tally_join(to, &all);
}

double heat_node_tally_log(const heat_node_tally *t)
{
    return t->sum > 0 ? t->highest + log(t->sum) : -(double)INFINITY;
}
