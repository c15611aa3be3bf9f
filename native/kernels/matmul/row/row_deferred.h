// Sums of rowwise products that wait to be scaled: that is done a row at a time, while those of the next rows are multiplied. For
// files that are compiled for AVX-512.
#pragma once

#include "kernels/matmul/row/row_panels.h"
#include "kernels/simd/avx512_bf16.h"
#include "kernels/simd/avx512_silu.h"

// Rows of sums; `scaled` is what is done to one.
template <typename scaled> class waiting_rows {
public:
    // all that waited is done
    void wait(const scaled & rows, int n) {
        this->rows = rows;
        left = n;
    }

    template <int n> void some() {
        if (left >= n) {
            for (int i = 0; i < n; ++i) {
                rows.next();
            }
            left -= n;
        }
    }

    void rest() {
        for (; left > 0; --left) {
            rows.next();
        }
    }

private:
    scaled rows = {};
    int left = 0;
};

// The scales of rows.
struct row_scales {
    const uint8_t * first;
    size_t stride;

    row_scales() = default;
    row_scales(const uint8_t * x, size_t stride, int n_in) : first(x + rowwise_scale_offset(n_in)), stride(stride) {}
    explicit row_scales(const float * scales) : first((const uint8_t *) scales), stride(sizeof(float)) {}

    float at(int row) const { return *(const float *) (first + row * stride); }
    __m512 of(int row) const { return _mm512_set1_ps(at(row)); }
    __m512 next() {
        const __m512 scale = of(0);
        first += stride;
        return scale;
    }
};

// Where sums begin: with what belongs to their outputs, or with zero, so that this is still to be added.
enum class sums_from { start, zero };

// Of 16 outputs from `first` on.
template <sums_from from>
static inline __m512i finished_sums(const int32_t * sums, const rowwise_outputs & outputs, int first) {
    const __m512i v = _mm512_load_si512(sums + first);
    return from == sums_from::start ? v : _mm512_add_epi32(v, _mm512_load_si512(outputs.start + first));
}

template <sums_from from> struct scaled_gates {
    const int32_t (*gates)[ROWWISE_OUTPUTS];
    const int32_t (*ups)[ROWWISE_OUTPUTS];
    const rowwise_outputs * of_gates;
    const rowwise_outputs * of_ups;
    row_scales steps;
    uint16_t * out;
    size_t out_stride;

    void next() {
        const __m512 step = steps.next();
        __m512 v[2];
        for (int j = 0; j < 2; ++j) {
            v[j] = avx512_silu_coarse(scaled(gates[0], *of_gates, j * 16, step), scaled(ups[0], *of_ups, j * 16, step));
        }
        avx512_store_bf16(out, v);
        ++gates;
        ++ups;
        out += out_stride;
    }

private:
    static __m512 scaled(const int32_t * sums, const rowwise_outputs & outputs, int first, __m512 step) {
        const __m512 v = _mm512_cvtepi32_ps(finished_sums<from>(sums, outputs, first));
        return _mm512_mul_ps(_mm512_mul_ps(v, _mm512_load_ps(outputs.scale + first)), step);
    }
};
