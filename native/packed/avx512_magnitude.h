// The largest magnitude of numbers, as the bits of F32: what is not finite has the largest ones.
#pragma once

#include <immintrin.h>

static inline __m512i avx512_larger_magnitude(__m512i most, const __m512 (&v)[2]) {
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
    const __m512i first = _mm512_and_si512(_mm512_castps_si512(v[0]), magnitude);
    const __m512i second = _mm512_and_si512(_mm512_castps_si512(v[1]), magnitude);
    return _mm512_max_epi32(most, _mm512_max_epi32(first, second));
}
