#include "packed/packed_path.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)

    #include "packed/lines_ahead.h"
    #include "packed/rowwise_activations.h"
    #include "packed/rowwise_panels.h"
    #include "packed/rowwise_result.h"
    #include "packed/unroll.h"

    #include <cstring>
    #include <immintrin.h>
    #include <utility>

namespace {

const int TILE_ROWS = 14; // 28 sums of 32 registers
const int ROWS = 266;     // so many stay in the L2 cache while all panels pass

struct tile_task {
    const rowwise_step * panel;
    int n_steps;
    const uint8_t * x;
    size_t x_stride;
    size_t scale_offset; // of a row
    lines_ahead ahead;
    rowwise_result result;
};

inline __m512i broadcast_four(const uint8_t * x) {
    int32_t four;
    memcpy(&four, x, sizeof(four));
    return _mm512_set1_epi32(four);
}

inline __m512 step_of(const tile_task & t, size_t row) {
    float step;
    memcpy(&step, t.x + row * t.x_stride + t.scale_offset, sizeof(step));
    return _mm512_set1_ps(step);
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
    lines_ahead ahead = t.ahead;
    for (int step = 0; step < t.n_steps; ++step) {
        const rowwise_step & weights = t.panel[step];
        ahead.fetch();
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
    (t.result.write(row, { low[row], high[row] }, scale, step_of(t, row)), ...);
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

void multiply_rows(const packed_product & p, int first_row, int n_rows) {
    const size_t stride = rowwise_row_size(p.n_in);
    const int n_steps = rowwise_steps(p.n_in);
    const int n_tiles = (n_rows + TILE_ROWS - 1) / TILE_ROWS; // that pass a panel
    for (int output = p.first; output < p.last; output += ROWWISE_OUTPUTS) {
        const rowwise_step * panel = rowwise_panel(p.packed, p.n_in, output);
        lines_ahead ahead((const char *) panel + rowwise_panel_size(p.n_in), sizeof(rowwise_step), n_tiles);
        for (int row = first_row; row < first_row + n_rows; row += TILE_ROWS) {
            const int left = first_row + n_rows - row;
            tile_of(left < TILE_ROWS ? left : TILE_ROWS,
                { panel, n_steps, p.x + row * stride, stride, rowwise_scale_offset(p.n_in), ahead,
                    rowwise_result(p, row, output) });
            ahead.skip(n_steps);
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
