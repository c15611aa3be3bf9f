// For files that are compiled for AVX-512.
#pragma once

#include <immintrin.h>

// silu(g) * u = g / (1 + e^-g) * u, relative error below 2^-13: for what is rounded to 8 bits afterwards. What is not finite, or
// no number, stays so, but for a gate of minus infinity, whose limit is taken.
static inline __m512 avx512_silu_coarse(__m512 g, __m512 u) {
    const __m512 t = _mm512_mul_ps(g, _mm512_set1_ps(-1.44269504f)); // e^-g = 2^t
    const __m512 f = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    // 2^f on [0, 1], minimax of the relative error, 2.6e-6; scalef takes the whole part of t itself
    __m512 p = _mm512_set1_ps(0.01353417f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.05201146f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.24144275f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.69300383f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0000026f));
    const __m512 sigmoid = _mm512_rcp14_ps(_mm512_add_ps(_mm512_scalef_ps(p, t), _mm512_set1_ps(1.0f)));
    return _mm512_mul_ps(_mm512_mul_ps(g, sigmoid), u);
}
