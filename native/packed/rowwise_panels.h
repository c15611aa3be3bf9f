// Weights in 8 bits with one scale for each output, as the tiles of AMX and the vectors of AVX-512 and AVX-VNNI read them: panels of 32
// outputs, in each of them one of these steps for every 64 inputs, and then what belongs to the outputs. What is missing of the
// last step and the last panel is zeros.
#pragma once

#include "packed/packed_matrix.h"

static const int ROWWISE_OUTPUTS = 32;
static const int ROWWISE_INPUTS = 64;

struct alignas(64) rowwise_step {
    int8_t weight[2][16][16][4]; // [output/16][input/4][output%16][input%4]
};

struct alignas(64) rowwise_outputs {
    int32_t start[ROWWISE_OUTPUTS]; // of the sums: -128 times the weights', as activations are 128 too large
    float scale[ROWWISE_OUTPUTS];
};

static inline int rowwise_steps(int n_in) {
    return (n_in + ROWWISE_INPUTS - 1) / ROWWISE_INPUTS;
}

static inline size_t rowwise_panel_size(int n_in) {
    return rowwise_steps(n_in) * sizeof(rowwise_step) + sizeof(rowwise_outputs);
}

// The panel of an output that is a multiple of 32.
static inline const rowwise_step * rowwise_panel(const void * packed, int n_in, int output) {
    return (const rowwise_step *) ((const char *) packed + output / ROWWISE_OUTPUTS * rowwise_panel_size(n_in));
}

size_t rowwise_panels_size(packed_format format, int n_in, int n_out);

void rowwise_pack(packed_format format, const void * rows, int n_in, int n_out, void * packed);
