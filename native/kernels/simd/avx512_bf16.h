// AVX-512 with BF16: 32 numbers rounded to BF16, in the pairs that BF16 products take.
#pragma once

#if !defined(__AVX512BF16__)
    #error "needs AVX-512 BF16: see cmake/kernels.cmake"
#endif

#include "kernels/simd/avx512.h"

// GCC and Clang give vectors of BF16 a type of their own; to MSVC they are integers.
#if defined(_MSC_VER) && !defined(__clang__)
static inline __m512i avx512_bits_of_bf16(__m512i v) {
    return v;
}

static inline __m512i avx512_bf16_of_bits(__m512i v) {
    return v;
}
#else
static inline __m512i avx512_bits_of_bf16(__m512bh v) {
    return (__m512i) v;
}

static inline __m512bh avx512_bf16_of_bits(__m512i v) {
    return (__m512bh) v;
}
#endif

// The first 16, then the second 16.
static inline __m512i avx512_round_bf16(__m512 first, __m512 second) {
    return avx512_bits_of_bf16(_mm512_cvtne2ps_pbh(second, first));
}

// The pairs (low[i], high[i])
static inline __m512i avx512_round_bf16_pairs(__m512 low, __m512 high) {
    alignas(64) static const uint16_t alternate[32] = { 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24,
        9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31 };
    return _mm512_permutexvar_epi16(_mm512_load_si512(alternate), avx512_round_bf16(low, high));
}
