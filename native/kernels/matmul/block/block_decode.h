// ggml's blocks of 32 weights, as they lie in a GGUF file.
#pragma once

#include "kernels/matmul/prepacked_matrix.h"

static inline size_t source_block_size(weight_format format) {
    switch (format) {
    case weight_format::q8_0: return 2 + 32;
    case weight_format::q5_0: return 2 + 4 + 16;
    case weight_format::q4_0: break;
    }
    return 2 + 16;
}

// The 32 weights of a block. Returns their scale.
float decode_source_block(weight_format format, const uint8_t * block, int8_t * weight);
