/* Sixteen 32-bit lanes and the operations that kernels are written in, once for each instruction set. Every
 * operation gives the same bits in all of them: integer arithmetic, and single-precision add, multiply and
 * divide without contraction. The including file is compiled with the flags of its instruction set. */
#ifndef HEATBATH_LANE_H
#define HEATBATH_LANE_H

#include <stdint.h>
#include <string.h>

enum { LANES = 16 };

#define LANE_UNUSED __attribute__((unused))
/* Added to a double, it leaves the nearest integer, ties to even, in the low half of its bits. */
#define LANE_ROUND 6755399441055744.0 /* 1.5 * 2^52 */

/* 2^(j / 8), twice */
static const float lane_powers[16] LANE_UNUSED = {
    1.0f, 1.0905077f, 1.1892071f, 1.2968396f, 1.4142135f, 1.5422108f, 1.6817929f, 1.8340081f,
    1.0f, 1.0905077f, 1.1892071f, 1.2968396f, 1.4142135f, 1.5422108f, 1.6817929f, 1.8340081f};

#define LANE_FN static inline __attribute__((always_inline)) LANE_UNUSED
/* Forgets how p was found: gcc would find each vector behind it by an addition of its own. */
LANE_FN const void *lane_behind(const void *p)
{
#ifdef __GNUC__
    __asm__("" : "+r"(p));
#endif
    return p;
}
/* A whole sweep of which constants make several: plain C keeps one, which takes them as they come. */
#ifdef __AVX2__
#define LANE_SWEEP_FN LANE_FN
#else
#define LANE_SWEEP_FN static __attribute__((noinline)) LANE_UNUSED
#endif

#if defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)

#include <immintrin.h>

typedef __m512i lane_int;
typedef __m512 lane_real;
typedef __mmask16 lane_mask;

LANE_FN lane_int lane_load(const void *p)
{
    return _mm512_loadu_si512(p);
}
/* p[0], p[stride], p[2 stride], ... */
LANE_FN lane_int lane_gather(const int32_t *p, int32_t stride)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_i32gather_epi32(_mm512_mullo_epi32(lane, _mm512_set1_epi32(stride)), p, 4);
}
LANE_FN void lane_store(void *p, lane_int x)
{
    _mm512_storeu_si512(p, x);
}
/* Keeps x where it is: gcc would add a loop's terms up in other registers, and move them back at every turn,
 * or add the terms to each other first. */
