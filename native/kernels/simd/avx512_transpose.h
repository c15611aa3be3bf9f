// For files that are compiled for AVX-512.
#pragma once

#include "kernels/simd/unroll.h"

#include <cstddef>
#include <immintrin.h>

// 16 rows of 16 values to 16 columns: put(j, column j)
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

static inline void avx512_transpose(const __m512 (&rows)[16], float * out, size_t out_stride) {
    avx512_transpose(rows, [&](int j, __m512 column) { _mm512_storeu_ps(out + j * out_stride, column); });
}
