// AVX-512 F, DQ, BW and VL.
#pragma once

#if !defined(__AVX512F__) || !defined(__AVX512DQ__) || !defined(__AVX512BW__) || !defined(__AVX512VL__)
    #error "needs AVX-512 F, DQ, BW and VL: see cmake/kernels.cmake"
#endif

#include "kernels/simd/unroll.h"

#include <cstddef>
#include <cstdint>
#include <immintrin.h>

// Horizontal reduction of 16 vectors by join(): lane i of the result is that of vector i. The vectors are overwritten.
template <typename operation> static inline __m512 avx512_reduce_each(__m512 (&v)[16], operation join) {
    UNROLL
    for (int i = 0; i < 8; ++i) { // pairs of lanes of two vectors
        v[i] = join(_mm512_unpacklo_ps(v[2 * i], v[2 * i + 1]), _mm512_unpackhi_ps(v[2 * i], v[2 * i + 1]));
    }
    UNROLL
    for (int i = 0; i < 4; ++i) { // quarters of four
        const __m512d a = _mm512_castps_pd(v[2 * i]);
        const __m512d b = _mm512_castps_pd(v[2 * i + 1]);
        v[i] = join(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
    }
    UNROLL
    for (int i = 0; i < 2; ++i) { // halves of eight
        const __m512 a = v[2 * i];
        const __m512 b = v[2 * i + 1];
        v[i] = join(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
    }
    return join(_mm512_shuffle_f32x4(v[0], v[1], 0x88), _mm512_shuffle_f32x4(v[0], v[1], 0xdd));
}

// The largest magnitude so far, as the bits of F32: NaN and infinity have the largest.
template <int n> static inline __m512i avx512_max_magnitude(__m512i most, const __m512 (&v)[n]) {
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
    __m512i found[2] = { most, _mm512_setzero_si512() };
    UNROLL
    for (int i = 0; i < n; ++i) {
        found[i % 2] = _mm512_max_epi32(found[i % 2], _mm512_and_si512(_mm512_castps_si512(v[i]), magnitude));
    }
    return _mm512_max_epi32(found[0], found[1]);
}

// e^x, relative error below 3e-7; infinity above 88.8, 0 below -104; NaN propagates. 2^n times the Taylor polynomial of
// the remainder, which is at most ln(2)/2.
static inline __m512 avx512_exp(__m512 x) {
    const __m512 low = _mm512_set1_ps(-104.0f);
    const __m512 high = _mm512_set1_ps(89.0f);
    x = _mm512_min_ps(high, _mm512_max_ps(low, x)); // in this order a NaN passes
    const __m512 n = _mm512_roundscale_ps(
        _mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    x = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693147182f), x); // ln(2) in two parts
    x = _mm512_fmadd_ps(n, _mm512_set1_ps(1.90465421e-9f), x);
    __m512 p = _mm512_set1_ps(1.0f / 5040);
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f / 720));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f / 120));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f / 24));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f / 6));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

// 2^x, relative error below 8e-5: for results that are rounded to 8 bits. 0 and infinity beyond the range of F32; NaN
// propagates.
static inline __m512 avx512_exp2_coarse(__m512 x) {
    const __m512 f = _mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    // 2^f on [0, 1], minimax of the relative error; scalef takes the whole part of x itself
    __m512 p = _mm512_set1_ps(0.07802454f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.22606719f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.69583350f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.99992520f));
    return _mm512_scalef_ps(p, x);
}

// silu(g) * u = g / (1 + e^-g) * u, relative error below 2^-12: for results that are rounded to 8 bits. NaN and
// infinity propagate, but for a gate of minus infinity.
static inline __m512 avx512_silu_coarse(__m512 g, __m512 u) {
    const __m512 e = avx512_exp2_coarse(_mm512_mul_ps(g, _mm512_set1_ps(-1.44269504f)));
    const __m512 sigmoid = _mm512_rcp14_ps(_mm512_add_ps(e, _mm512_set1_ps(1.0f)));
    return _mm512_mul_ps(_mm512_mul_ps(g, sigmoid), u);
}

// put(j, column j) for the 16 columns of 16 rows of 16 values.
template <typename writer> static inline void avx512_transpose(const __m512 (&rows)[16], writer put) {
    __m512 a[16];
    __m512 b[16];
    UNROLL
    for (int i = 0; i < 8; ++i) {
        a[2 * i] = _mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
        a[2 * i + 1] = _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
    }
    UNROLL
    for (int i = 0; i < 4; ++i) { // b[4 i + j]: column j of each four, of rows 4 i to 4 i + 3
        const __m512d low[2] = { _mm512_castps_pd(a[4 * i]), _mm512_castps_pd(a[4 * i + 2]) };
        const __m512d high[2] = { _mm512_castps_pd(a[4 * i + 1]), _mm512_castps_pd(a[4 * i + 3]) };
        b[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(low[0], low[1]));
        b[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low[0], low[1]));
        b[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high[0], high[1]));
        b[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high[0], high[1]));
    }
    UNROLL
    for (int j = 0; j < 4; ++j) { // the four quarters of b[j], b[4 + j], b[8 + j] and b[12 + j] are 4 x 4 of columns
        const __m512 even[2] = { _mm512_shuffle_f32x4(b[j], b[4 + j], 0x88),
            _mm512_shuffle_f32x4(b[8 + j], b[12 + j], 0x88) };
        const __m512 odd[2] = { _mm512_shuffle_f32x4(b[j], b[4 + j], 0xdd),
            _mm512_shuffle_f32x4(b[8 + j], b[12 + j], 0xdd) };
        put(j, _mm512_shuffle_f32x4(even[0], even[1], 0x88));
        put(j + 8, _mm512_shuffle_f32x4(even[0], even[1], 0xdd));
        put(j + 4, _mm512_shuffle_f32x4(odd[0], odd[1], 0x88));
        put(j + 12, _mm512_shuffle_f32x4(odd[0], odd[1], 0xdd));
    }
}

// Writes the columns.
static inline void avx512_transpose(const __m512 (&rows)[16], float * out, size_t out_stride) {
    avx512_transpose(rows, [&](int j, __m512 column) { _mm512_storeu_ps(out + j * out_stride, column); });
}

// BF16 without AVX-512's instructions for it.

// Rounds to the nearest, ties away from zero; NaN stays NaN.
static inline __m512i avx512_round_bf16_upper(__m512 v) {
    const __m512i bits = _mm512_castps_si512(v);
    return _mm512_mask_add_epi32(bits, _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q), bits, _mm512_set1_epi32(0x8000));
}

static inline void avx512_store_bf16(uint16_t * to, const __m512 (&v)[2]) {
    // the odd words of both
    alignas(64) static const uint16_t upper_halves[32] = { 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31,
        33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63 };
    const __m512i rounded = _mm512_permutex2var_epi16(
        avx512_round_bf16_upper(v[0]), _mm512_load_si512(upper_halves), avx512_round_bf16_upper(v[1]));
    _mm512_storeu_si512((void *) to, rounded);
}

static inline __m512 avx512_from_bf16(__m256i words) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
}
