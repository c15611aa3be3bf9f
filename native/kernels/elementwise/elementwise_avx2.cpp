#include "kernels/elementwise/elementwise_kernels.h"
#include "kernels/elementwise/elementwise_vectors.h"
#include "kernels/simd/avx2.h"
#include "kernels/simd/vectors.h"

void gelu_avx2(float * x, int n) {
    gelu_vectors<floats_256>(x, n);
}

void sum_norm_avx2(const sum_norm_params & p) {
    sum_norm_vectors<floats_256>(p);
}

void gelu_gate_avx2(float * gate, const float * up, int n) {
    gelu_gate_vectors<floats_256>(gate, up, n);
}

void dot_avx2(const dot_params & p) {
    dot_vectors<floats_256>(p);
}
