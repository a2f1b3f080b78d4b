/* A step of learning, for the kernel of layers: part of layer_sweep_body.h. A tile of 64 by 64 weights at a
 * time: the pairs of rows in which a unit is on have been listed once, the rounded means of the other layer
 * are summed over them in registers, then the weights are moved, measured and written as both tables. Sums of
 * 16 bits are half the memory of floats, and exact in any order; all else is in single precision, in the same
 * order for every instruction set. */
#ifndef HEATBATH_LAYER_CLIMB_BODY_H
#define HEATBATH_LAYER_CLIMB_BODY_H

#include "kernel/lane_shorts.h"
#include "kernel/lane_values.h"
#include "kernel/layer_sweep.h"

/* What phases of the rounding lie apart, of 2^32: 1/g, 1/g^2 and 1/g^3 with g^4 = g + 1. */
static const uint32_t phase_of_row = 0xd1b54a33, phase_of_unit = 0xabc98389, phase_of_turn = 0x8cb92ba7;

LANE_FN int64_t count_pairs(const heat_layer_climb *c)
{
    return heat_layer_pairs(c->n_data, c->n_dreams);
}

/* The first pair of block b. */
LANE_FN int64_t block_begin(const heat_layer_climb *c, int64_t b)
{
    const int64_t n = count_pairs(c);

    return n == 0 ? 0 : n * b / heat_layer_blocks(n);
}

/* What the largest weight becomes, of whole numbers whose sum over a block has 16 bits. */
LANE_FN float largest_short(const heat_layer_climb *c)
{
    const int64_t n = count_pairs(c), n_blocks = heat_layer_blocks(n);

    return n == 0 ? 1 : (float)(INT16_MAX / ((n + n_blocks - 1) / n_blocks) - 1);
}

LANE_FN double largest_weight(const heat_layer_climb *c)
{
    double largest = 0;

    for (int64_t r = 0; r < c->n_data + c->n_dreams; r++) {
        const double size = c->weight[r] < 0 ? -c->weight[r] : c->weight[r];
        largest = size > largest ? size : largest;
    }
    return largest > 0 ? largest : 1;
}

/* Lists, for each block and each of 64 units, how many pairs the unit is on in and which, counted from the
 * block's first in the room of their case, one list behind the other; and sums up their weights. */
static LANE_UNUSED void LANE_PASTE(layer_list_rows_, LANE_ISA)(const heat_layer_climb *c, int32_t word)
{
    const int64_t n_words = heat_layer_words(c->n_x), n_blocks = heat_layer_blocks(count_pairs(c));
    uint16_t lists[HEAT_LAYER_WORD][1 + HEAT_LAYER_NEAR];
    double gain[HEAT_LAYER_WORD] = {0};

    for (int64_t b = 0; b < n_blocks; b++) {
        const int64_t begin = block_begin(c, b), end = block_begin(c, b + 1);
        uint16_t *out = c->list + (word * n_blocks + b) * HEAT_LAYER_LISTS;
        for (int64_t i = 0; i < HEAT_LAYER_WORD; i++)
            lists[i][0] = 0;
        for (int64_t r = begin; r < end; r++) {
            const bool has_data = r < c->n_data, dreams = r < c->n_dreams;
            const uint64_t data = has_data ? c->x[r * n_words + word] : 0;
            const uint64_t dream = dreams ? c->x[(c->n_data + r) * n_words + word] : 0;
            const double of_data = has_data ? c->weight[r] : 0,
                         of_dream = dreams ? c->weight[c->n_data + r] : 0;
            const double weight[HEAT_LAYER_CASES] = {of_data, of_dream, of_data + of_dream};
            for (uint64_t bits = data | dream; bits != 0; bits &= bits - 1) {
                const int i = __builtin_ctzll(bits);
                const int which = (int)(data >> i & 1) + 2 * (int)(dream >> i & 1) - 1;
                lists[i][++lists[i][0]] = (uint16_t)(which * HEAT_LAYER_NEAR + (r - begin));
                gain[i] += weight[which];
            }
        }
        for (int64_t i = 0; i < HEAT_LAYER_WORD; i++)
            for (int k = 0; k <= lists[i][0]; k++)
                *out++ = lists[i][k];
    }
    for (int64_t i = 0, first = (int64_t)word * HEAT_LAYER_WORD; i < HEAT_LAYER_WORD && first + i < c->n_x;
         i++)
        c->x_gain[first + i] = gain[i];
}

