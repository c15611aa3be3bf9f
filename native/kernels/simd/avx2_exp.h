// For files that are compiled for AVX2 and FMA.
#pragma once

#include <immintrin.h>

// x = e^x of n vectors, relative error below 3e-7; infinity above 88.4, the smallest normal numbers below -87.3; NaN stays NaN.
// 2^n times the Taylor polynomial of what is left, which is at most ln(2)/2. Several at a time, as one alone waits for each of
// its steps.
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
