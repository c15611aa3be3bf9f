#pragma once

#include "encoder/attention.h"

// attention() in loops that were compiled for AVX2 and FMA.
bool attention_avx2_built();
void attention_avx2(const attention_params & p, float * scratch);
