#include "kernels/matmul/row/rotated_row.h"
#include "kernels/matmul/row/row_groups_avx2.h"
#include "kernels/matmul/row/row_kernels.h"

namespace {

// Rounds to the nearest BF16, ties away from zero; NaN stays NaN.
inline __m256i to_bf16(__m256 v) {
    const __m256i half =
        _mm256_and_si256(_mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_ORD_Q)), _mm256_set1_epi32(0x8000));
    return _mm256_srli_epi32(_mm256_add_epi32(_mm256_castps_si256(v), half), 16);
}

} // namespace

void row_quantize_from_f32_avx2(const float * x, const activation_span & row) {
    quantize<avx2_groups>(plain_values<avx2_groups>{ x }, row);
}

void row_quantize_from_bf16_avx2(const uint16_t * x, const activation_span & row) {
    quantize<avx2_groups>(bf16_values<avx2_groups>{ x }, row);
}

void row_quantize_from_rms_norm_avx2(const float * x, const float * weight, float eps, const activation_span & row) {
    quantize_rms_norm<avx2_groups>(x, weight, eps, row);
}

void row_swiglu_to_bf16_avx2(const float * gate, const float * up, const activation_span & row) {
    for (int first = 0; first < row.n; first += 32) {
        __m256 v[4];
        for (int i = 0; i < 4; ++i) {
            v[i] = _mm256_sub_ps(_mm256_setzero_ps(), _mm256_loadu_ps(gate + first + i * 8));
        }
        avx2_exp(v);
        __m256i words[4];
        for (int i = 0; i < 4; ++i) {
            const __m256 g = _mm256_loadu_ps(gate + first + i * 8);
            const __m256 silu = _mm256_div_ps(g, _mm256_add_ps(_mm256_set1_ps(1.0f), v[i]));
            words[i] = to_bf16(_mm256_mul_ps(silu, _mm256_loadu_ps(up + first + i * 8)));
        }
        for (int i = 0; i < 4; i += 2) {
            const __m256i both = _mm256_permute4x64_epi64(_mm256_packus_epi32(words[i], words[i + 1]), 0xd8);
            _mm256_storeu_si256((__m256i *) (row.bf16 + first + i * 8), both);
        }
    }
}
