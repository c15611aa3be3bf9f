// The largest magnitude of numbers, as the bits of F32: what is not finite has the largest ones.
#pragma once

#include "kernels/simd/unroll.h"

#include <immintrin.h>

template <int n> static inline __m512i avx512_larger_magnitude(__m512i most, const __m512 (&v)[n]) {
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
    __m512i found[2] = { most, _mm512_setzero_si512() };
    UNROLL
    for (int i = 0; i < n; ++i) {
        found[i % 2] = _mm512_max_epi32(found[i % 2], _mm512_and_si512(_mm512_castps_si512(v[i]), magnitude));
    }
    return _mm512_max_epi32(found[0], found[1]);
}