/* Weighs the means of a row of a word and rounds them, times `scale`, to 64 shorts; adds these to `gain`. */
LANE_FN void round_row(const heat_layer_climb *c, int32_t word, int64_t r, float scale, const uint32_t *phase,
                       lane_int *shorts, lane_int *gain)
{
    const float *y = c->y + ((int64_t)word * (c->n_data + c->n_dreams) + r) * HEAT_LAYER_WORD;
    const lane_int own_phase = lane_all((int32_t)(phase_of_turn * c->turn + phase_of_row * (uint32_t)r));
    const lane_real weight = lane_all_real((float)c->weight[r]), by = lane_all_real(scale);
    const lane_real part = lane_all_real(0x1p-24f), half = lane_all_real(0.5f);
    lane_int rounded[HEAT_LAYER_WORD / LANES];

    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++) {
        const lane_real x = lane_mul(lane_load_real(y + LANES * q), weight);
        const lane_int at = lane_shift_right(lane_add(own_phase, lane_load(phase + LANES * q)), 8);
        const lane_real up = lane_minus(lane_mul(lane_to_real(at), part), half); /* from -1/2 to 1/2 */
        rounded[q] = lane_nearest(lane_plus(lane_mul(x, by), up));
        gain[q] = lane_add(gain[q], rounded[q]);
    }
    for (int h = 0; h < 2; h++)
        shorts[h] = lane_narrow(rounded[2 * h], rounded[2 * h + 1]);
}

/* What pairs add to a unit of x in each case, for a word of y. */
LANE_FN void round_means(const heat_layer_climb *c, int32_t word, float scale)
{
    const lane_int none = lane_all(0);
    const lane_real per_short = lane_all_real(1 / scale);
    lane_int gain[HEAT_LAYER_WORD / LANES];
    uint32_t phase[HEAT_LAYER_WORD];

    for (uint32_t j = 0; j < HEAT_LAYER_WORD; j++)
        phase[j] = phase_of_unit * j;
    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
        gain[q] = none;
    for (int64_t b = 0; b < heat_layer_blocks(count_pairs(c)); b++) {
        const int64_t begin = block_begin(c, b), end = block_begin(c, b + 1);
        int16_t *to = c->rounded + b * HEAT_LAYER_CASES * HEAT_LAYER_NEAR * HEAT_LAYER_WORD;
        for (int64_t r = begin; r < end; r++, to += HEAT_LAYER_WORD) {
            lane_int data[2] = {none, none}, dream[2] = {none, none};
            if (r < c->n_data)
                round_row(c, word, r, scale, phase, data, gain);
            if (r < c->n_dreams)
                round_row(c, word, c->n_data + r, scale, phase, dream, gain);
            for (int h = 0; h < 2; h++) {
                int16_t *at = to + 2 * LANES * h;
                lane_store(at, data[h]);
                lane_store(at + HEAT_LAYER_NEAR * HEAT_LAYER_WORD, dream[h]);
                lane_store(at + 2 * HEAT_LAYER_NEAR * HEAT_LAYER_WORD, lane_add_shorts(data[h], dream[h]));
            }
        }
    }
    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
        lane_store(c->y_gain + (int64_t)word * HEAT_LAYER_WORD + LANES * q,
                   lane_bits_of(lane_mul(lane_to_real(gain[q]), per_short)));
}

/* Sums the rounded means of 64 units over the pairs in which each of the first n units of a word of x is on:
 * [unit of x][64]. */
