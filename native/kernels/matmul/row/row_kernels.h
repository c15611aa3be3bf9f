// Integer products with row scales, a file for each instruction set. Parameters as in matmul_kernels.
#pragma once

#include "kernels/matmul/matmul_kernels.h"

void row_multiply_avxvnni(const multiply_params & p);
void row_multiply_avx512vl(const multiply_params & p); // as avxvnni, in the encoding of AVX-512
void row_multiply_avx512(const multiply_params & p);
void row_multiply_amx(const multiply_params & p);

void row_multiply_neon_dotprod(const multiply_params & p);
void row_multiply_neon_i8mm(const multiply_params & p);

void row_multiply_swiglu_avx512(const multiply_swiglu_params & p);
void row_multiply_swiglu_amx(const multiply_swiglu_params & p);
void row_multiply_swiglu_neon_dotprod(const multiply_swiglu_params & p);
void row_multiply_swiglu_neon_i8mm(const multiply_swiglu_params & p);
void row_multiply_to_bf16_amx(const multiply_to_bf16_params & p);

void row_prepack_avx2(weight_format format, const void * rows, int n_in, int n_out, void * panels);
void row_prepack_avx512(weight_format format, const void * rows, int n_in, int n_out, void * panels);
void row_prepack_neon_dotprod(weight_format format, const void * rows, int n_in, int n_out, void * panels);
void row_prepack_neon_i8mm(weight_format format, const void * rows, int n_in, int n_out, void * panels);

void row_quantize_from_f32_avx2(const float * x, const activation_span & row);
void row_quantize_from_rms_norm_avx2(const float * x, const float * weight, float eps, const activation_span & row);
void row_quantize_from_bf16_avx2(const uint16_t * x, const activation_span & row);
void row_swiglu_to_bf16_avx2(const float * gate, const float * up, const activation_span & row);

void row_quantize_from_f32_avx512(const float * x, const activation_span & row);
void row_quantize_from_rms_norm_avx512(const float * x, const float * weight, float eps, const activation_span & row);
void row_quantize_from_bf16_avx512(const uint16_t * x, const activation_span & row);
void row_swiglu_to_bf16_avx512(const float * gate, const float * up, const activation_span & row);

void row_quantize_from_f32_neon(const float * x, const activation_span & row);
void row_quantize_from_rms_norm_neon(const float * x, const float * weight, float eps, const activation_span & row);
void row_quantize_from_bf16_neon(const uint16_t * x, const activation_span & row);
void row_swiglu_to_bf16_neon(const float * gate, const float * up, const activation_span & row);
