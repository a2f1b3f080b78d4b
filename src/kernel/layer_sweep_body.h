/* The body of the kernel of layers, compiled once an instruction set and once more with a scripted random
 * source. Before including it, define LANE_ISA (which ends the functions' names) and, for a script,
 * LANE_DRAW(state, chain, unit), where `unit` is the first of sixteen.
 *
 * For 64 columns at a time the fields of all chains are summed up and the units drawn. Where few units are
 * on, the rows that each state adds are listed once, and tile after tile of rows that the nearest cache holds
 * is added; where many are, rows go by fours, the sums of whose subsets all chains share (Arlazarov, Dinic,
 * Kronrod and Faradzhev, Soviet Math. Dokl. 11 (1970) 1209). */
#include "kernel/lane.h"
#include "kernel/lane_reals.h"
#include "kernel/layer_sweep.h"

#define LANE_PASTE_(a, b) a##b
#define LANE_PASTE(a, b) LANE_PASTE_(a, b)

#ifndef LANE_DRAW
#define LANE_DRAW(state, chain, unit) lane_draw(state)
#endif

enum {
    WORD_VECTORS = HEAT_LAYER_WORD / LANES,
    FIELD_SHIFT = 16, /* fields are added up in halves */
    HALF = HEAT_LAYER_WORD / 2,
    HALF_VECTORS = HALF / LANES,
    SUBSETS = 16,       /* of four rows */
    FOURS = HALF / 4,   /* whose sums, 16 KiB, the nearest cache holds */
    DENSE_CHAINS = 512, /* that share them; the fields of these pass by, in order */
    FETCHING_CHAINS = 8
};

/* Behind the lists of a tile, whose first word is `first`, of chains from number `begin` to before `end`. */
LANE_FN uint8_t *pass_lists(const heat_layer_rows *r, const heat_layer_draw *d, int64_t first, int64_t begin,
                            int64_t end, uint8_t *list)
{
    const int64_t n_words = heat_layer_words(r->n_from);

    for (int64_t chain = begin; chain < end; chain++, list++)
        for (int64_t w = first; w < first + HEAT_LAYER_TILE && w < n_words; w++)
            list += __builtin_popcountll(d->from[chain * n_words + w]);
    return list;
}

/* Lists, in d->work, for each tile and each chain how many units of the tile are on, and which, counted from
 * its first. */
LANE_FN void list_on(const heat_layer_rows *r, const heat_layer_draw *d, int64_t begin, int64_t end)
{
    const int64_t n_words = heat_layer_words(r->n_from);
    uint8_t *list = (uint8_t *)d->work;

    for (int64_t first = 0; first < n_words; first += HEAT_LAYER_TILE) {
        list = pass_lists(r, d, first, 0, begin, list);
        for (int64_t chain = begin; chain < end; chain++) {
            uint8_t length = 0;
            for (int64_t w = 0; w < HEAT_LAYER_TILE && first + w < n_words; w++)
                for (uint64_t bits = d->from[chain * n_words + first + w]; bits != 0; bits &= bits - 1)
                    list[++length] = (uint8_t)(w * HEAT_LAYER_WORD + __builtin_ctzll(bits));
            list[0] = length;
            list += 1 + length;
        }
        list = pass_lists(r, d, first, end, d->n_chains, list);
    }
}

/* Adds listed rows to the fields of 64 units. */
LANE_FN void add_rows(const int32_t *rows, const uint8_t *list, const int32_t *from, int32_t *to)
{
    lane_int sum[WORD_VECTORS];

    for (int q = 0; q < WORD_VECTORS; q++)
        sum[q] = lane_load(from + LANES * q);
    for (int k = 1; k <= list[0]; k++) {
        const int32_t *row = lane_behind(rows + (int64_t)list[k] * HEAT_LAYER_WORD);
        for (int q = 0; q < WORD_VECTORS; q++)
            sum[q] = lane_kept(lane_add(sum[q], lane_load(row + LANES * q)));
    }
    for (int q = 0; q < WORD_VECTORS; q++)
        lane_store(to + LANES * q, sum[q]);
}

/* 2^31 times the odds of being off. */
LANE_FN lane_real odds_off(lane_int field, lane_real scale, lane_real reference)
{
    lane_real y = lane_plus(lane_mul(lane_to_real(field), scale), reference);

    return lane_exp2(lane_min(y, lane_all_real(60)), 0x1p31f); /* what is too small is 0 beside 1 */
}

