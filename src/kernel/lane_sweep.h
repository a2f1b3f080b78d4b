/* The lane kernel: one sweep of single-spin moves over 16 to 64 chains on one graph with integer couplings. A
 * spin is a bit a chain, a site's field is summed for 16 chains in one vector; fields and energies are exact
 * integers. */
#ifndef HEATBATH_LANE_SWEEP_H
#define HEATBATH_LANE_SWEEP_H

#include "kernel/pairwise.h"

#include <string.h>

enum { HEAT_LANES_A_VECTOR = 16, HEAT_MOST_VECTORS = 4, HEAT_MOST_WIDE_LANES = 64, HEAT_SITES_A_FLUSH = 32 };

/* Words that the caches close to a core hold: where scattered ones are more, they are fetched ahead. */
enum { HEAT_NEAR_WORDS = 1 << 18, HEAT_SITES_AHEAD = 12 };

/* A graph in integer units: J = coupling / unit, rounded where the couplings are not multiples of one unit;
 * then residual_upward is there, and energies get back what rounding lost. */
typedef struct heat_lane_graph {
    heat_pairwise pairs;   /* the couplings as they were given; arrays borrowed */
    const int32_t *units;  /* row[n], J; NULL: each is rounded as it is read, from pairs.coupling */
    const int32_t *twice;  /* row[n], 2 J; NULL where memory is dear: then taken from what there is */
    const int16_t *narrow; /* [site][heat_lane_stride] of a dense graph, 2 J of all pairs, where every field
                              and all of 2 J fit 16 bits; NULL: elsewhere */
    const int32_t *wide;   /* the same of other dense graphs; NULL where memory is dear: then row by row from
                              what there is */
    bool is_narrow;        /* every field, and twice every coupling, fits 16 bits */
    double unit, per_unit; /* and 1 / unit */
    const int32_t *upward; /* n, h_i + sum_j J_ij, the field where all neighbours are up; size at most 2^25 */
    const float *residual_upward; /* n, what rounding lost of h_i and, of each pair, in its smaller end */
    const int32_t *order;         /* n sites as a sweep visits them; NULL: as they are numbered */
    bool is_scattered;            /* the words of a site's neighbours are far from each other */
} heat_lane_graph;

/* The nearest integer, ties to even, of a coupling in units; its size must be below 2^31. */
static inline int32_t heat_lane_round(double coupling, double per_unit)
{
    double shifted = coupling * per_unit + 6755399441055744.0; /* 1.5 * 2^52: the low bits take it up */
    int64_t bits;

    memcpy(&bits, &shifted, sizeof bits);
    return (int32_t)bits;
}

/* J of the edge that stands at k, in units. */
static inline int32_t heat_lane_units(const heat_lane_graph *g, int64_t k)
{
    return g->units != NULL ? g->units[k]
                            : heat_lane_round(heat_pairwise_coupling(&g->pairs, k), g->per_unit);
}

/* The sites of a lane, in rows of fields that are kept: whole vectors of 16-bit numbers. */
static inline int32_t heat_lane_stride(int32_t n)
{
    return (n + 31) / 32 * 32;
}

/* The bytes of a row of kept fields. */
static inline int64_t heat_lane_row_bytes(const heat_lane_graph *g)
{
    return heat_lane_stride(g->pairs.n) * (int64_t)(g->narrow != NULL ? sizeof(int16_t) : sizeof(int32_t));
}

/* Chains that move together: lane l of vector v is chain 16 v + l of the block. In a dense graph the field of
 * every site is kept for every lane, and follows the flips: a row of the couplings is read once for all lanes
 * that flip, where sums of neighbours would read it for all that do not. The bits are the same either way. */
typedef struct heat_lane_block {
    int32_t n_vectors;  /* 1, 2 or 4 */
    int32_t first, end; /* the visits of a sweep that the next call makes; end 0: all n */
    void *fields; /* [lane][heat_lane_stride] in units, int16_t where the graph is narrow, else int32_t, and a
                     row of scratch; NULL: sums of neighbours */
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

/* One sweep, or the block's visits of it, sites in the graph's order. A lane flips where its next 32 random
 * bits, the last of them set, are below the rule's probability in units of 2^-32; both are rounded to single
 * precision: the declared error of the probability is 2^-21, absolute. */
typedef void (*heat_lane_sweep_fn)(const heat_lane_graph *graph, heat_lane_block *block, heat_flip_rule rule);

/* The fields of one lane, from its spins. */
typedef void (*heat_lane_refresh_fn)(const heat_lane_graph *graph, heat_lane_block *block, int32_t lane);

/* The part of each lane's energy that rounding the couplings lost, into residual[16 * n_vectors]. */
typedef void (*heat_lane_residual_fn)(const heat_lane_graph *graph, const heat_lane_block *block,
                                      float *residual);

/* The number of -1 spins among n sites of each lane, into n_down[16 * n_vectors]; down: [site][vector]. */
typedef void (*heat_lane_count_fn)(const uint16_t *down, int32_t n, int32_t n_vectors, int32_t *n_down);

/* One row an instruction set; all give the same bits. */
typedef struct heat_lane_kernel {
    const char *isa;
    heat_lane_sweep_fn sweep;
    heat_lane_refresh_fn refresh;
    heat_lane_residual_fn residual;
    heat_lane_count_fn count;
} heat_lane_kernel;

extern const heat_lane_kernel heat_lane_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_lane_kernel heat_lane_avx2, heat_lane_avx512;
#endif

#endif
