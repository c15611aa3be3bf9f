#include "int8/int8_avx512.h"

#if defined(__AVX512F__) && defined(__AVX512DQ__)

    #include "avx512_exp.h"
    #include "int8/int8_steps.h"

    #include <cmath>
    #include <cstring>
    #include <immintrin.h>

// How far 32 values reach below and above zero.
static inline void reach(const __m512 (&v)[2], float & below, float & above) {
    const __m512 low = _mm512_min_ps(v[0], v[1]);
    const __m512 high = _mm512_max_ps(v[0], v[1]);
    const __m256 low_half = _mm256_min_ps(_mm512_castps512_ps256(low), _mm512_extractf32x8_ps(low, 1));
    const __m256 high_half = _mm256_max_ps(_mm512_castps512_ps256(high), _mm512_extractf32x8_ps(high, 1));
    // both at once: minus the low ones below, the high ones above
    const __m256 negated = _mm256_xor_ps(low_half, _mm256_set1_ps(-0.0f));
    __m512 m = _mm512_insertf32x8(_mm512_castps256_ps512(negated), high_half, 1);
    m = _mm512_max_ps(m, _mm512_shuffle_f32x4(m, m, 0xb1));
    m = _mm512_max_ps(m, _mm512_permute_ps(m, 0x4e));
    m = _mm512_max_ps(_mm512_max_ps(m, _mm512_permute_ps(m, 0xb1)), _mm512_setzero_ps());
    below = _mm512_cvtss_f32(m);
    above = _mm256_cvtss_f32(_mm512_extractf32x8_ps(m, 1));
}

// Writes block b of a row.
static inline void put(const int8_row & row, int b, const __m512 (&v)[2]) {
    float below, above;
    reach(v, below, above);
    int8_steps steps = int8_fit(below, above);
    const __m512 none = _mm512_setzero_ps();
    const __m512 nan_or_zero = _mm512_fmadd_ps(v[0], none, _mm512_mul_ps(v[1], none));
    if (_mm512_cmp_ps_mask(nan_or_zero, nan_or_zero, _CMP_UNORD_Q) != 0) {
        steps.block.scale = NAN;
    }
    for (int i = 0; i < 2; ++i) {
        const __m512i rounded = _mm512_cvtps_epi32(_mm512_mul_ps(v[i], _mm512_set1_ps(steps.per_value)));
        const __m512i q =
            _mm512_max_epi32(_mm512_add_epi32(rounded, _mm512_set1_epi32(steps.block.zero)), _mm512_setzero_si512());
        _mm_storeu_si128((__m128i *) (row.values + b * 32 + i * 16), _mm512_cvtusepi32_epi8(q));
    }
    memcpy(row.blocks + b * sizeof(steps.block), &steps.block, sizeof(steps.block));
}

void int8_avx512_quantize(const float * x, const int8_row & row) {
    for (int b = 0; b < row.n / 32; ++b, x += 32) {
        put(row, b, { _mm512_loadu_ps(x), _mm512_loadu_ps(x + 16) });
    }
}

static double sum_of_squares(const float * x, int n) {
    __m512d sums[4] = { _mm512_setzero_pd(), _mm512_setzero_pd(), _mm512_setzero_pd(), _mm512_setzero_pd() };
    for (int i = 0; i < n; i += 32) {
        for (int j = 0; j < 4; ++j) {
            const __m512d v = _mm512_cvtps_pd(_mm256_loadu_ps(x + i + j * 8));
            sums[j] = _mm512_fmadd_pd(v, v, sums[j]);
        }
    }
    return _mm512_reduce_add_pd(_mm512_add_pd(_mm512_add_pd(sums[0], sums[1]), _mm512_add_pd(sums[2], sums[3])));
}

void int8_avx512_rms_norm_quantize(const float * x, const float * weight, float eps, const int8_row & row) {
    const __m512 scale = _mm512_set1_ps((float) (1.0 / sqrt(sum_of_squares(x, row.n) / row.n + eps)));
    for (int b = 0; b < row.n / 32; ++b, x += 32, weight += 32) {
        __m512 v[2];
        for (int i = 0; i < 2; ++i) {
            v[i] = _mm512_mul_ps(_mm512_mul_ps(_mm512_loadu_ps(x + i * 16), scale), _mm512_loadu_ps(weight + i * 16));
        }
        put(row, b, v);
    }
}

// 1 / x for x from 1 to infinity, to the last bit or two.
static inline __m512 inverse(__m512 x) {
    const __m512 y = _mm512_rcp14_ps(x);
    // of infinity, where y is 0, it would be no number
    const __mmask16 finite = _mm512_cmp_ps_mask(x, _mm512_set1_ps(INFINITY), _CMP_NEQ_UQ);
    return _mm512_mask_mul_ps(y, finite, y, _mm512_fnmadd_ps(x, y, _mm512_set1_ps(2.0f)));
}

void int8_avx512_swiglu_quantize(const float * gate, const float * up, const int8_row & row) {
    for (int b = 0; b < row.n / 32; ++b, gate += 32, up += 32) {
        __m512 v[2];
        for (int i = 0; i < 2; ++i) {
            const __m512 g = _mm512_loadu_ps(gate + i * 16);
            const __m512 e = avx512_exp(_mm512_sub_ps(_mm512_setzero_ps(), g));
            v[i] =
                _mm512_mul_ps(_mm512_div_ps(g, _mm512_add_ps(_mm512_set1_ps(1.0f), e)), _mm512_loadu_ps(up + i * 16));
        }
        put(row, b, v);
    }
}

#endif