/* Where u + 1/2 < 2^31 / (1 + odds), or u + 1/2 < 2^31 min(1, odds of the other value). */
LANE_FN lane_mask draw_on(lane_real off, lane_int random, lane_mask now, const heat_flip_rule rule)
{
    const lane_real one = lane_all_real(0x1p31f);
    lane_real u = lane_plus(lane_to_real(lane_shift_right(random, 1)), lane_all_real(0.5f));

    if (rule == HEAT_FLIP_HEAT_BATH)
        return lane_less(lane_bits_of(lane_mul(u, lane_plus(one, off))),
                         lane_bits_of(lane_all_real(0x1p62f)));
    return lane_from_bits(
        (uint16_t)(lane_to_bits(lane_less(lane_bits_of(lane_choose(now, u, lane_mul(u, off))),
                                          lane_bits_of(lane_choose(now, off, lane_all_real(0x1p62f))))) ^
                   lane_to_bits(now)));
}

/* Adds what is on of 64 numbers of size below 2^30, moved up by as much, to their low and high halves. */
LANE_FN void add_on(const int32_t *value, uint64_t on, int32_t *sums)
{
    const lane_int base = lane_all(1 << 30);
    lane_int low = lane_load(sums), high = lane_load(sums + LANES);

    for (int q = 0; q < WORD_VECTORS; q++) {
        lane_mask m = lane_from_bits((uint16_t)(on >> (LANES * q)));
        lane_int x = lane_add(lane_load(value + LANES * q), base);
        high = lane_add_where(m, high, lane_shift_right(x, FIELD_SHIFT));
        low = lane_add_where(m, low, lane_shift_right(lane_shift_left(x, FIELD_SHIFT), FIELD_SHIFT));
    }
    lane_store(sums, low);
    lane_store(sums + LANES, high);
}

LANE_FN int64_t total_on(const int32_t *sums, int64_t n_on)
{
    int64_t total = -(n_on << 30);

    for (int l = 0; l < LANES; l++)
        total += sums[l] + ((int64_t)sums[LANES + l] << FIELD_SHIFT);
    return total;
}

/* What is wanted of the 64 fields of one chain. */
LANE_FN void finish_word(const heat_layer_rows *r, const heat_layer_draw *d, int64_t chain, int64_t word,
                         const int32_t *fields, const heat_flip_rule rule)
{
    const int64_t n_words = heat_layer_words(r->n_to), first = word * HEAT_LAYER_WORD;
    const lane_real scale = lane_all_real(-d->scale[chain]), zero = lane_all_real(0);
    const lane_real reference_scale = d->reference == NULL ? zero : lane_all_real(-d->reference_scale[chain]);
    uint64_t *to = d->to == NULL ? NULL : d->to + chain * n_words + word, on = 0;
    uint32_t *state = d->to == NULL ? NULL : d->random + chain * 4 * LANES;
    float *probabilities = NULL;
    lane_int random[4];

    if (d->probabilities != NULL)
        probabilities =
            d->probabilities +
            (word * (d->n_probabilities == 0 ? d->n_chains : d->n_probabilities) + chain) * HEAT_LAYER_WORD;
    for (int k = 0; k < 4 && to != NULL; k++)
        random[k] = lane_load(state + LANES * k);
    for (int q = 0; q < WORD_VECTORS; q++) {
        int64_t unit = first + LANES * q;
        lane_real reference =
            d->reference == NULL ? zero : lane_mul(lane_load_real(d->reference + unit), reference_scale);
        lane_real off = odds_off(lane_load(fields + LANES * q), scale, reference);
        if (probabilities != NULL)
            lane_store(
                probabilities + LANES * q,
                lane_bits_of(lane_over(lane_all_real(0x1p31f), lane_plus(lane_all_real(0x1p31f), off))));
        if (to != NULL) {
            lane_mask now = lane_from_bits((uint16_t)(*to >> (LANES * q)));
            on |= (uint64_t)lane_to_bits(draw_on(off, LANE_DRAW(random, chain, unit), now, rule))
                  << (LANES * q);
        }
    }
    if (to == NULL)
        return;
    for (int k = 0; k < 4; k++)
        lane_store(state + LANES * k, random[k]);
    if (r->n_to - first < HEAT_LAYER_WORD)
        on &= ((uint64_t)1 << (r->n_to - first)) - 1;
    if (d->n_moves != NULL)
        d->n_moves[chain] += __builtin_popcountll(*to ^ on);
    *to = on;
    if (d->on_fields != NULL)
        add_on(fields, on, d->sums + chain * 4 * LANES);
    if (d->on_bias != NULL)
        add_on(r->bias + first, on, d->sums + chain * 4 * LANES + 2 * LANES);
}

