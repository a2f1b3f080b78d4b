/* More operations on lanes, for kernels of variables with many values: bytes in and out, comparison, and
 * transposes of 16 x 16 numbers. The same bits in every instruction set. */
#ifndef HEATBATH_LANE_VALUES_H
#define HEATBATH_LANE_VALUES_H

#include "kernel/lane.h"

#if defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)

LANE_FN lane_int lane_load_bytes(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}
LANE_FN void lane_store_bytes(uint8_t *p, lane_int x)
{
    _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtepi32_epi8(x));
}
LANE_FN lane_int lane_largest(lane_int a, lane_int b)
{
    return _mm512_max_epi32(a, b);
}
LANE_FN lane_mask lane_equal(lane_int a, lane_int b)
{
    return _mm512_cmpeq_epi32_mask(a, b);
}

/* table[index] of 16 or 32 numbers. */
#define LANE_LOOKUP_VALUES 32
LANE_FN lane_int lane_lookup(const lane_int *table, const int n_vectors, lane_int index)
{
    return n_vectors == 1 ? _mm512_permutexvar_epi32(index, table[0])
                          : _mm512_permutex2var_epi32(table[0], index, table[1]);
}

/* to[c][r] = from[r][c]; rows of `from` are `stride` numbers apart, those of `to` `to_stride`. */
LANE_FN void lane_transpose(const int32_t *from, int64_t stride, int32_t *to, int64_t to_stride)
{
    lane_int a[LANES], b[LANES];

    for (int k = 0; k < LANES; k += 2) {
        lane_int x = lane_load(from + k * stride), y = lane_load(from + (k + 1) * stride);
        a[k] = _mm512_unpacklo_epi32(x, y);
        a[k + 1] = _mm512_unpackhi_epi32(x, y);
    }
    for (int k = 0; k < LANES; k += 4) {
        b[k] = _mm512_unpacklo_epi64(a[k], a[k + 2]);
        b[k + 1] = _mm512_unpackhi_epi64(a[k], a[k + 2]);
        b[k + 2] = _mm512_unpacklo_epi64(a[k + 1], a[k + 3]);
        b[k + 3] = _mm512_unpackhi_epi64(a[k + 1], a[k + 3]);
    }
    for (int c = 0; c < 4; c++) { /* quarter L of b[4 g + c] is column 4 L + c of rows 4 g ... 4 g + 3 */
        lane_int even = _mm512_shuffle_i32x4(b[c], b[4 + c], 0x88);
        lane_int odd = _mm512_shuffle_i32x4(b[c], b[4 + c], 0xdd);
        lane_int even_high = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0x88);
        lane_int odd_high = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0xdd);
        lane_store(to + c * to_stride, _mm512_shuffle_i32x4(even, even_high, 0x88));
        lane_store(to + (4 + c) * to_stride, _mm512_shuffle_i32x4(odd, odd_high, 0x88));
        lane_store(to + (8 + c) * to_stride, _mm512_shuffle_i32x4(even, even_high, 0xdd));
        lane_store(to + (12 + c) * to_stride, _mm512_shuffle_i32x4(odd, odd_high, 0xdd));
    }
}

#else

#define LANE_LOOKUP_VALUES 0 /* no fast lookup in tables of any size */

#if defined(__AVX2__)

LANE_FN lane_int lane_load_bytes(const uint8_t *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return LANE_2(lane_int, _mm256_cvtepu8_epi32(bytes), _mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)));
}
LANE_FN lane_int lane_largest(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_max_epi32, a, b);
}
LANE_FN lane_mask lane_equal(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_cmpeq_epi32, a, b);
}

LANE_FN void lane_transpose_eight(const int32_t *from, int64_t stride, int32_t *to, int64_t to_stride)
{
    __m256 r[8], a[8], b[8];

    for (int k = 0; k < 8; k++)
        r[k] = _mm256_loadu_ps((const float *)(const void *)(from + k * stride));
    for (int k = 0; k < 8; k += 2) {
        a[k] = _mm256_unpacklo_ps(r[k], r[k + 1]);
        a[k + 1] = _mm256_unpackhi_ps(r[k], r[k + 1]);
    }
    for (int k = 0; k < 8; k += 4) { /* half L of b[k + c] is column 4 L + c of rows k ... k + 3 */
        b[k] = _mm256_shuffle_ps(a[k], a[k + 2], 0x44);
        b[k + 1] = _mm256_shuffle_ps(a[k], a[k + 2], 0xee);
        b[k + 2] = _mm256_shuffle_ps(a[k + 1], a[k + 3], 0x44);
        b[k + 3] = _mm256_shuffle_ps(a[k + 1], a[k + 3], 0xee);
    }
    for (int c = 0; c < 4; c++) {
        _mm256_storeu_ps((float *)(void *)(to + c * to_stride), _mm256_permute2f128_ps(b[c], b[4 + c], 0x20));
        _mm256_storeu_ps((float *)(void *)(to + (4 + c) * to_stride),
                         _mm256_permute2f128_ps(b[c], b[4 + c], 0x31));
    }
}
LANE_FN void lane_transpose(const int32_t *from, int64_t stride, int32_t *to, int64_t to_stride)
{
    for (int64_t r = 0; r < LANES; r += 8)
        for (int64_t c = 0; c < LANES; c += 8)
            lane_transpose_eight(from + r * stride + c, stride, to + c * to_stride + r, to_stride);
}

#else

LANE_FN lane_int lane_load_bytes(const uint8_t *p)
{
    LANE_MAP(lane_int, p[l]);
}
LANE_FN lane_int lane_largest(lane_int a, lane_int b)
{
    LANE_MAP(lane_int, a.v[l] > b.v[l] ? a.v[l] : b.v[l]);
}
LANE_FN lane_mask lane_equal(lane_int a, lane_int b)
{
    unsigned m = 0;
    for (int l = 0; l < LANES; l++)
        m |= (unsigned)(a.v[l] == b.v[l]) << l;
    return (lane_mask)m;
}

LANE_FN void lane_transpose(const int32_t *from, int64_t stride, int32_t *to, int64_t to_stride)
{
    for (int c = 0; c < LANES; c++)
        for (int r = 0; r < LANES; r++)
            to[c * to_stride + r] = from[r * stride + c];
}

#endif

LANE_FN void lane_store_bytes(uint8_t *p, lane_int x)
{
    int32_t values[LANES];

    lane_store(values, x);
    for (int l = 0; l < LANES; l++)
        p[l] = (uint8_t)values[l];
}

#endif

#endif
