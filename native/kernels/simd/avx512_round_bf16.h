// 32 numbers rounded to BF16, two in four bytes, as products in BF16 take them. For files that are compiled for AVX-512 with it.
#pragma once

#include <cstdint>
#include <immintrin.h>

// In order: the first 16, then the second.
static inline __m512i round_bf16(__m512 first, __m512 second) {
    return (__m512i) _mm512_cvtne2ps_pbh(second, first);
}

// The pairs (low[i], high[i])
static inline __m512i round_bf16_pairs(__m512 low, __m512 high) {
    alignas(64) static const uint16_t alternate[32] = { 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24,
        9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31 };
    return _mm512_permutexvar_epi16(_mm512_load_si512(alternate), round_bf16(low, high));
}