/* Where the fields of a word of all chains are kept. */
LANE_FN int32_t *fields_of(const heat_layer_draw *d, int64_t word)
{
    const int64_t n = d->n_fields == 0 ? d->n_chains : d->n_fields;

    return d->fields != NULL ? d->fields + word * n * HEAT_LAYER_WORD : d->work_fields;
}

/* A register of numbers that may wrap around. */
typedef uint32_t vec_ints __attribute__((vector_size(VEC_BYTES), may_alias));

/* The sums of all subsets of four rows, for the units of half a word. */
LANE_FN void sum_subsets(const int32_t *rows, int32_t *sums)
{
    const int lanes = VEC_BYTES / (int)sizeof *rows;

    for (int v = 0; v < HALF / lanes; v++) {
        vec_ints sum[SUBSETS] = {{0}};
#pragma GCC unroll 16
        for (int s = 1; s < SUBSETS; s++) {
            if (s & (s - 1))
                sum[s] = sum[s & (s - 1)] + sum[s & -s];
            else
                memcpy(&sum[s], rows + __builtin_ctz((unsigned)s) * HEAT_LAYER_WORD + v * lanes,
                       sizeof sum[s]);
            memcpy(sums + s * HALF + v * lanes, &sum[s], sizeof sum[s]);
        }
    }
}

/* Adds the sums that half of a word of each chain's state, from bit `shift` on, asks for, to numbers of
 * chains that lie so many apart. */
LANE_FN void add_subsets(const int32_t *sums, const uint64_t *from, int shift, int64_t n_chains,
                         const int32_t *before, const int64_t stride_before, int32_t *after,
                         const int64_t stride_after)
{
    const size_t bytes = HALF * sizeof *sums; /* of a sum */

    for (int64_t chain = 0; chain < n_chains; chain++) {
        const uint64_t at = (*from >> shift & UINT32_MAX) * bytes;
        lane_int sum[HALF_VECTORS];
        for (int q = 0; q < HALF_VECTORS; q++)
            sum[q] = lane_load(before + LANES * q);
#pragma GCC unroll 8
        for (int f = 0; f < FOURS; f++) {
            const char *own = lane_behind((const char *)sums + (at >> 4 * f & (SUBSETS - 1) * bytes));
            for (int q = 0; q < HALF_VECTORS; q++)
                sum[q] = lane_kept(lane_add(
                    sum[q], lane_load(own + SUBSETS * bytes * (size_t)f + LANES * sizeof *sums * (size_t)q)));
        }
        for (int q = 0; q < HALF_VECTORS; q++)
            lane_store(after + LANES * q, sum[q]);
        from++;
        before += stride_before;
        after += stride_after;
    }
}

/* On their own, as the compiler then keeps its numbers in registers: the rows that come first, those that
 * come last, and those between them. */
static __attribute__((noinline)) void add_first(const int32_t *sums, const uint64_t *from, int64_t n_chains,
                                                const int32_t *bias, int32_t *own)
{
    add_subsets(sums, from, 0, n_chains, bias, 0, own, HALF);
}

static __attribute__((noinline)) void add_more(const int32_t *sums, const uint64_t *from, int shift,
                                               int64_t n_chains, int32_t *own)
{
    add_subsets(sums, from, shift, n_chains, own, HALF, own, HALF);
}

static __attribute__((noinline)) void add_last(const int32_t *sums, const uint64_t *from, int shift,
                                               int64_t n_chains, const int32_t *own, int32_t *fields)
{
    add_subsets(sums, from, shift, n_chains, own, HALF, fields, HEAT_LAYER_WORD);
}

