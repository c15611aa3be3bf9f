// Weights as the AVX2 kernels read them: panels of 16 outputs, in each of them one block for every 32 inputs. Missing outputs
// of the last panel are zeros.
#pragma once

#include "int8/int8_matrix.h"

// Weights within [-16, 15] (Q5_0, Q4_0). Activations come as u8 = value + 128: `offset` takes the 128 out again, one for each
// 16-bit sum of vpmaddubsw, modulo 2^16.
struct alignas(64) narrow_block {
    int16_t offset[16][2];
    int8_t weight[8][16][4]; // [input/4][output][input%4]
    float scale[16];
};

// Weights of 8 bits (Q8_0), widened for vpmaddwd.
struct alignas(64) wide_block {
    int16_t weight[16][16][2]; // [input/2][output][input%2]
    float scale[16];
};

size_t panels_size(int8_weights format, int n_in, int n_out);

// panels: 64-byte aligned, panels_size bytes.
void pack_panels(int8_weights format, const void * rows, int n_in, int n_out, void * panels);
