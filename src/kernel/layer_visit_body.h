/* The chains over the smaller layer: its states one at a time, the other layer summed out. Part of
 * layer_sum_body.h, whose vectors and products it uses. */
#ifndef HEATBATH_LAYER_VISIT_BODY_H
#define HEATBATH_LAYER_VISIT_BODY_H

#include "kernel/layer_sum.h"

typedef float vec_single __attribute__((vector_size(8 * VEC_LANES), may_alias));
typedef float half_single __attribute__((vector_size(4 * VEC_LANES), may_alias));

#define SINGLE(array, v) (((vec_single *)(uintptr_t)(array))[v])
#define HALF(array, v) (((half_single *)(uintptr_t)(array))[v])

enum { SINGLE_LANES = 2 * HEAT_LAYER_PAD, ROWS = 8 /* that fields are summed of at once */ };

/* Adds rows of weights, one after the other. */
LAYER_FN void add_rows(int32_t n_units, const double *const *rows, int32_t n, double *field)
{
    for (int32_t v = 0; v < n_units / VEC_LANES; v++) {
        vec x = VEC(field, v);
        for (int32_t r = 0; r < n; r++)
            x += VEC(rows[r], v);
        VEC(field, v) = x;
    }
}

LAYER_FN void fields_of(const heat_layer_table *t, const int8_t *state, double *field)
{
    const double *rows[ROWS];
    int32_t n = 0;

    memcpy(field, t->bias, (size_t)t->n_units * sizeof *field);
    for (int32_t j = 0; j < t->n_bits; j++) {
        if (state[j] == 0)
            continue;
        rows[n++] = t->weights + (int64_t)j * t->n_units;
        if (n == ROWS) {
            add_rows(t->n_units, rows, n, field);
            n = 0;
        }
    }
    add_rows(t->n_units, rows, n, field);
}

/* Fields become odds. */
LAYER_FN void take_odds(const heat_layer_table *t, double *odds)
{
    for (int32_t v = 0; v < t->n_units / VEC_LANES; v++) {
        vec y = VEC(odds, v) * t->beta, size = (vec)((vec_bits)y | 0x8000000000000000), e;
        vec_bits above = (vec_bits)(y > ALL(0.0));
        e = vec_exp_negative(size);
        VEC(odds, v) = (vec)(((vec_bits)(1.0 / e) & above) | ((vec_bits)e & ~above));
    }
}

/* Rounds them, in place. */
LAYER_FN void take_singles(const heat_layer_table *t, double *odds)
{
    for (int32_t v = 0; v < t->n_units / VEC_LANES; v++)
        HALF(odds, v) = __builtin_convertvector(VEC(odds, v), half_single);
}

static void LAYER_PASTE(layer_begin_, LAYER_ISA)(const heat_layer_table *t, const int8_t *state, double *work)
{
    fields_of(t, state, work);
    if (t->is_plain)
        take_odds(t, work);
    if (t->single != NULL)
        take_singles(t, work);
}

/* Eight units of a product, after odds_i *= made_i. */
LAYER_FN void peek_vector(double *odds, const double *made, const double *asked, int32_t at, lane_product *p)
{
    for (int k = 0; k < PARTS; k++) {
        int32_t v = PARTS * at + k;
        vec a = VEC(odds, v);
        if (made != NULL)
            VEC(odds, v) = a = a * VEC(made, v);
        p->m[k] *= 1.0 + a * VEC(asked, v);
    }
}

/* prod_i (1 + odds_i asked_i), of vectors by turns in four products that need not wait for each other.
 */
LAYER_FN heat_scaled peek_odds(const heat_layer_table *t, double *odds, const double *made,
                               const double *asked)
{
    lane_product p[TURNS];
    int32_t at = 0;

    for (int c = 0; c < TURNS; c++)
        product_begin(&p[c]);
    for (int32_t g = 0; g < t->n_groups; g++) {
        for (; at + TURNS <= t->groups[g]; at += TURNS)
            for (int c = 0; c < TURNS; c++)
                peek_vector(odds, made, asked, at + c, &p[c]);
        for (int c = 0; at < t->groups[g]; at++, c++)
            peek_vector(odds, made, asked, at, &p[c]);
        for (int c = 0; c < TURNS; c++)
            product_settle(&p[c]);
    }
    for (int k = 0; k < PARTS; k++) {
        p[0].m[k] = (p[0].m[k] * p[1].m[k]) * (p[2].m[k] * p[3].m[k]);
        p[0].e[k] = (p[0].e[k] + p[1].e[k]) + (p[2].e[k] + p[3].e[k]);
    }
    product_settle(&p[0]);
    return product_get(&p[0]);
}

