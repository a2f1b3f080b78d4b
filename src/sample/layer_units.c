/* The weights of two layers as integers, and their transpose, as the kernel of layers reads them. Unit: the
 * power of two that keeps every field below 2^30. */
#include "sample/layer_units.h"
#include "base/memory.h"

#include <math.h>

enum { WORD = HEAT_LAYER_WORD, FIELD_BITS = 29 };

static int64_t padded(int32_t n)
{
    return heat_layer_words(n) * WORD;
}

double heat_layer_units_bytes(const heat_layered *v, bool keeps_lost)
{
    double visible = (double)padded(v->n_visible), hidden = (double)padded(v->n_hidden);

    return sizeof(int32_t) * ((keeps_lost ? 3.0 : 2.0) * (visible * hidden + visible + hidden));
}

static heat_status alloc_rows(heat_context *ctx, heat_layer_units *u, int which, int32_t n_from, int32_t n_to,
                              heat_layer_rows *rows)
{
    heat_status status =
        heat_alloc(ctx, padded(n_from) * padded(n_to), sizeof *u->weights[which], &u->weights[which]);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, padded(n_to), sizeof *u->bias[which], &u->bias[which]);
    *rows = (heat_layer_rows){n_from, n_to, u->weights[which], u->bias[which]};
    return status;
}

/* The largest |b_j| + sum_i |W_ij| of any unit of either layer; `column` is work space for the hidden ones.
 */
static double largest_field(const heat_layered *v, double *column)
{
    double largest = 0;

    for (int32_t j = 0; j < v->n_hidden; j++)
        column[j] = fabs(v->hidden_bias[j]);
    for (int64_t i = 0; i < v->n_visible; i++) {
        const double *w = v->weights + i * v->n_hidden;
        double part[4] = {0}; /* sums that need not wait for each other */
        int32_t j = 0;
        for (; j + 4 <= v->n_hidden; j += 4)
            for (int k = 0; k < 4; k++) {
                double size = v->scale * fabs(w[j + k]);
                part[k] += size;
                column[j + k] += size;
            }
        for (; j < v->n_hidden; j++) {
            part[0] += v->scale * fabs(w[j]);
            column[j] += v->scale * fabs(w[j]);
        }
        largest = fmax(largest, part[0] + part[1] + part[2] + part[3] + fabs(v->visible_bias[i]));
    }
    for (int32_t j = 0; j < v->n_hidden; j++)
        largest = fmax(largest, column[j]);
    return largest;
}

double heat_layer_units_choose(double largest)
{
    int bits = 0;

    frexp(largest, &bits);
    return ldexp(1, bits - FIELD_BITS);
}

/* Sets the units; returns how many of the lost ones make one. */
static double choose_units(const heat_layered *v, heat_layer_units *u)
{
    int lost_bits = 0;

    u->unit = heat_layer_units_choose(largest_field(v, u->column));
    while (((int64_t)1 << lost_bits) <= v->n_visible)
        lost_bits++;
    u->lost_unit = ldexp(u->unit, lost_bits - FIELD_BITS);
    return ldexp(1, FIELD_BITS - lost_bits);
}

/* One number as units; *lost in lost units. */
static int32_t split(heat_layer_units *u, double value, double per_unit, double per_lost, int32_t *lost)
{
    int32_t whole = heat_lane_round(value, per_unit);
    double rest = value * per_unit - whole;

    u->rounded = u->rounded || rest != 0;
    *lost = heat_lane_round(rest, per_lost);
    return whole;
}

