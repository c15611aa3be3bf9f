// The parts of rowwise_activations.h and rowwise_panels.h for CPUs without AVX-512: the same numbers in the same places.
#pragma once

#include "kernels/matmul/matmul_kernels.h"

void rowwise_avx2_quantize(const float * x, const activation_row & row);
void rowwise_avx2_quantize_bf16(const uint16_t * x, const activation_row & row);
void rowwise_avx2_rms_norm_quantize(const float * x, const float * weight, float eps, const activation_row & row);

// To BF16.
void rowwise_avx2_swiglu(const float * gate, const float * up, const activation_row & row);

void rowwise_avx2_pack(weight_format format, const void * rows, int n_in, int n_out, void * packed);
