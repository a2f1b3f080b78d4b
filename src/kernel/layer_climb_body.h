/* A step of learning, for the kernel of layers: part of layer_sweep_body.h. A tile of 64 by 64 weights at a
 * time: the rows in which a unit is on have been listed once, the means of the other layer are summed over
 * them in registers, as many rows at a time as the nearest cache holds, then the weights of a few units are
 * moved, averaged, measured and written as both tables. Sums over rows are in single precision; weights are
 * summed by eight lanes of doubles, in the same order for every instruction set. */
#ifndef HEATBATH_LAYER_CLIMB_BODY_H
#define HEATBATH_LAYER_CLIMB_BODY_H

#include "kernel/lane_reals.h"
#include "kernel/lane_values.h"
#include "kernel/layer_sweep.h"

enum {
    EIGHT = 8,
    PARTS = EIGHT / VEC_LANES, /* vectors for eight weights */
    TOGETHER = 4,              /* units whose weights are moved together */
    NEAR_ROWS = 112            /* whose means of 64 units, 28 KiB, the nearest cache holds */
};
typedef float part_floats __attribute__((vector_size(4 * VEC_LANES)));
typedef int32_t part_ints __attribute__((vector_size(4 * VEC_LANES)));

/* Lists, for each of 64 units, the rows in which it is on, after their number, and sums up their weights. */
static LANE_UNUSED void LANE_PASTE(layer_list_rows_, LANE_ISA)(const heat_layer_climb *c, int32_t word)
{
    const int64_t stride = c->n_rows + 1, n_words = heat_layer_words(c->n_x);
    uint32_t *lists = c->list + (int64_t)word * HEAT_LAYER_WORD * stride;
    double gain[HEAT_LAYER_WORD] = {0};

    for (int64_t i = 0; i < HEAT_LAYER_WORD; i++)
        lists[i * stride] = 0;
    for (int32_t r = 0; r < c->n_rows; r++)
        for (uint64_t bits = c->x[r * n_words + word]; bits != 0; bits &= bits - 1) {
            const int i = __builtin_ctzll(bits);
            uint32_t *list = lists + i * stride;
            list[++list[0]] = (uint32_t)r;
            gain[i] += c->weight[r];
        }
    for (int64_t i = 0, first = (int64_t)word * HEAT_LAYER_WORD; i < HEAT_LAYER_WORD && first + i < c->n_x;
         i++)
        c->x_gain[first + i] = gain[i];
}

/* Sums the means of 64 units from `first` on over the rows in which each of n units of x, from i0 on, is on:
 * [unit of x][64]. Some rows at a time, as many as the nearest cache holds. */
LANE_FN void sum_rows(const heat_layer_climb *c, int64_t i0, int64_t n, int64_t first, float *sums)
{
    const int64_t n_blocks = (c->n_rows + NEAR_ROWS - 1) / NEAR_ROWS;
    const float *y = c->y + first * c->n_rows;
    uint32_t next[HEAT_LAYER_WORD];

    memset(sums, 0, (size_t)n * HEAT_LAYER_WORD * sizeof *sums);
    for (int64_t i = 0; i < n; i++)
        next[i] = 1;
    for (int64_t b = 1; b <= n_blocks; b++) {
        const uint32_t end = (uint32_t)(c->n_rows * b / n_blocks);
        for (int64_t i = 0; i < n; i++) {
            const uint32_t *list = c->list + (i0 + i) * (c->n_rows + 1);
            float *own = sums + i * HEAT_LAYER_WORD;
            lane_real sum[HEAT_LAYER_WORD / LANES];
            uint32_t k = next[i];
            for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
                sum[q] = lane_load_real(own + LANES * q);
            for (; k <= list[0] && list[k] < end; k++) {
                const float *row = lane_behind(y + (int64_t)list[k] * HEAT_LAYER_WORD);
                for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
                    sum[q] = lane_plus(sum[q], lane_load_real(row + LANES * q));
            }
            for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
                lane_store(own + LANES * q, lane_bits_of(sum[q]));
            next[i] = k;
        }
    }
}

