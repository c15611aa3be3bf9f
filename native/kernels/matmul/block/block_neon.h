// Products with block scales on arm64. Included by one file for each instruction set, whose `isa` has
//
//   block                             of a panel
//   strip_block                       of TILE_ROWS activation rows: values, which become signed, scales and zero points
//   pack(row, values, scale, block)   the block of one of these rows
//   add(x, panel, n, prefetch, total) n blocks; total[row][output] += x * panel
//
// Some rows are packed for all panels: a strip, which stays in the L1 cache.
#pragma once

#include "kernels/matmul/block/block_kernels.h"
#include "kernels/matmul/block/block_panels.h"
#include "kernels/matmul/prefetch.h"
#include "kernels/simd/neon.h"
#include "kernels/simd/scalar.h"
#include "kernels/simd/unroll.h"

#include <cstring>

namespace {

const int STRIP_BLOCKS = 160;
const int TILE_ROWS = 4;
const int TILE_OUTPUTS = 8;

// The factor of a block's offset (block_panels.h).
inline int32_t offset_factor(const block_scale & block) {
    return (128 - block.zero) / 64;
}

template <typename isa> struct block_strip {
    int n_rows;
    int n_blocks; // of a row
    typename isa::strip_block blocks[STRIP_BLOCKS];

    int n_tiles() const { return ceil_div(n_rows, TILE_ROWS); }

    // x: rows of n_in inputs
    void pack(const uint8_t * x, int n_in, int first_block) {
        for (int row = 0; row < n_tiles() * TILE_ROWS; ++row) {
            const uint8_t * values = x + min(row, n_rows - 1) * block_bytes_size(n_in); // the last one fills the tile
            const uint8_t * scales = values + n_in + first_block * sizeof(block_scale);
            values += first_block * 32;
            for (int b = 0; b < n_blocks; ++b) {
                block_scale block;
                memcpy(&block, scales + b * sizeof(block), sizeof(block));
                isa::pack(row % TILE_ROWS, values + b * 32, block, blocks[row / TILE_ROWS * n_blocks + b]);
            }
        }
    }
};

// Blocks from first_block on. The first chunk starts from `add`, the others from `out`.
template <typename isa>
void multiply_strip(const multiply_params & p, const block_strip<isa> & strip, int first_row, int first_block) {
    const bool starts = first_block == 0;
    const float * start = starts ? p.add : p.out;
    const size_t start_stride = starts ? p.add_stride : p.out_stride;
    for (int output = p.first; output < p.last; output += TILE_OUTPUTS) {
        using block = typename isa::block;
        const block * panel = (const block *) p.panels + (size_t) (output / TILE_OUTPUTS) * (p.n_in / 32) + first_block;
        const int n_outputs = min(TILE_OUTPUTS, p.last - output);
        panel_prefetch prefetch(panel + p.n_in / 32, sizeof(block), strip.n_tiles());
        for (int tile = 0; tile < strip.n_tiles(); ++tile) {
            const int n = min(TILE_ROWS, strip.n_rows - tile * TILE_ROWS);
            const size_t row = first_row + tile * TILE_ROWS;
            const size_t column = output - p.first;
            float total[TILE_ROWS][TILE_OUTPUTS] = {};
            for (int i = 0; i < n && start; ++i) {
                memcpy(total[i], start + (row + i) * start_stride + column, n_outputs * sizeof(float));
            }
            isa::add(strip.blocks + tile * strip.n_blocks, panel, strip.n_blocks, prefetch, total);
            prefetch.skip(strip.n_blocks);
            for (int i = 0; i < n; ++i) {
                memcpy(p.out + (row + i) * p.out_stride + column, total[i], n_outputs * sizeof(float));
            }
        }
    }
}

template <typename isa> void multiply(const multiply_params & p) {
    const int n_blocks = p.n_in / 32;
    const int chunk = min(n_blocks, STRIP_BLOCKS);
    const int most_rows = STRIP_BLOCKS / chunk * TILE_ROWS;
    block_strip<isa> strip;
    for (int row = 0; row < p.n_rows; row += most_rows) {
        strip.n_rows = min(most_rows, p.n_rows - row);
        for (int block = 0; block < n_blocks; block += chunk) {
            strip.n_blocks = min(chunk, n_blocks - block);
            strip.pack(p.x + row * block_bytes_size(p.n_in), p.n_in, block);
            multiply_strip(p, strip, row, block);
        }
    }
}

} // namespace
