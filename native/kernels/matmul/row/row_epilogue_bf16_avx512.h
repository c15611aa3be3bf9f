#pragma once

#include "kernels/matmul/matmul_kernels.h"
#include "kernels/simd/avx512_bf16.h"

namespace {

// As f32_epilogue (row_epilogue_avx512.h), to BF16 after the rotary embedding.
struct bf16_epilogue {
    uint16_t * out;
    size_t out_stride;
    __mmask32 exist;           // outputs
    const int32_t * positions; // of the row; NULL: no rotation
    const float * cosines;     // of position 0 and the 16 pairs of the panel, like sines
    const float * sines;
    int n_pairs; // of a head

    bf16_epilogue() = default;
    bf16_epilogue(const multiply_to_bf16_params & p, int first_row, int output)
        : out(p.out + first_row * p.out_stride + (output - p.first)), out_stride(p.out_stride),
          exist(p.last - output >= 32 ? ~(__mmask32) 0 : ((__mmask32) 1 << (p.last - output)) - 1), positions(nullptr) {
        if (const rotary_angles * angles = p.angles) {
            const int first_pair = output % angles->n_embd_head / 2;
            positions = angles->positions + first_row;
            cosines = angles->cosines + first_pair;
            sines = angles->sines + first_pair;
            n_pairs = angles->n_embd_head / 2;
        }
    }

    void write(const __m512i (&sums)[2], const __m512 (&scale)[2], __m512 x_scale) const {
        __m512 v[2];
        for (int j = 0; j < 2; ++j) {
            v[j] = _mm512_mul_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums[j]), scale[j]), x_scale);
        }
        if (positions) {
            const size_t at = (size_t) *positions * n_pairs;
            rotate(v, _mm512_loadu_ps(cosines + at), _mm512_loadu_ps(sines + at));
        }
        _mm512_mask_storeu_epi16(out, exist, avx512_round_bf16(v[0], v[1]));
    }

    void advance() {
        out += out_stride;
        positions += positions != nullptr;
    }

private:
    // (a, b) -> (a cos - b sin, b cos + a sin)
    static void rotate(__m512 (&v)[2], __m512 cosine, __m512 sine) {
        const __m512i twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
        for (int j = 0; j < 2; ++j) {
            const __m512i pairs = _mm512_add_epi32(twice, _mm512_set1_epi32(8 * j));
            const __m512 swapped = _mm512_permute_ps(v[j], 0xb1);
            v[j] = _mm512_fmaddsub_ps(
                v[j], _mm512_permutexvar_ps(pairs, cosine), _mm512_mul_ps(swapped, _mm512_permutexvar_ps(pairs, sine)));
        }
    }
};

} // namespace