LANE_FN lane_int lane_kept(lane_int x)
{
    __asm__("" : "+v"(x));
    return x;
}
LANE_FN lane_real lane_load_real(const float *p)
{
    return _mm512_loadu_ps(p);
}
LANE_FN lane_int lane_all(int32_t x)
{
    return _mm512_set1_epi32(x);
}
LANE_FN lane_int lane_all_rounded(double x, double scale)
{
    return _mm512_broadcastd_epi32(_mm_castpd_si128(_mm_set_sd(x * scale + LANE_ROUND)));
}
LANE_FN lane_real lane_all_real(float x)
{
    return _mm512_set1_ps(x);
}
LANE_FN lane_mask lane_from_bits(uint16_t bits)
{
    return bits;
}
/* Straight into a mask register: gcc takes the longer way, by an integer register, if it may. */
LANE_FN lane_mask lane_load_bits(const uint16_t *p)
{
    lane_mask m;
    __asm__("kmovw %1, %0" : "=k"(m) : "m"(*p));
    return m;
}
LANE_FN uint16_t lane_to_bits(lane_mask m)
{
    return m;
}
LANE_FN lane_int lane_add(lane_int a, lane_int b)
{
    return _mm512_add_epi32(a, b);
}
LANE_FN lane_int lane_add_where(lane_mask m, lane_int a, lane_int b)
{
    return _mm512_mask_add_epi32(a, m, a, b);
}
LANE_FN lane_int lane_sub(lane_int a, lane_int b)
{
    return _mm512_sub_epi32(a, b);
}
LANE_FN lane_int lane_negate_where(lane_mask m, lane_int a)
{
    return _mm512_mask_sub_epi32(a, m, _mm512_setzero_si512(), a);
}
LANE_FN lane_int lane_sub_where(lane_mask m, lane_int a, lane_int b)
{
    return _mm512_mask_sub_epi32(a, m, a, b);
}
LANE_FN lane_int lane_and(lane_int a, lane_int b)
{
    return _mm512_and_si512(a, b);
}
LANE_FN lane_int lane_or(lane_int a, lane_int b)
{
    return _mm512_or_si512(a, b);
}
LANE_FN lane_int lane_xor(lane_int a, lane_int b)
{
    return _mm512_xor_si512(a, b);
}
LANE_FN lane_int lane_xor3(lane_int a, lane_int b, lane_int c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}
#define lane_shift_left(a, k) _mm512_slli_epi32(a, k)
#define lane_shift_right(a, k) _mm512_srli_epi32(a, k)
#define lane_rotate(a, k) _mm512_rol_epi32(a, k)
LANE_FN lane_mask lane_less(lane_int a, lane_int b)
{
    return _mm512_cmplt_epi32_mask(a, b);
}
LANE_FN lane_real lane_choose(lane_mask m, lane_real a, lane_real b)
{
    return _mm512_mask_blend_ps(m, b, a);
}
LANE_FN lane_real lane_to_real(lane_int a)
{
    return _mm512_cvtepi32_ps(a);
}
LANE_FN lane_int lane_truncate(lane_real a)
{
    return _mm512_cvttps_epi32(a);
}
/* Ties to even; the least number where it is none, or out of range. */
LANE_FN lane_int lane_nearest(lane_real a)
{
    return _mm512_cvtps_epi32(a);
}
LANE_FN lane_int lane_bits_of(lane_real a)
{
    return _mm512_castps_si512(a);
}
LANE_FN lane_real lane_real_of(lane_int a)
{
    return _mm512_castsi512_ps(a);
}
LANE_FN lane_real lane_mul(lane_real a, lane_real b)
{
    return _mm512_mul_ps(a, b);
}
LANE_FN lane_real lane_plus(lane_real a, lane_real b)
{
    return _mm512_add_ps(a, b);
}
LANE_FN lane_real lane_minus(lane_real a, lane_real b)
{
    return _mm512_sub_ps(a, b);
}
LANE_FN lane_real lane_over(lane_real a, lane_real b)
{
    return _mm512_div_ps(a, b);
}
LANE_FN lane_real lane_min(lane_real a, lane_real b)
{
    return _mm512_min_ps(a, b);
}
LANE_FN lane_real lane_max(lane_real a, lane_real b)
{
    return _mm512_max_ps(a, b);
}
LANE_FN lane_mask lane_less_real(lane_real a, lane_real b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}
LANE_FN lane_real lane_unsigned_to_real(lane_int a)
{
    return _mm512_cvtepu32_ps(a);
}
/* Parts of lane_exp2: here powers of any size underflow and overflow as they should. */
LANE_FN lane_real lane_bound(lane_real y, float least, float most)
{
    (void)least, (void)most;
    return y;
}
LANE_FN lane_real lane_lookup_power(lane_int index)
{
    return _mm512_permutexvar_ps(index, _mm512_loadu_ps(lane_powers));
}
LANE_FN lane_real lane_times_power(lane_real a, lane_real shifted, lane_real near)
{
    (void)shifted;
    return _mm512_scalef_ps(a, near);
}

#elif defined(__AVX2__)

#include <immintrin.h>

typedef struct lane_int {
    __m256i v[2];
} lane_int;
typedef struct lane_real {
    __m256 v[2];
} lane_real;
typedef lane_int lane_mask; /* all ones or all zeros a lane */

#define LANE_2(type, a, b) ((type){{a, b}})
#define LANE_EACH(type, f, x, y) LANE_2(type, f((x).v[0], (y).v[0]), f((x).v[1], (y).v[1]))

