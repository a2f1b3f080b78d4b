/* The body of the bit kernel, compiled once an instruction set and once more with a scripted random source.
 * Before including it, define BITS_ISA (which ends the functions' names) and, for a script, BITS_DRAW(state).
 */
#include "kernel/bits.h"

#define BITS_PASTE_(a, b) a##b
#define BITS_PASTE(a, b) BITS_PASTE_(a, b)
#define BITS_NAME(name) BITS_PASTE(name, BITS_ISA)

#ifndef BITS_DRAW
#define BITS_DRAW(state) bits_draw(state)
#endif

/* Numbers of links that get a body of their own, all loops of it unrolled: as many as compile in some
 * seconds.
 */
#if defined(__AVX512F__)
#define BITS_OWN_BODY(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14)
#elif defined(__AVX2__)
#define BITS_OWN_BODY(f) f(2) f(3) f(4) f(6)
#else
#define BITS_OWN_BODY(f)
#endif
#define BITS_PRAGMA(text) _Pragma(#text)
#if defined(__AVX2__) && defined(__clang__)
#define BITS_UNROLL(n) BITS_PRAGMA(clang loop unroll(full)) /* a count would be heard too late to help */
#pragma clang diagnostic ignored "-Wpass-failed" /* said of the body whose number of links is no constant */
#elif defined(__AVX2__)
#define BITS_UNROLL(n) BITS_PRAGMA(GCC unroll n)
#else
#define BITS_UNROLL(n)
#endif

enum { MOST_IN_FLIGHT = HEAT_BIT_STREAMS, PREFETCHED_WORDS = 8 };

/* What a batch of words has drawn: for each probability the bits u < p, and the bits u < 1/2. */
typedef struct bit_batch {
    bits below[MOST_IN_FLIGHT][HEAT_MOST_BIT_THRESHOLDS];
    bits coin[MOST_IN_FLIGHT];
} bit_batch;

/* Word j of the batch draws from the streams j, j + in_flight, ... in turn: as many independent chains of
 * operations as the registers hold. The drawn bit is the complement of u's. */
BITS_FN void draw_batch(bits random[HEAT_BIT_STREAMS][4], const heat_bit_thresholds *t, const int odd,
                        const int n_thresholds, const int in_flight, bit_batch *b)
{
    bits dither = BITS_DRAW(random[0]);

    BITS_UNROLL(8)
    for (int j = 0; j < n_thresholds; j++) {
        bits first = bits_less64(dither, bits_all(t->dither[odd][j]));
        BITS_UNROLL(4)
        for (int w = 0; w < in_flight; w++)
            b->below[w][j] = first;
    }
    for (int k = 0; k < HEAT_THRESHOLD_BITS; k += HEAT_BIT_STREAMS / in_flight)
        BITS_UNROLL(4)
    for (int s = 0; s < HEAT_BIT_STREAMS; s++) {
        const int w = s % in_flight;
        bits drawn = BITS_DRAW(random[s]);
        BITS_UNROLL(8)
        for (int j = 0; j < n_thresholds; j++)
            b->below[w][j] =
                bits_majority(b->below[w][j], drawn, bits_all(t->mask[odd][j][k + s / in_flight]));
        b->coin[w] = drawn;
    }
}

/* Adds x into *sum, of the same weight; returns the carry. */
BITS_FN bits add_three(bits *sum, bits x, bits y)
{
    bits carry = bits_majority(*sum, x, y);

    *sum = bits_xor3(*sum, x, y);
    return carry;
}

/* How many of n <= 7 bits are set, as three bits. */
BITS_FN void count_seven(const bits *a, const int n, bits c[3])
{
    const bits none = bits_all(0);
    bits twos_a, twos_b = none, twos_c = none;

    c[0] = n > 0 ? a[0] : none;
    twos_a = add_three(&c[0], n > 1 ? a[1] : none, n > 2 ? a[2] : none);
    if (n > 3)
        twos_b = add_three(&c[0], a[3], n > 4 ? a[4] : none);
    if (n > 5)
        twos_c = add_three(&c[0], a[5], n > 6 ? a[6] : none);
    c[1] = twos_a;
    c[2] = n > 3 ? add_three(&c[1], twos_b, twos_c) : none;
}

BITS_FN void count_links(const bits *a, const int n, bits c[4])
{
    const bits none = bits_all(0);
    bits more[3], carry;

    count_seven(a, n < 7 ? n : 7, c);
    c[3] = none;
    if (n <= 7)
        return;
    count_seven(a + 7, n - 7, more);
    carry = add_three(&c[0], more[0], none);
    carry = add_three(&c[1], more[1], carry);
    c[3] = add_three(&c[2], more[2], carry);
}

