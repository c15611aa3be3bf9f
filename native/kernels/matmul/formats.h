// Vocabulary of the matrix kernels: enums and small structs. Includes nothing of ours.
#pragma once

#include <cstdint>

// ggml's formats with blocks of 32 weights that can be prepacked (block_q8_0, block_q5_0, block_q4_0).
enum class weight_format { q8_0, q5_0, q4_0 };

// What shares a scale in 8-bit integer products: 32 inputs (block scales), or all inputs of an output and of an
// activation row (row scales).
enum class int8_scales { blocks, rows };

// Rotary embedding of an output row: pair (2 i, 2 i + 1) of each head is rotated by the angle of the row's position.
struct rotary_angles {
    const int32_t * positions; // [n_rows]
    const float * cosines;     // [position][n_embd_head/2], like sines
    const float * sines;
    int n_embd_head; // a multiple of 32
};
