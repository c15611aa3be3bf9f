#include "packed/rowwise_panels.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)

    #include "avx512_transpose.h"
    #include "packed/avx512_blocks.h"
    #include "packed/avx512_magnitude.h"
    #include "packed/rowwise_scale.h"

// Weights of one output.
struct source_row {
    packed_format format;
    const uint8_t * blocks; // NULL: zeros
    int n_blocks;

    void decode(int b, __m512 (&v)[2]) const {
        if (blocks && b < n_blocks) {
            avx512_decode(format, blocks + b * source_block_size(format), v);
        } else {
            v[0] = v[1] = _mm512_setzero_ps();
        }
    }
};

static rowwise_scale fit(const source_row & row) {
    __m512i most = _mm512_setzero_si512();
    for (int b = 0; b < row.n_blocks; ++b) {
        __m512 v[2];
        row.decode(b, v);
        most = avx512_larger_magnitude(most, v);
    }
    return rowwise_fit(_mm512_reduce_max_epi32(most));
}

// 64 weights, from block b on.
static __m512i quantize(const source_row & row, int b, float per_value) {
    __m128i bytes[4];
    for (int i = 0; i < 2; ++i) {
        __m512 v[2];
        row.decode(b + i, v);
        for (int j = 0; j < 2; ++j) {
            bytes[i * 2 + j] =
                _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(v[j], _mm512_set1_ps(per_value))));
        }
    }
    __m512i all = _mm512_castsi128_si512(bytes[0]);
    all = _mm512_inserti32x4(all, bytes[1], 1);
    all = _mm512_inserti32x4(all, bytes[2], 2);
    return _mm512_inserti32x4(all, bytes[3], 3);
}

// One half of a panel.
static void pack_half(
    const source_row (&rows)[16], rowwise_step * steps, int n_steps, int half, rowwise_outputs & ends) {
    rowwise_scale scales[16];
    __m512i sums[16];
    for (int i = 0; i < 16; ++i) {
        scales[i] = fit(rows[i]);
        sums[i] = _mm512_setzero_si512();
    }
    for (int s = 0; s < n_steps; ++s) {
        __m512 fours[16]; // of an output each, 16 of them
        for (int i = 0; i < 16; ++i) {
            const __m512i bytes = quantize(rows[i], s * 2, scales[i].per_value);
            sums[i] = _mm512_dpbusd_epi32(sums[i], _mm512_set1_epi8(1), bytes);
            fours[i] = _mm512_castsi512_ps(bytes);
        }
        avx512_transpose(fours, (float *) steps[s].weight[half], 16);
    }
    for (int i = 0; i < 16; ++i) {
        ends.start[half * 16 + i] = -128 * _mm512_reduce_add_epi32(sums[i]);
        ends.scale[half * 16 + i] = scales[i].scale;
    }
}

size_t rowwise_panels_size(packed_format, int n_in, int n_out) {
    return (size_t) ((n_out + ROWWISE_OUTPUTS - 1) / ROWWISE_OUTPUTS) * rowwise_panel_size(n_in);
}

void rowwise_pack(packed_format format, const void * rows, int n_in, int n_out, void * packed) {
    const int n_blocks = n_in / 32;
    const int n_steps = rowwise_steps(n_in);
    const size_t row_size = n_blocks * source_block_size(format);
    for (int output = 0; output < n_out; output += ROWWISE_OUTPUTS) {
        rowwise_step * steps = (rowwise_step *) rowwise_panel(packed, n_in, output);
        for (int half = 0; half < 2; ++half) {
            source_row sources[16];
            for (int i = 0; i < 16; ++i) {
                const int row = output + half * 16 + i;
                sources[i] = { format, row < n_out ? (const uint8_t *) rows + row * row_size : nullptr, n_blocks };
            }
            pack_half(sources, steps, n_steps, half, *(rowwise_outputs *) (steps + n_steps));
        }
    }
}

#endif