/* The bits that flip where d unsatisfied links of n are what is drawn: a choice among n + 1 by d's bits. */
BITS_FN bits choose_flips(heat_flip_rule rule, const int n, const bits *below, bits coin, const bits d[4])
{
    const bits all = bits_all(-1);
    bits by_count[16];
    int n_left = n + 1;

    BITS_UNROLL(16)
    for (int k = 0; k < 16; k++)
        by_count[k] = all;
    BITS_UNROLL(16)
    for (int k = 0; k <= n; k++) {
        if (2 * k < n)
            by_count[k] = below[(n - 1) / 2 - k];
        else if (rule == HEAT_FLIP_HEAT_BATH)
            by_count[k] = 2 * k == n ? coin : bits_xor(all, below[(n - 1) / 2 - (n - k)]);
    }
    BITS_UNROLL(4)
    for (int level = 0; level < 4; level++) {
        BITS_UNROLL(8)
        for (int k = 0; 2 * k < n_left; k++)
            by_count[k] = 2 * k + 1 < n_left ? bits_choose(d[level], by_count[2 * k + 1], by_count[2 * k])
                                             : by_count[2 * k];
        n_left = (n_left + 1) / 2;
    }
    return by_count[0];
}

/* `n` links and the rule are constants where this is called. */
BITS_FN void sweep_words(const heat_bit_run *run, const heat_bit_word *signs, heat_bit_word *words,
                         const heat_bit_thresholds *t, heat_bit_random *generators, heat_flip_rule rule,
                         const int n)
{
    const int n_thresholds = (n + 1) / 2, in_flight = n_thresholds <= 3 ? 4 : 2;
    const heat_bit_link *links = run->links;
    bits random[HEAT_BIT_STREAMS][4];

    for (int s = 0; s < HEAT_BIT_STREAMS; s++)
        for (int k = 0; k < 4; k++)
            random[s][k] = bits_load(&generators->state[s][k]);
    /* another thread may have just written them */
    for (int k = 0; k < n * PREFETCHED_WORDS && k < n * (run->end - run->begin); k++)
        __builtin_prefetch(&words[links[k].word]);
    for (int32_t i = run->begin; i < run->end; i += in_flight) {
        bit_batch batch;
        int last = run->end - i < in_flight ? (int)(run->end - i) : in_flight;

        if (run->end - i >= PREFETCHED_WORDS + in_flight)
            for (int k = 0; k < in_flight * n; k++)
                __builtin_prefetch(&words[links[PREFETCHED_WORDS * n + k].word]);
        draw_batch(random, t, n % 2, n_thresholds, in_flight, &batch);
        BITS_UNROLL(4)
        for (int w = 0; w < in_flight; w++) {
            bits spins, unsatisfied[HEAT_MOST_BIT_LINKS + 1], d[4];
            if (w >= last)
                break;
            spins = bits_load(&words[i + w]);
            BITS_UNROLL(14)
            for (int k = 0; k < n; k++, links++)
                unsatisfied[k] =
                    bits_xor3(spins, bits_load(&words[links->word]), bits_load(&signs[links->sign]));
            count_links(unsatisfied, n, d);
            bits_store(&words[i + w],
                       bits_xor(spins, choose_flips(rule, n, batch.below[w], batch.coin[w], d)));
        }
    }
    for (int s = 0; s < HEAT_BIT_STREAMS; s++)
        for (int k = 0; k < 4; k++)
            bits_store(&generators->state[s][k], random[s][k]);
}

static void BITS_NAME(bit_sweep_)(const heat_bit_run *run, const heat_bit_word *signs, heat_bit_word *words,
                                  const heat_bit_thresholds *t, heat_bit_random *random)
{
#define BITS_CASE(n)                                                                                         \
    if (run->n_links == n) {                                                                                 \
        if (t->rule == HEAT_FLIP_METROPOLIS)                                                                 \
            sweep_words(run, signs, words, t, random, HEAT_FLIP_METROPOLIS, n);                              \
        else                                                                                                 \
            sweep_words(run, signs, words, t, random, HEAT_FLIP_HEAT_BATH, n);                               \
        return;                                                                                              \
    }
    BITS_OWN_BODY(BITS_CASE)
#undef BITS_CASE
    sweep_words(run, signs, words, t, random, t->rule, run->n_links);
}

/* Counters of all columns: plane p holds bit p of every count. Eight words are added up first, their eights
 * then wait, each weight for a second one, and go up in twos (Harley and Seal's way of counting bits). */
typedef struct bit_counters {
    bits low[3]; /* ones, twos, fours */
    bits plane[32], waiting[32];
    int64_t n_eights;
} bit_counters;

BITS_FN void start_counters(bit_counters *c)
{
    for (int p = 0; p < 32; p++)
        c->plane[p] = bits_all(0);
    for (int p = 0; p < 3; p++)
        c->low[p] = bits_all(0);
    c->n_eights = 0;
}

BITS_FN void add_eight(bit_counters *c, const bits x[8])
{
    bits twos_a = add_three(&c->low[0], x[0], x[1]), twos_b = add_three(&c->low[0], x[2], x[3]);
    bits fours_a = add_three(&c->low[1], twos_a, twos_b), fours_b, carry;
    int p = 3;

    twos_a = add_three(&c->low[0], x[4], x[5]);
    twos_b = add_three(&c->low[0], x[6], x[7]);
    fours_b = add_three(&c->low[1], twos_a, twos_b);
    carry = add_three(&c->low[2], fours_a, fours_b);
    for (int64_t n = c->n_eights++; n & 1; n >>= 1, p++)
        carry = add_three(&c->plane[p], c->waiting[p], carry);
    c->waiting[p] = carry;
}

