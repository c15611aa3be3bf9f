// The parts of the AVX2 paths. Files compiled for AVX2 instantiate nothing of the standard library: the linker could take that
// code for the whole program.
#pragma once

#include "kernels/matmul/matmul_kernels.h"

void int8_avx2_multiply(const packed_product & p);

void int8_avx2_quantize(const float * x, const activation_row & row);
void int8_avx2_rms_norm_quantize(const float * x, const float * weight, float eps, const activation_row & row);
void int8_avx2_swiglu_quantize(const float * gate, const float * up, const activation_row & row);

// The same with a zero of 128 and values within 127 of it, so that sums of 16 bits suffice for narrow weights.
void int8_avx2_quantize_centred(const float * x, const activation_row & row);
void int8_avx2_rms_norm_quantize_centred(const float * x, const float * weight, float eps, const activation_row & row);
void int8_avx2_swiglu_quantize_centred(const float * gate, const float * up, const activation_row & row);
