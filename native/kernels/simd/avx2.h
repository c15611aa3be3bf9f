// AVX2 and FMA.
#pragma once

#if !defined(__AVX2__) || !defined(__FMA__)
    #error "needs AVX2 and FMA: see cmake/kernels.cmake"
#endif

#include <cstddef>
#include <cstdint>
#include <immintrin.h>

// Horizontal operations.

static inline float avx2_min(__m256 v) {
    __m128 h = _mm_min_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    h = _mm_min_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_min_ss(h, _mm_movehdup_ps(h)));
}

static inline float avx2_max(__m256 v) {
    __m128 h = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    h = _mm_max_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_max_ss(h, _mm_movehdup_ps(h)));
}

static inline float avx2_sum(__m256 v) {
    __m128 h = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    h = _mm_add_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_add_ss(h, _mm_movehdup_ps(h)));
}

static inline int32_t avx2_max_epi32(__m256i v) {
    __m128i h = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    h = _mm_max_epi32(h, _mm_shuffle_epi32(h, 0x4e));
    h = _mm_max_epi32(h, _mm_shuffle_epi32(h, 0xb1));
    return _mm_cvtsi128_si32(h);
}

// e^x of n vectors, relative error below 3e-7; infinity above 88.4, the smallest normal numbers below -87.3; NaN
// propagates. 2^n times the Taylor polynomial of the remainder, which is at most ln(2)/2. Several vectors hide the
// latency of each step.
template <int n_vectors> static inline void avx2_exp(__m256 (&x)[n_vectors]) {
    static const float coefficients[] = { 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f };
    __m256 n[n_vectors];
    __m256 p[n_vectors];
    for (int i = 0; i < n_vectors; ++i) {
        x[i] = _mm256_min_ps(_mm256_set1_ps(89.0f), _mm256_max_ps(_mm256_set1_ps(-87.3f), x[i]));
        n[i] = _mm256_round_ps(
            _mm256_mul_ps(x[i], _mm256_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    for (int i = 0; i < n_vectors; ++i) {
        x[i] = _mm256_fnmadd_ps(n[i], _mm256_set1_ps(0.693147182f), x[i]); // ln(2) in two parts
        x[i] = _mm256_fmadd_ps(n[i], _mm256_set1_ps(1.90465421e-9f), x[i]);
        p[i] = _mm256_set1_ps(1.0f / 5040);
    }
    for (const float coefficient : coefficients) {
        for (int i = 0; i < n_vectors; ++i) {
            p[i] = _mm256_fmadd_ps(p[i], x[i], _mm256_set1_ps(coefficient));
        }
    }
    for (int i = 0; i < n_vectors; ++i) {
        const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n[i]), _mm256_set1_epi32(127));
        x[i] = _mm256_mul_ps(p[i], _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
    }
}

// Writes the 8 columns of 8 rows of 8 values.
static inline void avx2_transpose(const __m256 (&rows)[8], float * out, size_t out_stride) {
    __m256 pairs[8]; // of rows 2 i and 2 i + 1
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
    }
    __m256 fours[2][4]; // column j, and j + 4 in the upper half, of rows 4 i to 4 i + 3
    for (int i = 0; i < 2; ++i) {
        const __m256 * p = pairs + 4 * i;
        fours[i][0] = _mm256_shuffle_ps(p[0], p[2], 0x44);
        fours[i][1] = _mm256_shuffle_ps(p[0], p[2], 0xee);
        fours[i][2] = _mm256_shuffle_ps(p[1], p[3], 0x44);
        fours[i][3] = _mm256_shuffle_ps(p[1], p[3], 0xee);
    }
    for (int j = 0; j < 4; ++j) {
        _mm256_storeu_ps(out + j * out_stride, _mm256_permute2f128_ps(fours[0][j], fours[1][j], 0x20));
        _mm256_storeu_ps(out + (j + 4) * out_stride, _mm256_permute2f128_ps(fours[0][j], fours[1][j], 0x31));
    }
}