BITS_FN void read_counters(const bit_counters *c, int32_t count[HEAT_BITS])
{
    memset(count, 0, HEAT_BITS * sizeof *count);
    for (int p = 0; p < 3; p++)
        bits_add_columns(count, c->low[p], 1 << p);
    for (int p = 3; p < 31 && c->n_eights >> (p - 3) != 0; p++) {
        bits_add_columns(count, c->plane[p], (int32_t)(1u << p));
        if (c->n_eights >> (p - 3) & 1)
            bits_add_columns(count, c->waiting[p], (int32_t)(1u << p));
    }
}

BITS_FN int64_t set_bits(bits x)
{
    heat_bit_word word;
    int64_t n = 0;

    bits_store(&word, x);
    for (int p = 0; p < HEAT_BITS / 64; p++)
        n += __builtin_popcountll(word.part[p]);
    return n;
}

BITS_FN int64_t total_counters(const bit_counters *c)
{
    int64_t total = 0;

    for (int p = 0; p < 3; p++)
        total += set_bits(c->low[p]) << p;
    for (int p = 3; p < 32 && c->n_eights >> (p - 3) != 0; p++) {
        total += set_bits(c->plane[p]) << p;
        if (c->n_eights >> (p - 3) & 1)
            total += set_bits(c->waiting[p]) << p;
    }
    return total;
}

/* Which bits of the next n <= 8 pairs are unsatisfied. */
BITS_FN void load_pairs(const int n, const heat_bit_pair *pairs, const heat_bit_word *signs,
                        const heat_bit_word *words, bits x[8])
{
    BITS_UNROLL(8)
    for (int k = 0; k < n; k++)
        x[k] = bits_xor3(bits_load(&words[pairs[k].a]), bits_load(&words[pairs[k].b]),
                         bits_load(&signs[pairs[k].sign]));
}

BITS_FN void load_words(const int n, const heat_bit_word *words, const heat_bit_word *other, bits x[8])
{
    BITS_UNROLL(8)
    for (int k = 0; k < n; k++)
        x[k] = other == NULL ? bits_load(&words[k]) : bits_xor(bits_load(&words[k]), bits_load(&other[k]));
}

BITS_FN void add_pairs(int64_t n, const heat_bit_pair *pairs, const heat_bit_word *signs,
                       const heat_bit_word *words, bit_counters *counters)
{
    bits x[8], rest[8];

    start_counters(counters);
    for (int64_t e = 0; e + 8 <= n; e += 8) {
        load_pairs(8, pairs + e, signs, words, x);
        add_eight(counters, x);
    }
    for (int k = 0; k < 8; k++)
        rest[k] = bits_all(0);
    load_pairs((int)(n % 8), pairs + (n - n % 8), signs, words, rest);
    add_eight(counters, rest);
}

BITS_FN void add_words(int64_t n, const heat_bit_word *words, const heat_bit_word *other,
                       bit_counters *counters)
{
    bits x[8], rest[8];

    start_counters(counters);
    for (int64_t i = 0; i + 8 <= n; i += 8) {
        load_words(8, words + i, other == NULL ? NULL : other + i, x);
        add_eight(counters, x);
    }
    for (int k = 0; k < 8; k++)
        rest[k] = bits_all(0);
    load_words((int)(n % 8), words + (n - n % 8), other == NULL ? NULL : other + (n - n % 8), rest);
    add_eight(counters, rest);
}

BITS_UNUSED static void BITS_NAME(bit_count_pairs_)(int64_t n, const heat_bit_pair *pairs,
                                                    const heat_bit_word *signs, const heat_bit_word *words,
                                                    int32_t count[HEAT_BITS])
{
    bit_counters counters;

    add_pairs(n, pairs, signs, words, &counters);
    read_counters(&counters, count);
}

BITS_UNUSED static void BITS_NAME(bit_count_)(int64_t n, const heat_bit_word *words,
                                              const heat_bit_word *other, int32_t count[HEAT_BITS])
{
    bit_counters counters;

    add_words(n, words, other, &counters);
    read_counters(&counters, count);
}

BITS_UNUSED static int64_t BITS_NAME(bit_total_pairs_)(int64_t n, const heat_bit_pair *pairs,
                                                       const heat_bit_word *signs, const heat_bit_word *words)
{
    bit_counters counters;

    add_pairs(n, pairs, signs, words, &counters);
    return total_counters(&counters);
}

BITS_UNUSED static int64_t BITS_NAME(bit_total_)(int64_t n, const heat_bit_word *words,
                                                 const heat_bit_word *other)
{
    bit_counters counters;

    add_words(n, words, other, &counters);
    return total_counters(&counters);
}
