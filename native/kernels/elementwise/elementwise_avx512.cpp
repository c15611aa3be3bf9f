#include "kernels/elementwise/elementwise_kernels.h"
#include "kernels/elementwise/elementwise_vectors.h"
#include "kernels/simd/avx512.h"
#include "kernels/simd/vectors.h"

void gelu_avx512(float * x, int n) {
    gelu_vectors<floats_512>(x, n);
}

void sum_norm_avx512(const sum_norm_params & p) {
    sum_norm_vectors<floats_512>(p);
}

void gelu_gate_avx512(float * gate, const float * up, int n) {
    gelu_gate_vectors<floats_512>(gate, up, n);
}

void dot_avx512(const dot_params & p) {
    dot_vectors<floats_512>(p);
}
