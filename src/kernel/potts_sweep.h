/* The Potts kernel: one sweep of single-variable moves over a block of chains on one graph of variables of q
 * values with integer couplings. A value is a byte a chain, 16 chains a vector; fields and energies are exact
 * integers. */
#ifndef HEATBATH_POTTS_SWEEP_H
#define HEATBATH_POTTS_SWEEP_H

#include "kernel/lane_sweep.h"

enum { HEAT_POTTS_MOST_VALUES = 128, HEAT_POTTS_CHUNK = 256 /* chains whose sums stay in the cache */ };

/* A graph in integer units: J = coupling / unit, rounded where the couplings are not multiples of one unit. A
 * field and all that a variable's neighbours can add to it is at most 2^25 in size. */
typedef struct heat_potts_graph {
    int32_t n, q;
    int32_t stride;          /* q, rounded up to a multiple of 16 */
    const int64_t *row;      /* n + 1 */
    const int32_t *col;      /* row[n] */
    const int32_t *coupling; /* row[n]; NULL: tables */
    const int32_t *tables;   /* [q][stride] each: for every value of the neighbour, J of every own value */
    const int64_t *table;    /* row[n] */
    const int64_t *across;   /* row[n]: the table of the edge's other end, which is the transposed one */
    const int32_t *field;    /* [n][stride] */
} heat_potts_graph;

/* Chains that move together. */
typedef struct heat_potts_block {
    int32_t n_vectors;   /* of 16 chains */
    uint8_t *value;      /* [site][16 n_vectors] */
    float *scale;        /* [16 n_vectors]: beta unit / ln 2 */
    int64_t *energy;     /* [16 n_vectors]: in units, without the offset; follows every move */
    int64_t *n_moves;    /* [16 n_vectors] */
    uint32_t *random[4]; /* [16 n_vectors]: xoshiro128+ of each chain */
    int32_t *sums;       /* [HEAT_POTTS_CHUNK * stride]: work space, with tables */
} heat_potts_block;

/* One sweep, sites in order. A chain takes the first value a with u < p(0) + ... + p(a), where u is its next
 * 31 random bits in units of 2^-31 and p the rule's probabilities in single precision: the declared error of
 * each such sum is 2^-20 + q 2^-24, absolute. */
typedef void (*heat_potts_sweep_fn)(const heat_potts_graph *graph, heat_potts_block *block,
                                    heat_flip_rule rule);

/* One row an instruction set; all give the same bits. */
typedef struct heat_potts_kernel {
    const char *isa;
    heat_potts_sweep_fn sweep;
} heat_potts_kernel;

extern const heat_potts_kernel heat_potts_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_potts_kernel heat_potts_avx2, heat_potts_avx512;
#endif

#endif
