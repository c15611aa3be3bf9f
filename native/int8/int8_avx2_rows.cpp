#include "int8/int8_avx2.h"

#if defined(__AVX2__)

    #include <cmath>
    #include <cstring>
    #include <immintrin.h>

static const float TINY = 1.5046328e-36f; // 2^-119: 127 divided by less than this may overflow

static inline __m256i magnitude(__m256 v) {
    return _mm256_and_si256(_mm256_castps_si256(v), _mm256_set1_epi32(0x7fffffff));
}

// The largest magnitude, compared as integers, where infinity and NaN are the largest of all.
static inline float largest(const __m256 (&v)[4]) {
    const __m256i m = _mm256_max_epi32(
        _mm256_max_epi32(magnitude(v[0]), magnitude(v[1])), _mm256_max_epi32(magnitude(v[2]), magnitude(v[3])));
    __m128i h = _mm_max_epi32(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
    h = _mm_max_epi32(h, _mm_shuffle_epi32(h, 0x4e));
    h = _mm_max_epi32(h, _mm_shuffle_epi32(h, 0xb1));
    return _mm_cvtss_f32(_mm_castsi128_ps(h));
}

static inline void quantize_block(const __m256 (&v)[4], int block, int n_in, uint8_t * row) {
    const float amax = largest(v);
    const float scale = amax < TINY ? 0.0f : amax / 127.0f;
    const __m256 inverse = _mm256_set1_ps(amax < TINY ? 0.0f : 127.0f / amax);
    __m256i q[4];
    for (int i = 0; i < 4; ++i) {
        q[i] = _mm256_cvtps_epi32(_mm256_mul_ps(v[i], inverse));
    }
    const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
    const __m256i ordered = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    const __m256i shifted = _mm256_xor_si256(ordered, _mm256_set1_epi8((char) 0x80)); // + 128
    _mm256_storeu_si256((__m256i *) (row + block * 32), shifted);
    memcpy(row + n_in + block * sizeof(float), &scale, sizeof(scale));
}

void int8_avx2_quantize(const float * x, int n_in, uint8_t * row) {
    for (int b = 0; b < n_in / 32; ++b, x += 32) {
        const __m256 v[4] = { _mm256_loadu_ps(x), _mm256_loadu_ps(x + 8), _mm256_loadu_ps(x + 16),
            _mm256_loadu_ps(x + 24) };
        quantize_block(v, b, n_in, row);
    }
}

static double sum_of_squares(const float * x, int n) {
    __m256d sums[4] = { _mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd() };
    for (int i = 0; i < n; i += 16) {
        for (int j = 0; j < 4; ++j) {
            const __m256d v = _mm256_cvtps_pd(_mm_loadu_ps(x + i + j * 4));
            sums[j] = _mm256_fmadd_pd(v, v, sums[j]);
        }
    }
    const __m256d sum = _mm256_add_pd(_mm256_add_pd(sums[0], sums[1]), _mm256_add_pd(sums[2], sums[3]));
    const __m128d half = _mm_add_pd(_mm256_castpd256_pd128(sum), _mm256_extractf128_pd(sum, 1));
    return _mm_cvtsd_f64(_mm_add_pd(half, _mm_unpackhi_pd(half, half)));
}

void int8_avx2_rms_norm_quantize(const float * x, const float * weight, float eps, int n_in, uint8_t * row) {
    const __m256 scale = _mm256_set1_ps((float) (1.0 / sqrt(sum_of_squares(x, n_in) / n_in + eps)));
    for (int b = 0; b < n_in / 32; ++b, x += 32, weight += 32) {
        __m256 v[4];
        for (int i = 0; i < 4; ++i) {
            v[i] = _mm256_mul_ps(_mm256_mul_ps(_mm256_loadu_ps(x + i * 8), scale), _mm256_loadu_ps(weight + i * 8));
        }
        quantize_block(v, b, n_in, row);
    }
}

// x = e^x, relative error below 3e-7; infinity above 88.4, the smallest normal numbers below -87.3; NaN stays NaN. 2^n times
// the Taylor polynomial of what is left, which is at most ln(2)/2. Four at a time, as one alone waits for each of its steps.
static inline void exponential(__m256 (&x)[4]) {
    static const float coefficients[] = { 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f };
    __m256 n[4];
    __m256 p[4];
    for (int i = 0; i < 4; ++i) {
        x[i] = _mm256_min_ps(_mm256_set1_ps(89.0f), _mm256_max_ps(_mm256_set1_ps(-87.3f), x[i]));
        n[i] = _mm256_round_ps(
            _mm256_mul_ps(x[i], _mm256_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    for (int i = 0; i < 4; ++i) {
        x[i] = _mm256_fnmadd_ps(n[i], _mm256_set1_ps(0.693147182f), x[i]); // ln(2) in two parts
        x[i] = _mm256_fmadd_ps(n[i], _mm256_set1_ps(1.90465421e-9f), x[i]);
        p[i] = _mm256_set1_ps(1.0f / 5040);
    }
    for (const float coefficient : coefficients) {
        for (int i = 0; i < 4; ++i) {
            p[i] = _mm256_fmadd_ps(p[i], x[i], _mm256_set1_ps(coefficient));
        }
    }
    for (int i = 0; i < 4; ++i) {
        const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n[i]), _mm256_set1_epi32(127));
        x[i] = _mm256_mul_ps(p[i], _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
    }
}

void int8_avx2_swiglu_quantize(const float * gate, const float * up, int n_in, uint8_t * row) {
    for (int b = 0; b < n_in / 32; ++b, gate += 32, up += 32) {
        __m256 v[4];
        for (int i = 0; i < 4; ++i) {
            v[i] = _mm256_sub_ps(_mm256_setzero_ps(), _mm256_loadu_ps(gate + i * 8));
        }
        exponential(v);
        for (int i = 0; i < 4; ++i) {
            const __m256 silu = _mm256_div_ps(_mm256_loadu_ps(gate + i * 8), _mm256_add_ps(_mm256_set1_ps(1.0f), v[i]));
            v[i] = _mm256_mul_ps(silu, _mm256_loadu_ps(up + i * 8));
        }
        quantize_block(v, b, n_in, row);
    }
}

#endif
