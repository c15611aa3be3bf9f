// Rows that share one scale are rotated first, weights and activations alike: what one value has more than the others is spread
// over as many as are rotated together, so that the steps become finer, and products stay what they were. Source: QuaRot (arXiv
// 2404.00456), with Hadamard matrices. These run over whole vectors, value i of each with values i of the others, so that nothing
// has to be shuffled.
#pragma once

#include "kernels/simd/float_vectors.h"
#include "kernels/simd/unroll.h"

// Vectors of 16 values that are rotated together, at most. The rest of a row in half, a quarter, an eighth as many.
static const int ROTATED_VECTORS = 16;

// 1 / sqrt(n), for the matrix to be orthonormal
constexpr float rotation_scale(int n) {
    return n == 16 ? 0.25f : n == 8 ? 0.353553391f : n == 4 ? 0.5f : 0.707106781f;
}

template <typename floats, int n> static inline void rotate(typename floats::vector (&v)[n]) {
    const auto scale = floats::set(rotation_scale(n));
    UNROLL
    for (int i = 0; i < n / 2; ++i) { // scaled before anything is added, so that nothing becomes too large on the way
        const auto second = floats::multiply(v[i + n / 2], scale);
        v[i + n / 2] = floats::multiply_subtract(v[i], scale, second);
        v[i] = floats::multiply_add(v[i], scale, second);
    }
    UNROLL
    for (int half = n / 4; half > 0; half /= 2) {
        UNROLL
        for (int i = 0; i < n; ++i) {
            if (i & half) {
                const auto second = v[i];
                v[i] = floats::subtract(v[i - half], second);
                v[i - half] = floats::add(v[i - half], second);
            }
        }
    }
}

#if defined(__AVX512F__)
// The vectors [first, last) of a row, an even number: read(i, v) fetches those from i on, take(i, v) gets them rotated. first is
// a multiple of ROTATED_VECTORS.
template <int n = ROTATED_VECTORS, typename reader, typename taker>
static inline void each_rotated(int first, int last, reader read, taker take) {
    for (; last - first >= n; first += n) {
        __m512 v[n];
        read(first, v);
        rotate<floats_512>(v);
        take(first, v);
    }
    if constexpr (n > 2) {
        each_rotated<n / 2>(first, last, read, take);
    }
}
#endif

// n vectors of 16 values where they lie, in memory that is aligned to 32 bytes. The two halves of a vector are rotated each by
// itself.
template <int n> static inline void rotate_in_place(float * values) {
    for (int half = 0; half < 16; half += 8) {
        __m256 v[n];
        UNROLL
        for (int i = 0; i < n; ++i) {
            v[i] = _mm256_load_ps(values + i * 16 + half);
        }
        rotate<floats_256>(v);
        UNROLL
        for (int i = 0; i < n; ++i) {
            _mm256_store_ps(values + i * 16 + half, v[i]);
        }
    }
}
