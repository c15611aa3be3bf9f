#pragma once

#include "kernels/attention/attention.h"

// attention() in tiles of BF16, for heads whose size is a multiple of 64, on CPUs with AMX: queries, keys, values and weights
// are rounded to 8 bits of their own magnitude, sums are F32.
bool attention_amx_built();
size_t attention_amx_scratch(int n_keys, int n_embd_head);
void attention_amx(const attention_params & p, float * scratch);
