/* What a change of beta does to the weight of one layer with the other summed out, for the kernel of layers:
 * part of layer_sweep_body.h. With y = s F + r R the log-odds of a summed unit, in bits, before (0) and after
 * (1),
 *
 *     log2 (1 + 2^y1) / (1 + 2^y0) = [max(0, y1) - max(0, y0)] + log2 (1 + 2^-|y1|) / (1 + 2^-|y0|),
 *
 * where the first part is (s1 - s0) F + (r1 - r0) R or nothing if the sign stays: small steps then lose no
 * digits. Products of the second are followed as mantissas and exponents, lane by lane. */
#ifndef HEATBATH_LAYER_GAIN_BODY_H
#define HEATBATH_LAYER_GAIN_BODY_H

#include "kernel/lane.h"
#include "kernel/layer_sweep.h"
#include "kernel/scaled.h"

enum { MANTISSA_BITS = 23, EXPONENT_BIAS = 127 };

/* The scales of one chain. */
typedef struct gain_scales {
    lane_real s0, r0, s1, r1, ds, dr;
} gain_scales;

typedef struct gain_sums {
    lane_real linear, mantissa;
    lane_int exponent;
} gain_sums;

LANE_FN lane_real minus_size(lane_real y)
{
    return lane_min(y, lane_minus(lane_all_real(0), y));
}

/* Sixteen summed units. */
LANE_FN void add_units(const gain_scales *g, lane_int field, lane_real reference, lane_real *linear,
                       lane_real *after, lane_real *before)
{
    const lane_real zero = lane_all_real(0), one = lane_all_real(1);
    lane_real f = lane_to_real(field);
    lane_real y0 = lane_plus(lane_mul(f, g->s0), lane_mul(reference, g->r0));
    lane_real y1 = lane_plus(lane_mul(f, g->s1), lane_mul(reference, g->r1));
    lane_real step = lane_plus(lane_mul(f, g->ds), lane_mul(reference, g->dr));
    lane_real high0 = lane_max(y0, zero), high1 = lane_max(y1, zero);
    lane_mask stays_up = lane_less_real(zero, lane_min(y0, y1));

    *linear = lane_plus(*linear, lane_choose(stays_up, step, lane_minus(high1, high0)));
    *after = lane_mul(*after, lane_plus(one, lane_exp2(minus_size(y1), 1)));
    *before = lane_mul(*before, lane_plus(one, lane_exp2(minus_size(y0), 1)));
}

/* Brings mantissas back to [1, 2). */
LANE_FN void settle_gain(gain_sums *sums)
{
    lane_int bits = lane_bits_of(sums->mantissa);

    sums->exponent =
        lane_add(sums->exponent, lane_sub(lane_shift_right(bits, MANTISSA_BITS), lane_all(EXPONENT_BIAS)));
    bits =
        lane_or(lane_and(bits, lane_all((1 << MANTISSA_BITS) - 1)), lane_all(EXPONENT_BIAS << MANTISSA_BITS));
    sums->mantissa = lane_real_of(bits);
}

LANE_FN void add_summed_word(const heat_layer_gain *d, const gain_scales *g, int64_t chain, int64_t word,
                             gain_sums *sums)
{
    const int32_t *fields = d->fields + (word * d->n_chains + chain) * HEAT_LAYER_WORD;
    lane_real after = lane_all_real(1), before = lane_all_real(1), zero = lane_all_real(0);

    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++)
        add_units(g, lane_load(fields + LANES * q),
                  d->reference == NULL ? zero
                                       : lane_load_real(d->reference + word * HEAT_LAYER_WORD + LANES * q),
                  &sums->linear, &after, &before);
    sums->mantissa = lane_mul(sums->mantissa, lane_over(after, before));
    settle_gain(sums);
}

/* The units that stay, where they are on. */
LANE_FN void add_kept_word(const heat_layer_gain *d, const gain_scales *g, uint64_t on, int64_t word,
                           gain_sums *sums)
{
    const lane_real zero = lane_all_real(0);

    for (int q = 0; q < HEAT_LAYER_WORD / LANES; q++) {
        int64_t unit = word * HEAT_LAYER_WORD + LANES * q;
        lane_real step = lane_mul(lane_to_real(lane_load(d->kept_bias + unit)), g->ds);
        if (d->kept_reference != NULL)
            step = lane_plus(step, lane_mul(lane_load_real(d->kept_reference + unit), g->dr));
        sums->linear =
            lane_plus(sums->linear, lane_choose(lane_from_bits((uint16_t)(on >> (LANES * q))), step, zero));
    }
}

/* In nats. */
LANE_FN double total_gain(const gain_sums *sums)
{
    const double ln2 = 0.69314718055994530942;
    float linear[LANES], mantissa[LANES];
    int32_t exponent[LANES];
    double sum = 0, product = 1;
    int64_t e = 0;

    lane_store(linear, lane_bits_of(sums->linear));
    lane_store(mantissa, lane_bits_of(sums->mantissa));
    lane_store(exponent, sums->exponent);
    for (int l = 0; l < LANES; l++) {
        sum += (double)linear[l];
        product *= (double)mantissa[l];
        e += exponent[l];
    }
    return ln2 * sum + scaled_log(scaled_of(product, e));
}

static LANE_UNUSED void LANE_PASTE(layer_gain_, LANE_ISA)(const heat_layer_gain *d)
{
    const int64_t kept_words = heat_layer_words(d->n_kept), summed_words = heat_layer_words(d->n_summed);

    for (int64_t chain = 0; chain < d->n_chains; chain++) {
        float s0 = d->scale_before[chain], s1 = d->scale[chain], r0 = 0, r1 = 0;
        gain_sums sums = {lane_all_real(0), lane_all_real(1), lane_all(0)};
        gain_scales g;
        if (d->reference != NULL) {
            r0 = d->reference_before[chain];
            r1 = d->reference_scale[chain];
        }
        g = (gain_scales){lane_all_real(s0), lane_all_real(r0),      lane_all_real(s1),
                          lane_all_real(r1), lane_all_real(s1 - s0), lane_all_real(r1 - r0)};
        for (int64_t word = 0; word < kept_words; word++)
            add_kept_word(d, &g, d->kept[chain * kept_words + word], word, &sums);
        for (int64_t word = 0; word < summed_words; word++)
            add_summed_word(d, &g, chain, word, &sums);
        d->log_weight[chain] += total_gain(&sums);
    }
}

#endif