/* The weights between a word of visible and a word of hidden units. */
static void take_tile(heat_layer_units *u, const heat_layered *v, int64_t i0, int64_t j0, double per_lost)
{
    const double scale = v->scale / u->unit;
    int64_t rows = v->n_visible - i0 < WORD ? v->n_visible - i0 : WORD;
    int64_t columns = v->n_hidden - j0 < WORD ? v->n_hidden - j0 : WORD;
    int32_t *up = u->weights[HEAT_LAYER_UP] + j0 * padded(v->n_visible) + i0 * WORD;
    int32_t *down = u->weights[HEAT_LAYER_DOWN] + i0 * padded(v->n_hidden) + j0 * WORD;
    int32_t *lost = u->weights[HEAT_LAYER_LOST] == NULL
                        ? NULL
                        : u->weights[HEAT_LAYER_LOST] + (up - u->weights[HEAT_LAYER_UP]);
    int64_t n_off = 0;

    for (int64_t i = 0; i < rows; i++) {
        const double *w = v->weights + (i0 + i) * v->n_hidden + j0;
        for (int64_t j = 0; j < columns; j++) {
            up[i * WORD + j] = heat_lane_round(w[j], scale);
            n_off += w[j] * scale != up[i * WORD + j];
        }
        for (int64_t j = 0; j < columns && lost != NULL; j++)
            lost[i * WORD + j] = heat_lane_round(w[j] * scale - up[i * WORD + j], per_lost);
    }
    u->rounded = u->rounded || n_off > 0;
    for (int64_t j = 0; j < columns; j++)
        for (int64_t i = 0; i < rows; i++)
            down[j * WORD + i] = up[i * WORD + j];
}

static void take_numbers(heat_layer_units *u, const heat_layered *v)
{
    double per_lost = choose_units(v, u), per_unit = 1 / u->unit;
    int32_t none;

    u->rounded = false;
    u->offset = v->offset;
    for (int64_t j = 0; j < v->n_hidden; j++)
        u->bias[HEAT_LAYER_UP][j] =
            split(u, v->hidden_bias[j], per_unit, per_lost,
                  u->bias[HEAT_LAYER_LOST] == NULL ? &none : &u->bias[HEAT_LAYER_LOST][j]);
    for (int64_t i = 0; i < v->n_visible; i++)
        u->bias[HEAT_LAYER_DOWN][i] = split(u, v->visible_bias[i], per_unit, per_lost,
                                            u->lost_visible == NULL ? &none : &u->lost_visible[i]);
    for (int64_t j = 0; j < v->n_hidden; j += WORD)
        for (int64_t i = 0; i < v->n_visible; i += WORD)
            take_tile(u, v, i, j, per_lost);
}

static heat_status alloc(heat_context *ctx, int32_t n_visible, int32_t n_hidden, bool keeps_lost,
                         heat_layer_units **out)
{
    heat_layer_units *u = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *u, &u);

    if (status == HEAT_OK)
        status = alloc_rows(ctx, u, HEAT_LAYER_UP, n_visible, n_hidden, &u->up);
    if (status == HEAT_OK)
        status = alloc_rows(ctx, u, HEAT_LAYER_DOWN, n_hidden, n_visible, &u->down);
    if (status == HEAT_OK && keeps_lost)
        status = alloc_rows(ctx, u, HEAT_LAYER_LOST, n_visible, n_hidden, &u->lost);
    if (status == HEAT_OK && keeps_lost)
        status = heat_alloc(ctx, padded(n_visible), sizeof *u->lost_visible, &u->lost_visible);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_hidden, sizeof *u->column, &u->column);
    if (status != HEAT_OK) {
        heat_layer_units_free(u);
        u = NULL;
    }
    *out = u;
    return status;
}

heat_status heat_layer_units_alloc(heat_context *ctx, int32_t n_visible, int32_t n_hidden,
                                   heat_layer_units **out)
{
    heat_status status = alloc(ctx, n_visible, n_hidden, false, out);

    if (status == HEAT_OK)
        (*out)->unit = 1;
    return status;
}

heat_status heat_layer_units_create(heat_context *ctx, const heat_layered *v, bool keeps_lost,
                                    heat_layer_units **out)
{
    heat_status status = alloc(ctx, v->n_visible, v->n_hidden, keeps_lost, out);

    if (status == HEAT_OK)
        take_numbers(*out, v);
    return status;
}

void heat_layer_units_free(heat_layer_units *u)
{
    if (u == NULL)
        return;
    for (int k = 0; k < 3; k++) {
        heat_free(u->weights[k]);
        heat_free(u->bias[k]);
    }
    heat_free(u->lost_visible);
    heat_free(u->column);
    heat_free(u);
}
