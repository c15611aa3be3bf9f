// BF16 on CPUs with AVX-512 but no instructions for it.
#pragma once

#include <cstdint>
#include <immintrin.h>

// To the nearest, ties away from zero; what is no number stays so.
static inline __m512i avx512_bf16_in_upper_half(__m512 v) {
    const __m512i bits = _mm512_castps_si512(v);
    return _mm512_mask_add_epi32(bits, _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q), bits, _mm512_set1_epi32(0x8000));
}

static inline void avx512_store_bf16(uint16_t * to, const __m512 (&v)[2]) {
    // the odd words of both
    alignas(64) static const uint16_t upper_halves[32] = { 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31,
        33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63 };
    const __m512i rounded = _mm512_permutex2var_epi16(
        avx512_bf16_in_upper_half(v[0]), _mm512_load_si512(upper_halves), avx512_bf16_in_upper_half(v[1]));
    _mm512_storeu_si512((void *) to, rounded);
}

static inline __m512 avx512_from_bf16(__m256i words) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
}