LANE_FN void sum_pairs(const heat_layer_climb *c, int64_t word, int64_t n, float *sums)
{
    const int64_t n_blocks = heat_layer_blocks(count_pairs(c));

    if (n_blocks == 0)
        memset(sums, 0, (size_t)n * HEAT_LAYER_WORD * sizeof *sums);
    for (int64_t b = 0; b < n_blocks; b++) {
        const int16_t *rounded = c->rounded + b * HEAT_LAYER_CASES * HEAT_LAYER_NEAR * HEAT_LAYER_WORD;
        const uint16_t *list = c->list + (word * n_blocks + b) * HEAT_LAYER_LISTS;
        for (int64_t i = 0; i < n; i++, list += 1 + list[0]) {
            float *own = sums + i * HEAT_LAYER_WORD;
            lane_int sum[2] = {lane_all(0), lane_all(0)};
            for (int k = 1; k <= list[0]; k++) {
                const int16_t *row = lane_behind(rounded + (int64_t)list[k] * HEAT_LAYER_WORD);
                for (int h = 0; h < 2; h++)
                    sum[h] = lane_kept(lane_add_shorts(sum[h], lane_load(row + 2 * LANES * h)));
            }
            for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++) {
                lane_real x = lane_to_real(lane_widen_shorts(sum[q / 2], q % 2));
                if (b > 0)
                    x = lane_plus(x, lane_load_real(own + LANES * q));
                lane_store(own + LANES * q, lane_bits_of(x));
            }
        }
    }
}

/* The bits of sixteen sums. */
typedef int32_t lane_row[LANES];

/* A tile of weights, from those of unit i0 to unit j0 of y on. */
typedef struct climb_tile {
    int64_t i0, n, j0; /* n units of x */
    float *w;          /* [unit of x][64], as the two below */
    const float *sums; /* of weights, in `per_sum` */
    float per_sum;
    int32_t *up;
    int32_t *down;         /* [unit of y][64] */
    float *x_sum, *x_size; /* [unit of x, padded] */
    float *y_sum, *y_size; /* [64] */
} climb_tile;

/* Moves the weights of unit i0 + k to the tile's units of y, and measures them. */
LANE_FN void climb_row(const heat_layer_climb *c, const climb_tile *t, int64_t k, const lane_mask *is_unit,
                       lane_real *x_sum, lane_real *x_size)
{
    const lane_real zero = lane_all_real(0), rate = lane_all_real((float)c->rate);
    const lane_real fade = lane_all_real((float)(c->rate * c->decay));
    const lane_real per_unit = lane_all_real((float)c->per_unit), per_sum = lane_all_real(t->per_sum);
    const lane_real offset = lane_all_real((float)c->x_offset[t->i0 + k]);
    const lane_real of_x = lane_all_real((float)(c->y_offset * c->x_gain[t->i0 + k]));

    *x_sum = *x_size = zero;
    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++) {
        const int64_t j = LANES * q, at = k * HEAT_LAYER_WORD + j;
        const lane_real of_y = lane_mul(offset, lane_load_real(c->y_gain + t->j0 + j));
        lane_real x = lane_load_real(t->w + at), size;
        lane_real gain = lane_mul(lane_load_real(t->sums + at), per_sum);
        lane_real move = lane_mul(rate, lane_minus(lane_minus(gain, of_y), of_x));
        x = lane_plus(x, lane_choose(is_unit[q], lane_minus(move, lane_mul(fade, x)), zero));
        size = lane_real_of(lane_and(lane_bits_of(x), lane_all(INT32_MAX)));
        lane_store(t->w + at, lane_bits_of(x));
        lane_store(t->up + at, lane_nearest(lane_mul(x, per_unit)));
        *x_sum = lane_plus(*x_sum, x);
        *x_size = lane_plus(*x_size, size);
        lane_store(t->y_sum + j, lane_bits_of(lane_plus(lane_load_real(t->y_sum + j), lane_mul(offset, x))));
        lane_store(t->y_size + j, lane_bits_of(lane_plus(lane_load_real(t->y_size + j), size)));
    }
}

