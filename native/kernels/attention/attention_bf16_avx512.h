#pragma once

#include "kernels/attention/attention.h"

// attention() in BF16, for heads whose size is a multiple of 32, on CPUs with AVX-512 and its BF16: queries, keys, values and
// weights are rounded to 8 bits of their own magnitude, sums are F32.
bool attention_avx512bf16_built();
size_t attention_avx512bf16_scratch(int n_keys, int n_embd_head);
void attention_avx512bf16(const attention_params & p, float * scratch);
