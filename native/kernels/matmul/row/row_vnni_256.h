// Products with row scales by 256-bit vpdpbusd. Included by one file for each encoding of the instruction
// (simd/vnni.h).
#pragma once

#include "kernels/matmul/prefetch.h"
#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_panels.h"
#include "kernels/simd/scalar.h"
#include "kernels/simd/unroll.h"
#include "kernels/simd/vnni.h"

#include <cstring>
#include <utility>

namespace {

const int ROWS = 266;    // stay in the L2 cache while all panels pass
const int TILE_ROWS = 6; // x 16 outputs: 12 sums in 16 registers

// Scales 16 outputs and adds them to `add`, row by row.
struct epilogue {
    const float * add; // NULL: zeros
    size_t add_stride;
    float * out;
    size_t out_stride;
    int n; // outputs that exist
    __m256 scale[2];

    void write(const __m256i (&sums)[2], float x_scale) const {
        if (n >= 16) {
            write_with(
                sums, x_scale, [](const float * p) { return _mm256_loadu_ps(p); },
                [](float * p, __m256 v) { _mm256_storeu_ps(p, v); });
            return;
        }
        const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        const __m256i exist[2] = { _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lanes),
            _mm256_cmpgt_epi32(_mm256_set1_epi32(n - 8), lanes) };
        int i = 0;
        int j = 0;
        write_with(
            sums, x_scale, [&](const float * p) { return _mm256_maskload_ps(p, exist[i++]); },
            [&](float * p, __m256 v) { _mm256_maskstore_ps(p, exist[j++], v); });
    }

    void advance() {
        add = add ? add + add_stride : nullptr;
        out += out_stride;
    }

private:
    template <typename loader, typename storer>
    void write_with(const __m256i (&sums)[2], float x_scale, loader load, storer store) const {
        UNROLL
        for (int j = 0; j < 2; ++j) {
            const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[j]), scale[j]);
            const __m256 start = add ? load(add + j * 8) : _mm256_setzero_ps();
            store(out + j * 8, _mm256_fmadd_ps(scaled, _mm256_set1_ps(x_scale), start));
        }
    }
};

struct activation_rows {
    const uint8_t * first;
    size_t stride;
    int n_in;

    float scale_of(size_t row) const {
        float scale;
        memcpy(&scale, first + row * stride + row_bytes_scale_offset(n_in), sizeof(scale));
        return scale;
    }
};

// Pack expansion over rows instead of loops, whose arrays GCC would keep in memory.
template <size_t... row>
void tile(const row_panel_step * steps, const row_panel_outputs & outputs, int half, const activation_rows & rows,
    panel_prefetch prefetch, epilogue to, std::index_sequence<row...>) {
    __m256i sums[sizeof...(row)][2];
    UNROLL
    for (int j = 0; j < 2; ++j) {
        const __m256i start = vnni_256::load(outputs.offset + half * 16 + j * 8);
        ((sums[row][j] = start), ...);
    }
    const uint8_t * x = rows.first;
    for (int step = 0; step < row_panel_steps(rows.n_in); ++step, x += STEP_INPUTS) {
        prefetch.fetch();
        UNROLL
        for (int k = 0; k < 16; ++k) {
            const int32_t * w = (const int32_t *) steps[step].weight[half][k];
            const __m256i weight[2] = { vnni_256::load(w), vnni_256::load(w + 8) };
            (
                [&] {
                    int32_t four;
                    memcpy(&four, x + row * rows.stride + k * 4, sizeof(four));
                    const __m256i all = _mm256_set1_epi32(four);
                    sums[row][0] = vnni_256::dot(sums[row][0], all, weight[0]);
                    sums[row][1] = vnni_256::dot(sums[row][1], all, weight[1]);
                }(),
                ...);
        }
    }
    ((to.write(sums[row], rows.scale_of(row)), to.advance()), ...);
}

template <int n_rows = TILE_ROWS>
void tile_of(int n, const row_panel_step * steps, const row_panel_outputs & outputs, int half,
    const activation_rows & rows, const panel_prefetch & prefetch, const epilogue & to) {
    if constexpr (n_rows > 1) {
        if (n < n_rows) {
            tile_of<n_rows - 1>(n, steps, outputs, half, rows, prefetch, to);
            return;
        }
    }
    tile(steps, outputs, half, rows, prefetch, to, std::make_index_sequence<n_rows>());
}

void multiply_rows(const multiply_params & p, int first_row, int n_rows) {
    const size_t stride = row_bytes_size(p.n_in);
    const int n_steps = row_panel_steps(p.n_in);
    const int n_tiles = ceil_div(n_rows, TILE_ROWS);
    for (int output = p.first; output < p.last; output += PANEL_OUTPUTS) {
        const row_panel_step * steps = row_panel(p.panels, p.n_in, output);
        const row_panel_outputs & outputs = *(const row_panel_outputs *) (steps + n_steps);
        const int n_halves = p.last - output > 16 ? 2 : 1;
        panel_prefetch prefetch(&outputs + 1, sizeof(row_panel_step), n_tiles * n_halves);
        for (int r = 0; r < n_rows; r += TILE_ROWS) {
            const int row = first_row + r;
            const int n = min(TILE_ROWS, n_rows - r);
            for (int half = 0; half < n_halves; ++half) {
                const int column = output - p.first + half * 16;
                const float * scale = outputs.scale + half * 16;
                const epilogue to = { p.add ? p.add + row * p.add_stride + column : nullptr, p.add_stride,
                    p.out + row * p.out_stride + column, p.out_stride, p.last - p.first - column,
                    { _mm256_load_ps(scale), _mm256_load_ps(scale + 8) } };
                tile_of(n, steps, outputs, half, { p.x + row * stride, stride, p.n_in }, prefetch, to);
                prefetch.skip(n_steps);
            }
        }
    }
}

void multiply(const multiply_params & p) {
    for (int row = 0; row < p.n_rows; row += ROWS) {
        multiply_rows(p, row, min(ROWS, p.n_rows - row));
    }
}

} // namespace
