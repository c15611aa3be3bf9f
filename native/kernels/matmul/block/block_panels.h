// Weights as the kernels read them: panels of some outputs, in each of them one block for every 32 inputs. Missing outputs of
// the last panel are zeros.
#pragma once

#include "kernels/matmul/prepacked_matrix.h"

// AVX2: panels of 16 outputs.

// Weights within [-16, 15] (Q5_0, Q4_0). The zero of activations is 128: `offset` takes it out again, one for each 16-bit sum
// of vpmaddubsw, modulo 2^16.
struct alignas(64) narrow_block {
    int16_t offset[16][2];
    int8_t weight[8][16][4]; // [input/4][output][input%4]
    float scale[16];
};

// Weights of 8 bits (Q8_0), widened for vpmaddwd with words; the scale is that of a word's step.
struct alignas(64) wide_block {
    int16_t weight[16][16][2]; // [input/2][output][input%2]
    float scale[16];
};

// vpdpbusd: weights of any format as they are. `offset` takes the zero of activations out again: minus the sum of the weights
// times 64, 128 and 192. There are three zeros only, so that sums can start from these instead of a product.
template <int n_outputs> struct alignas(64) vnni_block {
    int8_t weight[8][n_outputs][4]; // [input/4][output][input%4]
    int32_t offset[3][n_outputs];   // [zero/64 - 1]
    float scale[n_outputs];
};

size_t panels_size(weight_format format, int n_in, int n_out);

// panels: 64-byte aligned, panels_size bytes.
void pack_panels(weight_format format, const void * rows, int n_in, int n_out, void * panels);

// The same of vnni_block; for 16 and 32 outputs.
template <int n_outputs> size_t vnni_panels_size(weight_format format, int n_in, int n_out);
template <int n_outputs>
void vnni_pack_panels(weight_format format, const void * rows, int n_in, int n_out, void * panels);
