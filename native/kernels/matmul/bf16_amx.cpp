#include "kernels/matmul/matmul_kernels.h"

#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AVX512BF16__)

    #include "kernels/matmul/block/block_decode_avx512.h"
    #include "kernels/matmul/row_sources_avx512.h"
    #include "kernels/matmul/tile_product_amx.h"
    #include "kernels/simd/avx512_transpose.h"

namespace {

// 32 weights of 32 outputs, rounded to nearest, in two tiles of 16 outputs. Weights are panels of 32 outputs, in each of them
// one of these for every 32 inputs; missing outputs of the last panel are zeros.
struct alignas(64) bf16_block {
    uint16_t weight[2][16][16][2]; // [output/16][input/2][output%16][input%2]
};

// Sums of n_rows x 32 outputs, in memory that may be read and written as a whole.
template <bool two>
inline void sums(const amx_steps & steps, const float * start, size_t start_stride, float * out, size_t out_stride) {
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
    amx_multiply<true, two, amx_passing::none>(steps, [] {});
    _tile_stored(0, out, out_bytes);
    _tile_stored(1, out + 16, out_bytes);
    if (two) {
        float * second = out + AMX_TILE_ROWS * out_stride;
        _tile_stored(2, second, out_bytes);
        _tile_stored(3, second + 16, out_bytes);
    }
}

inline void sums_of(const amx_steps & steps, const float * start, size_t start_stride, float * out, size_t out_stride) {
    if (steps.n_rows > AMX_TILE_ROWS) {
        sums<true>(steps, start, start_stride, out, out_stride);
    } else {
        sums<false>(steps, start, start_stride, out, out_stride);
    }
}

void block(const packed_product & p, int row, int output, const amx_steps & steps) {
    const size_t column = output - p.first;
    const float * add = p.add ? p.add + row * p.add_stride + column : nullptr;
    float * out = p.out + row * p.out_stride + column;
    const int n_outputs = p.last - output;
    if (n_outputs >= AMX_OUTPUTS) {
        sums_of(steps, add, p.add_stride, out, p.out_stride);
        return;
    }
    alignas(64) float outputs[AMX_BLOCK_ROWS][AMX_OUTPUTS] = {};
    for (int i = 0; i < steps.n_rows && add; ++i) {
        memcpy(outputs[i], add + i * p.add_stride, n_outputs * sizeof(float));
    }
    sums_of(steps, outputs[0], AMX_OUTPUTS, outputs[0], AMX_OUTPUTS);
    for (int i = 0; i < steps.n_rows; ++i) {
        memcpy(out + i * p.out_stride, outputs[i], n_outputs * sizeof(float));
    }
}

void multiply(const packed_product & p) {
    amx_block_tiles tiles;
    const int n_steps = p.n_in / 32;
    const size_t panel_size = n_steps * sizeof(bf16_block);
    const size_t stride = bf16_row_size(p.n_in);
    amx_each_rows(p.n_rows, [&](const amx_rows & rows) {
        for (int output = p.first; output < p.last; output += AMX_OUTPUTS) {
            const char * panel = (const char *) p.packed + output / AMX_OUTPUTS * panel_size;
            lines_ahead ahead = amx_lines_ahead(panel + panel_size, rows.n);
            for (int i = 0; i < rows.n; i += AMX_BLOCK_ROWS) {
                const amx_rows some = rows.block(i);
                tiles.shape(some.n);
                block(p, some.first, output, { panel, n_steps, p.x + some.first * stride, stride, some.n, ahead });
                ahead.skip(n_steps);
            }
        }
    });
}

size_t panels_size(weight_format, int n_in, int n_out) {
    return (size_t) ((n_out + AMX_OUTPUTS - 1) / AMX_OUTPUTS) * (n_in / 32) * sizeof(bf16_block);
}

// One of ggml's blocks: 32 weights in BF16.
inline __m512 decode(weight_format format, const uint8_t * block) {
    __m512 v[2];
    avx512_decode(format, block, v);
    return (__m512) _mm512_cvtne2ps_pbh(v[1], v[0]);
}

void pack(weight_format format, const void * rows, int n_in, int n_out, void * packed) {
    const int n_blocks = n_in / 32;
    const size_t block_size = source_block_size(format);
    for (int output = 0; output < (n_out + AMX_OUTPUTS - 1) / AMX_OUTPUTS * AMX_OUTPUTS; output += 16) {
        bf16_block * panel = (bf16_block *) packed + (size_t) (output / AMX_OUTPUTS) * n_blocks;
        const uint8_t * source = (const uint8_t *) rows + (size_t) output * n_blocks * block_size;
        for (int b = 0; b < n_blocks; ++b, source += block_size) {
            __m512 pairs[16]; // of an output each
            for (int i = 0; i < 16; ++i) {
                pairs[i] =
                    output + i < n_out ? decode(format, source + i * n_blocks * block_size) : _mm512_setzero_ps();
            }
            avx512_transpose(pairs, (float *) panel[b].weight[output % AMX_OUTPUTS / 16], 16);
        }
    }
}

inline void put(const activation_row & row, int b, const __m512 (&v)[2]) {
    _mm512_storeu_si512((void *) (row.bf16 + b * 32), (__m512i) _mm512_cvtne2ps_pbh(v[1], v[0]));
}

void quantize(const float * x, const activation_row & row) {
    avx512_each(x, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

void rms_norm_quantize(const float * x, const float * weight, float eps, const activation_row & row) {
    avx512_rms_norm(x, weight, eps, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

void swiglu_quantize(const float * gate, const float * up, const activation_row & row) {
    avx512_swiglu(gate, up, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

} // namespace

const matmul_kernels * bf16_amx_path() {
    static const matmul_kernels path = { "AMX BF16", activation_kind::bf16, 256, panels_size, pack, multiply, quantize,
        rms_norm_quantize, swiglu_quantize, nullptr, nullptr, nullptr };
    return &path;
}

#else

const matmul_kernels * bf16_amx_path() {
    return nullptr;
}

#endif
