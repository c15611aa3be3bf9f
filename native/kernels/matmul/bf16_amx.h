// Products of BF16 in the tiles of AMX. Parameters as in matmul_kernels.
#pragma once

#include "kernels/matmul/matmul_kernels.h"

size_t bf16_prepacked_size_amx(weight_format format, int n_in, int n_out);
void bf16_prepack_amx(weight_format format, const void * rows, int n_in, int n_out, void * panels);
void bf16_multiply_amx(const multiply_params & p);

void bf16_quantize_from_f32_amx(const float * x, const activation_span & row);
void bf16_quantize_from_rms_norm_amx(const float * x, const float * weight, float eps, const activation_span & row);
void bf16_quantize_from_swiglu_amx(const float * gate, const float * up, const activation_span & row);