LANE_FN lane_int lane_load(const void *p)
{
    return LANE_2(lane_int, _mm256_loadu_si256(p), _mm256_loadu_si256((const __m256i *)p + 1));
}
LANE_FN lane_int lane_gather(const int32_t *p, int32_t stride)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i at = _mm256_mullo_epi32(lane, _mm256_set1_epi32(stride));
    return LANE_2(lane_int, _mm256_i32gather_epi32(p, at, 4),
                  _mm256_i32gather_epi32(p + 8 * (int64_t)stride, at, 4));
}
LANE_FN void lane_store(void *p, lane_int x)
{
    _mm256_storeu_si256(p, x.v[0]);
    _mm256_storeu_si256((__m256i *)p + 1, x.v[1]);
}
LANE_FN lane_int lane_kept(lane_int x)
{
    __asm__("" : "+x"(x.v[0]), "+x"(x.v[1]));
    return x;
}
LANE_FN lane_real lane_load_real(const float *p)
{
    return LANE_2(lane_real, _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8));
}
LANE_FN lane_int lane_all(int32_t x)
{
    return LANE_2(lane_int, _mm256_set1_epi32(x), _mm256_set1_epi32(x));
}
LANE_FN lane_int lane_all_rounded(double x, double scale)
{
    __m256i all = _mm256_broadcastd_epi32(_mm_castpd_si128(_mm_set_sd(x * scale + LANE_ROUND)));
    return LANE_2(lane_int, all, all);
}
LANE_FN lane_real lane_all_real(float x)
{
    return LANE_2(lane_real, _mm256_set1_ps(x), _mm256_set1_ps(x));
}
LANE_FN lane_mask lane_from_bits(uint16_t bits)
{
    const __m256i which = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i low = _mm256_and_si256(_mm256_set1_epi32(bits), which);
    __m256i high = _mm256_and_si256(_mm256_set1_epi32(bits >> 8), which);
    return LANE_2(lane_mask, _mm256_cmpeq_epi32(low, which), _mm256_cmpeq_epi32(high, which));
}
LANE_FN uint16_t lane_to_bits(lane_mask m)
{
    unsigned low = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(m.v[0]));
    unsigned high = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(m.v[1]));
    return (uint16_t)(low | high << 8);
}
LANE_FN lane_int lane_and(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_and_si256, a, b);
}
LANE_FN lane_int lane_or(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_or_si256, a, b);
}
LANE_FN lane_int lane_add(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_add_epi32, a, b);
}
LANE_FN lane_int lane_sub(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_sub_epi32, a, b);
}
LANE_FN lane_int lane_add_where(lane_mask m, lane_int a, lane_int b)
{
    return lane_add(a, lane_and(m, b));
}
LANE_FN lane_int lane_sub_where(lane_mask m, lane_int a, lane_int b)
{
    return lane_sub(a, lane_and(m, b));
}
LANE_FN lane_int lane_xor(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_xor_si256, a, b);
}
LANE_FN lane_int lane_negate_where(lane_mask m, lane_int a)
{
    return lane_sub(lane_xor(a, m), m);
}
LANE_FN lane_int lane_xor3(lane_int a, lane_int b, lane_int c)
{
    return lane_xor(lane_xor(a, b), c);
}
LANE_FN lane_int lane_shift_left(lane_int a, int k)
{
    return LANE_2(lane_int, _mm256_slli_epi32(a.v[0], k), _mm256_slli_epi32(a.v[1], k));
}
LANE_FN lane_int lane_shift_right(lane_int a, int k)
{
    return LANE_2(lane_int, _mm256_srli_epi32(a.v[0], k), _mm256_srli_epi32(a.v[1], k));
}
LANE_FN lane_int lane_rotate(lane_int a, int k)
{
    return lane_xor(lane_shift_left(a, k), lane_shift_right(a, 32 - k));
}
LANE_FN lane_mask lane_less(lane_int a, lane_int b)
{
    return LANE_EACH(lane_int, _mm256_cmpgt_epi32, b, a);
}
LANE_FN lane_real lane_choose(lane_mask m, lane_real a, lane_real b)
{
    return LANE_2(lane_real, _mm256_blendv_ps(b.v[0], a.v[0], _mm256_castsi256_ps(m.v[0])),
                  _mm256_blendv_ps(b.v[1], a.v[1], _mm256_castsi256_ps(m.v[1])));
}
LANE_FN lane_real lane_to_real(lane_int a)
{
    return LANE_2(lane_real, _mm256_cvtepi32_ps(a.v[0]), _mm256_cvtepi32_ps(a.v[1]));
}
LANE_FN lane_int lane_truncate(lane_real a)
{
    return LANE_2(lane_int, _mm256_cvttps_epi32(a.v[0]), _mm256_cvttps_epi32(a.v[1]));
}
LANE_FN lane_int lane_nearest(lane_real a)
{
    return LANE_2(lane_int, _mm256_cvtps_epi32(a.v[0]), _mm256_cvtps_epi32(a.v[1]));
}
LANE_FN lane_int lane_bits_of(lane_real a)
{
    return LANE_2(lane_int, _mm256_castps_si256(a.v[0]), _mm256_castps_si256(a.v[1]));
}
LANE_FN lane_real lane_real_of(lane_int a)
{
    return LANE_2(lane_real, _mm256_castsi256_ps(a.v[0]), _mm256_castsi256_ps(a.v[1]));
}
LANE_FN lane_real lane_mul(lane_real a, lane_real b)
{
    return LANE_EACH(lane_real, _mm256_mul_ps, a, b);
}
LANE_FN lane_real lane_plus(lane_real a, lane_real b)
{
    return LANE_EACH(lane_real, _mm256_add_ps, a, b);
}
LANE_FN lane_real lane_minus(lane_real a, lane_real b)
{
    return LANE_EACH(lane_real, _mm256_sub_ps, a, b);
}
LANE_FN lane_real lane_over(lane_real a, lane_real b)
{
    return LANE_EACH(lane_real, _mm256_div_ps, a, b);
}
LANE_FN lane_real lane_min(lane_real a, lane_real b)
{
    return LANE_EACH(lane_real, _mm256_min_ps, a, b);
}
LANE_FN lane_real lane_max(lane_real a, lane_real b)
{
    return LANE_EACH(lane_real, _mm256_max_ps, a, b);
}
LANE_FN lane_mask lane_less_real(lane_real a, lane_real b)
{
    return LANE_2(lane_mask, _mm256_castps_si256(_mm256_cmp_ps(a.v[0], b.v[0], _CMP_LT_OQ)),
                  _mm256_castps_si256(_mm256_cmp_ps(a.v[1], b.v[1], _CMP_LT_OQ)));
}
/* The halves are exact: one rounding, in the sum. */
LANE_FN lane_real lane_unsigned_to_real(lane_int a)
{
    lane_real high = lane_to_real(lane_shift_right(a, 16));
    lane_real low = lane_to_real(lane_and(a, lane_all(0xffff)));
    return lane_plus(lane_mul(high, lane_all_real(65536)), low);
}
LANE_FN lane_real lane_lookup_power(lane_int index)
{
    const __m256 powers = _mm256_loadu_ps(lane_powers);
    return LANE_2(lane_real, _mm256_permutevar8x32_ps(powers, index.v[0]),
                  _mm256_permutevar8x32_ps(powers, index.v[1]));
}

