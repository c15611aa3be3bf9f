#pragma once

#include "kernels/attention/attention.h"

// attention() for heads whose size is a multiple of 16, on CPUs with AVX-512.
bool attention_avx512_built();
size_t attention_avx512_scratch(int n_keys, int n_embd_head);
void attention_avx512(const attention_params & p, float * scratch);
