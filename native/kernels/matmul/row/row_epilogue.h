// Where the sums of a panel's 32 outputs go, row by row. For files that are compiled for AVX-512.
#pragma once

#include "kernels/matmul/matmul_kernels.h"

#include <immintrin.h>

struct rowwise_result {
    const float * add;
    size_t add_stride;
    float * out;
    size_t out_stride;
    __mmask16 exist[2]; // outputs

    rowwise_result() = default;
    rowwise_result(const packed_product & p, int first_row, int output)
        : add(p.add ? p.add + first_row * p.add_stride + (output - p.first) : zeros()),
          add_stride(p.add ? p.add_stride : 0), out(p.out + first_row * p.out_stride + (output - p.first)),
          out_stride(p.out_stride), exist{ first_of(p.last - output), first_of(p.last - output - 16) } {}

    // scale: of the outputs; step: of the row
    void write(size_t row, const __m512i (&sums)[2], const __m512 (&scale)[2], __m512 step) const {
        for (int j = 0; j < 2; ++j) {
            const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[j]), scale[j]);
            const __m512 start = _mm512_maskz_loadu_ps(exist[j], add + row * add_stride + j * 16);
            _mm512_mask_storeu_ps(out + row * out_stride + j * 16, exist[j], _mm512_fmadd_ps(scaled, step, start));
        }
    }

    void write(const __m512i (&sums)[2], const __m512 (&scale)[2], __m512 step) const { write(0, sums, scale, step); }

    // To the next row.
    void advance() {
        add += add_stride;
        out += out_stride;
    }

private:
    static const float * zeros() {
        alignas(64) static const float none[32] = {};
        return none;
    }

    static __mmask16 first_of(int n) { return n >= 16 ? 0xffff : n <= 0 ? 0 : (__mmask16) ((1 << n) - 1); }
};
