// Quantizing of activations into the rows that prepacked_matrix::multiply() takes.
//
// Row scales: one scale for the rotated row, integers from -127 to 127. Values from 2^126 on may count as infinite,
// since their rotation may leave F32's range.
// Block scales: one scale for each 32 values, and the zero point (64, 128 or 192 of 0 to 255) that allows the smallest
// scale; AVX2 always uses 128, and 128 times finer steps for Q8_0 weights.
// AMX without row scales: BF16.
//
// A scale below 2^-127 counts as 0; BF16 keeps denormal values. NaN and infinity propagate to all products of the row,
// as in F32.
#pragma once

#include "kernels/matmul/formats.h"

#include <cstddef>
#include <cstdint>

// Bytes of a quantized row, a multiple of 64.
size_t activation_row_size(int8_scales scales, int n_in);

// Quantizes x[n_in].
void quantize_from_f32(int8_scales scales, const float * x, int n_in, void * row);

// Quantizes x / sqrt(mean(x^2) + eps) * weight.
void quantize_from_rms_norm(int8_scales scales, const float * x, const float * weight, float eps, int n_in, void * row);

// Quantizes BF16. Only with kernels for row scales.
void quantize_from_bf16(int8_scales scales, const uint16_t * x, int n_in, void * row);

// silu(gate) * up. The result is a quantized row, or, where the scale of the row must be known first, BF16 for
// quantize_from_bf16().
void swiglu_row(int8_scales scales, const float * gate, const float * up, int n_in, void * row);
size_t swiglu_row_size(int8_scales scales, int n_in);
bool swiglu_row_is_quantized(int8_scales scales, int n_in);
