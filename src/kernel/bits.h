/* Words of 512 bits and the operations that bit kernels are written in, once for each instruction set; every
 * operation gives the same bits in all of them. The including file is compiled with the flags of its
 * instruction set. */
#ifndef HEATBATH_BITS_H
#define HEATBATH_BITS_H

#include "kernel/bit_sweep.h"

#include <string.h>

#define BITS_UNUSED __attribute__((unused))
#define BITS_FN static inline __attribute__((always_inline)) BITS_UNUSED

#if defined(__AVX512F__)

#include <immintrin.h>

typedef __m512i bits;

BITS_FN bits bits_load(const heat_bit_word *p)
{
    return _mm512_load_si512(p);
}
BITS_FN void bits_store(heat_bit_word *p, bits x)
{
    _mm512_store_si512(p, x);
}
BITS_FN bits bits_all(int64_t x)
{
    return _mm512_set1_epi64(x);
}
BITS_FN bits bits_and(bits a, bits b)
{
    return _mm512_and_si512(a, b);
}
BITS_FN bits bits_xor(bits a, bits b)
{
    return _mm512_xor_si512(a, b);
}
BITS_FN bits bits_xor3(bits a, bits b, bits c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}
BITS_FN bits bits_majority(bits a, bits b, bits c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0xe8);
}
BITS_FN bits bits_choose(bits m, bits a, bits b)
{
    return _mm512_ternarylogic_epi64(m, a, b, 0xca);
}
BITS_FN bits bits_add64(bits a, bits b)
{
    return _mm512_add_epi64(a, b);
}
#define bits_shift_left64(a, k) _mm512_slli_epi64(a, k)
#define bits_rotate64(a, k) _mm512_rol_epi64(a, k)
BITS_FN bits bits_less64(bits a, bits b)
{
    return _mm512_maskz_set1_epi64(_mm512_cmplt_epi64_mask(a, b), -1);
}
BITS_FN void bits_add_columns(int32_t *count, bits x, int32_t weight)
{
    const __m512i all = _mm512_set1_epi32(weight);
    __mmask16 part[32];

    _mm512_storeu_si512(part, x);
    for (int v = 0; v < 32; v++, count += 16)
        _mm512_storeu_si512(
            count, _mm512_mask_add_epi32(_mm512_loadu_si512(count), part[v], _mm512_loadu_si512(count), all));
}

#elif defined(__AVX2__)

#include <immintrin.h>

typedef struct bits {
    __m256i v[2];
} bits;

#define BITS_2(a, b) ((bits){{a, b}})
#define BITS_EACH(f, x, y) BITS_2(f((x).v[0], (y).v[0]), f((x).v[1], (y).v[1]))

BITS_FN bits bits_load(const heat_bit_word *p)
{
    return BITS_2(_mm256_load_si256((const __m256i *)p), _mm256_load_si256((const __m256i *)p + 1));
}
BITS_FN void bits_store(heat_bit_word *p, bits x)
{
    _mm256_store_si256((__m256i *)p, x.v[0]);
    _mm256_store_si256((__m256i *)p + 1, x.v[1]);
}
BITS_FN bits bits_all(int64_t x)
{
    return BITS_2(_mm256_set1_epi64x(x), _mm256_set1_epi64x(x));
}
BITS_FN bits bits_and(bits a, bits b)
{
    return BITS_EACH(_mm256_and_si256, a, b);
}
BITS_FN bits bits_xor(bits a, bits b)
{
    return BITS_EACH(_mm256_xor_si256, a, b);
}
BITS_FN bits bits_xor3(bits a, bits b, bits c)
{
    return bits_xor(bits_xor(a, b), c);
}
BITS_FN bits bits_choose(bits m, bits a, bits b)
{
    return bits_xor(b, bits_and(m, bits_xor(a, b)));
}
BITS_FN bits bits_majority(bits a, bits b, bits c)
{
    return bits_xor(b, bits_and(bits_xor(a, b), bits_xor(b, c)));
}
BITS_FN bits bits_add64(bits a, bits b)
{
    return BITS_EACH(_mm256_add_epi64, a, b);
}
BITS_FN bits bits_shift_left64(bits a, int k)
{
    return BITS_2(_mm256_slli_epi64(a.v[0], k), _mm256_slli_epi64(a.v[1], k));
}
BITS_FN bits bits_rotate64(bits a, int k)
{
    return BITS_2(_mm256_or_si256(_mm256_slli_epi64(a.v[0], k), _mm256_srli_epi64(a.v[0], 64 - k)),
                  _mm256_or_si256(_mm256_slli_epi64(a.v[1], k), _mm256_srli_epi64(a.v[1], 64 - k)));
}
BITS_FN bits bits_less64(bits a, bits b)
{
    return BITS_EACH(_mm256_cmpgt_epi64, b, a);
}
BITS_FN void bits_add_columns(int32_t *count, bits x, int32_t weight)
{
    const __m256i which = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128), all = _mm256_set1_epi32(weight);
    uint8_t part[64];

    memcpy(part, &x, sizeof part);
    for (int v = 0; v < 64; v++, count += 8) {
        __m256i *c = (__m256i *)count;
        __m256i set = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(part[v]), which), which);
        _mm256_storeu_si256(c, _mm256_add_epi32(_mm256_loadu_si256(c), _mm256_and_si256(set, all)));
    }
}

