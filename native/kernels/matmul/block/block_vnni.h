// Products with block scales by vpdpbusd, for vectors of any width: vector is vnni_256 or vnni_512 (simd/vnni.h).
// Included by one file for each instruction set.
#pragma once

#include "kernels/matmul/block/block_kernels.h"
#include "kernels/matmul/block/block_panels.h"
#include "kernels/matmul/prefetch.h"
#include "kernels/simd/scalar.h"
#include "kernels/simd/unroll.h"

#include <cstring>

namespace {

const int ROWS = 256; // stay in the L2 cache while all panels pass: each panel is read from memory once for them

template <typename vector> struct vnni_product {
    static const int OUTPUTS = 2 * vector::lanes; // of a panel
    static const int TILE_ROWS = vector::tile_rows;

    using block = vnni_block<OUTPUTS>;
    using ints = typename vector::ints;
    using floats = typename vector::floats;

    // Some activation rows.
    struct row_span {
        const uint8_t * values;
        const uint8_t * blocks; // block_scale
        size_t stride;
        int n_blocks;

        row_span from(int row) const { return { values + row * stride, blocks + row * stride, stride, n_blocks }; }

        int32_t quad(int row, int i) const {
            int32_t four;
            memcpy(&four, values + row * stride + i, sizeof(four));
            return four;
        }

        block_scale block_of(int row, int b) const {
            block_scale result;
            memcpy(&result, blocks + row * stride + b * sizeof(result), sizeof(result));
            return result;
        }
    };

    // Where a tile's OUTPUTS outputs of each row come from and go.
    struct tile_target {
        const float * start; // NULL: zeros
        size_t start_stride;
        float * out;
        size_t out_stride;
    };

    template <int n_rows>
    static void tile(const block * panel, const row_span & x, panel_prefetch prefetch, const tile_target & t) {
        floats total[n_rows][2];
        UNROLL
        for (int row = 0; row < n_rows; ++row) {
            UNROLL
            for (int j = 0; j < 2; ++j) {
                total[row][j] = t.start ? vector::load_unaligned(t.start + row * t.start_stride + j * vector::lanes)
                                        : vector::broadcast(0.0f);
            }
        }
        for (int b = 0; b < x.n_blocks; ++b, ++panel) {
            prefetch.fetch();
            ints sums[n_rows][2];
            UNROLL
            for (int row = 0; row < n_rows; ++row) {
                const int32_t * offset = panel->offset[x.block_of(row, b).zero / 64u - 1];
                UNROLL
                for (int j = 0; j < 2; ++j) {
                    sums[row][j] = vector::load(offset + j * vector::lanes);
                }
            }
            UNROLL
            for (int k = 0; k < 8; ++k) {
                const int32_t * w = (const int32_t *) panel->weight[k];
                const ints weight[2] = { vector::load(w), vector::load(w + vector::lanes) };
                UNROLL
                for (int row = 0; row < n_rows; ++row) {
                    const ints four = vector::broadcast(x.quad(row, b * 32 + k * 4));
                    UNROLL
                    for (int j = 0; j < 2; ++j) {
                        sums[row][j] = vector::dot(sums[row][j], four, weight[j]);
                    }
                }
            }
            const floats scale[2] = { vector::load(panel->scale), vector::load(panel->scale + vector::lanes) };
            UNROLL
            for (int row = 0; row < n_rows; ++row) {
                const floats row_scale = vector::broadcast(x.block_of(row, b).scale);
                UNROLL
                for (int j = 0; j < 2; ++j) {
                    total[row][j] = vector::multiply_add(
                        vector::to_floats(sums[row][j]), vector::multiply(scale[j], row_scale), total[row][j]);
                }
            }
        }
        UNROLL
        for (int row = 0; row < n_rows; ++row) {
            UNROLL
            for (int j = 0; j < 2; ++j) {
                vector::store_unaligned(t.out + row * t.out_stride + j * vector::lanes, total[row][j]);
            }
        }
    }

    template <int n_rows = TILE_ROWS>
    static void tile_of(
        int n, const block * panel, const row_span & x, const panel_prefetch & prefetch, const tile_target & t) {
        if constexpr (n_rows > 1) {
            if (n < n_rows) {
                tile_of<n_rows - 1>(n, panel, x, prefetch, t);
                return;
            }
        }
        tile<n_rows>(panel, x, prefetch, t);
    }

    // A tile of fewer than OUTPUTS outputs, through a buffer.
    static void partial_tile_of(int n, int n_outputs, const block * panel, const row_span & x,
        const panel_prefetch & prefetch, const tile_target & t) {
        float outputs[TILE_ROWS][OUTPUTS] = {};
        for (int row = 0; row < n && t.start; ++row) {
            memcpy(outputs[row], t.start + row * t.start_stride, n_outputs * sizeof(float));
        }
        tile_of(n, panel, x, prefetch, { outputs[0], OUTPUTS, outputs[0], OUTPUTS });
        for (int row = 0; row < n; ++row) {
            memcpy(t.out + row * t.out_stride, outputs[row], n_outputs * sizeof(float));
        }
    }

    static void multiply_rows(const multiply_params & p, const row_span & x, int first_row, int n_rows) {
        const int n_tiles = ceil_div(n_rows, TILE_ROWS); // that use a panel
        for (int output = p.first; output < p.last; output += OUTPUTS) {
            const block * panel = (const block *) p.panels + (size_t) (output / OUTPUTS) * x.n_blocks;
            const int n_outputs = p.last - output;
            const size_t column = output - p.first;
            panel_prefetch prefetch(panel + x.n_blocks, sizeof(block), n_tiles);
            for (int r = 0; r < n_rows; r += TILE_ROWS) {
                const int n = min(TILE_ROWS, n_rows - r);
                const int row = first_row + r;
                const tile_target t = { p.add ? p.add + row * p.add_stride + column : nullptr, p.add_stride,
                    p.out + row * p.out_stride + column, p.out_stride };
                if (n_outputs >= OUTPUTS) {
                    tile_of(n, panel, x.from(r), prefetch, t);
                } else {
                    partial_tile_of(n, n_outputs, panel, x.from(r), prefetch, t);
                }
                prefetch.skip(x.n_blocks);
            }
        }
    }

    static void multiply(const multiply_params & p) {
        const size_t stride = block_bytes_size(p.n_in);
        for (int row = 0; row < p.n_rows; row += ROWS) {
            const uint8_t * values = p.x + row * stride;
            const row_span x = { values, values + p.n_in, stride, p.n_in / 32 };
            multiply_rows(p, x, row, min(ROWS, p.n_rows - row));
        }
    }
};

} // namespace