/* Leaves the states in d->work word by word, [word][chain]: all chains' digits of a word lie in few lines. */
LANE_FN void turn_states(const heat_layer_rows *r, const heat_layer_draw *d, int64_t begin, int64_t end)
{
    const int64_t n_words = heat_layer_words(r->n_from);

    for (int64_t chain = begin; chain < end; chain++)
        for (int64_t w = 0; w < n_words; w++)
            d->work[w * d->n_chains + chain] = d->from[chain * n_words + w];
}

/* The fields of half a word of units of n chains from number `begin` on, at most as many as `own` holds: the
 * bias goes in with the first rows, and the last leave them where they are wanted. */
LANE_FN void sum_half_word(const heat_layer_rows *r, const heat_layer_draw *d, int64_t begin, int64_t n,
                           int64_t first, int32_t *own, int32_t *fields)
{
    const int64_t n_words = heat_layer_words(r->n_from), word = first / HEAT_LAYER_WORD;
    const int32_t *rows =
        r->rows + (word * n_words * HEAT_LAYER_WORD * HEAT_LAYER_WORD + first % HEAT_LAYER_WORD);
    int32_t sums[FOURS * SUBSETS * HALF] __attribute__((aligned(64)));

    for (int f = 0; f < FOURS; f++)
        memset(sums + f * SUBSETS * HALF, 0, HALF * sizeof *sums); /* of no row */
    for (int64_t chain = 0; chain < n && r->n_from <= HALF; chain++)
        memcpy(own + chain * HALF, r->bias + first, HALF * sizeof *own);
    for (int64_t k = 0; k < r->n_from; k += HALF) {
        const uint64_t *states = d->work + k / HEAT_LAYER_WORD * d->n_chains + begin;
        const int shift = (int)(k % HEAT_LAYER_WORD);
        for (int f = 0; f < FOURS; f++)
            sum_subsets(rows + (k + 4 * f) * HEAT_LAYER_WORD, sums + f * SUBSETS * HALF);
        for (int64_t next = k + HALF; next < k + 2 * HALF; next++)
            for (int q = 0; q < HALF_VECTORS; q++)
                __builtin_prefetch(rows + next * HEAT_LAYER_WORD + LANES * q);
        if (k + HALF >= r->n_from)
            add_last(sums, states, shift, n, own, fields);
        else if (k == 0)
            add_first(sums, states, n, r->bias + first, own);
        else
            add_more(sums, states, shift, n, own);
    }
}

/* Where many units are on, rows go by fours: a digit of a state picks the sum of those that are on. */
LANE_FN void sum_dense_word(const heat_layer_rows *r, const heat_layer_draw *d, int64_t word, int32_t *fields)
{
    int32_t own[DENSE_CHAINS * HALF] __attribute__((aligned(64)));

    for (int64_t begin = 0; begin < d->n_chains; begin += DENSE_CHAINS)
        for (int64_t half = 0; half < HEAT_LAYER_WORD; half += HALF) {
            const int64_t left = d->n_chains - begin, n = left < DENSE_CHAINS ? left : DENSE_CHAINS;
            const int64_t first = word * HEAT_LAYER_WORD + half;
            int32_t *to = fields + begin * HEAT_LAYER_WORD + half;
            if (first < r->n_to)
                sum_half_word(r, d, begin, n, first, own, to);
            else /* padding alone */
                for (int64_t chain = 0; chain < n; chain++)
                    memcpy(to + chain * HEAT_LAYER_WORD, r->bias + first, HALF * sizeof *to);
        }
}

LANE_FN void sum_sparse_word(const heat_layer_rows *r, const heat_layer_draw *d, int64_t word,
                             int32_t *fields)
{
    const int64_t n_rows = heat_layer_words(r->n_from) * HEAT_LAYER_WORD;
    const int64_t tile = HEAT_LAYER_TILE * HEAT_LAYER_WORD * HEAT_LAYER_WORD;
    /* Of the next tile, fetched for each chain; few chains leave most of its rows alone. */
    const int64_t piece = d->n_chains < FETCHING_CHAINS ? 0 : (4 * tile / d->n_chains + 63) / 64 * 64;
    const int32_t *rows = r->rows + word * n_rows * HEAT_LAYER_WORD;
    const uint8_t *list = (const uint8_t *)d->work;

    for (int64_t t = 0; t < heat_layer_tiles(r); t++, rows += tile)
        for (int64_t chain = 0; chain < d->n_chains; chain++, list += 1 + list[0]) {
            int32_t *own = fields + chain * HEAT_LAYER_WORD;
            const char *next = (const char *)(rows + tile) + chain * piece;
            for (int64_t at = 0; at < piece && chain * piece < 4 * tile; at += 64)
                __builtin_prefetch(next + at, 0, 2);
            if (t == 0)
                add_rows(rows, list, r->bias + word * HEAT_LAYER_WORD, own);
            else if (list[0] > 0)
                add_rows(rows, list, own, own);
        }
}

