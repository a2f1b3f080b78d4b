/* The replica kernel: one sweep of single-spin moves over a block of chains on one graph. Spins are stored
 * replica innermost, so that a site's field is computed for all lanes at once. */
#ifndef HEATBATH_REPLICA_H
#define HEATBATH_REPLICA_H

#include "kernel/pairwise.h"

enum { HEAT_MOST_LANES = 16 };

/* A block of chains that move together. Lanes never mix: each has its own stream and its own beta. */
typedef struct heat_replica_block {
    int32_t n_lanes; /* 4, 8 or 16; lanes beyond the chains in use are swept and never read */
    int8_t *spin;    /* [site][lane], -1 or +1 */
    double beta[HEAT_MOST_LANES];
    double energy[HEAT_MOST_LANES];         /* follows every flip */
    int64_t magnetization[HEAT_MOST_LANES]; /* sum of the spins; follows every flip */
    int64_t n_flips[HEAT_MOST_LANES];
    uint64_t random[4]
                   [HEAT_MOST_LANES]; /* xoshiro256++ of each lane: Blackman, Vigna, ACM TOMS 47 (2021) 36 */
} heat_replica_block;

/* The rule by which a spin flips, of x = -beta * (energy change of the flip). */
typedef enum heat_flip_rule {
    HEAT_FLIP_METROPOLIS = 0, /* min(1, exp(x)) */
    HEAT_FLIP_HEAT_BATH       /* 1 / (1 + exp(-x)) */
} heat_flip_rule;

/* One sweep, sites in order. A lane flips where its next 53-bit uniform is below the rule's probability: the
 * resolution is 2^-53. */
typedef void (*heat_replica_sweep_fn)(const heat_pairwise *graph, heat_replica_block *block,
                                      heat_flip_rule rule);

/* One row an instruction set. */
typedef struct heat_replica_kernel {
    const char *isa;
    heat_replica_sweep_fn sweep;
} heat_replica_kernel;

extern const heat_replica_kernel heat_replica_ref;

/* Sets energy and magnetization of one lane from its spins, in fixed order. */
void heat_replica_measure(const heat_pairwise *graph, heat_replica_block *block, int32_t lane);

#endif
