#include "kernels/matmul/row/rotated_row.h"
#include "kernels/matmul/row/row_groups_neon.h"
#include "kernels/matmul/row/row_kernels.h"

namespace {

// Rounds to the nearest BF16, ties away from zero; NaN stays NaN.
inline uint16x4_t to_bf16(float32x4_t v) {
    const uint32x4_t half = vandq_u32(vceqq_f32(v, v), vdupq_n_u32(0x8000));
    return vshrn_n_u32(vaddq_u32(vreinterpretq_u32_f32(v), half), 16);
}

} // namespace

void row_quantize_from_f32_neon(const float * x, const activation_span & row) {
    quantize<neon_groups>(plain_values<neon_groups>{ x }, row);
}

void row_quantize_from_bf16_neon(const uint16_t * x, const activation_span & row) {
    quantize<neon_groups>(bf16_values<neon_groups>{ x }, row);
}

void row_quantize_from_rms_norm_neon(const float * x, const float * weight, float eps, const activation_span & row) {
    quantize_rms_norm<neon_groups>(x, weight, eps, row);
}

void row_swiglu_to_bf16_neon(const float * gate, const float * up, const activation_span & row) {
    for (int first = 0; first < row.n; first += 16) {
        float32x4_t v[4];
        neon_swiglu(gate + first, up + first, v);
        for (int i = 0; i < 4; ++i) {
            vst1_u16(row.bf16 + first + i * 4, to_bf16(v[i]));
        }
    }
}
