// Prepacked weights with row scales: panels of 32 outputs, each with a step for every 64 inputs, then the scales and
// offsets of its outputs. The last step and the last panel are padded with zeros.
#pragma once

#include "kernels/matmul/formats.h"
#include "kernels/simd/scalar.h"

#include <cstddef>

static const int PANEL_OUTPUTS = 32;
static const int STEP_INPUTS = 64;

struct alignas(64) row_panel_step {
    int8_t weight[2][16][16][4]; // [output/16][input/4][output%16][input%4]
};

struct alignas(64) row_panel_outputs {
    int32_t offset[PANEL_OUTPUTS]; // cancels the zero point of activations: -128 times the sum of the weights
    float scale[PANEL_OUTPUTS];
};

static inline int row_panel_steps(int n_in) {
    return ceil_div(n_in, STEP_INPUTS);
}

static inline size_t row_panel_size(int n_in) {
    return row_panel_steps(n_in) * sizeof(row_panel_step) + sizeof(row_panel_outputs);
}

// The panel of an output, a multiple of 32.
static inline const row_panel_step * row_panel(const void * panels, int n_in, int output) {
    return (const row_panel_step *) ((const char *) panels + output / PANEL_OUTPUTS * row_panel_size(n_in));
}

static inline size_t row_prepacked_size(weight_format, int n_in, int n_out) {
    return (size_t) ceil_div(n_out, PANEL_OUTPUTS) * row_panel_size(n_in);
}

namespace {

// Sixteen outputs that are prepacked together.
struct row_panel_half {
    const uint8_t * rows[16]; // of ggml's blocks; NULL: zeros
    int index;                // 0 or 1
    row_panel_step * steps;   // of the panel
    row_panel_outputs * outputs;
};

// prepack(half) for all halves of panels.
template <typename prepacker>
inline void each_panel_half(size_t row_size, const void * rows, int n_in, int n_out, void * panels, prepacker prepack) {
    for (int output = 0; output < n_out; output += PANEL_OUTPUTS) {
        row_panel_step * steps = (row_panel_step *) row_panel(panels, n_in, output);
        for (int index = 0; index < 2; ++index) {
            row_panel_half half = { {}, index, steps, (row_panel_outputs *) (steps + row_panel_steps(n_in)) };
            for (int i = 0; i < 16; ++i) {
                const int row = output + index * 16 + i;
                half.rows[i] = row < n_out ? (const uint8_t *) rows + row * row_size : nullptr;
            }
            prepack(half);
        }
    }
}

} // namespace
