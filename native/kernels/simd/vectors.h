// F32 vectors of one width as a type, for templates over the width. spread(): the first operand of multiply_add() for
// all lanes, which need not be a vector. fused(): a b + c, rounded once. clamp(): into [-limit, limit]; NaN stays NaN.
#pragma once

#if defined(__aarch64__) || defined(_M_ARM64)
    #include <arm_neon.h>
#else
    #include <immintrin.h>
#endif

namespace {

#if defined(__aarch64__) || defined(_M_ARM64)
struct floats_128 {
    using vector = float32x4_t;

    static const int LANES = 4;

    static vector load(const float * p) { return vld1q_f32(p); }
    static void store(float * p, vector v) { vst1q_f32(p, v); }
    static vector load_aligned(const float * p) { return vld1q_f32(p); }
    static void store_aligned(float * p, vector v) { vst1q_f32(p, v); }
    static vector set(float x) { return vdupq_n_f32(x); }
    static float spread(float x) { return x; } // instructions multiply by a lane
    static vector add(vector a, vector b) { return vaddq_f32(a, b); }
    static vector subtract(vector a, vector b) { return vsubq_f32(a, b); }
    static vector multiply(vector a, vector b) { return vmulq_f32(a, b); }
    static vector multiply_add(vector a, vector b, vector c) { return vfmaq_f32(c, a, b); }
    static vector multiply_add(float a, vector b, vector c) { return vfmaq_n_f32(c, b, a); }
    static vector multiply_subtract(vector a, vector b, vector c) { return vfmaq_f32(vnegq_f32(c), a, b); }
    static vector fused(vector a, vector b, vector c) { return vfmaq_f32(c, a, b); }
    static vector divide(vector a, vector b) { return vdivq_f32(a, b); }
    static vector clamp(vector x, float limit) {
        return vminq_f32(vdupq_n_f32(limit), vmaxq_f32(vdupq_n_f32(-limit), x));
    }
};
#else
    #if defined(__AVX512F__)
struct floats_512 {
    using vector = __m512;

    static const int LANES = 16;

    static vector load(const float * p) { return _mm512_loadu_ps(p); }
    static void store(float * p, vector v) { _mm512_storeu_ps(p, v); }
    static vector set(float x) { return _mm512_set1_ps(x); }
    static vector spread(float x) { return set(x); }
    static vector add(vector a, vector b) { return _mm512_add_ps(a, b); }
    static vector subtract(vector a, vector b) { return _mm512_sub_ps(a, b); }
    static vector multiply(vector a, vector b) { return _mm512_mul_ps(a, b); }
    static vector multiply_add(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
    static vector multiply_subtract(vector a, vector b, vector c) { return _mm512_fmsub_ps(a, b, c); }
    static vector fused(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
    static vector divide(vector a, vector b) { return _mm512_div_ps(a, b); }
    static vector clamp(vector x, float limit) { return _mm512_min_ps(set(limit), _mm512_max_ps(set(-limit), x)); }
};
    #endif

struct floats_256 {
    using vector = __m256;

    static const int LANES = 8;

    static vector load(const float * p) { return _mm256_loadu_ps(p); }
    static void store(float * p, vector v) { _mm256_storeu_ps(p, v); }
    static vector load_aligned(const float * p) { return _mm256_load_ps(p); }
    static void store_aligned(float * p, vector v) { _mm256_store_ps(p, v); }
    static vector set(float x) { return _mm256_set1_ps(x); }
    static vector spread(float x) { return set(x); }
    static vector add(vector a, vector b) { return _mm256_add_ps(a, b); }
    static vector subtract(vector a, vector b) { return _mm256_sub_ps(a, b); }
    static vector multiply(vector a, vector b) { return _mm256_mul_ps(a, b); }
    static vector multiply_add(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
    static vector multiply_subtract(vector a, vector b, vector c) { return _mm256_fmsub_ps(a, b, c); }
    static vector fused(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
    static vector divide(vector a, vector b) { return _mm256_div_ps(a, b); }
    static vector clamp(vector x, float limit) { return _mm256_min_ps(set(limit), _mm256_max_ps(set(-limit), x)); }
};
#endif

} // namespace
