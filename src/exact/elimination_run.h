/* One pass over a plan at one temperature in one semiring: the tables in memory, and the bucket of the step
 * under way, the product of everything that holds its variable. */
#ifndef HEATBATH_ELIMINATION_RUN_H
#define HEATBATH_ELIMINATION_RUN_H

#include "exact/elimination_plan.h"
#include "exact/semiring.h"

/* A message that the bucket takes. Its table's index is x (bit 0) and, above it, those bits of the bucket's
 * separator that `mask` names, closed up. */
typedef struct heat_bucket_child {
    double *table;
    double scale; /* makes its largest entry 1 (LOG, MIN: its best entry 0) */
    uint64_t mask;
    uint8_t *map;     /* closed-up low bits, for every value of the block's index */
    int32_t low_size; /* how many of the low bits are in the mask */
    bool whole;       /* all of them: the map is the identity */
} heat_bucket_child;

/* A coupling of x to a variable of the separator above the block's bits. */
typedef struct heat_bucket_edge {
    int32_t bit;
    bool positive;
    double penalty;
} heat_bucket_edge;

typedef struct heat_bucket {
    int32_t k, width, low_bits, n_children, n_edges;
    double base;                               /* energy (MIN) or log weight taken out of the factors */
    double low[2][1 << HEAT_TABLE_BLOCK_BITS]; /* [x] factors of the field and of the low bits */
    heat_bucket_edge edges[64];
    heat_bucket_child *children;
    uint8_t *maps;
} heat_bucket;

/* A sum of many terms with Neumaier's compensation. */
typedef struct heat_long_sum {
    double sum, error;
} heat_long_sum;

static inline void heat_long_sum_add(heat_long_sum *s, double x)
{
    double t = s->sum + x;

    s->error += fabs(s->sum) >= fabs(x) ? (s->sum - t) + x : (x - t) + s->sum;
    s->sum = t;
}

typedef struct heat_run {
    const heat_elimination *plan;
    heat_semiring semiring;
    double beta;
    int64_t threads;
    const int64_t *slot;
    double *tables;
    double *scratch;  /* the largest table's size, with marginals */
    double *peak;     /* [n] largest (MIN: smallest) entry of step k's message: its tables are not scaled */
    double *partials; /* of the units of one step */
    int64_t n_partials;
    heat_long_sum total; /* log Z, or the lowest energy */
    int64_t polled;      /* steps since the last look at the stop flag */
    double done, whole;  /* entries of tables so far, and about how many there will be */
    heat_bucket bucket;
    struct heat_digit_bucket *digits; /* beside the bucket's k, width and base; NULL: spins */
} heat_run;

/* Threads for a table of `size` entries. */
static inline int64_t heat_run_threads(const heat_run *run, int64_t size)
{
    return size < (int64_t)1 << HEAT_TABLE_SHARED_BITS ? 1 : run->threads;
}

/* Allocates a run; `back`: with the slots of the way back; `beliefs`: with the scratch of marginals. */
HEAT_MUST_USE heat_status heat_run_init(heat_context *ctx, heat_run *run, const heat_elimination *plan,
                                        heat_semiring semiring, double beta, int64_t threads, bool back,
                                        bool beliefs);
void heat_run_clear(heat_run *run);

/* Which bit of step k's separator `step` is; it is one of them. */
uint64_t heat_separator_bit(const heat_elimination *plan, int32_t k, int32_t step);

/* Makes run->bucket that of step k: its children's messages lie in their slots. */
void heat_bucket_set(heat_run *run, int32_t k);

/* Both entries of the bucket, x = -1 and x = +1, at one index of the separator. */
void heat_bucket_get(const heat_run *run, uint64_t index, double entries[2]);

/* The message of the bucket's step into its slot, and its peak. */
HEAT_MUST_USE heat_status heat_bucket_reduce(heat_context *ctx, heat_run *run);

/* Splits one block of beliefs P(S) by the bucket: down[] holds P on entry and P(S, x = -1) on return, up[]
 * P(S, x = +1). */
void heat_bucket_split(const heat_run *run, uint64_t block, double *down, double *up);

/* All steps forward, the total summed up. *halted: it stopped on the way. */
HEAT_MUST_USE heat_status heat_run_forward(heat_context *ctx, heat_run *run, bool *halted);

/* The steps of every segment, last first, with all messages that they take in their slots; `down` is called
 * for each, roots first. */
typedef heat_status (*heat_down_fn)(heat_context *ctx, heat_run *run, int32_t k, void *arg);
HEAT_MUST_USE heat_status heat_run_backward(heat_context *ctx, heat_run *run, heat_down_fn down, void *arg,
                                            bool *halted);

/* Means of all spins and pairs on the way back, after heat_run_forward. */
HEAT_MUST_USE heat_status heat_marginals_run(heat_context *ctx, heat_run *run, heat_elimination_sum *sum,
                                             bool *halted);

/* Closes up the bits of `index` that `mask` names, and spreads them again. */
static inline uint64_t heat_bits_close(uint64_t index, uint64_t mask)
{
    uint64_t closed = 0;
    int place = 0;

    while (mask != 0) { /* one run of set bits at a time */
        int shift = __builtin_ctzll(mask);
        uint64_t rest = ~(mask >> shift);
        int length = rest == 0 ? 64 : __builtin_ctzll(rest);
        uint64_t ones = length == 64 ? ~(uint64_t)0 : ((uint64_t)1 << length) - 1;
        closed |= (index >> shift & ones) << place;
        place += length;
        mask &= ~(ones << shift);
    }
    return closed;
}

static inline uint64_t heat_bits_spread(uint64_t index, uint64_t mask)
{
    uint64_t spread = 0;

    while (mask != 0) {
        int shift = __builtin_ctzll(mask);
        uint64_t rest = ~(mask >> shift);
        int length = rest == 0 ? 64 : __builtin_ctzll(rest);
        uint64_t ones = length == 64 ? ~(uint64_t)0 : ((uint64_t)1 << length) - 1;
        spread |= (index & ones) << shift;
        index = length == 64 ? 0 : index >> length;
        mask &= ~(ones << shift);
    }
    return spread;
}

#endif
