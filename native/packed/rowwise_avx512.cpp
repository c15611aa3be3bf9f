#include "packed/packed_path.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)

    #include "packed/rowwise_activations.h"
    #include "packed/rowwise_panels.h"
    #include "packed/unroll.h"

    #include <cstring>
    #include <immintrin.h>
    #include <utility>

namespace {

const int TILE_ROWS = 14; // 28 sums of 32 registers
const int ROWS = 252;     // so many stay in the L2 cache while all panels pass

struct tile_task {
    const rowwise_step * panel;
    int n_steps;
    const uint8_t * x;
    size_t x_stride;
    size_t scale_offset; // of a row
    const float * add;   // NULL: zeros
    size_t add_stride;
    float * out;
    size_t out_stride;
    __mmask16 exist[2]; // outputs
};

inline __m512i broadcast_four(const uint8_t * x) {
    int32_t four;
    memcpy(&four, x, sizeof(four));
    return _mm512_set1_epi32(four);
}

inline void write(const tile_task & t, size_t row, const __m512i (&sums)[2], const __m512 (&scale)[2]) {
    float step;
    memcpy(&step, t.x + row * t.x_stride + t.scale_offset, sizeof(step));
    for (int j = 0; j < 2; ++j) {
        const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[j]), scale[j]);
        const __m512 start =
            t.add ? _mm512_maskz_loadu_ps(t.exist[j], t.add + row * t.add_stride + j * 16) : _mm512_setzero_ps();
        const __m512 result = _mm512_fmadd_ps(scaled, _mm512_set1_ps(step), start);
        _mm512_mask_storeu_ps(t.out + row * t.out_stride + j * 16, t.exist[j], result);
    }
}

// Unpacked instead of loops, whose arrays GCC would keep in memory.
template <size_t... row> void tile(const tile_task & t, std::index_sequence<row...>) {
    const rowwise_outputs & ends = *(const rowwise_outputs *) (t.panel + t.n_steps);
    const __m512i start[2] = { _mm512_load_si512(ends.start), _mm512_load_si512(ends.start + 16) };
    __m512i low[] = { (void(row), start[0])... };
    __m512i high[] = { (void(row), start[1])... };
    const size_t stride = t.x_stride;
    // Of every third row: an address has room for twice the stride, and there are not registers enough for all.
    const uint8_t * x[] = { t.x, t.x + 3 * stride, t.x + 6 * stride, t.x + 9 * stride, t.x + 12 * stride };
    for (int step = 0; step < t.n_steps; ++step) {
        const rowwise_step & weights = t.panel[step];
        UNROLL
        for (int k = 0; k < 16; ++k) {
            const __m512i w[2] = { _mm512_load_si512(weights.weight[0][k]), _mm512_load_si512(weights.weight[1][k]) };
            (
                [&] {
                    const __m512i four = broadcast_four(x[row / 3] + row % 3 * stride + k * 4);
                    low[row] = _mm512_dpbusd_epi32(low[row], four, w[0]);
                    high[row] = _mm512_dpbusd_epi32(high[row], four, w[1]);
                }(),
                ...);
        }
        for (const uint8_t *& third : x) {
            third += 64;
        }
    }
    const __m512 scale[2] = { _mm512_load_ps(ends.scale), _mm512_load_ps(ends.scale + 16) };
    (write(t, row, { low[row], high[row] }, scale), ...);
}

template <int n_rows = TILE_ROWS> void tile_of(int n, const tile_task & t) {
    if constexpr (n_rows > 1) {
        if (n < n_rows) {
            tile_of<n_rows - 1>(n, t);
            return;
        }
    }
    tile(t, std::make_index_sequence<n_rows>());
}

__mmask16 first_of(int n) {
    return n >= 16 ? 0xffff : n <= 0 ? 0 : (__mmask16) ((1 << n) - 1);
}

void multiply_rows(const packed_product & p, int first_row, int n_rows) {
    const size_t stride = rowwise_row_size(p.n_in);
    for (int output = p.first; output < p.last; output += ROWWISE_OUTPUTS) {
        const int n_outputs = p.last - output;
        const size_t column = output - p.first;
        for (int row = first_row; row < first_row + n_rows; row += TILE_ROWS) {
            const int left = first_row + n_rows - row;
            tile_of(left < TILE_ROWS ? left : TILE_ROWS,
                { rowwise_panel(p.packed, p.n_in, output), rowwise_steps(p.n_in), p.x + row * stride, stride,
                    rowwise_scale_offset(p.n_in), p.add ? p.add + row * p.add_stride + column : nullptr, p.add_stride,
                    p.out + row * p.out_stride + column, p.out_stride,
                    { first_of(n_outputs), first_of(n_outputs - 16) } });
        }
    }
}

void multiply(const packed_product & p) {
    for (int row = 0; row < p.n_rows; row += ROWS) {
        multiply_rows(p, row, p.n_rows - row < ROWS ? p.n_rows - row : ROWS);
    }
}

} // namespace

const packed_path * rowwise_avx512_path() {
    static const packed_path path = { "AVX-512 VNNI, a scale for each row", activation_kind::row_bytes, 56,
        rowwise_panels_size, rowwise_pack, multiply, rowwise_quantize, rowwise_rms_norm_quantize, rowwise_swiglu,
        rowwise_finish, nullptr };
    return &path;
}

#else

const packed_path * rowwise_avx512_path() {
    return nullptr;
}

#endif
