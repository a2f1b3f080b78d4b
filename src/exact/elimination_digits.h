/* The bucket of one step where variables have q values: a table's index is a number in base q, one digit a
 * variable of the separator, the first digit the lowest. What elimination_bucket.c does on bits. */
#ifndef HEATBATH_ELIMINATION_DIGITS_H
#define HEATBATH_ELIMINATION_DIGITS_H

#include "exact/elimination_run.h"

enum {
    HEAT_MOST_DIGITS = 48,      /* of a separator */
    HEAT_DIGIT_FACTORS = 2048,  /* of a block, all values of x: they stay in the first cache */
    HEAT_MOST_DIGIT_UNITS = 64, /* of a table */
    HEAT_MOST_VALUES = 128      /* a state is a row of int8_t */
};

/* A message that the bucket takes. Its table's index is x + q * those digits of the bucket's separator that
 * it holds, closed up. */
typedef struct heat_digit_child {
    double *table;
    double scale;                     /* makes its best entry 1 (LOG, MIN: 0) */
    int64_t stride[HEAT_MOST_DIGITS]; /* [digit of S] in the table's index; 0: not held */
    int32_t *map;                     /* [block] what the low digits add to the table's index */
} heat_digit_child;

/* An edge from x to a later variable: factor[x * q + value], 1 (LOG, MIN: 0) where it is best. */
typedef struct heat_digit_edge {
    int32_t digit;
    int64_t entry; /* its place in x's row */
    double *factor;
} heat_digit_edge;

typedef struct heat_digit_bucket {
    int32_t q, width, low_digits;
    int32_t block;         /* q^low_digits entries of the message are worked on together */
    int64_t size;          /* q^width */
    int64_t blocks_a_unit; /* a unit is one thread's work */
    int32_t n_units, n_children, n_edges;
    double *low; /* [x][block] factors of the field and of the low digits */
    heat_digit_edge edges[HEAT_MOST_DIGITS];
    double *factors; /* of the edges */
    heat_digit_child *children;
    int32_t *maps;
} heat_digit_bucket;

/* How tables over `width` digits are cut. */
void heat_digits_cut(int32_t q, int32_t width, heat_digit_bucket *bucket);

/* Sum of digit b of `number` times stride[b], b < count. */
static inline int64_t heat_digits_spread(int64_t number, int32_t q, const int64_t *stride, int32_t count)
{
    int64_t sum = 0;

    for (int32_t b = 0; b < count && number > 0; b++, number /= q)
        sum += number % q * stride[b];
    return sum;
}

/* What a run's bucket takes; plan->most_children and most_edges are known. */
double heat_digits_bytes(const heat_elimination *plan);
HEAT_MUST_USE heat_status heat_digits_init(heat_context *ctx, const heat_elimination *plan,
                                           heat_digit_bucket **out);
void heat_digits_free(heat_digit_bucket *bucket);

/* Makes the bucket that of step k. */
void heat_digits_set(heat_run *run, int32_t k);

/* The message of the bucket's step. */
HEAT_MUST_USE heat_status heat_digits_reduce(heat_context *ctx, heat_run *run);

/* The q entries of the bucket, as log weights or energies (SUM: weights), at one index of the separator. */
void heat_digits_get(const heat_run *run, int64_t index, double *entries);

/* Splits one block of beliefs P(S): first[] holds P on entry and P(S, x = 0) on return, rest[(x - 1) * size]
 * and what follows P(S, x). */
void heat_digits_split(const heat_run *run, int64_t block, double *first, double *rest);

/* The way back of a sum over q values; heat_marginals_run is that over spins. */
HEAT_MUST_USE heat_status heat_digit_marginals_run(heat_context *ctx, heat_run *run,
                                                   heat_elimination_sum *sum, bool *halted);

#endif
