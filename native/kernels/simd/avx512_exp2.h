// For files that are compiled for AVX-512.
#pragma once

#include <immintrin.h>

// 2^x, relative error below 8e-5: for what is rounded to 8 bits afterwards. 0 and infinity where F32 ends; NaN stays NaN.
static inline __m512 avx512_exp2_coarse(__m512 x) {
    const __m512 f = _mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    // 2^f on [0, 1], minimax of the relative error; scalef takes the whole part of x itself
    __m512 p = _mm512_set1_ps(0.07802454f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.22606719f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.69583350f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.99992520f));
    return _mm512_scalef_ps(p, x);
}
