#include "kernels/matmul/block/block_kernels.h"
#include "kernels/matmul/block/block_scale.h"
#include "kernels/simd/avx2.h"

#include <cmath>
#include <cstring>

namespace {

inline __m256 magnitude(__m256 v) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
}

inline block_fit fit_any(const __m256 (&v)[4]) {
    const __m256 zero = _mm256_setzero_ps();
    const __m256 low = _mm256_min_ps(_mm256_min_ps(v[0], v[1]), _mm256_min_ps(v[2], v[3]));
    const __m256 high = _mm256_max_ps(_mm256_max_ps(v[0], v[1]), _mm256_max_ps(v[2], v[3]));
    return fit_block_scale(-avx2_min(_mm256_min_ps(low, zero)), avx2_max(_mm256_max_ps(high, zero)));
}

inline block_fit fit_centred(const __m256 (&v)[4]) {
    const __m256 m =
        _mm256_max_ps(_mm256_max_ps(magnitude(v[0]), magnitude(v[1])), _mm256_max_ps(magnitude(v[2]), magnitude(v[3])));
    const float largest = avx2_max(m);
    block_fit steps = fit_block_scale(largest, largest);
    steps.block.zero = 128; // zeros fit any zero point
    return steps;
}

inline __m256i to_words(__m256 v, float steps_per_unit) {
    const __m256 steps = _mm256_mul_ps(v, _mm256_set1_ps(steps_per_unit)); // the product of both factors might overflow
    return _mm256_cvtps_epi32(_mm256_mul_ps(steps, _mm256_set1_ps(WORD_STEPS)));
}

inline void put_words(const __m256 (&v)[4], float steps_per_unit, int16_t * to) {
    for (int i = 0; i < 4; i += 2) {
        const __m256i words = _mm256_packs_epi32(to_words(v[i], steps_per_unit), to_words(v[i + 1], steps_per_unit));
        _mm256_storeu_si256((__m256i *) (to + i * 8), _mm256_permute4x64_epi64(words, 0xd8));
    }
}

// Writes block b of a row.
template <block_fit (*fit)(const __m256 (&)[4])>
inline void put(const activation_span & row, int b, const __m256 (&v)[4]) {
    block_fit s = fit(v);
    const __m256 none = _mm256_setzero_ps();
    __m256 nan_or_zero = none;
    __m256i q[4];
    for (int i = 0; i < 4; ++i) {
        q[i] = _mm256_cvtps_epi32(_mm256_mul_ps(v[i], _mm256_set1_ps(s.steps_per_unit)));
        q[i] = _mm256_add_epi32(q[i], _mm256_set1_epi32(s.block.zero));
        nan_or_zero = _mm256_fmadd_ps(v[i], none, nan_or_zero);
    }
    if (_mm256_movemask_ps(_mm256_cmp_ps(nan_or_zero, nan_or_zero, _CMP_UNORD_Q)) != 0) {
        s.block.scale = NAN;
    }
    const __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
    const __m256i ordered = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256((__m256i *) (row.values + b * 32), ordered);
    memcpy(row.block_scales + b * sizeof(s.block), &s.block, sizeof(s.block));
    if (row.words) {
        put_words(v, s.steps_per_unit, row.words + b * 32);
    }
}

template <block_fit (*fit)(const __m256 (&)[4])> void quantize(const float * x, const activation_span & row) {
    for (int b = 0; b < row.n / 32; ++b, x += 32) {
        const __m256 v[4] = { _mm256_loadu_ps(x), _mm256_loadu_ps(x + 8), _mm256_loadu_ps(x + 16),
            _mm256_loadu_ps(x + 24) };
        put<fit>(row, b, v);
    }
}

double sum_of_squares(const float * x, int n) {
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

template <block_fit (*fit)(const __m256 (&)[4])>
void rms_norm_quantize(const float * x, const float * weight, float eps, const activation_span & row) {
    const __m256 scale = _mm256_set1_ps((float) (1.0 / sqrt(sum_of_squares(x, row.n) / row.n + eps)));
    for (int b = 0; b < row.n / 32; ++b, x += 32, weight += 32) {
        __m256 v[4];
        for (int i = 0; i < 4; ++i) {
            v[i] = _mm256_mul_ps(_mm256_mul_ps(_mm256_loadu_ps(x + i * 8), scale), _mm256_loadu_ps(weight + i * 8));
        }
        put<fit>(row, b, v);
    }
}

template <block_fit (*fit)(const __m256 (&)[4])>
void swiglu_quantize(const float * gate, const float * up, const activation_span & row) {
    for (int b = 0; b < row.n / 32; ++b, gate += 32, up += 32) {
        __m256 v[4];
        for (int i = 0; i < 4; ++i) {
            v[i] = _mm256_sub_ps(_mm256_setzero_ps(), _mm256_loadu_ps(gate + i * 8));
        }
        avx2_exp(v);
        for (int i = 0; i < 4; ++i) {
            const __m256 silu = _mm256_div_ps(_mm256_loadu_ps(gate + i * 8), _mm256_add_ps(_mm256_set1_ps(1.0f), v[i]));
            v[i] = _mm256_mul_ps(silu, _mm256_loadu_ps(up + i * 8));
        }
        put<fit>(row, b, v);
    }
}

} // namespace

void block_quantize_from_f32_avx2(const float * x, const activation_span & row) {
    quantize<fit_any>(x, row);
}

void block_quantize_from_rms_norm_avx2(const float * x, const float * weight, float eps, const activation_span & row) {
    rms_norm_quantize<fit_any>(x, weight, eps, row);
}

void block_quantize_from_swiglu_avx2(const float * gate, const float * up, const activation_span & row) {
    swiglu_quantize<fit_any>(gate, up, row);
}

void block_quantize_centred_from_f32_avx2(const float * x, const activation_span & row) {
    quantize<fit_centred>(x, row);
}

void block_quantize_centred_from_rms_norm_avx2(
    const float * x, const float * weight, float eps, const activation_span & row) {
    rms_norm_quantize<fit_centred>(x, weight, eps, row);
}

void block_quantize_centred_from_swiglu_avx2(const float * gate, const float * up, const activation_span & row) {
    swiglu_quantize<fit_centred>(gate, up, row);
}
