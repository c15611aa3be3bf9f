// The parts that paths with one scale for each row share. Files compiled for AVX-512 instantiate nothing of the standard
// library: the linker could take that code for the whole program.
#pragma once

#include "kernels/matmul/matmul_kernels.h"

void rowwise_quantize(const float * x, const activation_row & row);
void rowwise_quantize_bf16(const uint16_t * x, const activation_row & row);
void rowwise_rms_norm_quantize(const float * x, const float * weight, float eps, const activation_row & row);

// To BF16, as the largest is not known before the end of the row.
void rowwise_swiglu(const float * gate, const float * up, const activation_row & row);
