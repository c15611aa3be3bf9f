// Prepacked weights with row scales for arm64: panels of 8 outputs, each with its inputs and then the scales of its
// outputs. Instructions multiply groups of consecutive inputs: 4 (dotprod) or 8 (i8mm). The last panel is padded with
// zeros.
#pragma once

#include "kernels/matmul/formats.h"
#include "kernels/simd/scalar.h"

#include <cstddef>

static const int NEON_PANEL_OUTPUTS = 8;
static const int MOST_ROW_INPUTS_NEON = 8192; // longer rows do not fit into a strip (row_neon.h)

struct alignas(64) row_panel_scales {
    float scale[NEON_PANEL_OUTPUTS];
};

// Weights [input/group][output][input%group], then row_panel_scales.
static inline size_t row_panel_weights_size(int n_in) {
    return (size_t) n_in * NEON_PANEL_OUTPUTS;
}

static inline size_t row_panel_size_neon(int n_in) {
    return row_panel_weights_size(n_in) + sizeof(row_panel_scales);
}

// The panel of an output, a multiple of 8.
static inline const int8_t * row_panel_neon(const void * panels, int n_in, int output) {
    return (const int8_t *) panels + output / NEON_PANEL_OUTPUTS * row_panel_size_neon(n_in);
}

static inline const row_panel_scales & row_scales_neon(const int8_t * panel, int n_in) {
    return *(const row_panel_scales *) (panel + row_panel_weights_size(n_in));
}

static inline size_t row_prepacked_size_neon(weight_format, int n_in, int n_out) {
    return (size_t) ceil_div(n_out, NEON_PANEL_OUTPUTS) * row_panel_size_neon(n_in);
}
