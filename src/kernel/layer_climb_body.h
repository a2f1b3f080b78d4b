/* A step of learning, for the kernel of layers: part of layer_sweep_body.h. A tile of 64 by 64 weights at a
 * time: the rows in which a unit is on have been listed once, the means of the other layer are summed over
 * them in registers, a block of rows at a time that the nearest cache holds, then the weights are moved,
 * measured and written as both tables. All in single precision, in the same order for every instruction set:
 * what a step costs is the memory that it touches. */
#ifndef HEATBATH_LAYER_CLIMB_BODY_H
#define HEATBATH_LAYER_CLIMB_BODY_H

#include "kernel/lane_values.h"
#include "kernel/layer_sweep.h"

/* The first row of block b. */
LANE_FN int32_t block_begin(const heat_layer_climb *c, int64_t b)
{
    return (int32_t)(c->n_rows * b / heat_layer_blocks(c->n_rows));
}

/* Lists, for each of 64 units and each block, the rows in which it is on, counted from the block's first,
 * after their number, and sums up their weights. */
static LANE_UNUSED void LANE_PASTE(layer_list_rows_, LANE_ISA)(const heat_layer_climb *c, int32_t word)
{
    const int64_t n_words = heat_layer_words(c->n_x), n_blocks = heat_layer_blocks(c->n_rows);
    const int64_t stride = n_blocks * HEAT_LAYER_LIST;
    double gain[HEAT_LAYER_WORD] = {0};

    for (int64_t b = 0; b < n_blocks; b++) {
        const int32_t begin = block_begin(c, b), end = block_begin(c, b + 1);
        uint8_t *lists = c->list + (int64_t)word * HEAT_LAYER_WORD * stride + b * HEAT_LAYER_LIST;
        for (int64_t i = 0; i < HEAT_LAYER_WORD; i++)
            lists[i * stride] = 0;
        for (int32_t r = begin; r < end; r++)
            for (uint64_t bits = c->x[r * n_words + word]; bits != 0; bits &= bits - 1) {
                const int i = __builtin_ctzll(bits);
                uint8_t *list = lists + i * stride;
                list[++list[0]] = (uint8_t)(r - begin);
                gain[i] += c->weight[r];
            }
    }
    for (int64_t i = 0, first = (int64_t)word * HEAT_LAYER_WORD; i < HEAT_LAYER_WORD && first + i < c->n_x;
         i++)
        c->x_gain[first + i] = gain[i];
}

/* Sums the means of 64 units from `first` on over the rows in which each of n units of x, from i0 on, is on:
 * [unit of x][64]. */
LANE_FN void sum_rows(const heat_layer_climb *c, int64_t i0, int64_t n, int64_t first, float *sums)
{
    const int64_t n_blocks = heat_layer_blocks(c->n_rows);

    memset(sums, 0, (size_t)n * HEAT_LAYER_WORD * sizeof *sums);
    for (int64_t b = 0; b < n_blocks; b++) {
        const float *y = c->y + first * c->n_rows + (int64_t)block_begin(c, b) * HEAT_LAYER_WORD;
        for (int64_t i = 0; i < n; i++) {
            const uint8_t *list = c->list + ((i0 + i) * n_blocks + b) * HEAT_LAYER_LIST;
            float *own = sums + i * HEAT_LAYER_WORD;
            lane_real sum[HEAT_LAYER_WORD / LANES];
            for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
                sum[q] = lane_load_real(own + LANES * q);
            for (int k = 1; k <= list[0]; k++) {
                const float *row = lane_behind(y + (int64_t)list[k] * HEAT_LAYER_WORD);
                for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
                    sum[q] = lane_plus(sum[q], lane_load_real(row + LANES * q));
            }
            for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
                lane_store(own + LANES * q, lane_bits_of(sum[q]));
        }
    }
}

/* The bits of sixteen sums. */
typedef int32_t lane_row[LANES];

/* A tile of weights, from those of unit i0 to unit j0 of y on. */
typedef struct climb_tile {
    int64_t i0, n, j0; /* n units of x */
    float *w;          /* [unit of x][64], as the two below */
    const float *sums;
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
    const lane_real per_unit = lane_all_real((float)c->per_unit);
    const lane_real offset = lane_all_real((float)c->x_offset[t->i0 + k]);
    const lane_real of_x = lane_all_real((float)(c->y_offset * c->x_gain[t->i0 + k]));

    *x_sum = *x_size = zero;
    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++) {
        const int64_t j = LANES * q, at = k * HEAT_LAYER_WORD + j;
        const lane_real of_y = lane_mul(offset, lane_load_real(c->y_gain + t->j0 + j));
        lane_real x = lane_load_real(t->w + at), size;
        lane_real move = lane_mul(rate, lane_minus(lane_minus(lane_load_real(t->sums + at), of_y), of_x));
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

static LANE_UNUSED void LANE_PASTE(layer_weigh_, LANE_ISA)(const heat_layer_climb *c, int32_t word)
{
    const int64_t first = (int64_t)word * HEAT_LAYER_WORD;
    float *y = c->y + first * c->n_rows;
    lane_real sum[HEAT_LAYER_WORD / LANES];

    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
        sum[q] = lane_all_real(0);
    for (int32_t r = 0; r < c->n_rows; r++, y += HEAT_LAYER_WORD)
        for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++) {
            lane_real weighed = lane_mul(lane_load_real(y + LANES * q), lane_all_real((float)c->weight[r]));
            sum[q] = lane_plus(sum[q], weighed);
            lane_store(y + LANES * q, lane_bits_of(weighed));
        }
    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
        lane_store(c->y_gain + first + LANES * q, lane_bits_of(sum[q]));
}

static LANE_UNUSED void LANE_PASTE(layer_climb_, LANE_ISA)(const heat_layer_climb *c, int32_t word)
{
    const int64_t x_words = heat_layer_words(c->n_x), y_words = heat_layer_words(c->n_y);
    const int64_t j0 = (int64_t)word * HEAT_LAYER_WORD;
    float sums[HEAT_LAYER_WORD * HEAT_LAYER_WORD] __attribute__((aligned(64)));

    for (int64_t w = 0, i0 = 0; w < x_words; w++, i0 += HEAT_LAYER_WORD) {
        const int64_t left = c->n_x - i0, at = (word * x_words + w) * HEAT_LAYER_WORD,
                      across = (w * y_words + word) * HEAT_LAYER_WORD;
        const climb_tile tile = {.i0 = i0,
                                 .n = left < HEAT_LAYER_WORD ? left : HEAT_LAYER_WORD,
                                 .j0 = j0,
                                 .w = c->w + at * HEAT_LAYER_WORD,
                                 .sums = sums,
                                 .up = c->up + at * HEAT_LAYER_WORD,
                                 .down = c->down + across * HEAT_LAYER_WORD,
                                 .x_sum = c->x_sum + at,
                                 .x_size = c->x_size + at,
                                 .y_sum = c->y_sum + across,
                                 .y_size = c->y_size + across};
        sum_rows(c, i0, tile.n, j0, sums);
        climb_weights(c, &tile);
    }
}

#endif
