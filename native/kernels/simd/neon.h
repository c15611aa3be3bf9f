// NEON of arm64, which every such CPU has.
#pragma once

#if !defined(__aarch64__) && !defined(_M_ARM64)
    #error "needs arm64: see cmake/kernels.cmake"
#endif

#include <arm_neon.h>
#include <cstddef>
#include <cstdint>

// e^x of n vectors, relative error below 3e-7; infinity above 88.4, the smallest normal numbers below -87.3; NaN
// propagates. The same steps as avx2_exp().
template <int n_vectors> static inline void neon_exp(float32x4_t (&x)[n_vectors]) {
    static const float coefficients[] = { 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f };
    float32x4_t n[n_vectors];
    float32x4_t p[n_vectors];
    for (int i = 0; i < n_vectors; ++i) {
        x[i] = vminq_f32(vdupq_n_f32(89.0f), vmaxq_f32(vdupq_n_f32(-87.3f), x[i]));
        n[i] = vrndnq_f32(vmulq_f32(x[i], vdupq_n_f32(1.44269504f)));
    }
    for (int i = 0; i < n_vectors; ++i) {
        x[i] = vfmsq_f32(x[i], n[i], vdupq_n_f32(0.693147182f)); // ln(2) in two parts
        x[i] = vfmaq_f32(x[i], n[i], vdupq_n_f32(1.90465421e-9f));
        p[i] = vdupq_n_f32(1.0f / 5040);
    }
    for (const float coefficient : coefficients) {
        for (int i = 0; i < n_vectors; ++i) {
            p[i] = vfmaq_f32(vdupq_n_f32(coefficient), p[i], x[i]);
        }
    }
    for (int i = 0; i < n_vectors; ++i) {
        const int32x4_t exponent = vaddq_s32(vcvtnq_s32_f32(n[i]), vdupq_n_s32(127));
        x[i] = vmulq_f32(p[i], vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23)));
    }
}

// silu(gate) * up of n vectors.
template <int n_vectors>
static inline void neon_swiglu(const float * gate, const float * up, float32x4_t (&v)[n_vectors]) {
    for (int i = 0; i < n_vectors; ++i) {
        v[i] = vnegq_f32(vld1q_f32(gate + i * 4));
    }
    neon_exp(v);
    for (int i = 0; i < n_vectors; ++i) {
        const float32x4_t silu = vdivq_f32(vld1q_f32(gate + i * 4), vaddq_f32(vdupq_n_f32(1.0f), v[i]));
        v[i] = vmulq_f32(silu, vld1q_f32(up + i * 4));
    }
}

// 16 values as the nearest integers, saturated to 8 bits; NaN becomes 0.
static inline int8x16_t neon_to_bytes(const int32x4_t (&v)[4]) {
    const int16x8_t low = vqmovn_high_s32(vqmovn_s32(v[0]), v[1]);
    const int16x8_t high = vqmovn_high_s32(vqmovn_s32(v[2]), v[3]);
    return vqmovn_high_s16(vqmovn_s16(low), high);
}

// The middle of a byte's range: maps u8 to s8 with a zero point of 128 and back.
static inline uint8x16_t neon_flip(uint8x16_t bytes) {
    return veorq_u8(bytes, vdupq_n_u8(0x80));
}
