// The parts of the AVX-512 path. Files compiled for AVX-512 instantiate nothing of the standard library: the linker could
// take that code for the whole program.
#pragma once

#include "kernels/matmul/matmul_kernels.h"

void int8_avx512_quantize(const float * x, const activation_row & row);
void int8_avx512_rms_norm_quantize(const float * x, const float * weight, float eps, const activation_row & row);
void int8_avx512_swiglu_quantize(const float * gate, const float * up, const activation_row & row);