/* Sixteen units of a product of floats, after odds_i *= made_i; NULL: none made, none asked. */
LAYER_FN void peek_single(double *odds, const float *made, const float *asked, int32_t at,
                          vec_single *product)
{
    for (int k = 0; k < PARTS; k++) {
        int32_t v = PARTS * at + k;
        vec_single a = SINGLE(odds, v);
        if (made != NULL)
            SINGLE(odds, v) = a = a * SINGLE(made, v);
        if (asked != NULL)
            a = a * SINGLE(asked, v);
        product[k] *= 1.0F + a;
    }
}

/* Lanes l and l + 8 of a product of floats, times lane l of one of doubles. */
LAYER_FN void product_take(lane_product *p, const vec_single *single)
{
    float m[SINGLE_LANES] __attribute__((aligned(64)));

    memcpy(m, single, sizeof m);
    for (int k = 0; k < PARTS; k++)
        p->m[k] *=
            __builtin_convertvector(HALF(m, k), vec) * __builtin_convertvector(HALF(m, k + PARTS), vec);
    product_settle(p);
}

/* peek_odds in single precision. */
LAYER_FN heat_scaled peek_singles(const heat_layer_table *t, double *odds, const float *made,
                                  const float *asked)
{
    lane_product all;
    int32_t at = 0;

    product_begin(&all);
    for (int32_t g = 0; g < t->n_single_groups; g++) {
        vec_single p[TURNS][PARTS];
        for (int c = 0; c < TURNS * PARTS; c++)
            p[c / PARTS][c % PARTS] = (vec_single){0} + 1.0F;
        for (; at + TURNS <= t->single_groups[g]; at += TURNS)
            for (int c = 0; c < TURNS; c++)
                peek_single(odds, made, asked, at + c, p[c]);
        for (; at < t->single_groups[g]; at++)
            peek_single(odds, made, asked, at, p[0]);
        for (int k = 0; k < PARTS; k++)
            p[0][k] = (p[0][k] * p[1][k]) * (p[2][k] * p[3][k]);
        product_take(&all, p[0]);
    }
    return product_get(&all);
}

LAYER_FN const float *single_of(const heat_layer_table *t, heat_layer_flip flip)
{
    return flip.bit < 0 ? NULL : t->single + (2 * (int64_t)flip.bit + flip.on) * t->n_units;
}

LAYER_FN heat_scaled visit_singles(const heat_layer_table *t, double *odds, heat_layer_flip made,
                                   heat_layer_flip asked)
{
    if (made.bit < 0 && asked.bit < 0)
        return peek_singles(t, odds, NULL, NULL);
    if (made.bit < 0)
        return peek_singles(t, odds, NULL, single_of(t, asked));
    if (asked.bit < 0)
        return peek_singles(t, odds, single_of(t, made), NULL);
    return peek_singles(t, odds, single_of(t, made), single_of(t, asked));
}

LAYER_FN const double *factor_of(const heat_layer_table *t, heat_layer_flip flip)
{
    return flip.bit < 0 ? t->ones : t->factor + (2 * (int64_t)flip.bit + flip.on) * t->n_units;
}

LAYER_FN const double *weights_of(const heat_layer_table *t, heat_layer_flip flip)
{
    return flip.bit < 0 ? NULL : t->weights + (int64_t)flip.bit * t->n_units;
}

