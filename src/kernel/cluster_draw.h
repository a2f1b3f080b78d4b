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

/* The root of i; halves the way to it. */
LANE_FN uint32_t cluster_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* The lower root becomes the root of both: parents stand before their children. */
LANE_FN void cluster_unite(uint32_t *parent, uint32_t a, uint32_t b)
{
    uint32_t low, high;

    a = cluster_root(parent, a);
    b = cluster_root(parent, b);
    low = a < b ? a : b;
    high = a < b ? b : a;
    parent[high] = low;
}

#endif