/* From the sums of unit i, what the gradient adds to its weights to the 64 units of y from `first` on. */
LANE_FN void find_move(const heat_layer_climb *c, int64_t i, int64_t first, float *move)
{
    const lane_real offset = lane_all_real((float)c->x_offset[i]), rate = lane_all_real((float)c->rate);
    const lane_real of_x = lane_all_real((float)(c->y_offset * c->x_gain[i]));

    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++) {
        lane_real sum = lane_load_real(move + LANES * q);
        lane_real of_y = lane_mul(offset, lane_load_real(c->y_gain + first + LANES * q));
        lane_store(move + LANES * q, lane_bits_of(lane_mul(rate, lane_minus(lane_minus(sum, of_y), of_x))));
    }
}

/* What moves weights of units that are moved together. */
typedef struct climb_rows {
    double *w[TOGETHER], *average[TOGETHER]; /* where the tile's weights of each begin */
    double offset[TOGETHER], keep, share, per_unit;
    const float *move; /* [unit][64] */
    double *y_sum, *y_size;
    int32_t *up;
} climb_rows;

/* Ties to even. */
LANE_FN part_ints nearest_ints(vec x)
{
#if defined(__AVX2__) && !defined(__AVX512F__)
    return (part_ints)_mm256_cvtpd_epi32((__m256d)x);
#else
    return __builtin_convertvector((vec_bits)(x + LANE_ROUND), part_ints);
#endif
}

/* Copies count doubles, at most a vector of them: without a call, where a row of weights ends within one. */
LANE_FN void copy_part(void *to, const void *from, const int64_t count)
{
    char *t = to;
    const char *f = from;

    if (count == VEC_LANES)
        memcpy(t, f, VEC_LANES * sizeof(double));
    for (int64_t n = VEC_LANES / 2; n > 0 && count < VEC_LANES; n /= 2)
        if (count & n) {
            memcpy(t, f, (size_t)n * sizeof(double));
            t += n * (int64_t)sizeof(double);
            f += n * (int64_t)sizeof(double);
        }
}

/* Moves weights j up to j + count, at most a vector of them, of each of n units. */
LANE_FN void climb_part(climb_rows *e, const int n, int64_t j, const int64_t count, const bool averages,
                        vec *x_sum, vec *x_size)
{
    vec y_sum = vec_load(e->y_sum + j), y_size = vec_load(e->y_size + j);

    for (int k = 0; k < n; k++) {
        vec x = ALL(0), a = ALL(0), size;
        part_floats move;
        part_ints whole;
        copy_part(&x, e->w[k] + j, count);
        memcpy(&move, e->move + k * HEAT_LAYER_WORD + j, sizeof move);
        x = x * e->keep + __builtin_convertvector(move, vec);
        copy_part(e->w[k] + j, &x, count);
        if (count < VEC_LANES) {
            x = ALL(0);
            copy_part(&x, e->w[k] + j, count);
        }
        if (averages) {
            copy_part(&a, e->average[k] + j, count);
            a += e->share * (x - a);
            copy_part(e->average[k] + j, &a, count);
        }
        size = vec_abs(x);
        x_sum[k] += x;
        x_size[k] += size;
        y_sum += e->offset[k] * x;
        y_size += size;
        whole = nearest_ints(x * e->per_unit);
        memcpy(e->up + k * HEAT_LAYER_WORD + j, &whole, sizeof whole);
    }
    vec_store(e->y_sum + j, y_sum);
    vec_store(e->y_size + j, y_size);
}

/* Lane l of eight takes weights l, l + 8, ...: a vector of lanes after the other. */
LANE_FN void climb_lanes(climb_rows *e, const int n, int64_t width, const bool averages,
                         double (*x_sums)[EIGHT], double (*x_sizes)[EIGHT])
{
    for (int p = 0; p < PARTS; p++) {
        vec x_sum[TOGETHER] = {{0}}, x_size[TOGETHER] = {{0}};
        int64_t j = (int64_t)p * VEC_LANES;
        for (; j + VEC_LANES <= width; j += EIGHT)
            climb_part(e, n, j, VEC_LANES, averages, x_sum, x_size);
        if (j < width)
            climb_part(e, n, j, width - j, averages, x_sum, x_size);
        for (int k = 0; k < n; k++) {
            vec_store(x_sums[k] + (int64_t)p * VEC_LANES, x_sum[k]);
            vec_store(x_sizes[k] + (int64_t)p * VEC_LANES, x_size[k]);
        }
    }
}

