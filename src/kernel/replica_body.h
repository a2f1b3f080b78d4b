/* The body of the replica kernel, compiled once an instruction set and once more with a scripted random
 * source. Before including it, define REPLICA_SWEEP (the function's name) and REPLICA_DRAW(block, lane): 64
 * random bits. */
#include "kernel/elementary.h"
#include "kernel/replica.h"

/* Probability that a spin flips, of x = -beta * delta. */
static inline double flip_probability(heat_flip_rule rule, double x)
{
    double t = heat_exp_negative(x < 0 ? x : -x);

    if (rule == HEAT_FLIP_METROPOLIS)
        return x < 0 ? t : 1.0;
    return (x < 0 ? t : 1.0) / (1.0 + t);
}

/* `lanes` and `rule` are constants where this is called, so that every instance is a straight loop. */
static inline __attribute__((always_inline)) void sweep_lanes(const heat_pairwise *g, heat_replica_block *b,
                                                              heat_flip_rule rule, const int lanes)
{
    double field[HEAT_MOST_LANES];

    for (int32_t i = 0; i < g->n; i++) {
        int8_t *restrict spin = b->spin + (int64_t)i * lanes;

        for (int l = 0; l < lanes; l++)
            field[l] = g->field[i];
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
            const int8_t *neighbour = b->spin + (int64_t)g->col[k] * lanes;
            double coupling = g->coupling[k];
            for (int l = 0; l < lanes; l++)
                field[l] += coupling * neighbour[l];
        }
        for (int l = 0; l < lanes; l++) {
            double delta = 2.0 * spin[l] * field[l];
            double u = (double)(REPLICA_DRAW(b, l) >> 11) * 0x1p-53;
            int flips = u < flip_probability(rule, -b->beta[l] * delta);
            b->energy[l] += flips ? delta : 0.0;
            b->magnetization[l] -= flips ? 2 * spin[l] : 0;
            b->n_flips[l] += flips;
            spin[l] = (int8_t)(flips ? -spin[l] : spin[l]);
        }
    }
}

static void REPLICA_SWEEP(const heat_pairwise *graph, heat_replica_block *block, heat_flip_rule rule)
{
#define REPLICA_CASE(rule_, lanes_)                                                                          \
    if (rule == rule_ && block->n_lanes == lanes_)                                                           \
    sweep_lanes(graph, block, rule_, lanes_)
    REPLICA_CASE(HEAT_FLIP_METROPOLIS, 4);
    REPLICA_CASE(HEAT_FLIP_METROPOLIS, 8);
    REPLICA_CASE(HEAT_FLIP_METROPOLIS, 16);
    REPLICA_CASE(HEAT_FLIP_HEAT_BATH, 4);
    REPLICA_CASE(HEAT_FLIP_HEAT_BATH, 8);
    REPLICA_CASE(HEAT_FLIP_HEAT_BATH, 16);
#undef REPLICA_CASE
}
