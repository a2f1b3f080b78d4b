/* The lane kernel: one sweep of single-spin moves over 16 to 64 chains on one graph with integer couplings. A
 * spin is a bit a chain, a site's field is summed for 16 chains in one vector; fields and energies are exact
 * integers. */
#ifndef HEATBATH_LANE_SWEEP_H
#define HEATBATH_LANE_SWEEP_H

#include <heatbath/export.h>

enum { HEAT_LANES_A_VECTOR = 16, HEAT_MOST_VECTORS = 4, HEAT_MOST_WIDE_LANES = 64, HEAT_SITES_A_FLUSH = 32 };

/* A graph in integer units: J = coupling / unit, rounded where the couplings are not multiples of one unit;
 * then what rounding lost stands in the residual arrays. Twice the couplings are stored, since that is what a
 * neighbour's field loses when a spin turns down. */
typedef struct heat_lane_graph {
    int32_t n;
    const int64_t *row;    /* n + 1 */
    const int32_t *col;    /* row[n] */
    const int32_t *twice;  /* row[n], 2 J */
    const int32_t *upward; /* n, h_i + sum_j J_ij, the field where all neighbours are up; size at most 2^25 */
    const float *residual_twice;  /* row[n], 2 (coupling - J unit); NULL where nothing was lost */
    const float *residual_upward; /* n, the same of h_i and, of each pair, in its smaller end */
} heat_lane_graph;

/* Chains that move together: lane l of vector v is chain 16 v + l of the block. */
typedef struct heat_lane_block {
    int32_t n_vectors;                        /* 1, 2 or 4 */
    uint16_t *down;                           /* [site][vector] bit l set where the spin of lane l is -1 */
    float scale[HEAT_MOST_WIDE_LANES];        /* -2 beta unit / ln 2 */
    int64_t energy[HEAT_MOST_WIDE_LANES];     /* in units, follows every flip */
    uint32_t random[4][HEAT_MOST_WIDE_LANES]; /* xoshiro128+ of each lane */
} heat_lane_block;

/* The rule by which a spin flips, of x = -beta * (energy change of the flip). */
typedef enum heat_flip_rule {
    HEAT_FLIP_METROPOLIS = 0, /* min(1, exp(x)) */
    HEAT_FLIP_HEAT_BATH       /* 1 / (1 + exp(-x)) */
} heat_flip_rule;

/* One sweep, sites in order. A lane flips where its next 31 random bits are below the rule's probability in
 * units of 2^-31; the probability is computed in single precision: its declared error is 2^-21, absolute
 * (a move that lowers the energy is refused once in 2^24 times). */
typedef void (*heat_lane_sweep_fn)(const heat_lane_graph *graph, heat_lane_block *block, heat_flip_rule rule);

/* The part of each lane's energy that rounding the couplings lost, into residual[16 * n_vectors]. */
typedef void (*heat_lane_residual_fn)(const heat_lane_graph *graph, const heat_lane_block *block,
                                      float *residual);

/* One row an instruction set; all give the same bits. */
typedef struct heat_lane_kernel {
    const char *isa;
    heat_lane_sweep_fn sweep;
    heat_lane_residual_fn residual;
} heat_lane_kernel;

extern const heat_lane_kernel heat_lane_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_lane_kernel heat_lane_avx2, heat_lane_avx512;
#endif

/* The number of -1 spins of each lane, into n_down[16 * n_vectors]. */
void heat_lane_count_down(const heat_lane_block *block, int32_t n, int32_t *n_down);

#endif
