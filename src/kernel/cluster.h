/* Cluster moves of one chain: Swendsen-Wang and Wolff, on hypercubic lattices as bits and on any graph as
 * bytes.
 *
 * A bond between i and j is satisfied where J_ij s_i s_j > 0 (of Potts values: where they are equal), and a
 * satisfied one is active with probability p = 1 - exp(-2 beta |J_ij|) (of J delta(a, b): 1 - exp(-beta J)).
 * Clusters are what active bonds connect. Swendsen-Wang turns every cluster with probability 1/2, Wolff the
 * cluster of one random site. Couplings may have any sign; a field is a bond to a ghost spin, |h_i| in place
 * of |J_ij|, satisfied where h_i s_i > 0, and the ghost's cluster is left as it is: where fields oppose the
 * clusters (an antiferromagnet's are half against the field) most of them hang on the ghost and little moves.
 * Swendsen and Wang, PRL 58 (1987) 86; Wolff, PRL 62 (1989) 361. */
#ifndef HEATBATH_CLUSTER_H
#define HEATBATH_CLUSTER_H

#include "kernel/elementary.h"

#include <heatbath/export.h>

enum { HEAT_CLUSTER_LANES = 16 };

/* The random numbers of a chain: xoshiro128+ in sixteen lanes, and words of one draw still to be spent. */
typedef struct heat_cluster_random {
    uint32_t state[4][HEAT_CLUSTER_LANES];
    uint32_t spare[HEAT_CLUSTER_LANES];
    int32_t n_spare;
} heat_cluster_random;

/* Probabilities of a temperature in units of 2^-31. A draw of 31 bits below it activates: the declared
 * resolution is 2^-31, that of the rounding. */
typedef struct heat_cluster_rates {
    int32_t bond, field;   /* where all |J|, all |h| are the same */
    const int32_t *bonds;  /* [row[n]] otherwise, as the graph's edges; else NULL */
    const int32_t *fields; /* [n] otherwise */
} heat_cluster_rates;

/* 1 - exp(-x) in units of 2^-31, for x >= 0; never quite 1, so that it fits. */
static inline int32_t heat_cluster_threshold(double x)
{
    double p = (1 - heat_exp_negative(-x)) * 0x1p31 + 0.5;

    return p < 0x1p31 - 1 ? (int32_t)p : INT32_MAX;
}

/* A lattice whose bonds are all of one strength. A row, along the last dimension, is cut into words of 64
 * sites; the site of bit x of word w stands after those of all earlier words. */
typedef struct heat_cluster_lattice {
    int32_t n_words;
    int32_t words_a_row;
    int32_t n_across;            /* dimensions besides the row's */
    const uint64_t *valid;       /* [word] bits that are sites */
    const int32_t *left, *right; /* [word] neighbours in the row; -1 at an open end */
    const int32_t *before;       /* [dimension][word] neighbours across; -1 at an open end */
    const int32_t *after;        /* [dimension][word] */
    const int32_t *first_site;   /* [word] */
    const uint64_t *negative;   /* [1 + dimension][word] bonds of J < 0, at the earlier of their two sites, to
                                   the   right first; NULL where there are none */
    const uint64_t *field_down; /* [word] sites of h < 0, all |h| being the same; NULL without field */
} heat_cluster_lattice;

/* Any graph; the values of q = 2 are the spins -1 and +1, of Potts 0 ... q - 1. */
typedef struct heat_cluster_graph {
    int32_t n, q;
    bool is_potts;
    const int64_t *row;       /* n + 1 */
    const int32_t *col;       /* row[n], every edge in both rows, rows sorted */
    const int32_t *later;     /* [row[n] / 2] the later site of each edge, ascending, then by its row */
    const int64_t *skipped;   /* n: edge e of later site i is end e + skipped[i] */
    const int8_t *sign;       /* row[n] of J; NULL where all are positive; Potts: NULL */
    const int8_t *field_sign; /* n; NULL without field; Potts: NULL */
} heat_cluster_graph;

/* Work space, the caller's. Swendsen-Wang needs `parent` alone, of the lattice also `starts` and `base`;
 * Wolff on graphs `parent` and `marks`, on lattices the rest. All that has to start as zeroes comes back fit
 * for the next call. */
typedef struct heat_cluster_scratch {
    uint32_t *parent; /* n + 64 */
    uint8_t *marks;   /* n, zeroes */
    uint64_t *starts; /* [word] */
    uint32_t *base;   /* [word] */
    uint64_t *inside; /* [word] zeroes */
    uint64_t *coming; /* [word] zeroes */
    uint64_t *bonds;  /* [1 + dimension][word] */
    uint32_t *stamp;  /* [1 + dimension][word] zeroes: the move that drew these bonds */
    int32_t *queue;   /* [word], and one more */
    int32_t *touched; /* [word] */
    uint32_t move;    /* 0 at first */
} heat_cluster_scratch;

/* One row an instruction set; all give the same bits. */
typedef struct heat_cluster_kernel {
    const char *isa;
    /* Turns every cluster with probability 1/2 (Potts: to a value drawn anew). */
    void (*swendsen_wang_lattice)(const heat_cluster_lattice *lattice, const heat_cluster_rates *rates,
                                  heat_cluster_random *random, heat_cluster_scratch *scratch,
                                  uint64_t *spins);
    void (*swendsen_wang_graph)(const heat_cluster_graph *graph, const heat_cluster_rates *rates,
                                heat_cluster_random *random, heat_cluster_scratch *scratch, int8_t *values);
    /* Turns the cluster of a random site (Potts: to another value), and returns how many sites were visited;
     * a cluster that meets the ghost is left at once. */
    int64_t (*wolff_lattice)(const heat_cluster_lattice *lattice, const heat_cluster_rates *rates,
                             heat_cluster_random *random, heat_cluster_scratch *scratch, uint64_t *spins,
                             int64_t n_sites);
    int64_t (*wolff_graph)(const heat_cluster_graph *graph, const heat_cluster_rates *rates,
                           heat_cluster_random *random, heat_cluster_scratch *scratch, int8_t *values);
    /* The bonds that are not satisfied, the sites against the field, and the sum of the spins. */
    void (*count_lattice)(const heat_cluster_lattice *lattice, const uint64_t *spins, int64_t *n_broken,
                          int64_t *n_against, int64_t *total);
} heat_cluster_kernel;

extern const heat_cluster_kernel heat_cluster_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_cluster_kernel heat_cluster_avx2, heat_cluster_avx512;
#endif

#endif
