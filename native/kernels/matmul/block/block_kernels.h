// Integer products with block scales, a file for each instruction set. Parameters as in matmul_kernels.
#pragma once

#include "kernels/matmul/matmul_kernels.h"

void block_multiply_avx2(const multiply_params & p);
void block_multiply_avxvnni(const multiply_params & p);
void block_multiply_avx512vl(const multiply_params & p); // as avxvnni, in the encoding of AVX-512
void block_multiply_avx512(const multiply_params & p);
void block_multiply_neon_dotprod(const multiply_params & p);
void block_multiply_neon_i8mm(const multiply_params & p);

void block_quantize_from_f32_avx2(const float * x, const activation_span & row);
void block_quantize_from_rms_norm_avx2(const float * x, const float * weight, float eps, const activation_span & row);
void block_quantize_from_swiglu_avx2(const float * gate, const float * up, const activation_span & row);

// With a zero point of 128 and values within 127 of it, so that sums of 16 bits suffice for weights of Q5_0 and Q4_0.
void block_quantize_centred_from_f32_avx2(const float * x, const activation_span & row);
void block_quantize_centred_from_rms_norm_avx2(
    const float * x, const float * weight, float eps, const activation_span & row);
void block_quantize_centred_from_swiglu_avx2(const float * gate, const float * up, const activation_span & row);

void block_quantize_from_f32_avx512(const float * x, const activation_span & row);
void block_quantize_from_rms_norm_avx512(const float * x, const float * weight, float eps, const activation_span & row);
void block_quantize_from_swiglu_avx512(const float * gate, const float * up, const activation_span & row);

void block_quantize_from_f32_neon(const float * x, const activation_span & row);
void block_quantize_from_rms_norm_neon(const float * x, const float * weight, float eps, const activation_span & row);
void block_quantize_from_swiglu_neon(const float * gate, const float * up, const activation_span & row);
