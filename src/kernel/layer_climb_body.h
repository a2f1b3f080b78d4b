/* A step of learning, for the kernel of layers: part of layer_sweep_body.h. A tile of 64 by 64 weights at a
 * time: the rows in which a unit is on have been listed once, the means of the other layer are summed over
 * them in registers, the weights of a few units moved, averaged, measured and written as both tables. Sums
 * over rows are in single precision; weights go by eights of doubles, in the same order for every
 * instruction set. */
#ifndef HEATBATH_LAYER_CLIMB_BODY_H
#define HEATBATH_LAYER_CLIMB_BODY_H

#include "kernel/lane_values.h"
#include "kernel/layer_sweep.h"

enum { EIGHT = 8, TOGETHER = 4 }; /* units whose weights are moved together */
typedef double eight __attribute__((vector_size(8 * EIGHT)));
typedef int64_t eight_bits __attribute__((vector_size(8 * EIGHT)));
typedef float eight_floats __attribute__((vector_size(4 * EIGHT)));
typedef int32_t eight_ints __attribute__((vector_size(4 * EIGHT)));

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

/* Sums the means of 64 units over the rows listed. */
LANE_FN void sum_listed(const float *y, const uint32_t *list, lane_real *sum)
{
    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
        sum[q] = lane_all_real(0);
    for (uint32_t k = 1; k <= list[0]; k++)
        for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
            sum[q] = lane_plus(sum[q], lane_load_real(y + (int64_t)list[k] * HEAT_LAYER_WORD + LANES * q));
}

/* What the gradient adds to the weights of unit i to the 64 units of y from `first` on. */
LANE_FN void find_move(const heat_layer_climb *c, int64_t i, int64_t first, float *move)
{
    const lane_real offset = lane_all_real((float)c->x_offset[i]), rate = lane_all_real((float)c->rate);
    const lane_real of_x = lane_all_real((float)(c->y_offset * c->x_gain[i]));
    lane_real sum[HEAT_LAYER_WORD / LANES];

    sum_listed(c->y + first * c->n_rows, c->list + i * (c->n_rows + 1), sum);
    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++) {
        lane_real of_y = lane_mul(offset, lane_load_real(c->y_gain + first + LANES * q));
        lane_store(move + LANES * q,
                   lane_bits_of(lane_mul(rate, lane_minus(lane_minus(sum[q], of_y), of_x))));
    }
}

/* What moves eights of weights of units that are moved together. */
typedef struct climb_eights {
    double *w[TOGETHER], *average[TOGETHER]; /* where the tile's weights of each begin */
    double offset[TOGETHER], keep, share, per_unit;
    const float *move; /* [unit][64] */
    double *y_sum, *y_size;
    int32_t *up;
    eight x_sum[TOGETHER], x_size[TOGETHER];
} climb_eights;

/* Copies count doubles, at most eight: without a call, where a row of weights ends within eight. */
LANE_FN void copy_eight(void *to, const void *from, const int64_t count)
{
    char *t = to;
    const char *f = from;

    if (count == EIGHT)
        memcpy(t, f, EIGHT * sizeof(double));
    for (int64_t n = EIGHT / 2; n > 0 && count < EIGHT; n /= 2)
        if (count & n) {
            memcpy(t, f, (size_t)n * sizeof(double));
            t += n * (int64_t)sizeof(double);
            f += n * (int64_t)sizeof(double);
        }
}

