// Weights in 8 bits with one scale for each output, as the tiles of AMX and the vectors of AVX-512 and AVX-VNNI read them: panels of 32
// outputs, in each of them one of these steps for every 64 inputs, and then what belongs to the outputs. What is missing of the
// last step and the last panel is zeros.
#pragma once

#include "kernels/matmul/prepacked_matrix.h"

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

static inline size_t rowwise_panels_size(weight_format, int n_in, int n_out) {
    return (size_t) ((n_out + ROWWISE_OUTPUTS - 1) / ROWWISE_OUTPUTS) * rowwise_panel_size(n_in);
}

// Sixteen outputs to be packed.
struct rowwise_half {
    const uint8_t * rows[16]; // of source blocks; NULL: zeros
    int index;                // 0 or 1
    rowwise_step * steps;     // of the panel
    rowwise_outputs * outputs;
};

// pack(half) for all panels.
template <typename packer>
static inline void rowwise_each_half(
    size_t row_size, const void * rows, int n_in, int n_out, void * packed, packer pack) {
    for (int output = 0; output < n_out; output += ROWWISE_OUTPUTS) {
        rowwise_step * steps = (rowwise_step *) rowwise_panel(packed, n_in, output);
        for (int index = 0; index < 2; ++index) {
            rowwise_half half = { {}, index, steps, (rowwise_outputs *) (steps + rowwise_steps(n_in)) };
            for (int i = 0; i < 16; ++i) {
                const int row = output + index * 16 + i;
                half.rows[i] = row < n_out ? (const uint8_t *) rows + row * row_size : nullptr;
            }
            pack(half);
        }
    }
}

void rowwise_pack(weight_format format, const void * rows, int n_in, int n_out, void * packed); // with AVX-512
