// Rows in groups of values that are rotated together, for files that are compiled for AVX2 and FMA.
#pragma once

#include "kernels/matmul/row/row_rotation.h"

#include <immintrin.h>

static const int ROTATED_VALUES = ROTATED_VECTORS * 16; // of a group, at most

// n values of a group, a multiple of 32
static inline void rotate_group(float * values, int n) {
    switch (n / 16) {
    case 16: rotate_in_place<16>(values); break;
    case 8: rotate_in_place<8>(values); break;
    case 4: rotate_in_place<4>(values); break;
    default: rotate_in_place<2>(values); break;
    }
}

// How many values are rotated together where n are left of a row.
static inline int group_size(int n) {
    int size = ROTATED_VALUES;
    while (size > n) {
        size /= 2;
    }
    return size;
}

// The largest magnitude, as the bits of F32.
static inline __m256i larger_magnitude(__m256i most, const float * values, int n) {
    const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
    for (int i = 0; i < n; i += 8) {
        const __m256i bits = _mm256_castps_si256(_mm256_load_ps(values + i));
        most = _mm256_max_epi32(most, _mm256_and_si256(bits, magnitude));
    }
    return most;
}

static inline int32_t largest_of(__m256i v) {
    __m128i h = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    h = _mm_max_epi32(h, _mm_shuffle_epi32(h, 0x4e));
    h = _mm_max_epi32(h, _mm_shuffle_epi32(h, 0xb1));
    return _mm_cvtsi128_si32(h);
}

// 32 values in steps of -127 to 127.
static inline __m256i in_steps(const float * values, float per_value) {
    __m256i v[4];
    UNROLL
    for (int i = 0; i < 4; ++i) {
        v[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_load_ps(values + i * 8), _mm256_set1_ps(per_value)));
    }
    const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(v[0], v[1]), _mm256_packs_epi32(v[2], v[3]));
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
