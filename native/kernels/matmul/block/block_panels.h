// Prepacked weights with block scales: panels of some outputs, each with one block for every 32 inputs. The last panel
// is padded with zeros.
#pragma once

#include "kernels/matmul/formats.h"

#include <cstddef>

// AVX2, 16 outputs: weights within [-16, 15] (Q5_0, Q4_0). `offset` cancels the zero point of activations, 128, for
// each 16-bit sum of vpmaddubsw, modulo 2^16.
struct alignas(64) narrow_block {
    int16_t offset[16][2];
    int8_t weight[8][16][4]; // [input/4][output][input%4]
    float scale[16];
};

// AVX2, 16 outputs: weights of 8 bits (Q8_0), widened for vpmaddwd with words. The scale includes that of the words.
struct alignas(64) wide_block {
    int16_t weight[16][16][2]; // [input/2][output][input%2]
    float scale[16];
};

// vpdpbusd: weights of any format. `offset` cancels the zero point of activations: minus the sum of the weights times
// 64, 128 and 192. With only three zero points, sums start from a stored offset instead of a product.
template <int n_outputs> struct alignas(64) vnni_block {
    int8_t weight[8][n_outputs][4]; // [input/4][output][input%4]
    int32_t offset[3][n_outputs];   // [zero/64 - 1]
    float scale[n_outputs];
};

// arm64, 8 outputs: weights of any format, for activations from -128 to 127. `offset` corrects their zero point, 64, 128
// or 192 less 128: 64 times the sum of the weights, to be multiplied with 1, 0 or -1.
struct alignas(64) dotprod_block {
    int8_t weight[8][8][4]; // [input/4][output][input%4]
    int32_t offset[8];
    float scale[8];
};

// The sums of smmla are those of 2 rows and 2 outputs, so that what is done to them needs each pair of outputs twice.
struct alignas(64) i8mm_block {
    int8_t weight[4][8][8];  // [input/8][output][input%8]
    int32_t offset[4][2][2]; // [output/2][copy][output%2]
    float scale[4][2][2];
};

// panels: 64-byte aligned, prepacked_size bytes
size_t block_prepacked_size_avx2(weight_format format, int n_in, int n_out);
void block_prepack_avx2(weight_format format, const void * rows, int n_in, int n_out, void * panels);

// vnni_block of 16 and 32 outputs.
size_t block_prepacked_size_vnni_256(weight_format format, int n_in, int n_out);
void block_prepack_vnni_256(weight_format format, const void * rows, int n_in, int n_out, void * panels);
size_t block_prepacked_size_vnni_512(weight_format format, int n_in, int n_out);
void block_prepack_vnni_512(weight_format format, const void * rows, int n_in, int n_out, void * panels);

size_t block_prepacked_size_neon_dotprod(weight_format format, int n_in, int n_out);
void block_prepack_neon_dotprod(weight_format format, const void * rows, int n_in, int n_out, void * panels);
size_t block_prepacked_size_neon_i8mm(weight_format format, int n_in, int n_out);
void block_prepack_neon_i8mm(weight_format format, const void * rows, int n_in, int n_out, void * panels);
