// For files that are compiled for AVX2.
#pragma once

#include <cstddef>
#include <immintrin.h>

// 8 rows of 8 values to 8 columns
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