#else

typedef struct lane_int {
    int32_t v[LANES];
} lane_int;
typedef struct lane_real {
    float v[LANES];
} lane_real;
typedef uint16_t lane_mask;

#define LANE_MAP(type, expression)                                                                           \
    type r;                                                                                                  \
    for (int l = 0; l < LANES; l++)                                                                          \
        r.v[l] = expression;                                                                                 \
    return r

LANE_FN lane_int lane_load(const void *p)
{
    lane_int r;
    memcpy(&r, p, sizeof r);
    return r;
}
LANE_FN lane_int lane_gather(const int32_t *p, int32_t stride)
{
    LANE_MAP(lane_int, p[l * (int64_t)stride]);
}
LANE_FN void lane_store(void *p, lane_int x)
{
    memcpy(p, &x, sizeof x);
}
LANE_FN lane_int lane_kept(lane_int x)
{
    return x;
}
LANE_FN lane_real lane_load_real(const float *p)
{
    LANE_MAP(lane_real, p[l]);
}
LANE_FN lane_int lane_all(int32_t x)
{
    LANE_MAP(lane_int, x);
}
LANE_FN lane_int lane_all_rounded(double x, double scale)
{
    double shifted = x * scale + LANE_ROUND;
    int64_t bits;

    memcpy(&bits, &shifted, sizeof bits);
    return lane_all((int32_t)bits);
}
LANE_FN lane_real lane_all_real(float x)
{
    LANE_MAP(lane_real, x);
}
LANE_FN lane_mask lane_from_bits(uint16_t bits)
{
    return bits;
}
LANE_FN uint16_t lane_to_bits(lane_mask m)
{
    return m;
}
LANE_FN int32_t lane_wrap_(uint32_t x)
{
    return (int32_t)x;
}
LANE_FN int32_t lane_pick_(lane_mask m, int l)
{
    return -(m >> l & 1);
}
LANE_FN lane_int lane_add(lane_int a, lane_int b)
{
    LANE_MAP(lane_int, lane_wrap_((uint32_t)a.v[l] + (uint32_t)b.v[l]));
}
LANE_FN lane_int lane_add_where(lane_mask m, lane_int a, lane_int b)
{
    LANE_MAP(lane_int, lane_wrap_((uint32_t)a.v[l] + (uint32_t)(b.v[l] & lane_pick_(m, l))));
}
LANE_FN lane_int lane_sub(lane_int a, lane_int b)
{
    LANE_MAP(lane_int, lane_wrap_((uint32_t)a.v[l] - (uint32_t)b.v[l]));
}
LANE_FN lane_int lane_sub_where(lane_mask m, lane_int a, lane_int b)
{
    LANE_MAP(lane_int, lane_wrap_((uint32_t)a.v[l] - (uint32_t)(b.v[l] & lane_pick_(m, l))));
}
LANE_FN lane_int lane_and(lane_int a, lane_int b)
{
    LANE_MAP(lane_int, a.v[l] & b.v[l]);
}
LANE_FN lane_int lane_or(lane_int a, lane_int b)
{
    LANE_MAP(lane_int, a.v[l] | b.v[l]);
}
LANE_FN lane_int lane_negate_where(lane_mask m, lane_int a)
{
    LANE_MAP(lane_int, (a.v[l] ^ lane_pick_(m, l)) - lane_pick_(m, l));
}
LANE_FN lane_int lane_xor(lane_int a, lane_int b)
{
    LANE_MAP(lane_int, a.v[l] ^ b.v[l]);
}
LANE_FN lane_int lane_xor3(lane_int a, lane_int b, lane_int c)
{
    LANE_MAP(lane_int, a.v[l] ^ b.v[l] ^ c.v[l]);
}
LANE_FN lane_int lane_shift_left(lane_int a, int k)
{
    LANE_MAP(lane_int, lane_wrap_((uint32_t)a.v[l] << k));
}
LANE_FN lane_int lane_shift_right(lane_int a, int k)
{
    LANE_MAP(lane_int, lane_wrap_((uint32_t)a.v[l] >> k));
}
LANE_FN lane_int lane_rotate(lane_int a, int k)
{
    LANE_MAP(lane_int, lane_wrap_((uint32_t)a.v[l] << k | (uint32_t)a.v[l] >> (32 - k)));
}
LANE_FN lane_mask lane_less(lane_int a, lane_int b)
{
    unsigned m = 0;
    for (int l = 0; l < LANES; l++)
        m |= (unsigned)(a.v[l] < b.v[l]) << l;
    return (lane_mask)m;
}
LANE_FN lane_real lane_choose(lane_mask m, lane_real a, lane_real b)
{
    LANE_MAP(lane_real, m >> l & 1 ? a.v[l] : b.v[l]);
}
LANE_FN lane_real lane_to_real(lane_int a)
{
    LANE_MAP(lane_real, (float)a.v[l]);
}
LANE_FN lane_int lane_truncate(lane_real a)
{
    LANE_MAP(lane_int, (int32_t)a.v[l]);
}
LANE_FN int32_t lane_nearest_(float x)
{
    const float near = 0x1p23f; /* from here on all are whole */
    float size = x < 0 ? -x : x;

    if (!(size < 0x1p31f))
        return INT32_MIN;
    size = size < near ? (size + near) - near : size;
    return (int32_t)(x < 0 ? -size : size);
}
LANE_FN lane_int lane_nearest(lane_real a)
{
    LANE_MAP(lane_int, lane_nearest_(a.v[l]));
}
LANE_FN lane_int lane_bits_of(lane_real a)
{
    lane_int r;
    memcpy(&r, &a, sizeof r);
    return r;
}
LANE_FN lane_real lane_real_of(lane_int a)
{
    lane_real r;
    memcpy(&r, &a, sizeof r);
    return r;
}
LANE_FN lane_real lane_mul(lane_real a, lane_real b)
{
    LANE_MAP(lane_real, a.v[l] * b.v[l]);
}
LANE_FN lane_real lane_plus(lane_real a, lane_real b)
{
    LANE_MAP(lane_real, a.v[l] + b.v[l]);
}
LANE_FN lane_real lane_minus(lane_real a, lane_real b)
{
    LANE_MAP(lane_real, a.v[l] - b.v[l]);
}
LANE_FN lane_real lane_over(lane_real a, lane_real b)
{
    LANE_MAP(lane_real, a.v[l] / b.v[l]);
}
LANE_FN lane_real lane_min(lane_real a, lane_real b)
{
    LANE_MAP(lane_real, a.v[l] < b.v[l] ? a.v[l] : b.v[l]);
}
LANE_FN lane_real lane_max(lane_real a, lane_real b)
{
    LANE_MAP(lane_real, a.v[l] > b.v[l] ? a.v[l] : b.v[l]);
}
LANE_FN lane_mask lane_less_real(lane_real a, lane_real b)
{
    unsigned m = 0;
    for (int l = 0; l < LANES; l++)
        m |= (unsigned)(a.v[l] < b.v[l]) << l;
    return (lane_mask)m;
}
LANE_FN lane_real lane_unsigned_to_real(lane_int a)
{
    LANE_MAP(lane_real, (float)(uint32_t)a.v[l]);
}
LANE_FN lane_real lane_lookup_power(lane_int index)
{
    LANE_MAP(lane_real, lane_powers[index.v[l] & 7]);
}

