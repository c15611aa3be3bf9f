#include "packed/packed_path.h"

#if defined(__AMX_TILE__) && defined(__AMX_INT8__) && defined(__AVX512F__)

    #include "packed/amx_product.h"
    #include "packed/rowwise_activations.h"
    #include "packed/rowwise_panels.h"

namespace {

struct int8_kind {
    static const bool bf16 = false;

    static int n_steps(int n_in) { return rowwise_steps(n_in); }
    static size_t panel_size(int n_in) { return rowwise_panel_size(n_in); }

    // sums: of 32 outputs for each row
    template <bool two> static void sums_of(const amx_steps & steps, const int32_t * start, int32_t * sums) {
        const size_t bytes = AMX_OUTPUTS * sizeof(int32_t);
        _tile_loadd(0, start, 0); // the same for every row
        _tile_loadd(1, start + 16, 0);
        if (two) {
            _tile_loadd(2, start, 0);
            _tile_loadd(3, start + 16, 0);
        }
        amx_multiply<bf16, two>(steps);
        _tile_stored(0, sums, bytes);
        _tile_stored(1, sums + 16, bytes);
        if (two) {
            int32_t * second = sums + AMX_TILE_ROWS * AMX_OUTPUTS;
            _tile_stored(2, second, bytes);
            _tile_stored(3, second + 16, bytes);
        }
    }

    static void block(const packed_product & p, int row, int output, const amx_steps & steps) {
        const rowwise_outputs & ends = *(const rowwise_outputs *) (steps.panel + steps.n * sizeof(rowwise_step));
        alignas(64) int32_t sums[2 * AMX_TILE_ROWS][AMX_OUTPUTS];
        if (steps.n_rows > AMX_TILE_ROWS) {
            sums_of<true>(steps, ends.start, sums[0]);
        } else {
            sums_of<false>(steps, ends.start, sums[0]);
        }
        const size_t column = output - p.first;
        const float * add = p.add ? p.add + row * p.add_stride + column : nullptr;
        float * out = p.out + row * p.out_stride + column;
        const int n_outputs = p.last - output;
        const __mmask16 exist[2] = { first_of(n_outputs), first_of(n_outputs - 16) };
        const __m512 scale[2] = { _mm512_load_ps(ends.scale), _mm512_load_ps(ends.scale + 16) };
        const uint8_t * row_scale = steps.x + rowwise_scale_offset(p.n_in);
        for (int i = 0; i < steps.n_rows; ++i, row_scale += steps.x_stride) {
            const __m512 step = _mm512_set1_ps(*(const float *) row_scale);
            for (int j = 0; j < 2; ++j) {
                const __m512 sum = _mm512_cvtepi32_ps(_mm512_load_si512(sums[i] + j * 16));
                const __m512 scaled = _mm512_mul_ps(sum, scale[j]);
                const __m512 start =
                    add ? _mm512_maskz_loadu_ps(exist[j], add + i * p.add_stride + j * 16) : _mm512_setzero_ps();
                _mm512_mask_storeu_ps(out + i * p.out_stride + j * 16, exist[j], _mm512_fmadd_ps(scaled, step, start));
            }
        }
    }

    static __mmask16 first_of(int n) { return n >= 16 ? 0xffff : n <= 0 ? 0 : (1 << n) - 1; }
};

void multiply(const packed_product & p) {
    amx_product<int8_kind>(p, rowwise_row_size(p.n_in));
}

} // namespace

const packed_path * rowwise_amx_path() {
    static const packed_path path = { "AMX int8, a scale for each row", activation_kind::row_bytes, 256,
        rowwise_panels_size, rowwise_pack, multiply, rowwise_quantize, rowwise_rms_norm_quantize, rowwise_swiglu,
        rowwise_finish };
    return &path;
}

#else

const packed_path * rowwise_amx_path() {
    return nullptr;
}

#endif
