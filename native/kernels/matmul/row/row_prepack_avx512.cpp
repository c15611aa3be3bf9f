#include "kernels/matmul/ggml_blocks_avx512.h"
#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_panels.h"
#include "kernels/matmul/row/row_rotation.h"
#include "kernels/matmul/row/row_scale.h"
#include "kernels/simd/avx512.h"
#include "kernels/simd/scalar.h"

#if !defined(__AVX512VNNI__)
    #error "needs AVX-512 VNNI: see cmake/kernels.cmake"
#endif

namespace {

// Weights of one output, rotated.
struct source_row {
    weight_format format;
    const uint8_t * blocks; // ggml's; NULL: zeros

    // Vectors [first, last), as each_rotated().
    template <typename taker> void each(int first, int last, taker take) const {
        each_rotated(
            first, last,
            [&](int at, auto & v) {
                UNROLL
                for (int i = 0; i < (int) (sizeof(v) / sizeof(v[0])); i += 2) {
                    decode((at + i) / 2, v[i], v[i + 1]);
                }
            },
            take);
    }

private:
    void decode(int block, __m512 & low, __m512 & high) const {
        __m512 v[2] = { _mm512_setzero_ps(), _mm512_setzero_ps() };
        if (blocks) {
            ggml_block_decode_avx512(format, blocks + block * ggml_block_size(format), v);
        }
        low = v[0];
        high = v[1];
    }
};

row_scale fit(const source_row & row, int n_vectors) {
    __m512i most = _mm512_setzero_si512();
    row.each(0, n_vectors, [&](int, const auto & v) { most = avx512_max_magnitude(most, v); });
    return fit_row_scale(_mm512_reduce_max_epi32(most));
}

void quantize(const source_row & row, int first, int last, float steps_per_unit, int8_t * to) {
    row.each(first, last, [&](int at, const auto & v) {
        UNROLL
        for (int i = 0; i < (int) (sizeof(v) / sizeof(v[0])); ++i) {
            const __m512i steps = _mm512_cvtps_epi32(_mm512_mul_ps(v[i], _mm512_set1_ps(steps_per_unit)));
            _mm_storeu_si128((__m128i *) (to + (at - first + i) * 16), _mm512_cvtsepi32_epi8(steps));
        }
    });
}

// One half of a panel.
void prepack_half(weight_format format, int n_in, const row_panel_half & half) {
    const int n_vectors = n_in / 16;
    row_panel_step * steps = half.steps;
    source_row rows[16];
    row_scale scales[16];
    __m512i sums[16];
    for (int i = 0; i < 16; ++i) {
        rows[i] = { format, half.rows[i] };
        scales[i] = fit(rows[i], n_vectors);
        sums[i] = _mm512_setzero_si512();
    }
    for (int first = 0; first < n_vectors; first += ROTATED_VECTORS) {
        const int last = min(first + ROTATED_VECTORS, n_vectors);
        alignas(64) int8_t weights[16][ROTATED_VECTORS * 16] = {}; // of an output each
        for (int i = 0; i < 16; ++i) {
            quantize(rows[i], first, last, scales[i].steps_per_unit, weights[i]);
        }
        for (int at = first; at < last; at += 4, ++steps) {
            __m512 fours[16];
            for (int i = 0; i < 16; ++i) {
                const __m512i bytes = _mm512_load_si512(weights[i] + (at - first) * 16);
                sums[i] = _mm512_dpbusd_epi32(sums[i], _mm512_set1_epi8(1), bytes);
                fours[i] = _mm512_castsi512_ps(bytes);
            }
            avx512_transpose(fours, (float *) steps->weight[half.index], 16);
        }
    }
    for (int i = 0; i < 16; ++i) {
        half.outputs->offset[half.index * 16 + i] = -128 * _mm512_reduce_add_epi32(sums[i]);
        half.outputs->scale[half.index * 16 + i] = scales[i].scale;
    }
}

} // namespace

void row_prepack_avx512(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    const size_t row_size = n_in / 32 * ggml_block_size(format);
    each_panel_half(
        row_size, rows, n_in, n_out, panels, [&](const row_panel_half & half) { prepack_half(format, n_in, half); });
}
