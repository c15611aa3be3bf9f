#pragma once

#include "kernels/attention/attention.h"

// attention() for CPUs with AVX2 and FMA; the fastest for heads whose size is a multiple of 8.
bool attention_avx2_built();
size_t attention_avx2_scratch(int n_keys, int n_embd_head);
void attention_avx2(const attention_params & p, float * scratch);
