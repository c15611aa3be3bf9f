// Products of rows with one scale by vpdpbusd on vectors of 256 bits, which exists in two encodings: included by one file for
// each.
#pragma once

#include "kernels/matmul/block/block_vnni_256.h"
#include "kernels/matmul/matmul_kernels.h"
#include "kernels/matmul/prefetch.h"
#include "kernels/matmul/row/row_panels.h"
#include "kernels/simd/unroll.h"

#include <cstring>
#include <utility>

namespace {
namespace rowwise_256 {

const int ROWS = 266;    // so many stay in the L2 cache while all panels pass
const int TILE_ROWS = 6; // with 16 outputs 12 sums of 16 registers

// 16 outputs of a product: where they go, row by row.
struct result {
    const float * add; // or NULL
    size_t add_stride;
    float * out;
    size_t out_stride;
    int n; // outputs that exist
    __m256 scale[2];

    void write(const __m256i (&sums)[2], float step) const {
        if (n >= 16) {
            write_some(
                sums, step, [](const float * p) { return _mm256_loadu_ps(p); },
                [](float * p, __m256 v) { _mm256_storeu_ps(p, v); });
            return;
        }
        const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        const __m256i exist[2] = { _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lanes),
            _mm256_cmpgt_epi32(_mm256_set1_epi32(n - 8), lanes) };
        int i = 0;
        int j = 0;
        write_some(
            sums, step, [&](const float * p) { return _mm256_maskload_ps(p, exist[i++]); },
            [&](float * p, __m256 v) { _mm256_maskstore_ps(p, exist[j++], v); });
    }

    void advance() {
        add = add ? add + add_stride : nullptr;
        out += out_stride;
    }

private:
    template <typename loader, typename storer>
    void write_some(const __m256i (&sums)[2], float step, loader load, storer store) const {
        UNROLL
        for (int j = 0; j < 2; ++j) {
            const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[j]), scale[j]);
            const __m256 start = add ? load(add + j * 8) : _mm256_setzero_ps();
            store(out + j * 8, _mm256_fmadd_ps(scaled, _mm256_set1_ps(step), start));
        }
    }
};

struct input_rows {
    const uint8_t * first;
    size_t stride;
    int n_in;

    float scale_of(size_t row) const {
        float scale;
        memcpy(&scale, first + row * stride + rowwise_scale_offset(n_in), sizeof(scale));
        return scale;
    }
};

// Rows are unpacked instead of loops, whose arrays GCC would keep in memory.
template <size_t... row>
void tile(const rowwise_step * steps, const rowwise_outputs & outputs, int half, const input_rows & rows,
    lines_ahead ahead, result to, std::index_sequence<row...>) {
    __m256i sums[sizeof...(row)][2];
    UNROLL
    for (int j = 0; j < 2; ++j) {
        const __m256i start = vector_256::load(outputs.start + half * 16 + j * 8);
        ((sums[row][j] = start), ...);
    }
    const uint8_t * x = rows.first;
    for (int step = 0; step < rowwise_steps(rows.n_in); ++step, x += ROWWISE_INPUTS) {
        ahead.fetch();
        UNROLL
        for (int k = 0; k < 16; ++k) {
            const int32_t * w = (const int32_t *) steps[step].weight[half][k];
            const __m256i weight[2] = { vector_256::load(w), vector_256::load(w + 8) };
            (
                [&] {
                    int32_t four;
                    memcpy(&four, x + row * rows.stride + k * 4, sizeof(four));
                    const __m256i all = _mm256_set1_epi32(four);
                    sums[row][0] = vector_256::dot(sums[row][0], all, weight[0]);
                    sums[row][1] = vector_256::dot(sums[row][1], all, weight[1]);
                }(),
                ...);
        }
    }
    ((to.write(sums[row], rows.scale_of(row)), to.advance()), ...);
}

template <int n_rows = TILE_ROWS>
void tile_of(int n, const rowwise_step * steps, const rowwise_outputs & outputs, int half, const input_rows & rows,
    const lines_ahead & ahead, const result & to) {
    if constexpr (n_rows > 1) {
        if (n < n_rows) {
            tile_of<n_rows - 1>(n, steps, outputs, half, rows, ahead, to);
            return;
        }
    }
    tile(steps, outputs, half, rows, ahead, to, std::make_index_sequence<n_rows>());
}

void multiply_rows(const packed_product & p, int first_row, int n_rows) {
    const size_t stride = rowwise_row_size(p.n_in);
    const int n_steps = rowwise_steps(p.n_in);
    const int n_tiles = (n_rows + TILE_ROWS - 1) / TILE_ROWS;
    for (int output = p.first; output < p.last; output += ROWWISE_OUTPUTS) {
        const rowwise_step * steps = rowwise_panel(p.packed, p.n_in, output);
        const rowwise_outputs & outputs = *(const rowwise_outputs *) (steps + n_steps);
        const int n_halves = p.last - output > 16 ? 2 : 1;
        lines_ahead ahead(&outputs + 1, sizeof(rowwise_step), n_tiles * n_halves);
        for (int r = 0; r < n_rows; r += TILE_ROWS) {
            const int row = first_row + r;
            const int n = n_rows - r < TILE_ROWS ? n_rows - r : TILE_ROWS;
            for (int half = 0; half < n_halves; ++half) {
                const int column = output - p.first + half * 16;
                const float * scale = outputs.scale + half * 16;
                const result to = { p.add ? p.add + row * p.add_stride + column : nullptr, p.add_stride,
                    p.out + row * p.out_stride + column, p.out_stride, p.last - p.first - column,
                    { _mm256_load_ps(scale), _mm256_load_ps(scale + 8) } };
                tile_of(n, steps, outputs, half, { p.x + row * stride, stride, p.n_in }, ahead, to);
                ahead.skip(n_steps);
            }
        }
    }
}

void multiply(const packed_product & p) {
    for (int row = 0; row < p.n_rows; row += ROWS) {
        multiply_rows(p, row, p.n_rows - row < ROWS ? p.n_rows - row : ROWS);
    }
}

} // namespace rowwise_256
} // namespace