static heat_scaled LAYER_PASTE(layer_visit_, LAYER_ISA)(const heat_layer_table *t, double *work,
                                                        heat_layer_flip made, heat_layer_flip asked)
{
    heat_scaled product;
    double sum;

    if (t->single != NULL)
        return visit_singles(t, work, made, asked);
    if (t->is_plain && made.bit < 0)
        return peek_odds(t, work, NULL, factor_of(t, asked));
    if (t->is_plain)
        return peek_odds(t, work, factor_of(t, made), factor_of(t, asked));
    visit_fields(t, work, weights_of(t, made), made.on ? 1 : -1, NULL);
    sum = visit_fields(t, work, weights_of(t, asked), asked.on ? 1 : -1, &product);
    if (asked.bit >= 0)
        visit_fields(t, work, weights_of(t, asked), asked.on ? -1 : 1, NULL);
    return scaled_times(scaled_exp(t->beta * sum), product);
}

/* scaled_log of a vector. */
LAYER_FN void vec_scaled_log(const vec *mantissa, const vec_bits *exponent, vec *out)
{
    const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    const double round = 6755399441055744.0; /* 1.5 * 2^52 */
    vec_bits above = (vec_bits)(*mantissa > ALL(1.41421356237309504880));
    vec m = (vec)(((vec_bits)(*mantissa * 0.5) & above) | ((vec_bits)*mantissa & ~above));
    vec e = (vec)((*exponent - above) + 0x4338000000000000) - round;
    vec s = (m - 1.0) / (m + 1.0), s2 = s * s, s4 = s2 * s2, odd = ALL(1.0 / 23), even = ALL(1.0 / 21);

    for (int k = 19; k > 3; k -= 4) {
        odd = odd * s4 + 1.0 / k;
        even = even * s4 + 1.0 / (k - 2);
    }
    *out = e * ln2_high + (2.0 * s + 2.0 * s * s2 * (1.0 / 3 + s2 * (even + s2 * odd)) + e * ln2_low);
}

static void LAYER_PASTE(layer_offer_, LAYER_ISA)(const heat_layer_offer *o)
{
    for (int64_t v = 0; v < o->n / VEC_LANES; v++) {
        vec m = VEC(o->m, v), weight, x, size, e, up, down = ALL(1.0);
        vec_bits above, exponent = (vec_bits)VEC(o->e, v);
        vec_scaled_log(&m, &exponent, &weight);
        weight += VEC(o->base, v);
        x = VEC(o->slope, v) * (weight - VEC(o->now, v)) + VEC(o->tilt, v);
        above = (vec_bits)(x >= ALL(0.0));
        size = (vec)((vec_bits)x | 0x8000000000000000);
        e = vec_exp_negative(size);
        up = (vec)(((vec_bits)down & above) | ((vec_bits)e & ~above));
        VEC(o->weight, v) = weight;
        if (!o->is_metropolis)
            up = up / (e + 1.0);
        VEC(o->probability, v) = up;
    }
}

static void LAYER_PASTE(layer_energy_, LAYER_ISA)(const heat_layer_table *t, const int8_t *state,
                                                  double *work, double moments[2])
{
    vec mean[PARTS] = {{0}}, variance[PARTS] = {{0}}, zero = ALL(0.0);

    fields_of(t, state, work);
    for (int32_t v = 0; v < t->n_units / VEC_LANES; v += PARTS)
        for (int k = 0; k < PARTS; k++) {
            vec x = VEC(work, v + k), size, e, on, rest;
            x = (vec)((vec_bits)x & (vec_bits)(x > ALL(-1e299))); /* the padding counts nothing */
            size = (vec)((vec_bits)x | 0x8000000000000000) * t->beta;
            e = vec_exp_negative(size);
            on = (vec)(((vec_bits)ALL(1.0) & (vec_bits)(x >= zero)) | ((vec_bits)e & (vec_bits)(x < zero)));
            rest = 1.0 / (e + 1.0);
            mean[k] += x * (on * rest);
            variance[k] += x * x * (e * rest * rest);
        }
    moments[0] = moments[1] = 0;
    for (int l = 0; l < HEAT_LAYER_PAD; l++) {
        moments[0] += mean[l / VEC_LANES][l % VEC_LANES];
        moments[1] += variance[l / VEC_LANES][l % VEC_LANES];
    }
}

#endif
