// The kernels that elementwise.cpp chooses from.
#pragma once

#include "kernels/elementwise/elementwise.h"

void gelu_avx2(float * x, int n);
void gelu_avx512(float * x, int n);
void gelu_neon(float * x, int n);

void gelu_gate_avx2(float * gate, const float * up, int n);
void gelu_gate_avx512(float * gate, const float * up, int n);
void gelu_gate_neon(float * gate, const float * up, int n);

void sum_norm_avx2(const sum_norm_params & p);
void sum_norm_avx512(const sum_norm_params & p);
void sum_norm_neon(const sum_norm_params & p);

void dot_avx2(const dot_params & p);
void dot_avx512(const dot_params & p);
void dot_neon(const dot_params & p);