#else

typedef struct bits {
    uint64_t part[HEAT_BITS / 64];
} bits;

#define BITS_MAP(expression)                                                                                 \
    bits r;                                                                                                  \
    for (int l = 0; l < 8; l++)                                                                              \
        r.part[l] = expression;                                                                              \
    return r

BITS_FN bits bits_load(const heat_bit_word *p)
{
    bits r;
    memcpy(&r, p, sizeof r);
    return r;
}
BITS_FN void bits_store(heat_bit_word *p, bits x)
{
    memcpy(p, &x, sizeof x);
}
BITS_FN bits bits_all(int64_t x)
{
    BITS_MAP((uint64_t)x);
}
BITS_FN bits bits_and(bits a, bits b)
{
    BITS_MAP(a.part[l] & b.part[l]);
}
BITS_FN bits bits_xor(bits a, bits b)
{
    BITS_MAP(a.part[l] ^ b.part[l]);
}
BITS_FN bits bits_xor3(bits a, bits b, bits c)
{
    BITS_MAP(a.part[l] ^ b.part[l] ^ c.part[l]);
}
BITS_FN bits bits_choose(bits m, bits a, bits b)
{
    BITS_MAP(b.part[l] ^ (m.part[l] & (a.part[l] ^ b.part[l])));
}
BITS_FN bits bits_majority(bits a, bits b, bits c)
{
    BITS_MAP(b.part[l] ^ ((a.part[l] ^ b.part[l]) & (b.part[l] ^ c.part[l])));
}
BITS_FN bits bits_add64(bits a, bits b)
{
    BITS_MAP(a.part[l] + b.part[l]);
}
BITS_FN bits bits_shift_left64(bits a, int k)
{
    BITS_MAP(a.part[l] << k);
}
BITS_FN bits bits_rotate64(bits a, int k)
{
    BITS_MAP(a.part[l] << k | a.part[l] >> (64 - k));
}
BITS_FN bits bits_less64(bits a, bits b)
{
    BITS_MAP((int64_t)a.part[l] < (int64_t)b.part[l] ? UINT64_MAX : 0);
}
BITS_FN void bits_add_columns(int32_t *count, bits x, int32_t weight)
{
    for (int c = 0; c < HEAT_BITS; c++)
        count[c] += (int32_t)(x.part[c / 64] >> c % 64 & 1) * weight;
}

#endif

/* xoshiro256+ of eight 64-bit lanes, state in s[0..3]. Blackman and Vigna, ACM TOMS 47 (2021) 36. */
BITS_FN bits bits_draw(bits s[4])
{
    bits result = bits_add64(s[0], s[3]);
    bits t = bits_shift_left64(s[1], 17), a = bits_xor(s[3], s[1]);
    bits s0 = bits_xor3(s[0], s[3], s[1]), s1 = bits_xor3(s[1], s[2], s[0]);

    s[2] = bits_xor3(s[2], s[0], t);
    s[3] = bits_rotate64(a, 45);
    s[0] = s0;
    s[1] = s1;
    return result;
}

#endif
