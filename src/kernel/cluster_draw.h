/* Random bits of the cluster kernels, on lanes. A scripted source defines CLUSTER_DRAW(state) beforehand. */
#ifndef HEATBATH_CLUSTER_DRAW_H
#define HEATBATH_CLUSTER_DRAW_H

#include "kernel/cluster.h"
#include "kernel/lane.h"

#ifndef CLUSTER_DRAW
#define CLUSTER_DRAW(state) lane_draw(state)
#endif

LANE_FN void cluster_load(const heat_cluster_random *r, lane_int state[4])
{
    for (int k = 0; k < 4; k++)
        state[k] = lane_load(r->state[k]);
}

LANE_FN void cluster_store(heat_cluster_random *r, const lane_int state[4])
{
    for (int k = 0; k < 4; k++)
        lane_store(r->state[k], state[k]);
}

/* Bits 0 to n_sites - 1 (rounded up to whole draws), each set where its 31 random bits are below the
 * threshold. */
LANE_FN uint64_t cluster_bits(lane_int state[4], int32_t threshold, int n_draws)
{
    const lane_int below = lane_all(threshold);
    uint64_t bits = 0;

    for (int k = 0; k < n_draws; k++)
        bits |= (uint64_t)lane_to_bits(lane_less(lane_shift_right(CLUSTER_DRAW(state), 1), below))
                << (LANES * k);
    return bits;
}

/* One word of a chain's random numbers. */
LANE_FN uint32_t cluster_word(heat_cluster_random *r)
{
    if (r->n_spare == 0) {
        lane_int state[4];
        cluster_load(r, state);
        lane_store(r->spare, CLUSTER_DRAW(state));
        cluster_store(r, state);
        r->n_spare = LANES;
    }
    return r->spare[--r->n_spare];
}

/* Uniform on 0 ... n - 1, without bias: products whose low half falls short of 2^32 mod n are drawn again.
 * Lemire, ACM TOMACS 29 (2019) 3. */
LANE_FN int32_t cluster_below(heat_cluster_random *r, int32_t n)
{
    uint32_t least = (0u - (uint32_t)n) % (uint32_t)n;
    uint64_t product;

    do
        product = (uint64_t)cluster_word(r) * (uint32_t)n;
    while ((uint32_t)product < least);
    return (int32_t)(product >> 32);
}

/* The root of i. Most stand within two steps, which are made unseen: no branch waits for them. The rest of
 * the way is halved. */
LANE_FN uint32_t cluster_root(uint32_t *parent, uint32_t i)
{
    uint32_t root = parent[parent[i]];

    while (parent[root] != root)
        root = parent[root] = parent[parent[root]];
    return root;
}

/* The lower root becomes the root of both: parents stand before their children. */
LANE_FN void cluster_unite(uint32_t *parent, uint32_t a, uint32_t b)
{
    uint32_t root_a = cluster_root(parent, a), root_b = cluster_root(parent, b);
    uint32_t low = root_a < root_b ? root_a : root_b;

    parent[root_a] = parent[root_b] = low;
    parent[a] = parent[b] = low;
}

#endif
