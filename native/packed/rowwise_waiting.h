// Sums of rowwise products that wait to be scaled: that is done a row at a time, while those of the next rows are multiplied. For
// files that are compiled for AVX-512.
#pragma once

#include "packed/avx512_bf16.h"
#include "packed/avx512_silu.h"
#include "packed/rowwise_panels.h"

// Rows of sums; `scaled` is what is done to one.
template <typename scaled> class waiting_rows {
public:
    // all that waited is done
    void wait(const scaled & rows, int n) {
        this->rows = rows;
        n_rows = n;
        next = 0;
    }

    template <int n> void some() {
        if (next + n <= n_rows) {
            for (int i = 0; i < n; ++i) {
                rows.row(next + i);
            }
            next += n;
        }
    }

    void rest() {
        for (; next < n_rows; ++next) {
            rows.row(next);
        }
    }

private:
    scaled rows = {};
    int n_rows = 0;
    int next = 0;
};

// The scales of rows.
struct row_scales {
    const uint8_t * first;
    size_t stride;

    row_scales() = default;
    row_scales(const uint8_t * x, size_t stride, int n_in) : first(x + rowwise_scale_offset(n_in)), stride(stride) {}

    __m512 of(int row) const { return _mm512_set1_ps(*(const float *) (first + row * stride)); }
};

struct scaled_gates {
    const int32_t (*gates)[ROWWISE_OUTPUTS];
    const int32_t (*ups)[ROWWISE_OUTPUTS];
    const float * gate_scale; // of the outputs
    const float * up_scale;
    row_scales steps;
    uint16_t * out;
    size_t out_stride;

    void row(int i) const {
        const __m512 step = steps.of(i);
        __m512 v[2];
        for (int j = 0; j < 2; ++j) {
            v[j] = avx512_silu_coarse(
                scaled(gates[i] + j * 16, gate_scale + j * 16, step), scaled(ups[i] + j * 16, up_scale + j * 16, step));
        }
        avx512_store_bf16(out + i * out_stride, v);
    }

private:
    static __m512 scaled(const int32_t * sums, const float * scale, __m512 step) {
        return _mm512_mul_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(sums)), _mm512_load_ps(scale)), step);
    }
};
