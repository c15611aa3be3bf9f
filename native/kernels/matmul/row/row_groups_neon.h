// What rotated_row.h needs of NEON.
#pragma once

#include "kernels/simd/neon.h"
#include "kernels/simd/vectors.h"

#include <cstring>

namespace {

struct neon_groups : floats_128 {
    using ints = int32x4_t;

    static const int STEPS = 16; // values that to_steps() takes

    static vector load(const float * p) { return vld1q_f32(p); }
    static vector load_bf16(const uint16_t * p) { return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16)); }

    static vector load_int8(const int8_t * p) {
        int32_t four;
        memcpy(&four, p, sizeof(four));
        const int8x8_t bytes = vreinterpret_s8_s32(vdup_n_s32(four));
        return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(bytes))));
    }

    static ints zero_ints() { return vdupq_n_s32(0); }
    static int32_t largest(ints v) { return vmaxvq_s32(v); }

    // The largest magnitude so far, as the bits of F32.
    static ints max_magnitude(ints most, vector v) {
        return vmaxq_s32(most, vandq_s32(vreinterpretq_s32_f32(v), vdupq_n_s32(0x7fffffff)));
    }

    // Integers from -127 to 127.
    static int8x16_t to_steps(const float * values, float steps_per_unit) {
        int32x4_t v[4];
        for (int i = 0; i < 4; ++i) {
            v[i] = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(values + i * 4), steps_per_unit));
        }
        return neon_to_bytes(v);
    }

    // With a zero point of 128.
    static void store_unsigned(uint8_t * to, int8x16_t steps) { vst1q_u8(to, neon_flip(vreinterpretq_u8_s8(steps))); }

    // In the order of AVX2's sum.
    static float sum_of_squares(const float * x, int n) {
        float32x4_t sums[4] = { vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0) };
        for (int i = 0; i < n; i += 16) {
            for (int j = 0; j < 4; ++j) {
                const float32x4_t v = vld1q_f32(x + i + j * 4);
                sums[j] = vfmaq_f32(sums[j], v, v);
            }
        }
        const float32x4_t four = vaddq_f32(vaddq_f32(sums[0], sums[2]), vaddq_f32(sums[1], sums[3]));
        const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
        return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
    }
};

} // namespace