LANE_FN double total_eight(const double *x)
{
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

/* Rows lie far apart: no machine guesses the next piece of one. */
LANE_FN void fetch_ahead(const double *w)
{
    for (int64_t j = 0; j < HEAT_LAYER_WORD; j += EIGHT)
        __builtin_prefetch(w + j);
}

/* A tile of weights, from those of unit `i` to unit `first` of y on. */
typedef struct climb_tile {
    const heat_layer_climb *c;
    int64_t i, first;
    double *y_sum, *y_size;
    int32_t *up;
    float *move; /* [unit][64] */
} climb_tile;

/* The weights of n units in a tile. */
LANE_FN void climb_units(climb_tile *t, const int n)
{
    const heat_layer_climb *c = t->c;
    const int64_t left = c->n_y - t->first, width = left < HEAT_LAYER_WORD ? left : HEAT_LAYER_WORD;
    double x_sum[TOGETHER][EIGHT], x_size[TOGETHER][EIGHT];
    climb_rows e = {.keep = 1 - c->rate * c->decay,
                    .share = c->share,
                    .per_unit = c->per_unit,
                    .move = t->move,
                    .y_sum = t->y_sum,
                    .y_size = t->y_size,
                    .up = t->up};

    for (int k = 0; k < n; k++) {
        int64_t at = t->first * c->n_x + (t->i + k) * width, ahead = at + TOGETHER * width;
        e.w[k] = c->w + at;
        e.offset[k] = c->x_offset[t->i + k];
        fetch_ahead(c->w + ahead);
        if (c->average != NULL) {
            e.average[k] = c->average + at;
            fetch_ahead(c->average + ahead);
        }
        find_move(c, t->i + k, t->first, t->move + k * HEAT_LAYER_WORD);
    }
    if (c->average != NULL)
        climb_lanes(&e, n, width, true, x_sum, x_size);
    else
        climb_lanes(&e, n, width, false, x_sum, x_size);
    for (int k = 0; k < n; k++) {
        int64_t at = t->first / HEAT_LAYER_WORD * c->n_x + t->i + k;
        c->x_sum[at] = total_eight(x_sum[k]);
        c->x_size[at] = total_eight(x_size[k]);
    }
    t->i += n;
    t->up += n * HEAT_LAYER_WORD;
    t->move += n * HEAT_LAYER_WORD;
}

/* down[j][k] = up[k][j] of a tile. */
LANE_FN void transpose_tile(const int32_t *up, int32_t *down)
{
    for (int64_t k = 0; k < HEAT_LAYER_WORD; k += LANES)
        for (int64_t j = 0; j < HEAT_LAYER_WORD; j += LANES)
            lane_transpose(up + k * HEAT_LAYER_WORD + j, HEAT_LAYER_WORD, down + j * HEAT_LAYER_WORD + k,
                           HEAT_LAYER_WORD);
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
    const int64_t i0 = (int64_t)word * HEAT_LAYER_WORD;
    const int64_t end = c->n_x - i0 < HEAT_LAYER_WORD ? c->n_x : i0 + HEAT_LAYER_WORD;
    float move[HEAT_LAYER_WORD * HEAT_LAYER_WORD] __attribute__((aligned(64)));

    for (int64_t j0 = 0; j0 < y_words * HEAT_LAYER_WORD; j0 += HEAT_LAYER_WORD) {
        int32_t *up = c->up + j0 * x_words * HEAT_LAYER_WORD + i0 * HEAT_LAYER_WORD;
        int32_t *down = c->down + i0 * y_words * HEAT_LAYER_WORD + j0 * HEAT_LAYER_WORD;
        climb_tile tile = {.c = c, .i = i0, .first = j0, .up = up, .move = move};
        sum_rows(c, i0, end - i0, j0, move);
        tile.y_sum = c->y_sum + word * y_words * HEAT_LAYER_WORD + j0;
        tile.y_size = c->y_size + word * y_words * HEAT_LAYER_WORD + j0;
        memset(tile.y_sum, 0, HEAT_LAYER_WORD * sizeof *tile.y_sum);
        memset(tile.y_size, 0, HEAT_LAYER_WORD * sizeof *tile.y_size);
        while (tile.i + TOGETHER <= end)
            climb_units(&tile, TOGETHER);
        while (tile.i < end)
            climb_units(&tile, 1);
        transpose_tile(up, down);
    }
}

#endif
