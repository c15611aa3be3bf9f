#include "kernels/matmul/bf16_amx.h"

#include "kernels/matmul/ggml_blocks_avx512.h"
#include "kernels/matmul/row_sources_avx512.h"
#include "kernels/matmul/tile_product_amx.h"
#include "kernels/simd/avx512_bf16.h"
#include "kernels/simd/scalar.h"

#include <cstring>

#if !defined(__AMX_BF16__) && !defined(__AMXBF16__)
    #error "needs AMX BF16: see cmake/kernels.cmake"
#endif

namespace {

// 32 weights of 32 outputs, rounded to nearest, in two tiles of 16 outputs. A panel has one of these for every 32
// inputs; the last panel is padded with zeros.
struct alignas(64) bf16_block {
    uint16_t weight[2][16][16][2]; // [output/16][input/2][output%16][input%2]
};

// n_rows x 32 outputs.
template <bool two>
inline void sums(
    const amx_operands & operands, const float * start, size_t start_stride, float * out, size_t out_stride) {
    const size_t start_bytes = start_stride * sizeof(float);
    const size_t out_bytes = out_stride * sizeof(float);
    if (start) {
        _tile_loadd(0, start, start_bytes);
        _tile_loadd(1, start + 16, start_bytes);
        if (two) {
            _tile_loadd(2, start + AMX_TILE_ROWS * start_stride, start_bytes);
            _tile_loadd(3, start + AMX_TILE_ROWS * start_stride + 16, start_bytes);
        }
    } else {
        _tile_zero(0);
        _tile_zero(1);
        if (two) {
            _tile_zero(2);
            _tile_zero(3);
        }
    }
    amx_multiply<true, two, amx_streamed::none>(operands, [] {});
    _tile_stored(0, out, out_bytes);
    _tile_stored(1, out + 16, out_bytes);
    if (two) {
        float * second = out + AMX_TILE_ROWS * out_stride;
        _tile_stored(2, second, out_bytes);
        _tile_stored(3, second + 16, out_bytes);
    }
}

inline void sums_of(
    const amx_operands & operands, const float * start, size_t start_stride, float * out, size_t out_stride) {
    if (operands.n_rows > AMX_TILE_ROWS) {
        sums<true>(operands, start, start_stride, out, out_stride);
    } else {
        sums<false>(operands, start, start_stride, out, out_stride);
    }
}

void block(const multiply_params & p, int row, int output, const amx_operands & operands) {
    const size_t column = output - p.first;
    const float * add = p.add ? p.add + row * p.add_stride + column : nullptr;
    float * out = p.out + row * p.out_stride + column;
    const int n_outputs = p.last - output;
    if (n_outputs >= AMX_OUTPUTS) {
        sums_of(operands, add, p.add_stride, out, p.out_stride);
        return;
    }
    alignas(64) float outputs[AMX_BLOCK_ROWS][AMX_OUTPUTS] = {};
    for (int i = 0; i < operands.n_rows && add; ++i) {
        memcpy(outputs[i], add + i * p.add_stride, n_outputs * sizeof(float));
    }
    sums_of(operands, outputs[0], AMX_OUTPUTS, outputs[0], AMX_OUTPUTS);
    for (int i = 0; i < operands.n_rows; ++i) {
        memcpy(out + i * p.out_stride, outputs[i], n_outputs * sizeof(float));
    }
}

// A block of 32 weights in BF16.
inline __m512 decode(weight_format format, const uint8_t * block) {
    __m512 v[2];
    ggml_block_decode_avx512(format, block, v);
    return _mm512_castsi512_ps(avx512_round_bf16(v[0], v[1]));
}

inline void put(const activation_span & row, int b, const __m512 (&v)[2]) {
    _mm512_storeu_si512((void *) (row.bf16 + b * 32), avx512_round_bf16(v[0], v[1]));
}

} // namespace

size_t bf16_prepacked_size_amx(weight_format, int n_in, int n_out) {
    return (size_t) ceil_div(n_out, AMX_OUTPUTS) * (n_in / 32) * sizeof(bf16_block);
}

void bf16_prepack_amx(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    const int n_blocks = n_in / 32;
    const size_t block_size = ggml_block_size(format);
    for (int output = 0; output < round_up(n_out, AMX_OUTPUTS); output += 16) {
        bf16_block * panel = (bf16_block *) panels + (size_t) (output / AMX_OUTPUTS) * n_blocks;
        const uint8_t * source = (const uint8_t *) rows + (size_t) output * n_blocks * block_size;
        for (int b = 0; b < n_blocks; ++b, source += block_size) {
            __m512 pairs[16]; // one output each
            for (int i = 0; i < 16; ++i) {
                pairs[i] =
                    output + i < n_out ? decode(format, source + i * n_blocks * block_size) : _mm512_setzero_ps();
            }
            avx512_transpose(pairs, (float *) panel[b].weight[output % AMX_OUTPUTS / 16], 16);
        }
    }
}

void bf16_multiply_amx(const multiply_params & p) {
    block_tiles tiles;
    const int n_steps = p.n_in / 32;
    const size_t panel_size = n_steps * sizeof(bf16_block);
    const size_t stride = bf16_row_size(p.n_in);
    each_row_range(p.n_rows, [&](const row_range & rows) {
        for (int output = p.first; output < p.last; output += AMX_OUTPUTS) {
            const char * panel = (const char *) p.panels + output / AMX_OUTPUTS * panel_size;
            panel_prefetch prefetch = amx_panel_prefetch(panel + panel_size, rows.n);
            for (int i = 0; i < rows.n; i += AMX_BLOCK_ROWS) {
                const row_range block_rows = rows.block(i);
                tiles.shape(block_rows.n);
                block(p, block_rows.first, output,
                    { panel, n_steps, p.x + block_rows.first * stride, stride, block_rows.n, prefetch });
                prefetch.skip(n_steps);
            }
        }
    });
}

void bf16_quantize_from_f32_amx(const float * x, const activation_span & row) {
    avx512_each(x, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

void bf16_quantize_from_rms_norm_amx(const float * x, const float * weight, float eps, const activation_span & row) {
    avx512_rms_norm(x, weight, eps, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

void bf16_quantize_from_swiglu_amx(const float * gate, const float * up, const activation_span & row) {
    avx512_swiglu(gate, up, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}
