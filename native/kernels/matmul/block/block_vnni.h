// Products by vpdpbusd, four 8-bit products a step, for vectors of any width: included by one file for each, which is
// compiled for CPUs that have it. `vector` brings the width and the instructions:
//   lanes, ints, floats                               sums of 32 bits, and how many a vector holds
//   tile_rows                                         so many rows x 2 vectors of sums are kept in registers
//   ints load(const int32_t *)                        aligned
//   floats load(const float *), load_any(const float *)
//   void store_any(float *, floats)
//   ints broadcast(int32_t); floats broadcast(float)
//   ints dot(ints sum, ints x, ints w)                sum + 4 products of u8 x and s8 w for each lane
//   floats to_floats(ints); floats multiply(floats, floats); floats multiply_add(floats, floats, floats)
#pragma once

#include "kernels/matmul/block/block_panels.h"
#include "kernels/matmul/matmul_kernels.h"
#include "kernels/matmul/prefetch.h"
#include "kernels/simd/unroll.h"

#include <cstring>

// So many rows stay in the L2 cache while all panels pass: each of those comes from memory, and waits for it, once for them.
static const int ROWS = 256;

template <typename vector> struct vnni_product {
    static const int OUTPUTS = 2 * vector::lanes; // of a panel
    static const int TILE_ROWS = vector::tile_rows;

    using block = vnni_block<OUTPUTS>;
    using ints = typename vector::ints;
    using floats = typename vector::floats;

    // Some rows of activations.
    struct row_span {
        const uint8_t * values;
        const uint8_t * blocks; // of int8_block
        size_t stride;
        int n_blocks;

        row_span from(int row) const { return { values + row * stride, blocks + row * stride, stride, n_blocks }; }

        int32_t quad(int row, int i) const {
            int32_t four;
            memcpy(&four, values + row * stride + i, sizeof(four));
            return four;
        }

        int8_block block_of(int row, int b) const {
            int8_block result;
            memcpy(&result, blocks + row * stride + b * sizeof(result), sizeof(result));
            return result;
        }
    };

    // Outputs of the tile's rows: OUTPUTS of them, in memory that may be read and written as a whole.
    struct tile_target {
        const float * start; // NULL: zeros
        size_t start_stride;
        float * out;
        size_t out_stride;
    };

    template <int n_rows>
    static void tile(const block * panel, const row_span & x, lines_ahead ahead, const tile_target & t) {
        floats total[n_rows][2];
        UNROLL
        for (int row = 0; row < n_rows; ++row) {
            UNROLL
            for (int j = 0; j < 2; ++j) {
                total[row][j] = t.start ? vector::load_any(t.start + row * t.start_stride + j * vector::lanes)
                                        : vector::broadcast(0.0f);
            }
        }
        for (int b = 0; b < x.n_blocks; ++b, ++panel) {
            ahead.fetch();
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
                vector::store_any(t.out + row * t.out_stride + j * vector::lanes, total[row][j]);
            }
        }
    }

    template <int n_rows = TILE_ROWS>
    static void tile_of(
        int n, const block * panel, const row_span & x, const lines_ahead & ahead, const tile_target & t) {
        if constexpr (n_rows > 1) {
            if (n < n_rows) {
                tile_of<n_rows - 1>(n, panel, x, ahead, t);
                return;
            }
        }
        tile<n_rows>(panel, x, ahead, t);
    }

    // The same where fewer than OUTPUTS outputs exist.
    static void tile_of_some(int n, int n_outputs, const block * panel, const row_span & x, const lines_ahead & ahead,
        const tile_target & t) {
        float outputs[TILE_ROWS][OUTPUTS] = {};
        for (int row = 0; row < n && t.start; ++row) {
            memcpy(outputs[row], t.start + row * t.start_stride, n_outputs * sizeof(float));
        }
        tile_of(n, panel, x, ahead, { outputs[0], OUTPUTS, outputs[0], OUTPUTS });
        for (int row = 0; row < n; ++row) {
            memcpy(t.out + row * t.out_stride, outputs[row], n_outputs * sizeof(float));
        }
    }

    static void multiply_rows(const packed_product & p, const row_span & x, int first_row, int n_rows) {
        const int n_tiles = (n_rows + TILE_ROWS - 1) / TILE_ROWS; // that pass a panel
        for (int output = p.first; output < p.last; output += OUTPUTS) {
            const block * panel = (const block *) p.packed + (size_t) (output / OUTPUTS) * x.n_blocks;
            const int n_outputs = p.last - output;
            const size_t column = output - p.first;
            lines_ahead ahead(panel + x.n_blocks, sizeof(block), n_tiles);
            for (int r = 0; r < n_rows; r += TILE_ROWS) {
                const int n = n_rows - r < TILE_ROWS ? n_rows - r : TILE_ROWS;
                const int row = first_row + r;
                const tile_target t = { p.add ? p.add + row * p.add_stride + column : nullptr, p.add_stride,
                    p.out + row * p.out_stride + column, p.out_stride };
                if (n_outputs >= OUTPUTS) {
                    tile_of(n, panel, x.from(r), ahead, t);
                } else {
                    tile_of_some(n, n_outputs, panel, x.from(r), ahead, t);
                }
                ahead.skip(x.n_blocks);
            }
        }
    }

    static void multiply(const packed_product & p) {
        const size_t stride = int8_words_offset(p.n_in);
        for (int row = 0; row < p.n_rows; row += ROWS) {
            const uint8_t * values = p.x + row * stride;
            const row_span x = { values, values + p.n_in, stride, p.n_in / 32 };
            multiply_rows(p, x, row, p.n_rows - row < ROWS ? p.n_rows - row : ROWS);
        }
    }
};
