/* Cluster moves on any graph, a byte a site: spins -1 and +1, or Potts values 0 ... q - 1. */
#include "kernel/cluster_draw.h"

LANE_FN bool is_satisfied(const heat_cluster_graph *g, const int8_t *values, int32_t i, int64_t k)
{
    bool equal = values[i] == values[g->col[k]];

    return g->sign == NULL ? equal : equal == (g->sign[k] > 0);
}

LANE_FN bool is_active(heat_cluster_random *random, int32_t uniform, const int32_t *each, int64_t k)
{
    int32_t threshold = each == NULL ? uniform : each[k];

    return (int32_t)(cluster_word(random) >> 1) < threshold;
}

/* True if the ghost takes hold of site i. */
LANE_FN bool is_held(const heat_cluster_graph *g, const heat_cluster_rates *rates,
                     heat_cluster_random *random, const int8_t *values, int32_t i)
{
    return g->field_sign != NULL && values[i] * g->field_sign[i] > 0 &&
           is_active(random, rates->field, rates->fields, i);
}

/* The value `steps` on from this one; of a spin, turned or not. */
LANE_FN int8_t moved_on(const heat_cluster_graph *g, int8_t value, int32_t steps)
{
    if (!g->is_potts)
        return (int8_t)(steps == 0 ? value : -value);
    return (int8_t)(value + steps < g->q ? value + steps : value + steps - g->q);
}

/* Label 0 is the ghost's, i + 1 that of site i. */
static void CLUSTER_NAME(swendsen_wang_graph)(const heat_cluster_graph *g, const heat_cluster_rates *rates,
                                              heat_cluster_random *random, heat_cluster_scratch *s,
                                              int8_t *values)
{
    for (int32_t i = 0; i <= g->n; i++)
        s->parent[i] = (uint32_t)i;
    for (int32_t i = 0; i < g->n; i++) {
        for (int64_t k = g->row[i]; k < g->row[i + 1] && g->col[k] < i; k++)
            if (is_satisfied(g, values, i, k) && is_active(random, rates->bond, rates->bonds, k))
                cluster_unite(s->parent, (uint32_t)i + 1, (uint32_t)g->col[k] + 1);
        if (is_held(g, rates, random, values, i))
            cluster_unite(s->parent, (uint32_t)i + 1, 0);
    }
    s->parent[0] = 0;
    for (int32_t i = 0; i < g->n; i++) { /* parents stand before their children: theirs are steps by now */
        uint32_t above = s->parent[i + 1];
        uint32_t steps = above == (uint32_t)i + 1 ? (uint32_t)cluster_below(random, g->q) : s->parent[above];
        s->parent[i + 1] = steps;
        values[i] = moved_on(g, values[i], (int32_t)steps);
    }
}

static int64_t CLUSTER_NAME(wolff_graph)(const heat_cluster_graph *g, const heat_cluster_rates *rates,
                                         heat_cluster_random *random, heat_cluster_scratch *s, int8_t *values)
{
    uint32_t *queue = s->parent;
    int64_t size = 1, at = 0;
    int32_t steps = 1, site = cluster_below(random, g->n);
    bool held = is_held(g, rates, random, values, site);

    if (g->q > 2)
        steps += cluster_below(random, g->q - 1);
    queue[0] = (uint32_t)site;
    s->marks[site] = 1;
    for (; at < size && !held; at++) {
        int32_t i = (int32_t)queue[at];
        for (int64_t k = g->row[i]; k < g->row[i + 1] && !held; k++) {
            int32_t j = g->col[k];
            if (s->marks[j] || !is_satisfied(g, values, i, k) ||
                !is_active(random, rates->bond, rates->bonds, k))
                continue;
            s->marks[j] = 1;
            queue[size++] = (uint32_t)j;
            held = is_held(g, rates, random, values, j);
        }
    }
    for (at = 0; at < size; at++) {
        int32_t i = (int32_t)queue[at];
        s->marks[i] = 0;
        values[i] = moved_on(g, values[i], held ? 0 : steps);
    }
    return size;
}
