/* Keyed streams of random numbers, the only source of randomness. A stream is named by (seed, purpose, unit)
 * and draws from Philox4x64-10: no state is shared, any stream can be opened at any time, and two different
 * names never give the same numbers. Salmon, Moraes, Dror, Shaw, SC '11 (2011), doi:10.1145/2063384.2063405.
 */
#ifndef HEATBATH_STREAM_H
#define HEATBATH_STREAM_H

#include <heatbath/export.h>

/* What a stream is for. A value, once given, is never reused for another purpose. */
typedef enum heat_purpose {
    HEAT_PURPOSE_TEST = 0,
    HEAT_PURPOSE_GENERATE = 1,   /* disorder of built-in models; unit: which array */
    HEAT_PURPOSE_INITIAL = 2,    /* starting states; unit: chain */
    HEAT_PURPOSE_SWEEP = 3,      /* moves; unit: chain */
    HEAT_PURPOSE_EXACT = 4,      /* exact draws; unit: draw */
    HEAT_PURPOSE_FLIP = 5,       /* global flips of chains without a field; unit: chain */
    HEAT_PURPOSE_PROBE = 6,      /* random states that measure energy changes; unit: 0 */
    HEAT_PURPOSE_EXCHANGE = 7,   /* swaps of a ladder; unit: ladder */
    HEAT_PURPOSE_CLUSTER = 8,    /* cluster moves between replicas; unit: ladder */
    HEAT_PURPOSE_RESAMPLE = 9,   /* resampling of a population; unit: population */
    HEAT_PURPOSE_INDEX = 10,     /* seeds of runs that share one; unit: the run's number */
    HEAT_PURPOSE_BRIDGE = 11,    /* what a path meets between two looks; unit: series of a chain */
    HEAT_PURPOSE_REFERENCE = 12, /* draws from where a path begins; unit: chain */
    HEAT_PURPOSE_BOOTSTRAP = 16, /* resampling of results; unit: 0 */
    HEAT_PURPOSE_SPLIT = 24,     /* rows of data put aside; unit: which part */
    HEAT_PURPOSE_BATCH = 25,   /* order of the rows; unit: epoch, or -1: first states of persistent chains */
    HEAT_PURPOSE_LEARN = 26,   /* parameters that training starts from; unit: 0 */
    HEAT_PURPOSE_FILL = 27,    /* missing values of the rows that chains begin at; unit: update */
    HEAT_PURPOSE_GAPS = 28,    /* missing values of rows that lack many; unit: update */
    HEAT_PURPOSE_BINARIZE = 29 /* bits drawn from grey values; unit: a digest of all + row */
} heat_purpose;

typedef struct heat_stream {
    uint64_t key[2];     /* seed, purpose */
    uint64_t counter[4]; /* block number (2 words), unit, 0 */
    uint64_t block[4];
    int used; /* words of the block that are spent */
} heat_stream;

/* Opens the stream (seed, purpose, unit) at its beginning. */
void heat_stream_init(heat_stream *stream, uint64_t seed, heat_purpose purpose, uint64_t unit);

/* 64 random bits. */
uint64_t heat_stream_bits(heat_stream *stream);

/* Uniform on [0, 1), a multiple of 2^-53. */
double heat_stream_uniform(heat_stream *stream);

/* Uniform on 0 ... n - 1, without bias; n > 0. */
uint64_t heat_stream_below(heat_stream *stream, uint64_t n);

/* Standard normal (Box and Muller, Ann. Math. Stat. 29 (1958) 610; both of a pair are not kept: two draws
 * each). */
double heat_stream_normal(heat_stream *stream);

#endif
