#include "kernels/elementwise/elementwise_kernels.h"
#include "kernels/elementwise/elementwise_vectors.h"
#include "kernels/simd/neon.h"
#include "kernels/simd/vectors.h"

void gelu_neon(float * x, int n) {
    gelu_vectors<floats_128>(x, n);
}

void sum_norm_neon(const sum_norm_params & p) {
    sum_norm_vectors<floats_128>(p);
}

void gelu_gate_neon(float * gate, const float * up, int n) {
    gelu_gate_vectors<floats_128>(gate, up, n);
}

void dot_neon(const dot_params & p) {
    dot_vectors<floats_128>(p);
}
