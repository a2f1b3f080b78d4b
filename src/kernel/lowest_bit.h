/* The grain of a number: what it is a multiple of. */
#ifndef HEATBATH_LOWEST_BIT_H
#define HEATBATH_LOWEST_BIT_H

#include <stdint.h>
#include <string.h>

/* The largest e for which `value` is a multiple of 2^e; above any, 1100, for 0. `value` is finite. */
static inline int heat_lowest_bit(double value)
{
    uint64_t bits, mantissa;
    int exponent;

    memcpy(&bits, &value, sizeof bits);
    exponent = (int)(bits >> 52 & 2047);
    mantissa = (bits & (((uint64_t)1 << 52) - 1)) | (uint64_t)(exponent > 0) << 52;
    if (mantissa == 0)
        return 1100;
    return __builtin_ctzll(mantissa) + (exponent > 0 ? exponent : 1) - 1075;
}

#endif
