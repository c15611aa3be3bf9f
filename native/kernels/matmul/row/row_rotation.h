// Rows of weights and activations are rotated before they get one scale: an outlier is spread over the values that are
// rotated with it, which makes the scale smaller, and products stay what they were. Source: QuaRot (arXiv 2404.00456),
// with Hadamard matrices. The rotation mixes whole vectors, value i of each with values i of the others, so that
// nothing is shuffled.
#pragma once

#if defined(__AVX512F__)
    #include "kernels/simd/avx512.h"
#endif
#include "kernels/simd/unroll.h"
#include "kernels/simd/vectors.h"

namespace {

// Vectors of 16 values that are rotated together, at most. The rest of a row is rotated in groups of 8, 4 and 2.
const int ROTATED_VECTORS = 16;

// 1 / sqrt(n): makes the matrix orthonormal
constexpr float rotation_scale(int n) {
    return n == 16 ? 0.25f : n == 8 ? 0.353553391f : n == 4 ? 0.5f : 0.707106781f;
}

template <typename floats, int n> inline void rotate(typename floats::vector (&v)[n]) {
    const auto scale = floats::set(rotation_scale(n));
    UNROLL
    for (int i = 0; i < n / 2; ++i) { // scaled first, so that sums do not overflow
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
// Rotates the vectors [first, last) of a row, an even number: read(i, v) loads those from i on, take(i, v) gets them
// rotated. first is a multiple of ROTATED_VECTORS.
template <int n = ROTATED_VECTORS, typename reader, typename taker>
inline void each_rotated(int first, int last, reader read, taker take) {
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

// Groups of values in memory.

const int ROTATED_VALUES = ROTATED_VECTORS * 16; // of a group, at most

// Rotates n vectors of 16 values in place, memory aligned to a vector. Shorter vectors of the CPU take their part of
// each.
template <typename floats, int n> inline void rotate_in_place(float * values) {
    for (int part = 0; part < 16; part += floats::LANES) {
        typename floats::vector v[n];
        UNROLL
        for (int i = 0; i < n; ++i) {
            v[i] = floats::load_aligned(values + i * 16 + part);
        }
        rotate<floats>(v);
        UNROLL
        for (int i = 0; i < n; ++i) {
            floats::store_aligned(values + i * 16 + part, v[i]);
        }
    }
}

// Rotates a group of n values, a multiple of 32, in place.
template <typename floats> inline void rotate_group(float * values, int n) {
    switch (n / 16) {
    case 16: rotate_in_place<floats, 16>(values); break;
    case 8: rotate_in_place<floats, 8>(values); break;
    case 4: rotate_in_place<floats, 4>(values); break;
    default: rotate_in_place<floats, 2>(values); break;
    }
}

// The size of the next group where n values of a row are left.
inline int group_size(int n) {
    int size = ROTATED_VALUES;
    while (size > n) {
        size /= 2;
    }
    return size;
}

} // namespace