#endif

#if !(defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__))
LANE_FN lane_mask lane_load_bits(const uint16_t *p)
{
    return lane_from_bits(*p);
}
LANE_FN lane_real lane_bound(lane_real y, float least, float most)
{
    return lane_max(lane_min(y, lane_all_real(most)), lane_all_real(least));
}
/* Adds k to the exponent. */
LANE_FN lane_real lane_times_power(lane_real a, lane_real shifted, lane_real near)
{
    lane_int k = lane_shift_left(lane_and(lane_bits_of(shifted), lane_all(~7)), 20);
    (void)near;
    return lane_real_of(lane_add(lane_bits_of(a), k));
}
#endif

/* 2^y as a multiple of `size`, a constant power of two, relative error below 2e-7: y = k + j / 8 + f with |f|
 * <= 1/16, of which 2^(j / 8) stands in a table, and a cubic in f is enough. Only for -100 <= y <= 60 the
 * same bits everywhere; beyond, as small or as large as there, or more so. */
LANE_FN lane_real lane_exp2(lane_real y, const float size)
{
    const lane_real round = lane_all_real(1572864.0f); /* 1.5 * 2^20: its low bits take up 8 k + j */
    lane_real in = lane_bound(y, -100, 60), shifted = lane_plus(in, round);
    lane_real near = lane_minus(shifted, round), f = lane_minus(in, near);
    lane_real p = lane_all_real(0.0554962233f * size);

    p = lane_plus(lane_mul(p, f), lane_all_real(0.240257636f * size));
    p = lane_plus(lane_mul(p, f), lane_all_real(0.693147242f * size));
    p = lane_plus(lane_mul(p, f), lane_all_real(size));
    p = lane_mul(p, lane_lookup_power(lane_bits_of(shifted)));
    return lane_times_power(p, shifted, near);
}

/* xoshiro128+ of every lane, state in s[0..3]; its lowest bit is weak, use the others. Blackman and Vigna,
 * ACM TOMS 47 (2021) 36. */
LANE_FN lane_int lane_draw(lane_int s[4])
{
    lane_int result = lane_add(s[0], s[3]);
    lane_int t = lane_shift_left(s[1], 9), a = lane_xor(s[3], s[1]);
    lane_int s0 = lane_xor3(s[0], s[3], s[1]), s1 = lane_xor3(s[1], s[2], s[0]);

    s[2] = lane_xor3(s[2], s[0], t);
    s[3] = lane_rotate(a, 11);
    s[0] = s0;
    s[1] = s1;
    return result;
}

#endif
