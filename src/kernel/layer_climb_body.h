/* A step of learning, for the kernel of layers: part of layer_sweep_body.h. A tile of 64 by 64 weights at a
 * time: the rows of either phase in which a unit is on are listed once, then the means of the other layer are
 * summed over them in registers, the weights moved, averaged, measured and written as both tables. Numbers go
 * by eights of doubles, in the same order for every instruction set. */
#ifndef HEATBATH_LAYER_CLIMB_BODY_H
#define HEATBATH_LAYER_CLIMB_BODY_H

#include "kernel/lane.h"
#include "kernel/layer_sweep.h"

enum { EIGHT = 8, AHEAD = 2 };
typedef double eight __attribute__((vector_size(8 * EIGHT)));
typedef int64_t eight_bits __attribute__((vector_size(8 * EIGHT)));
typedef float eight_floats __attribute__((vector_size(4 * EIGHT)));
typedef int32_t eight_ints __attribute__((vector_size(4 * EIGHT)));

/* Lists, for each of 64 units, the rows in which it is on, after their number. */
LANE_FN void list_rows(const heat_layer_phase *p, int64_t n_words, int64_t word)
{
    const int64_t stride = p->n_rows + 1;

    for (int64_t i = 0; i < HEAT_LAYER_WORD; i++)
        p->list[i * stride] = 0;
    for (int32_t r = 0; r < p->n_rows; r++)
        for (uint64_t bits = p->x[r * n_words + word]; bits != 0; bits &= bits - 1) {
            uint32_t *list = p->list + __builtin_ctzll(bits) * stride;
            list[++list[0]] = (uint32_t)r;
        }
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

/* What a row of a tile keeps in registers. */
typedef struct climb_row {
    double offset, x_gain;
    eight sum, size; /* of its weights */
} climb_row;

/* Up to eight weights of a row: w and average are at the first of them, y at their column. */
LANE_FN void climb_eight(const heat_layer_climb *c, climb_row *row, double *w, double *average, int64_t count,
                         const float *gain, const double *y_gain, double *y_sum, double *y_size, int32_t *up)
{
    const size_t bytes = (size_t)count * sizeof *w;
    eight x = {0}, y, sum, size;
    eight_floats g;
    eight_ints whole;

    memcpy(&x, w, bytes);
    memcpy(&g, gain, sizeof g);
    memcpy(&y, y_gain, sizeof y);
    x += c->rate *
         (__builtin_convertvector(g, eight) - row->offset * y - c->y_offset * row->x_gain - c->decay * x);
    memcpy(w, &x, bytes);
    if (count < EIGHT) {
        memset(&x, 0, sizeof x);
        memcpy(&x, w, bytes);
    }
    if (average != NULL) {
        eight a = x;
        memcpy(&a, average, bytes);
        a += c->share * (x - a);
        memcpy(average, &a, bytes);
    }
    size = (eight)((eight_bits)x & INT64_MAX);
    row->sum += x;
    row->size += size;
    memcpy(&sum, y_sum, sizeof sum);
    sum += row->offset * x;
    memcpy(y_sum, &sum, sizeof sum);
    memcpy(&y, y_size, sizeof y);
    y += size;
    memcpy(y_size, &y, sizeof y);
    whole = __builtin_convertvector((eight_bits)(x * c->per_unit + LANE_ROUND), eight_ints);
    memcpy(up, &whole, sizeof whole);
}

LANE_FN double total_eight(eight x)
{
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

/* Rows lie far apart: no machine guesses the next piece of one. */
LANE_FN void fetch_ahead(const double *w)
{
    for (int64_t j = 0; j < HEAT_LAYER_WORD; j += EIGHT)
        __builtin_prefetch(w + j);
}

/* Row i of x against 64 units of y, from `first` on. */
LANE_FN void climb_row_of(const heat_layer_climb *c, int64_t i, int64_t first, double *y_sum, double *y_size,
                          int32_t *up)
{
    const int64_t k = i % HEAT_LAYER_WORD, n_y = c->n_y;
    float gain[HEAT_LAYER_WORD];
    lane_real data[HEAT_LAYER_WORD / LANES], dreams[HEAT_LAYER_WORD / LANES];
    climb_row row = {.offset = c->x_offset[i], .x_gain = c->x_gain[i]};

    fetch_ahead(c->w + (i + AHEAD) * n_y + first);
    if (c->average != NULL)
        fetch_ahead(c->average + (i + AHEAD) * n_y + first);
    sum_listed(c->data.y + first * c->data.n_rows, c->data.list + k * (c->data.n_rows + 1), data);
    sum_listed(c->dreams.y + first * c->dreams.n_rows, c->dreams.list + k * (c->dreams.n_rows + 1), dreams);
    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
        lane_store(gain + LANES * q, lane_bits_of(lane_minus(data[q], dreams[q])));
    for (int64_t j = 0; j < HEAT_LAYER_WORD && first + j < n_y; j += EIGHT) {
        int64_t at = i * n_y + first + j, left = n_y - first - j;
        double *average = c->average == NULL ? NULL : c->average + at;
        if (left >= EIGHT)
            climb_eight(c, &row, c->w + at, average, EIGHT, gain + j, c->y_gain + first + j, y_sum + j,
                        y_size + j, up + j);
        else
            climb_eight(c, &row, c->w + at, average, left, gain + j, c->y_gain + first + j, y_sum + j,
                        y_size + j, up + j);
    }
    c->x_sum[i] += total_eight(row.sum);
    c->x_size[i] += total_eight(row.size);
}

/* The gain of <x_i>, by the rows listed. */
LANE_FN double gain_of(const heat_layer_phase *p, int64_t k)
{
    const uint32_t *list = p->list + k * (p->n_rows + 1);
    double sum = 0;

    for (uint32_t r = 1; r <= list[0]; r++)
        sum += p->weight[list[r]];
    return sum;
}

static LANE_UNUSED void LANE_PASTE(layer_climb_, LANE_ISA)(const heat_layer_climb *c, int32_t word)
{
    const int64_t x_words = heat_layer_words(c->n_x), y_words = heat_layer_words(c->n_y);
    const int64_t i0 = (int64_t)word * HEAT_LAYER_WORD;
    const int64_t rows = c->n_x - i0 < HEAT_LAYER_WORD ? c->n_x - i0 : HEAT_LAYER_WORD;

    list_rows(&c->data, x_words, word);
    list_rows(&c->dreams, x_words, word);
    for (int64_t i = i0; i < i0 + rows; i++) {
        c->x_gain[i] = gain_of(&c->data, i - i0) - gain_of(&c->dreams, i - i0);
        c->x_sum[i] = c->x_size[i] = 0;
    }
    for (int64_t j0 = 0; j0 < y_words * HEAT_LAYER_WORD; j0 += HEAT_LAYER_WORD) {
        int32_t *up = c->up + j0 * x_words * HEAT_LAYER_WORD + i0 * HEAT_LAYER_WORD;
        int32_t *down = c->down + i0 * y_words * HEAT_LAYER_WORD + j0 * HEAT_LAYER_WORD;
        double *y_sum = c->y_sum + word * y_words * HEAT_LAYER_WORD + j0;
        double *y_size = c->y_size + word * y_words * HEAT_LAYER_WORD + j0;
        memset(y_sum, 0, HEAT_LAYER_WORD * sizeof *y_sum);
        memset(y_size, 0, HEAT_LAYER_WORD * sizeof *y_size);
        for (int64_t k = 0; k < rows; k++)
            climb_row_of(c, i0 + k, j0, y_sum, y_size, up + k * HEAT_LAYER_WORD);
        for (int64_t j = 0; j < HEAT_LAYER_WORD; j++)
            for (int64_t k = 0; k < rows; k++)
                down[j * HEAT_LAYER_WORD + k] = up[k * HEAT_LAYER_WORD + j];
    }
}

#endif
