// ggml's blocks of 32 weights, as they lie in a GGUF file.
#pragma once

#include "kernels/matmul/formats.h"

#include <cstddef>

static inline size_t ggml_block_size(weight_format format) {
    switch (format) {
    case weight_format::q8_0: return 2 + 32;
    case weight_format::q5_0: return 2 + 4 + 16;
    case weight_format::q4_0: break;
    }
    return 2 + 16;
}

// Writes the 32 integer weights of a block; returns their scale.
float ggml_block_decode(weight_format format, const uint8_t * block, int8_t * weight);
