/* Flip probabilities of the bit kernel, as 16 bits and a dither. */
#include "kernel/bit_sweep.h"
#include "kernel/elementary.h"

static uint64_t in_units_of_2_to_minus_64(double p)
{
    return p < 1 ? (uint64_t)(p * 0x1p64) : UINT64_MAX;
}

void heat_bit_thresholds_set(heat_bit_thresholds *t, heat_flip_rule rule, double beta_j)
{
    t->rule = rule;
    for (int odd = 0; odd < 2; odd++)
        for (int j = 0; j < HEAT_MOST_BIT_THRESHOLDS; j++) {
            double x = 2 * beta_j * (odd ? 2 * j + 1 : 2 * j + 2);
            double weight = heat_exp_negative(x < 1e300 ? -x : -1e300); /* infinity is a temperature of 0 */
            double p = rule == HEAT_FLIP_METROPOLIS ? weight : weight / (1 + weight);
            uint64_t bits = in_units_of_2_to_minus_64(p);
            for (int k = 0; k < HEAT_THRESHOLD_BITS; k++)
                t->mask[odd][j][k] = -(int64_t)(bits >> (64 - HEAT_THRESHOLD_BITS + k) & 1);
            t->dither[odd][j] = (int64_t)(bits << HEAT_THRESHOLD_BITS ^ (uint64_t)1 << 63);
        }
}
