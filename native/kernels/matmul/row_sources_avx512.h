// Row sources: plain, RMS norm, SwiGLU. Each passes a row to put(block, v), 32 values at a time.
#pragma once

#include "kernels/simd/avx512.h"

#include <cmath>

static inline double avx512_sum_of_squares(const float * x, int n) {
    __m512d sums[4] = { _mm512_setzero_pd(), _mm512_setzero_pd(), _mm512_setzero_pd(), _mm512_setzero_pd() };
    for (int i = 0; i < n; i += 32) {
        for (int j = 0; j < 4; ++j) {
            const __m512d v = _mm512_cvtps_pd(_mm256_loadu_ps(x + i + j * 8));
            sums[j] = _mm512_fmadd_pd(v, v, sums[j]);
        }
    }
    return _mm512_reduce_add_pd(_mm512_add_pd(_mm512_add_pd(sums[0], sums[1]), _mm512_add_pd(sums[2], sums[3])));
}

template <typename writer> static inline void avx512_each(const float * x, int n, writer put) {
    for (int b = 0; b < n / 32; ++b, x += 32) {
        put(b, { _mm512_loadu_ps(x), _mm512_loadu_ps(x + 16) });
    }
}

// 1 / the root mean square.
static inline __m512 avx512_rms_scale(const float * x, float eps, int n) {
    return _mm512_set1_ps((float) (1.0 / sqrt(avx512_sum_of_squares(x, n) / n + eps)));
}

template <typename writer>
static inline void avx512_scaled(const float * x, const float * weight, __m512 scale, int n, writer put) {
    for (int b = 0; b < n / 32; ++b, x += 32, weight += 32) {
        __m512 v[2];
        for (int i = 0; i < 2; ++i) {
            v[i] = _mm512_mul_ps(_mm512_mul_ps(_mm512_loadu_ps(x + i * 16), scale), _mm512_loadu_ps(weight + i * 16));
        }
        put(b, v);
    }
}

template <typename writer>
static inline void avx512_rms_norm(const float * x, const float * weight, float eps, int n, writer put) {
    avx512_scaled(x, weight, avx512_rms_scale(x, eps, n), n, put);
}

// 1 / x for x from 1 to infinity, to the last bit or two.
static inline __m512 avx512_inverse(__m512 x) {
    const __m512 y = _mm512_rcp14_ps(x);
    // the Newton step would turn the inverse of infinity, 0, into NaN
    const __mmask16 finite = _mm512_cmp_ps_mask(x, _mm512_set1_ps(INFINITY), _CMP_NEQ_UQ);
    return _mm512_mask_mul_ps(y, finite, y, _mm512_fnmadd_ps(x, y, _mm512_set1_ps(2.0f)));
}

template <typename writer> static inline void avx512_swiglu(const float * gate, const float * up, int n, writer put) {
    for (int b = 0; b < n / 32; ++b, gate += 32, up += 32) {
        __m512 v[2];
        for (int i = 0; i < 2; ++i) {
            const __m512 g = _mm512_loadu_ps(gate + i * 16);
            const __m512 e = avx512_exp(_mm512_sub_ps(_mm512_setzero_ps(), g));
            const __m512 sigmoid = avx512_inverse(_mm512_add_ps(_mm512_set1_ps(1.0f), e));
            v[i] = _mm512_mul_ps(_mm512_mul_ps(g, sigmoid), _mm512_loadu_ps(up + i * 16));
        }
        put(b, v);
    }
}
