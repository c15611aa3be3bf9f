// For files that are compiled for AVX-512.
#pragma once

#include "kernels/simd/avx512_exp2.h"

#include <immintrin.h>

// silu(g) * u = g / (1 + e^-g) * u, relative error below 2^-12: for what is rounded to 8 bits afterwards. What is not finite, or
// no number, stays so, but for a gate of minus infinity.
static inline __m512 avx512_silu_coarse(__m512 g, __m512 u) {
    const __m512 e = avx512_exp2_coarse(_mm512_mul_ps(g, _mm512_set1_ps(-1.44269504f)));
    const __m512 sigmoid = _mm512_rcp14_ps(_mm512_add_ps(e, _mm512_set1_ps(1.0f)));
    return _mm512_mul_ps(_mm512_mul_ps(g, sigmoid), u);
}