/* Whether to add rows by fours; the sums are the same. By where either way has cost as much: with a hundred
 * chains at .29 of all units on, with sixteen at .47. */
LANE_FN bool is_dense(const heat_layer_rows *r, const heat_layer_draw *d)
{
    int64_t n_on = 0, n_halves = ((int64_t)r->n_from + HALF - 1) / HALF;

    for (int64_t w = 0; w < d->n_chains * heat_layer_words(r->n_from); w++)
        n_on += __builtin_popcountll(d->from[w]);
    return 3 * n_on > n_halves * (330 + 25 * (int64_t)d->n_chains);
}

static void LANE_PASTE(layer_list_units_, LANE_ISA)(const heat_layer_rows *r, const heat_layer_draw *d,
                                                    int64_t begin, int64_t end)
{
    if (is_dense(r, d))
        turn_states(r, d, begin, end);
    else
        list_on(r, d, begin, end);
}

LANE_FN void draw_by_rule(const heat_layer_rows *r, const heat_layer_draw *d, const heat_flip_rule rule)
{
    const bool dense = d->from != NULL && is_dense(r, d);
    const int64_t n_words = heat_layer_words(r->n_to);

    if (d->from != NULL && !d->is_listed)
        LANE_PASTE(layer_list_units_, LANE_ISA)(r, d, 0, d->n_chains);
    for (int64_t word = 0; word < n_words; word++) {
        int32_t *fields = fields_of(d, word);
        if (dense)
            sum_dense_word(r, d, word, fields);
        else if (d->from != NULL)
            sum_sparse_word(r, d, word, fields);
        for (int64_t chain = 0; chain < d->n_chains && (d->to != NULL || d->probabilities != NULL); chain++)
            finish_word(r, d, chain, word, fields + chain * HEAT_LAYER_WORD, rule);
    }
}

LANE_FN void total_chains(const heat_layer_rows *r, const heat_layer_draw *d)
{
    const int64_t n_words = heat_layer_words(r->n_to);

    for (int64_t chain = 0; chain < d->n_chains; chain++) {
        const int32_t *sums = d->sums + chain * 4 * LANES;
        int64_t n_on = 0;
        for (int64_t w = 0; w < n_words; w++)
            n_on += __builtin_popcountll(d->to[chain * n_words + w]);
        if (d->on_fields != NULL)
            d->on_fields[chain] = total_on(sums, n_on);
        if (d->on_bias != NULL)
            d->on_bias[chain] = total_on(sums + 2 * LANES, n_on);
    }
}

static void LANE_PASTE(layer_draw_, LANE_ISA)(const heat_layer_rows *r, const heat_layer_draw *d)
{
    const bool is_summed = d->on_fields != NULL || d->on_bias != NULL;

    if (is_summed)
        memset(d->sums, 0, (size_t)d->n_chains * 4 * LANES * sizeof *d->sums);
    if (d->rule == HEAT_FLIP_HEAT_BATH)
        draw_by_rule(r, d, HEAT_FLIP_HEAT_BATH);
    else
        draw_by_rule(r, d, HEAT_FLIP_METROPOLIS);
    if (is_summed)
        total_chains(r, d);
}

static LANE_UNUSED void LANE_PASTE(layer_skip_, LANE_ISA)(int64_t n_chains, int64_t n_words, uint32_t *random)
{
    for (int64_t chain = 0; chain < n_chains; chain++, random += 4 * LANES) {
        lane_int state[4];
        for (int k = 0; k < 4; k++)
            state[k] = lane_load(random + LANES * k);
        for (int64_t q = 0; q < n_words * WORD_VECTORS; q++)
            lane_draw(state);
        for (int k = 0; k < 4; k++)
            lane_store(random + LANES * k, state[k]);
    }
}

#include "kernel/layer_climb_body.h"
#include "kernel/layer_gain_body.h"
