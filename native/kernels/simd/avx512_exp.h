// For files that are compiled for AVX-512.
#pragma once

#include <immintrin.h>

// e^x, relative error below 3e-7; infinity above 88.8, 0 below -104; NaN stays NaN. 2^n times the Taylor polynomial of what
// is left, which is at most ln(2)/2.
static inline __m512 avx512_exp(__m512 x) {
    const __m512 low = _mm512_set1_ps(-104.0f);
    const __m512 high = _mm512_set1_ps(89.0f);
    x = _mm512_min_ps(high, _mm512_max_ps(low, x)); // in this order a NaN passes
    const __m512 n = _mm512_roundscale_ps(
        _mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    x = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693147182f), x); // ln(2) in two parts
    x = _mm512_fmadd_ps(n, _mm512_set1_ps(1.90465421e-9f), x);
    __m512 p = _mm512_set1_ps(1.0f / 5040);
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f / 720));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f / 120));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f / 24));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f / 6));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}
