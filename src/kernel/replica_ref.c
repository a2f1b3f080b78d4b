/* The replica kernel in plain C: the oracle of every other instance. */
#include "kernel/replica.h"

static inline uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t draw(heat_replica_block *b, int l)
{
    uint64_t(*s)[HEAT_MOST_LANES] = b->random;
    uint64_t result = rotate(s[0][l] + s[3][l], 23) + s[0][l];
    uint64_t t = s[1][l] << 17;

    s[2][l] ^= s[0][l];
    s[3][l] ^= s[1][l];
    s[1][l] ^= s[2][l];
    s[0][l] ^= s[3][l];
    s[2][l] ^= t;
    s[3][l] = rotate(s[3][l], 45);
    return result;
}

#define REPLICA_SWEEP replica_sweep_ref
#define REPLICA_DRAW(block, lane) draw(block, lane)
#include "kernel/replica_body.h"

const heat_replica_kernel heat_replica_ref = {"ref", replica_sweep_ref};

void heat_replica_measure(const heat_pairwise *g, heat_replica_block *b, int32_t lane)
{
    double energy = g->offset;
    int64_t magnetization = 0;

    for (int32_t i = 0; i < g->n; i++) {
        const int8_t s = b->spin[(int64_t)i * b->n_lanes + lane];
        double pairs = 0; /* every edge is met twice: halved below, exactly */
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            pairs += g->coupling[k] * b->spin[(int64_t)g->col[k] * b->n_lanes + lane];
        energy -= s * (0.5 * pairs + g->field[i]);
        magnetization += s;
    }
    b->energy[lane] = energy;
    b->magnetization[lane] = magnetization;
}
