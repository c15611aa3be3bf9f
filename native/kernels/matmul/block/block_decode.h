// ggml's blocks of 32 weights, as they lie in a GGUF file.
#pragma once

#include "kernels/matmul/prepacked_matrix.h"

static inline size_t source_block_size(packed_format format) {
    switch (format) {
    case packed_format::q8_0: return 2 + 32;
    case packed_format::q5_0: return 2 + 4 + 16;
    case packed_format::q4_0: break;
    }
    return 2 + 16;
}

// The 32 weights of a block. Returns their scale.
float decode_source_block(packed_format format, const uint8_t * block, int8_t * weight);
