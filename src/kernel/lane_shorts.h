/* More operations on lanes, for sums in 16 bits: a vector of 32 shorts. The same bits in every instruction
 * set. */
#ifndef HEATBATH_LANE_SHORTS_H
#define HEATBATH_LANE_SHORTS_H

#include "kernel/lane.h"

#if defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)

/* Of 16-bit numbers, which must have two more bytes behind them. */
LANE_FN lane_int lane_gather_shorts(const int16_t *p, int32_t stride)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i both = _mm512_i32gather_epi32(_mm512_mullo_epi32(lane, _mm512_set1_epi32(stride)), p, 2);
    return _mm512_srai_epi32(_mm512_slli_epi32(both, 16), 16);
}
LANE_FN lane_int lane_all_short(int32_t x)
{
    return _mm512_set1_epi16((short)x);
}
/* a - b in each of 32 shorts whose bit is set in bits[0] or, of the upper half, bits[1]. */
LANE_FN lane_int lane_sub_shorts_where(const uint16_t *bits, lane_int a, lane_int b)
{
    __mmask32 m;
    __asm__("kmovd %1, %0" : "=k"(m) : "m"(bits[0]), "m"(bits[1])); /* both, from the first on */
    return _mm512_mask_sub_epi16(a, m, a, b);
}
/* The lower or upper 16 of 32 shorts. */
LANE_FN lane_int lane_widen_shorts(lane_int a, const int half)
{
    return _mm512_cvtepi16_epi32(half == 0 ? _mm512_castsi512_si256(a) : _mm512_extracti64x4_epi64(a, 1));
}
/* The lower 16 of 32 shorts, and the upper; numbers out of range become the nearest in it. */
LANE_FN lane_int lane_narrow(lane_int low, lane_int high)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtsepi32_epi16(low)),
                              _mm512_cvtsepi32_epi16(high), 1);
}
/* Of both 16-bit halves of every lane. */
LANE_FN lane_int lane_add_shorts(lane_int a, lane_int b)
{
    return _mm512_add_epi16(a, b);
}
LANE_FN lane_int lane_sub_shorts(lane_int a, lane_int b)
{
    return _mm512_sub_epi16(a, b);
}

#elif defined(__AVX2__)

LANE_FN lane_int lane_gather_shorts(const int16_t *p, int32_t stride)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i at = _mm256_mullo_epi32(lane, _mm256_set1_epi32(stride));
    const void *low = p, *high = p + 8 * (int64_t)stride;
    return LANE_2(lane_int, _mm256_srai_epi32(_mm256_slli_epi32(_mm256_i32gather_epi32(low, at, 2), 16), 16),
                  _mm256_srai_epi32(_mm256_slli_epi32(_mm256_i32gather_epi32(high, at, 2), 16), 16));
}
LANE_FN lane_int lane_narrow(lane_int low, lane_int high)
{
    return LANE_2(lane_int, _mm256_permute4x64_epi64(_mm256_packs_epi32(low.v[0], low.v[1]), 0xd8),
                  _mm256_permute4x64_epi64(_mm256_packs_epi32(high.v[0], high.v[1]), 0xd8));
}
LANE_FN lane_int lane_add_shorts(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_add_epi16, a, b);
}
LANE_FN lane_int lane_sub_shorts(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_sub_epi16, a, b);
}
LANE_FN lane_int lane_all_short(int32_t x)
{
    return LANE_2(lane_int, _mm256_set1_epi16((short)x), _mm256_set1_epi16((short)x));
}
LANE_FN lane_int lane_sub_shorts_where(const uint16_t *bits, lane_int a, lane_int b)
{
    const __m256i which =
        _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, -32768);
    __m256i low = _mm256_and_si256(_mm256_set1_epi16((short)bits[0]), which);
    __m256i high = _mm256_and_si256(_mm256_set1_epi16((short)bits[1]), which);
    low = _mm256_and_si256(_mm256_cmpeq_epi16(low, which), b.v[0]);
    high = _mm256_and_si256(_mm256_cmpeq_epi16(high, which), b.v[1]);
    return LANE_2(lane_int, _mm256_sub_epi16(a.v[0], low), _mm256_sub_epi16(a.v[1], high));
}
LANE_FN lane_int lane_widen_shorts(lane_int a, const int half)
{
    return LANE_2(lane_int, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(a.v[half])),
                  _mm256_cvtepi16_epi32(_mm256_extracti128_si256(a.v[half], 1)));
}

#else

/* Halves apart: what one carries or borrows must not reach the other. */
LANE_FN uint32_t lane_halves_(uint32_t high, uint32_t low)
{
    return (high & 0xffff0000u) | (low & 0xffffu);
}
LANE_FN lane_int lane_gather_shorts(const int16_t *p, int32_t stride)
{
    LANE_MAP(lane_int, p[l * (int64_t)stride]);
}
LANE_FN int16_t lane_short_(int32_t x)
{
    return (int16_t)(x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x);
}
LANE_FN lane_int lane_narrow(lane_int low, lane_int high)
{
    int16_t shorts[2 * LANES];
    for (int l = 0; l < LANES; l++) {
        shorts[l] = lane_short_(low.v[l]);
        shorts[LANES + l] = lane_short_(high.v[l]);
    }
    return lane_load(shorts);
}
LANE_FN lane_int lane_add_shorts(lane_int a, lane_int b)
{
    LANE_MAP(lane_int, lane_wrap_(lane_halves_(((uint32_t)a.v[l] & 0xffff0000u) + (uint32_t)b.v[l],
                                               (uint32_t)a.v[l] + (uint32_t)b.v[l])));
}
LANE_FN lane_int lane_sub_shorts(lane_int a, lane_int b)
{
    LANE_MAP(lane_int, lane_wrap_(lane_halves_((uint32_t)a.v[l] - ((uint32_t)b.v[l] & 0xffff0000u),
                                               (uint32_t)a.v[l] - (uint32_t)b.v[l])));
}
LANE_FN lane_int lane_all_short(int32_t x)
{
    LANE_MAP(lane_int, lane_wrap_(((uint32_t)x & 0xffffu) * 0x10001u));
}
LANE_FN lane_int lane_sub_shorts_where(const uint16_t *bits, lane_int a, lane_int b)
{
    int16_t from[2 * LANES], what[2 * LANES];
    lane_store(from, a);
    lane_store(what, b);
    for (int l = 0; l < 2 * LANES; l++)
        from[l] = (int16_t)(from[l] - (what[l] & -(bits[l / LANES] >> l % LANES & 1)));
    return lane_load(from);
}
LANE_FN lane_int lane_widen_shorts(lane_int a, const int half)
{
    int16_t shorts[2 * LANES];
    lane_store(shorts, a);
    LANE_MAP(lane_int, shorts[LANES * half + l]);
}

#endif

#endif
