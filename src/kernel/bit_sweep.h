/* The bit kernel: single-spin moves of 512 spins at once, one bit each, on graphs whose couplings are all +J
 * or -J. The bits of a word are either the same site in 512 replicas, or 512 sites of one lattice that do not
 * touch each other: the kernel sees words, the words next to them, and a word of signs for each link.
 *
 * With z links, d of them unsatisfied, a flip costs 2 |J| (z - 2 d). d is counted by full adders across the
 * links. A flip is decided by u < p with u uniform and p one of (z + 1) / 2 probabilities, bit by bit: the
 * lowest 16 of u against those of p, from the least significant on, as a chain of majorities; what p has
 * below 2^-16 is made up for by the chain's first bit, which is drawn. Isakov, Zintchenko, Ronnow, Troyer,
 * Comput. Phys. Commun. 192 (2015) 265, count likewise, but share u among the replicas; here every bit has
 * its own.
 *
 * Random bits: four streams of eight lanes of xoshiro256+, 16 bits a spin and probability set. The drawn
 * first bits are shared by 64 bits and the words in flight: the flips of two such spins have a covariance
 * below 2^-34 from it, and none otherwise. */
#ifndef HEATBATH_BIT_SWEEP_H
#define HEATBATH_BIT_SWEEP_H

#include "kernel/lane_sweep.h"

enum {
    HEAT_BITS = 512,
    HEAT_BIT_STREAMS = 4,
    HEAT_THRESHOLD_BITS = 16,
    HEAT_MOST_BIT_LINKS = 14,
    HEAT_MOST_BIT_THRESHOLDS = HEAT_MOST_BIT_LINKS / 2,
};

/* Spins (set: -1), signs (set: a negative coupling), or eight 64-bit lanes of a generator. */
typedef struct heat_bit_word {
    _Alignas(64) uint64_t part[HEAT_BITS / 64];
} heat_bit_word;

/* One end of a coupling: the word at the other end, and the word of signs. */
typedef struct heat_bit_link {
    int32_t word;
    int32_t sign;
} heat_bit_link;

/* Words [begin, end), which have equally many links: those of word begin + k stand at links + k * n_links. */
typedef struct heat_bit_run {
    int32_t n_links; /* at most HEAT_MOST_BIT_LINKS */
    int32_t begin, end;
    const heat_bit_link *links;
} heat_bit_run;

/* A coupling, once. */
typedef struct heat_bit_pair {
    int32_t a, b; /* words */
    int32_t sign;
} heat_bit_pair;

/* A rule's probabilities at one temperature. Entry [z % 2][j] is that of a flip (heat bath: of the costlier
 * of the two values) where |z - 2 d| = 2 j + 2 for even z, 2 j + 1 for odd z. */
typedef struct heat_bit_thresholds {
    heat_flip_rule rule;
    int64_t mask[2][HEAT_MOST_BIT_THRESHOLDS][HEAT_THRESHOLD_BITS]; /* -1 where p has the bit, lowest first */
    int64_t dither[2][HEAT_MOST_BIT_THRESHOLDS]; /* the first bit is set where a signed draw is below it */
} heat_bit_thresholds;

/* The generators: [stream][state word], never all zero in one lane. */
typedef struct heat_bit_random {
    heat_bit_word state[HEAT_BIT_STREAMS][4];
} heat_bit_random;

/* p as 16 bits and a dither, which together are p to within 2^-51 of it and 2^-64: of exp(-x), or
 * 1 / (1 + exp(x)), with x = 2 beta_j |z - 2 d|, where beta_j = beta |J| >= 0. */
void heat_bit_thresholds_set(heat_bit_thresholds *thresholds, heat_flip_rule rule, double beta_j);

/* Moves the words of a run, in order. */
typedef void (*heat_bit_sweep_fn)(const heat_bit_run *run, const heat_bit_word *signs, heat_bit_word *words,
                                  const heat_bit_thresholds *thresholds, heat_bit_random *random);

/* For each of the 512 bits: how many of the pairs are unsatisfied; how many of the words have it set, after
 * an exclusive or with `other` (which may be NULL). Below 2^31. */
typedef void (*heat_bit_count_pairs_fn)(int64_t n, const heat_bit_pair *pairs, const heat_bit_word *signs,
                                        const heat_bit_word *words, int32_t count[HEAT_BITS]);
typedef void (*heat_bit_count_fn)(int64_t n, const heat_bit_word *words, const heat_bit_word *other,
                                  int32_t count[HEAT_BITS]);

/* The sums of these counts over all bits. */
typedef int64_t (*heat_bit_total_pairs_fn)(int64_t n, const heat_bit_pair *pairs, const heat_bit_word *signs,
                                           const heat_bit_word *words);
typedef int64_t (*heat_bit_total_fn)(int64_t n, const heat_bit_word *words, const heat_bit_word *other);

/* One row an instruction set; all give the same bits. */
typedef struct heat_bit_kernel {
    const char *isa;
    heat_bit_sweep_fn sweep;
    heat_bit_count_pairs_fn count_pairs;
    heat_bit_count_fn count;
    heat_bit_total_pairs_fn total_pairs;
    heat_bit_total_fn total;
} heat_bit_kernel;

extern const heat_bit_kernel heat_bit_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_bit_kernel heat_bit_avx2, heat_bit_avx512;
#endif

#endif
