// Products with row scales on arm64. Included by one file for each instruction set, whose `isa` has
//
//   pack<rows>(x, stride, n, n_in, to)               a tile of n activation rows, padded to `rows`, whose values become
//                                                    signed; rows * n_in bytes
//   multiply<rows>(x, panel, n_in, prefetch, sums)   a packed tile and a panel; `sums` is [rows][8]
//
// Some rows are packed for all panels: a strip, which stays in the L1 cache.
#pragma once

#include "kernels/matmul/prefetch.h"
#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_panels_neon.h"
#include "kernels/simd/neon.h"
#include "kernels/simd/scalar.h"

#include <cstring>

namespace {

const int STRIP_SIZE = 32 * 1024;
const int TILE_ROWS = 8;
const int SHORT_TILE_ROWS = 4; // of the last rows, and of long rows

static_assert(STRIP_SIZE / SHORT_TILE_ROWS >= MOST_ROW_INPUTS_NEON, "a tile fits into a strip");

template <typename isa> class row_strip {
public:
    explicit row_strip(int n_in)
        : n_in(n_in), tile_rows(n_in * TILE_ROWS <= STRIP_SIZE ? TILE_ROWS : SHORT_TILE_ROWS),
          most_rows(STRIP_SIZE / n_in / tile_rows * tile_rows) {}

    const int n_in;
    const int tile_rows;
    const int most_rows;

    int n_rows = 0;

    int n_tiles() const { return ceil_div(n_rows, tile_rows); }

    // The next rows of n that are left.
    void pack(const uint8_t * x, int n) {
        first = x;
        n_rows = min(n, most_rows);
        for (int row = 0; row < n_rows; row += tile_rows) {
            const int rows = min(tile_rows, n_rows - row);
            const uint8_t * from = x + row * row_bytes_size(n_in);
            if (rows > SHORT_TILE_ROWS) {
                isa::template pack<TILE_ROWS>(from, row_bytes_size(n_in), rows, n_in, packed + (size_t) row * n_in);
            } else {
                isa::template pack<SHORT_TILE_ROWS>(
                    from, row_bytes_size(n_in), rows, n_in, packed + (size_t) row * n_in);
            }
        }
    }

    float scale(int row) const {
        float s;
        memcpy(&s, first + row * row_bytes_size(n_in) + row_bytes_scale_offset(n_in), sizeof(s));
        return s;
    }

    // Sums of the tile from `row` on with a panel, which it also prefetches for.
    void multiply(int row, const int8_t * panel, panel_prefetch & prefetch, int32_t (*sums)[NEON_PANEL_OUTPUTS]) const {
        if (n_rows - row > SHORT_TILE_ROWS && tile_rows == TILE_ROWS) {
            isa::template multiply<TILE_ROWS>(packed + (size_t) row * n_in, panel, n_in, prefetch, sums);
        } else {
            isa::template multiply<SHORT_TILE_ROWS>(packed + (size_t) row * n_in, panel, n_in, prefetch, sums);
        }
        prefetch.skip(n_in / PREFETCH_INPUTS);
    }

    panel_prefetch prefetch_after(const int8_t * panel) const {
        return panel_prefetch(panel + row_panel_size_neon(n_in), PREFETCH_INPUTS * NEON_PANEL_OUTPUTS, n_tiles());
    }

    static const int PREFETCH_INPUTS = 32; // of one prefetch.fetch()

private:
    const uint8_t * first = nullptr;
    alignas(64) int8_t packed[STRIP_SIZE];
};

// start + sums * scales
inline void scale_sums(
    const int32_t * sums, const row_panel_scales & scales, float x_scale, const float * start, float * out) {
    for (int j = 0; j < NEON_PANEL_OUTPUTS; j += 4) {
        const float32x4_t scaled = vmulq_f32(vcvtq_f32_s32(vld1q_s32(sums + j)), vld1q_f32(scales.scale + j));
        vst1q_f32(out + j, vfmaq_n_f32(start ? vld1q_f32(start + j) : vdupq_n_f32(0.0f), scaled, x_scale));
    }
}

// The last outputs of a matrix, through a buffer.
inline void scale_some_sums(
    const int32_t * sums, const row_panel_scales & scales, float x_scale, const float * start, float * out, int n) {
    float outputs[NEON_PANEL_OUTPUTS] = {};
    if (start) {
        memcpy(outputs, start, n * sizeof(float));
    }
    scale_sums(sums, scales, x_scale, outputs, outputs);
    memcpy(out, outputs, n * sizeof(float));
}

template <typename isa> void multiply(const multiply_params & p) {
    row_strip<isa> strip(p.n_in);
    for (int first_row = 0; first_row < p.n_rows; first_row += strip.n_rows) {
        strip.pack(p.x + first_row * row_bytes_size(p.n_in), p.n_rows - first_row);
        for (int output = p.first; output < p.last; output += NEON_PANEL_OUTPUTS) {
            const int8_t * panel = row_panel_neon(p.panels, p.n_in, output);
            const row_panel_scales & scales = row_scales_neon(panel, p.n_in);
            panel_prefetch prefetch = strip.prefetch_after(panel);
            for (int tile = 0; tile < strip.n_rows; tile += strip.tile_rows) {
                int32_t sums[TILE_ROWS][NEON_PANEL_OUTPUTS];
                strip.multiply(tile, panel, prefetch, sums);
                for (int i = 0; i < min(strip.tile_rows, strip.n_rows - tile); ++i) {
                    const size_t row = first_row + tile + i;
                    const size_t column = output - p.first;
                    const float * start = p.add ? p.add + row * p.add_stride + column : nullptr;
                    float * out = p.out + row * p.out_stride + column;
                    if (p.last - output >= NEON_PANEL_OUTPUTS) {
                        scale_sums(sums[i], scales, strip.scale(tile + i), start, out);
                    } else {
                        scale_some_sums(sums[i], scales, strip.scale(tile + i), start, out, p.last - output);
                    }
                }
            }
        }
    }
}

const int SWIGLU_OUTPUTS = 32; // that row_swiglu_to_bf16_neon() takes
const int SWIGLU_PANELS = SWIGLU_OUTPUTS / NEON_PANEL_OUTPUTS;

template <typename isa> void multiply_swiglu(const multiply_swiglu_params & p) {
    row_strip<isa> strip(p.n_in);
    for (int first_row = 0; first_row < p.n_rows; first_row += strip.n_rows) {
        strip.pack(p.x + first_row * row_bytes_size(p.n_in), p.n_rows - first_row);
        for (int output = p.first; output < p.last; output += SWIGLU_OUTPUTS) {
            panel_prefetch prefetch[2][SWIGLU_PANELS]; // of the same panel of the next outputs
            for (int panel = 0; panel < SWIGLU_PANELS; ++panel) {
                const int last = output + SWIGLU_OUTPUTS + (panel - 1) * NEON_PANEL_OUTPUTS;
                prefetch[0][panel] = strip.prefetch_after(row_panel_neon(p.gate, p.n_in, last));
                prefetch[1][panel] = strip.prefetch_after(row_panel_neon(p.up, p.n_in, last));
            }
            for (int tile = 0; tile < strip.n_rows; tile += strip.tile_rows) {
                float products[2][TILE_ROWS][SWIGLU_OUTPUTS]; // of gate and up
                const int n = min(strip.tile_rows, strip.n_rows - tile);
                for (int which = 0; which < 2; ++which) {
                    for (int j = 0; j < SWIGLU_OUTPUTS; j += NEON_PANEL_OUTPUTS) {
                        const int8_t * panel = row_panel_neon(which == 0 ? p.gate : p.up, p.n_in, output + j);
                        int32_t sums[TILE_ROWS][NEON_PANEL_OUTPUTS];
                        strip.multiply(tile, panel, prefetch[which][j / NEON_PANEL_OUTPUTS], sums);
                        for (int i = 0; i < n; ++i) {
                            scale_sums(sums[i], row_scales_neon(panel, p.n_in), strip.scale(tile + i), nullptr,
                                products[which][i] + j);
                        }
                    }
                }
                for (int i = 0; i < n; ++i) {
                    activation_span to = {};
                    to.bf16 = p.out + (size_t) (first_row + tile + i) * p.out_stride + output - p.first;
                    to.n = SWIGLU_OUTPUTS;
                    row_swiglu_to_bf16_neon(products[0][i], products[1][i], to);
                }
            }
        }
    }
}

} // namespace
