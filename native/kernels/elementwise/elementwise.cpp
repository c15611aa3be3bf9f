#include "kernels/elementwise/elementwise.h"

#include "kernels/cpu_features.h"
#include "kernels/elementwise/elementwise_kernels.h"
#include "kernels/elementwise/elementwise_vectors.h"

namespace {

// A vector of one number, for CPUs without a kernel.
struct floats_32 {
    using vector = float;

    static const int LANES = 1;

    static vector load(const float * p) { return *p; }
    static void store(float * p, vector v) { *p = v; }
    static vector set(float x) { return x; }
    static vector add(vector a, vector b) { return a + b; }
    static vector subtract(vector a, vector b) { return a - b; }
    static vector multiply(vector a, vector b) { return a * b; }
    static vector divide(vector a, vector b) { return a / b; }
    static vector fused(vector a, vector b, vector c) { return fmaf(a, b, c); }
    static vector clamp(vector x, float limit) { return x > limit ? limit : x < -limit ? -limit : x; }
};

} // namespace

void gelu(float * x, int n) {
#if defined(VANER_KERNELS_AVX512)
    if (cpu_features_get().avx512) {
        return gelu_avx512(x, n);
    }
#endif
#if defined(VANER_KERNELS_AVX2)
    if (cpu_features_get().avx2) {
        return gelu_avx2(x, n);
    }
#endif
#if defined(VANER_KERNELS_NEON)
    if (cpu_features_get().neon) {
        return gelu_neon(x, n);
    }
#endif
    gelu_vectors<floats_32>(x, n);
}

void gelu_gate(float * gate, const float * up, int n) {
#if defined(VANER_KERNELS_AVX512)
    if (cpu_features_get().avx512) {
        return gelu_gate_avx512(gate, up, n);
    }
#endif
#if defined(VANER_KERNELS_AVX2)
    if (cpu_features_get().avx2) {
        return gelu_gate_avx2(gate, up, n);
    }
#endif
#if defined(VANER_KERNELS_NEON)
    if (cpu_features_get().neon) {
        return gelu_gate_neon(gate, up, n);
    }
#endif
    gelu_gate_vectors<floats_32>(gate, up, n);
}

void sum_norm(const sum_norm_params & p) {
#if defined(VANER_KERNELS_AVX512)
    if (cpu_features_get().avx512) {
        return sum_norm_avx512(p);
    }
#endif
#if defined(VANER_KERNELS_AVX2)
    if (cpu_features_get().avx2) {
        return sum_norm_avx2(p);
    }
#endif
#if defined(VANER_KERNELS_NEON)
    if (cpu_features_get().neon) {
        return sum_norm_neon(p);
    }
#endif
    sum_norm_vectors<floats_32>(p);
}

void dot(const dot_params & p) {
#if defined(VANER_KERNELS_AVX512)
    if (cpu_features_get().avx512) {
        return dot_avx512(p);
    }
#endif
#if defined(VANER_KERNELS_AVX2)
    if (cpu_features_get().avx2) {
        return dot_avx2(p);
    }
#endif
#if defined(VANER_KERNELS_NEON)
    if (cpu_features_get().neon) {
        return dot_neon(p);
    }
#endif
    dot_vectors<floats_32>(p);
}
