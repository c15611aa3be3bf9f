#include "kernels/matmul/block/block_kernels.h"
#include "kernels/matmul/block/block_scale.h"
#include "kernels/matmul/row_sources_avx512.h"

#include <cmath>
#include <cstring>

namespace {

// The range of 32 values, at least 0 on either side of zero.
inline void reach(const __m512 (&v)[2], float & below, float & above) {
    const __m512 low = _mm512_min_ps(v[0], v[1]);
    const __m512 high = _mm512_max_ps(v[0], v[1]);
    const __m256 low_half = _mm256_min_ps(_mm512_castps512_ps256(low), _mm512_extractf32x8_ps(low, 1));
    const __m256 high_half = _mm256_max_ps(_mm512_castps512_ps256(high), _mm512_extractf32x8_ps(high, 1));
    // both at once: the low values negated in the lower half, the high ones in the upper half
    const __m256 negated = _mm256_xor_ps(low_half, _mm256_set1_ps(-0.0f));
    __m512 m = _mm512_insertf32x8(_mm512_castps256_ps512(negated), high_half, 1);
    m = _mm512_max_ps(m, _mm512_shuffle_f32x4(m, m, 0xb1));
    m = _mm512_max_ps(m, _mm512_permute_ps(m, 0x4e));
    m = _mm512_max_ps(_mm512_max_ps(m, _mm512_permute_ps(m, 0xb1)), _mm512_setzero_ps());
    below = _mm512_cvtss_f32(m);
    above = _mm256_cvtss_f32(_mm512_extractf32x8_ps(m, 1));
}

// Writes block b of a row.
inline void put(const activation_span & row, int b, const __m512 (&v)[2]) {
    float below, above;
    reach(v, below, above);
    block_fit steps = fit_block_scale(below, above);
    const __m512 none = _mm512_setzero_ps();
    const __m512 nan_or_zero = _mm512_fmadd_ps(v[0], none, _mm512_mul_ps(v[1], none));
    if (_mm512_cmp_ps_mask(nan_or_zero, nan_or_zero, _CMP_UNORD_Q) != 0) {
        steps.block.scale = NAN;
    }
    for (int i = 0; i < 2; ++i) {
        const __m512i rounded = _mm512_cvtps_epi32(_mm512_mul_ps(v[i], _mm512_set1_ps(steps.steps_per_unit)));
        const __m512i q =
            _mm512_max_epi32(_mm512_add_epi32(rounded, _mm512_set1_epi32(steps.block.zero)), _mm512_setzero_si512());
        _mm_storeu_si128((__m128i *) (row.values + b * 32 + i * 16), _mm512_cvtusepi32_epi8(q));
    }
    memcpy(row.block_scales + b * sizeof(steps.block), &steps.block, sizeof(steps.block));
}

} // namespace

void block_quantize_from_f32_avx512(const float * x, const activation_span & row) {
    avx512_each(x, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

void block_quantize_from_rms_norm_avx512(
    const float * x, const float * weight, float eps, const activation_span & row) {
    avx512_rms_norm(x, weight, eps, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

void block_quantize_from_swiglu_avx512(const float * gate, const float * up, const activation_span & row) {
    avx512_swiglu(gate, up, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}