/* Moves weights j up to j + count, at most eight, of each of n units. */
LANE_FN void climb_eight(climb_eights *e, const int n, int64_t j, const int64_t count, const bool averages)
{
    eight y_sum, y_size;

    memcpy(&y_sum, e->y_sum + j, sizeof y_sum);
    memcpy(&y_size, e->y_size + j, sizeof y_size);
    for (int k = 0; k < n; k++) {
        eight x = {0}, a = {0}, size;
        eight_floats move;
        eight_ints whole;
        copy_eight(&x, e->w[k] + j, count);
        memcpy(&move, e->move + k * HEAT_LAYER_WORD + j, sizeof move);
        x = x * e->keep + __builtin_convertvector(move, eight);
        copy_eight(e->w[k] + j, &x, count);
        if (count < EIGHT) {
            memset(&x, 0, sizeof x);
            copy_eight(&x, e->w[k] + j, count);
        }
        if (averages) {
            copy_eight(&a, e->average[k] + j, count);
            a += e->share * (x - a);
            copy_eight(e->average[k] + j, &a, count);
        }
        size = (eight)((eight_bits)x & INT64_MAX);
        e->x_sum[k] += x;
        e->x_size[k] += size;
        y_sum += e->offset[k] * x;
        y_size += size;
        whole = __builtin_convertvector((eight_bits)(x * e->per_unit + LANE_ROUND), eight_ints);
        memcpy(e->up + k * HEAT_LAYER_WORD + j, &whole, sizeof whole);
    }
    memcpy(e->y_sum + j, &y_sum, sizeof y_sum);
    memcpy(e->y_size + j, &y_size, sizeof y_size);
}

LANE_FN void climb_eights_of(climb_eights *e, const int n, int64_t width, const bool averages)
{
    int64_t j = 0;

    for (; j + EIGHT <= width; j += EIGHT)
        climb_eight(e, n, j, EIGHT, averages);
    if (j < width)
        climb_eight(e, n, j, width - j, averages);
}

LANE_FN double total_eight(const eight *of)
{
    const eight x = *of;

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
} climb_tile;

/* The weights of n units in a tile. */
LANE_FN void climb_units(climb_tile *t, const int n)
{
    const heat_layer_climb *c = t->c;
    const int64_t left = c->n_y - t->first, width = left < HEAT_LAYER_WORD ? left : HEAT_LAYER_WORD;
    float move[TOGETHER * HEAT_LAYER_WORD] __attribute__((aligned(64)));
    climb_eights e = {.keep = 1 - c->rate * c->decay,
                      .share = c->share,
                      .per_unit = c->per_unit,
                      .move = move,
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
        find_move(c, t->i + k, t->first, move + k * HEAT_LAYER_WORD);
    }
    if (c->average != NULL)
        climb_eights_of(&e, n, width, true);
    else
        climb_eights_of(&e, n, width, false);
    for (int k = 0; k < n; k++) {
        int64_t at = t->first / HEAT_LAYER_WORD * c->n_x + t->i + k;
        c->x_sum[at] = total_eight(&e.x_sum[k]);
        c->x_size[at] = total_eight(&e.x_size[k]);
    }
    t->i += n;
    t->up += n * HEAT_LAYER_WORD;
}

/* down[j][k] = up[k][j] of a tile. */
LANE_FN void transpose_tile(const int32_t *up, int32_t *down)
{
    int32_t block[LANES * LANES] __attribute__((aligned(64)));

    for (int64_t k = 0; k < HEAT_LAYER_WORD; k += LANES)
        for (int64_t j = 0; j < HEAT_LAYER_WORD; j += LANES) {
            lane_transpose(up + k * HEAT_LAYER_WORD + j, HEAT_LAYER_WORD, block);
            for (int64_t l = 0; l < LANES; l++)
                lane_store(down + (j + l) * HEAT_LAYER_WORD + k, lane_load(block + LANES * l));
        }
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

    for (int64_t j0 = 0; j0 < y_words * HEAT_LAYER_WORD; j0 += HEAT_LAYER_WORD) {
        int32_t *up = c->up + j0 * x_words * HEAT_LAYER_WORD + i0 * HEAT_LAYER_WORD;
        int32_t *down = c->down + i0 * y_words * HEAT_LAYER_WORD + j0 * HEAT_LAYER_WORD;
        climb_tile tile = {.c = c, .i = i0, .first = j0, .up = up};
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
