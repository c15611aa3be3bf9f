#include "kernels/matmul/block/block_kernels.h"
#include "kernels/matmul/block/block_scale.h"
#include "kernels/simd/neon.h"

#include <cmath>
#include <cstring>

namespace {

inline int16x4_t to_words(float32x4_t v, const block_fit & s) {
    const int32x4_t q = vcvtnq_s32_f32(vmulq_n_f32(v, s.steps_per_unit));
    return vqmovn_s32(vaddq_s32(q, vdupq_n_s32(s.block.zero)));
}

// Writes block b of a row.
inline void put(const activation_span & row, int b, const float32x4_t (&v)[8]) {
    float32x4_t low = vdupq_n_f32(0.0f);
    float32x4_t high = vdupq_n_f32(0.0f);
    for (int i = 0; i < 8; ++i) {
        low = vminq_f32(low, v[i]);
        high = vmaxq_f32(high, v[i]);
    }
    block_fit s = fit_block_scale(-vminvq_f32(low), vmaxvq_f32(high));
    float32x4_t nan_or_zero = vdupq_n_f32(0.0f);
    for (int i = 0; i < 8; ++i) {
        nan_or_zero = vfmaq_f32(nan_or_zero, v[i], vdupq_n_f32(0.0f));
    }
    if (vminvq_u32(vceqq_f32(nan_or_zero, nan_or_zero)) == 0) {
        s.block.scale = NAN;
    }
    for (int i = 0; i < 8; i += 2) {
        vst1_u8(row.values + b * 32 + i * 4, vqmovun_s16(vcombine_s16(to_words(v[i], s), to_words(v[i + 1], s))));
    }
    memcpy(row.block_scales + b * sizeof(s.block), &s.block, sizeof(s.block));
}

double sum_of_squares(const float * x, int n) {
    float64x2_t sums[4] = { vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0) };
    for (int i = 0; i < n; i += 8) {
        for (int j = 0; j < 4; ++j) {
            const float64x2_t v = vcvt_f64_f32(vld1_f32(x + i + j * 2));
            sums[j] = vfmaq_f64(sums[j], v, v);
        }
    }
    return vaddvq_f64(vaddq_f64(vaddq_f64(sums[0], sums[1]), vaddq_f64(sums[2], sums[3])));
}

} // namespace

void block_quantize_from_f32_neon(const float * x, const activation_span & row) {
    for (int b = 0; b < row.n / 32; ++b, x += 32) {
        float32x4_t v[8];
        for (int i = 0; i < 8; ++i) {
            v[i] = vld1q_f32(x + i * 4);
        }
        put(row, b, v);
    }
}

void block_quantize_from_rms_norm_neon(const float * x, const float * weight, float eps, const activation_span & row) {
    const float scale = (float) (1.0 / sqrt(sum_of_squares(x, row.n) / row.n + eps));
    for (int b = 0; b < row.n / 32; ++b, x += 32, weight += 32) {
        float32x4_t v[8];
        for (int i = 0; i < 8; ++i) {
            v[i] = vmulq_f32(vmulq_n_f32(vld1q_f32(x + i * 4), scale), vld1q_f32(weight + i * 4));
        }
        put(row, b, v);
    }
}

void block_quantize_from_swiglu_neon(const float * gate, const float * up, const activation_span & row) {
    for (int b = 0; b < row.n / 32; ++b, gate += 32, up += 32) {
        float32x4_t v[8];
        neon_swiglu(gate, up, v);
        put(row, b, v);
    }
}
