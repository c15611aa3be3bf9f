// Rows that share one scale are rotated first, weights and activations alike: what one value has more than the others is spread
// over as many as are rotated together, so that the steps become finer, and products stay what they were. Source: QuaRot (arXiv
// 2404.00456), with Hadamard matrices. These run over whole vectors, value i of each with values i of the others, so that nothing
// has to be shuffled.
#pragma once

#include "unroll.h"

#include <immintrin.h>

// Vectors of 16 values that are rotated together, at most. The rest of a row in half, a quarter, an eighth as many.
static const int ROTATED_VECTORS = 16;

// 1 / sqrt(n), for the matrix to be orthonormal
constexpr float rotation_scale(int n) {
    return n == 16 ? 0.25f : n == 8 ? 0.353553391f : n == 4 ? 0.5f : 0.707106781f;
}

template <int n> static inline void rotate(__m512 (&v)[n]) {
    const __m512 scale = _mm512_set1_ps(rotation_scale(n));
    UNROLL
    for (int i = 0; i < n / 2; ++i) { // scaled before anything is added, so that nothing becomes too large on the way
        const __m512 second = _mm512_mul_ps(v[i + n / 2], scale);
        v[i + n / 2] = _mm512_fmsub_ps(v[i], scale, second);
        v[i] = _mm512_fmadd_ps(v[i], scale, second);
    }
    UNROLL
    for (int half = n / 4; half > 0; half /= 2) {
        UNROLL
        for (int i = 0; i < n; ++i) {
            if (i & half) {
                const __m512 second = v[i];
                v[i] = _mm512_sub_ps(v[i - half], second);
                v[i - half] = _mm512_add_ps(v[i - half], second);
            }
        }
    }
}

// The vectors [first, last) of a row, an even number: read(i, v) fetches those from i on, take(i, v) gets them rotated. first is
// a multiple of ROTATED_VECTORS.
template <int n = ROTATED_VECTORS, typename reader, typename taker>
static inline void each_rotated(int first, int last, reader read, taker take) {
    for (; last - first >= n; first += n) {
        __m512 v[n];
        read(first, v);
        rotate(v);
        take(first, v);
    }
    if constexpr (n > 2) {
        each_rotated<n / 2>(first, last, read, take);
    }
}
