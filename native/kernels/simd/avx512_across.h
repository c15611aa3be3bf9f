// For files that are compiled for AVX-512.
#pragma once

#include "kernels/simd/unroll.h"

#include <immintrin.h>

// What join() makes of the 16 lanes of each vector, side by side: lane i is vector i's. The vectors are overwritten.
template <typename operation> static inline __m512 avx512_across(__m512 (&v)[16], operation join) {
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