/* The sums over the lanes of 64 rows. */
LANE_FN void total_lanes(const lane_row *rows, float *totals)
{
    for (int64_t k = 0; k < HEAT_LAYER_WORD; k += LANES) {
        lane_row across[LANES] = {{0}};
        lane_real sum = lane_all_real(0);
        lane_transpose(rows[k], LANES, across[0], LANES);
        for (int l = 0; l < LANES; l++)
            sum = lane_plus(sum, lane_real_of(lane_load(across[l])));
        lane_store(totals + k, lane_bits_of(sum));
    }
}

/* The tables of sixteen units of x, from number k of the tile on: down[j][k] = up[k][j]. */
LANE_FN void turn_rows(const climb_tile *t, int64_t k)
{
    for (int64_t j = 0; j < HEAT_LAYER_WORD; j += LANES)
        lane_transpose(t->up + k * HEAT_LAYER_WORD + j, HEAT_LAYER_WORD, t->down + j * HEAT_LAYER_WORD + k,
                       HEAT_LAYER_WORD);
}

LANE_FN void climb_weights(const heat_layer_climb *c, const climb_tile *t)
{
    lane_row sums[HEAT_LAYER_WORD] = {{0}}, sizes[HEAT_LAYER_WORD] = {{0}};
    lane_mask is_unit[HEAT_LAYER_WORD / LANES];

    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++) {
        const int64_t left = c->n_y - t->j0 - LANES * q;
        is_unit[q] = lane_from_bits((uint16_t)(left < LANES ? (1 << (left < 0 ? 0 : left)) - 1 : -1));
    }
    memset(t->y_sum, 0, HEAT_LAYER_WORD * sizeof *t->y_sum);
    memset(t->y_size, 0, HEAT_LAYER_WORD * sizeof *t->y_size);
    for (int64_t k = 0; k < t->n; k++) {
        lane_real sum, size;
        climb_row(c, t, k, is_unit, &sum, &size);
        lane_store(sums[k], lane_bits_of(sum));
        lane_store(sizes[k], lane_bits_of(size));
        if (k % LANES == LANES - 1 || k == t->n - 1)
            turn_rows(t, k / LANES * LANES);
    }
    total_lanes(sums, t->x_sum);
    total_lanes(sizes, t->x_size);
}

static LANE_UNUSED void LANE_PASTE(layer_climb_, LANE_ISA)(const heat_layer_climb *c, int32_t word)
{
    const int64_t x_words = heat_layer_words(c->n_x), y_words = heat_layer_words(c->n_y);
    const int64_t j0 = (int64_t)word * HEAT_LAYER_WORD;
    const float scale = (float)((double)largest_short(c) / largest_weight(c));
    float sums[HEAT_LAYER_WORD * HEAT_LAYER_WORD] __attribute__((aligned(64)));

    round_means(c, word, scale);
    for (int64_t w = 0, i0 = 0; w < x_words; w++, i0 += HEAT_LAYER_WORD) {
        const int64_t left = c->n_x - i0, at = (word * x_words + w) * HEAT_LAYER_WORD,
                      across = (w * y_words + word) * HEAT_LAYER_WORD;
        const climb_tile tile = {.i0 = i0,
                                 .n = left < HEAT_LAYER_WORD ? left : HEAT_LAYER_WORD,
                                 .j0 = j0,
                                 .w = c->w + at * HEAT_LAYER_WORD,
                                 .sums = sums,
                                 .per_sum = 1 / scale,
                                 .up = c->up + at * HEAT_LAYER_WORD,
                                 .down = c->down + across * HEAT_LAYER_WORD,
                                 .x_sum = c->x_sum + at,
                                 .x_size = c->x_size + at,
                                 .y_sum = c->y_sum + across,
                                 .y_size = c->y_size + across};
        sum_pairs(c, w, tile.n, sums);
        climb_weights(c, &tile);
    }
}

#endif
