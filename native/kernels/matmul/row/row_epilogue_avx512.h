// Epilogues of products with row scales: sums of 32 bits are scaled and stored, or become silu(gate) * up.
#pragma once

#include "kernels/matmul/matmul_kernels.h"
#include "kernels/matmul/row/row_panels.h"
#include "kernels/simd/avx512.h"

namespace {

// The scales of consecutive activation rows.
struct activation_scales {
    const uint8_t * first;
    size_t stride;

    activation_scales() = default;
    activation_scales(const uint8_t * x, size_t stride, int n_in)
        : first(x + row_bytes_scale_offset(n_in)), stride(stride) {}
    explicit activation_scales(const float * scales) : first((const uint8_t *) scales), stride(sizeof(float)) {}

    float at(int row) const { return *(const float *) (first + row * stride); }
    __m512 of(int row) const { return _mm512_set1_ps(at(row)); }
    __m512 next() {
        const __m512 scale = of(0);
        first += stride;
        return scale;
    }
};

// Scales the sums of a panel's 32 outputs and adds them to `add`, row by row.
struct f32_epilogue {
    const float * add;
    size_t add_stride;
    float * out;
    size_t out_stride;
    __mmask16 exist[2]; // outputs

    f32_epilogue() = default;
    f32_epilogue(const multiply_params & p, int first_row, int output)
        : add(p.add ? p.add + first_row * p.add_stride + (output - p.first) : zeros()),
          add_stride(p.add ? p.add_stride : 0), out(p.out + first_row * p.out_stride + (output - p.first)),
          out_stride(p.out_stride), exist{ first_of(p.last - output), first_of(p.last - output - 16) } {}

    // scale: of the outputs; x_scale: of the activation row
    void write(size_t row, const __m512i (&sums)[2], const __m512 (&scale)[2], __m512 x_scale) const {
        for (int j = 0; j < 2; ++j) {
            const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[j]), scale[j]);
            const __m512 start = _mm512_maskz_loadu_ps(exist[j], add + row * add_stride + j * 16);
            _mm512_mask_storeu_ps(out + row * out_stride + j * 16, exist[j], _mm512_fmadd_ps(scaled, x_scale, start));
        }
    }

    void write(const __m512i (&sums)[2], const __m512 (&scale)[2], __m512 x_scale) const {
        write(0, sums, scale, x_scale);
    }

    // Moves to the next row.
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

// Whether sums started from the offsets of their outputs, or from zero, so that the offsets are still to be added.
enum class sums_from { offset, zero };

// The sums of 16 outputs from `first` on, offsets included.
template <sums_from from>
inline __m512i complete_sums(const int32_t * sums, const row_panel_outputs & outputs, int first) {
    const __m512i v = _mm512_load_si512(sums + first);
    return from == sums_from::offset ? v : _mm512_add_epi32(v, _mm512_load_si512(outputs.offset + first));
}

// silu(gate) * up in BF16.
template <sums_from from> struct deferred_swiglu {
    const int32_t (*gates)[PANEL_OUTPUTS];
    const int32_t (*ups)[PANEL_OUTPUTS];
    const row_panel_outputs * of_gates;
    const row_panel_outputs * of_ups;
    activation_scales scales;
    uint16_t * out;
    size_t out_stride;

    void next() {
        const __m512 x_scale = scales.next();
        __m512 v[2];
        for (int j = 0; j < 2; ++j) {
            v[j] = avx512_silu_coarse(
                scaled(gates[0], *of_gates, j * 16, x_scale), scaled(ups[0], *of_ups, j * 16, x_scale));
        }
        avx512_store_bf16(out, v);
        ++gates;
        ++ups;
        out += out_stride;
    }

private:
    static __m512 scaled(const int32_t * sums, const row_panel_outputs & outputs, int first, __m512 x_scale) {
        const __m512 v = _mm512_cvtepi32_ps(complete_sums<from>(sums, outputs, first));
        return _mm512_mul_ps(_mm512_mul_ps(v, _mm512_load_ps(outputs.scale + first)), x_scale);
    }
};

// Deferred epilogue: the sums of a tile are scaled one row at a time while the next tile is multiplied, so that the
// vector units work alongside. `rows` has the sums; its next() finishes a row.
template <typename deferred_rows> class deferred_epilogue {
public:
    // After finish().
    void defer(const deferred_rows & rows, int n) {
        this->rows = rows;
        left = n;
    }

    template <int n> void run() {
        if (left >= n) {
            for (int i = 0; i < n; ++i) {
                rows.next();
            }
            left -= n;
        }
    }

    void finish() {
        for (; left > 0; --left) {
            rows.next();
        }
    }

private:
    deferred_rows rows = {};
    int left = 0;
};

} // namespace
