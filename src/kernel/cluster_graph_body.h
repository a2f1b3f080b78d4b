/* Cluster moves on any graph, a byte a site: spins -1 and +1, or Potts values 0 ... q - 1. */
#include "kernel/cluster_draw.h"

LANE_FN bool is_satisfied(const heat_cluster_graph *g, const int8_t *values, int32_t i, int64_t k)
{
    bool equal = values[i] == values[g->col[k]];

    return g->sign == NULL ? equal : equal != (g->sign[k] < 0);
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

/* --- Swendsen-Wang: label 0 is the ghost's, i + 1 that of site i --- */

/* Which of LANES bonds are active: those of satisfied ones that draw a number below their threshold. That of
 * the others is 0, so that no branch hangs on the spins. */
LANE_FN uint32_t active_bonds(const int32_t threshold[LANES], lane_int state[4])
{
    return lane_to_bits(lane_less(lane_shift_right(CLUSTER_DRAW(state), 1), lane_load(threshold)));
}

LANE_FN int32_t threshold_if(bool is, int32_t threshold)
{
    return threshold & -(int32_t)is;
}

LANE_FN void edge_thresholds(const heat_cluster_graph *g, const heat_cluster_rates *rates,
                             const int8_t *values, int64_t e, const int count, int32_t threshold[LANES])
{
    for (int x = 0; x < count; x++) {
        int32_t i = g->later[e + x];
        int64_t k = e + x + g->skipped[i];
        threshold[x] =
            threshold_if(is_satisfied(g, values, i, k), rates->bonds == NULL ? rates->bond : rates->bonds[k]);
    }
}

LANE_FN void unite_edges(const heat_cluster_graph *g, const heat_cluster_rates *rates, lane_int state[4],
                         const int8_t *values, uint32_t *parent)
{
    const int64_t n_edges = g->row[g->n] / 2;

    for (int64_t e = 0; e < n_edges; e += LANES) {
        int32_t threshold[LANES] = {0};
        if (n_edges - e >= LANES)
            edge_thresholds(g, rates, values, e, LANES, threshold);
        else
            edge_thresholds(g, rates, values, e, (int)(n_edges - e), threshold);
        for (uint32_t active = active_bonds(threshold, state); active != 0; active &= active - 1) {
            int64_t at = e + __builtin_ctz(active);
            int32_t i = g->later[at];
            cluster_unite(parent, (uint32_t)i + 1, (uint32_t)g->col[at + g->skipped[i]] + 1);
        }
    }
}

LANE_FN void unite_held(const heat_cluster_graph *g, const heat_cluster_rates *rates, lane_int state[4],
                        const int8_t *values, uint32_t *parent)
{
    for (int32_t i = 0; i < g->n; i += LANES) {
        int32_t threshold[LANES] = {0};
        for (int x = 0; x < LANES && i + x < g->n; x++)
            threshold[x] = threshold_if(values[i + x] * g->field_sign[i + x] > 0,
                                        rates->fields == NULL ? rates->field : rates->fields[i + x]);
        for (uint32_t active = active_bonds(threshold, state); active != 0; active &= active - 1)
            cluster_unite(parent, (uint32_t)i + (uint32_t)__builtin_ctz(active) + 1, 0);
    }
}

/* Every cluster goes on by steps of its own, a spin's by 0 or 1. Parents stand before their children: theirs
 * are steps by now. */
LANE_FN void turn_spins(const heat_cluster_graph *g, lane_int state[4], uint32_t *parent, int8_t *spins)
{
    for (int32_t i = 0; i < g->n; i += LANES) {
        uint32_t coins = (uint32_t)cluster_bits(state, 1 << 30, 1);
        for (int x = 0; x < LANES && i + x < g->n; x++) {
            uint32_t label = (uint32_t)(i + x) + 1, above = parent[label], is_root = 0u - (above == label);
            uint32_t turns = (coins >> x & 1 & is_root) | (parent[above] & ~is_root);
            parent[label] = turns;
            spins[i + x] = (int8_t)((spins[i + x] ^ (0 - (int32_t)turns)) + (int32_t)turns);
        }
    }
}

LANE_FN void turn_values(const heat_cluster_graph *g, heat_cluster_random *random, uint32_t *parent,
                         int8_t *values)
{
    for (int32_t i = 0; i < g->n; i++) {
        uint32_t label = (uint32_t)i + 1, above = parent[label];
        uint32_t steps = above == label ? (uint32_t)cluster_below(random, g->q) : parent[above];
        parent[label] = steps;
        values[i] = moved_on(g, values[i], (int32_t)steps);
    }
}

static void CLUSTER_NAME(swendsen_wang_graph)(const heat_cluster_graph *g, const heat_cluster_rates *rates,
                                              heat_cluster_random *random, heat_cluster_scratch *s,
                                              int8_t *values)
{
    lane_int state[4];

    for (int32_t i = 0; i <= g->n; i++)
        s->parent[i] = (uint32_t)i;
    cluster_load(random, state);
    unite_edges(g, rates, state, values, s->parent);
    if (g->field_sign != NULL)
        unite_held(g, rates, state, values, s->parent);
    s->parent[0] = 0;
    if (!g->is_potts)
        turn_spins(g, state, s->parent, values);
    cluster_store(random, state);
    if (g->is_potts)
        turn_values(g, random, s->parent, values);
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
