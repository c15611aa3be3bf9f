#include "kernels/matmul/matmul_kernels.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)

    #include "kernels/matmul/prefetch.h"
    #include "kernels/matmul/row/row_deferred.h"
    #include "kernels/matmul/row/row_epilogue.h"
    #include "kernels/matmul/row/row_panels.h"
    #include "kernels/matmul/row/row_quantize.h"
    #include "kernels/simd/unroll.h"

    #include <cstring>
    #include <immintrin.h>
    #include <utility>

namespace {

const int ROWS = 266; // so many stay in the L2 cache while all panels pass

// Rows that are computed together, by the number of panels: 28 or 24 sums of 32 registers.
template <int n_panels> constexpr int TILE_ROWS = n_panels == 1 ? 14 : 6;

template <int n_panels> int tiles_of(int n_rows) {
    return (n_rows + TILE_ROWS<n_panels> - 1) / TILE_ROWS<n_panels>;
}

struct panel {
    const rowwise_step * steps;
    const rowwise_outputs * outputs;
    lines_ahead ahead;

    panel(const void * packed, int n_in, int output, int n_tiles)
        : steps(rowwise_panel(packed, n_in, output)), outputs((const rowwise_outputs *) (steps + rowwise_steps(n_in))),
          ahead(outputs + 1, sizeof(rowwise_step), n_tiles) {}
};

struct input_rows {
    const uint8_t * first;
    size_t stride;
    int n_in;

    int n_steps() const { return rowwise_steps(n_in); }
    input_rows from(int row) const { return { first + row * stride, stride, n_in }; }
    row_scales scales() const { return { first, stride, n_in }; }
};

inline __m512i broadcast_four(const uint8_t * x) {
    int32_t four;
    memcpy(&four, x, sizeof(four));
    return _mm512_set1_epi32(four);
}

// Of every third row, as an address has room for once or twice the stride, and there are not registers enough for all.
template <size_t n_rows> struct row_addresses {
    const uint8_t * third[(n_rows + 2) / 3];
    size_t stride;

    explicit row_addresses(const input_rows & rows) : stride(rows.stride) {
        UNROLL
        for (size_t i = 0; i < (n_rows + 2) / 3; ++i) {
            third[i] = rows.first + 3 * i * stride;
        }
    }

    const uint8_t * of(size_t row) const { return third[row / 3] + row % 3 * stride; }

    // GCC would otherwise compute every row's address in advance, and keep most of them in memory.
    void keep_few() {
    #if defined(__GNUC__)
        UNROLL
        for (const uint8_t *& x : third) {
            asm("" : "+r"(x));
        }
    #endif
    }

    void advance() {
        UNROLL
        for (const uint8_t *& x : third) {
            x += ROWWISE_INPUTS;
        }
    }
};

// take(row, sums) gets the sums of each row, 16 outputs in a vector; between() does a share of other work at each step. Rows are
// unpacked instead of loops, whose arrays GCC would keep in memory.
template <int n_panels, typename other, typename taker, size_t... row>
void tile(const panel (&panels)[n_panels], const input_rows & rows, const other & between, const taker & take,
    std::index_sequence<row...>) {
    const int n_vectors = 2 * n_panels;
    const rowwise_step * steps[n_panels];
    lines_ahead ahead[n_panels];
    __m512i sums[sizeof...(row)][n_vectors];
    UNROLL
    for (int p = 0; p < n_panels; ++p) {
        steps[p] = panels[p].steps;
        ahead[p] = panels[p].ahead;
        for (int half = 0; half < 2; ++half) {
            const __m512i start = _mm512_load_si512(panels[p].outputs->start + half * 16);
            ((sums[row][2 * p + half] = start), ...);
        }
    }
    row_addresses<sizeof...(row)> x(rows);
    for (int step = 0; step < rows.n_steps(); ++step) {
        UNROLL
        for (int p = 0; p < n_panels; ++p) {
            ahead[p].fetch();
        }
        between();
        UNROLL
        for (int k = 0; k < 16; ++k) {
            x.keep_few();
            __m512i w[n_vectors];
            UNROLL
            for (int v = 0; v < n_vectors; ++v) {
                w[v] = _mm512_load_si512(steps[v / 2][step].weight[v % 2][k]);
            }
            (
                [&] {
                    const __m512i four = broadcast_four(x.of(row) + k * 4);
                    UNROLL
                    for (int v = 0; v < n_vectors; ++v) {
                        sums[row][v] = _mm512_dpbusd_epi32(sums[row][v], four, w[v]);
                    }
                }(),
                ...);
        }
        x.advance();
    }
    const taker local = take; // whose members no store can change: they stay in registers
    if constexpr (n_panels == 1) {
        (local(row, sums[row][0], sums[row][1]), ...);
    } else {
        (local(row, sums[row][0], sums[row][1], sums[row][2], sums[row][3]), ...);
    }
}

template <int n_rows, int n_panels, typename other, typename taker>
void tile_of(
    int n, const panel (&panels)[n_panels], const input_rows & rows, const other & between, const taker & take) {
    if constexpr (n_rows > 1) {
        if (n < n_rows) {
            tile_of<n_rows - 1>(n, panels, rows, between, take);
            return;
        }
    }
    tile(panels, rows, between, take, std::make_index_sequence<n_rows>());
}

// compute(tile's first row, its number of rows) for all rows, panels being what passes them.
template <int n_panels, typename worker>
void each_tile(panel (&panels)[n_panels], int n_rows, int n_steps, worker compute) {
    for (int row = 0; row < n_rows; row += TILE_ROWS<n_panels>) {
        compute(row, n_rows - row < TILE_ROWS<n_panels> ? n_rows - row : TILE_ROWS<n_panels>);
        for (panel & passed : panels) {
            passed.ahead.skip(n_steps);
        }
    }
}

template <typename worker> void each_rows(int n_rows, worker work) {
    for (int row = 0; row < n_rows; row += ROWS) {
        work(row, n_rows - row < ROWS ? n_rows - row : ROWS);
    }
}

void multiply_rows(const packed_product & p, int first_row, int n_rows) {
    const input_rows rows = { p.x + first_row * rowwise_row_size(p.n_in), rowwise_row_size(p.n_in), p.n_in };
    for (int output = p.first; output < p.last; output += ROWWISE_OUTPUTS) {
        panel panels[] = { panel(p.packed, p.n_in, output, tiles_of<1>(n_rows)) };
        const float * scale = panels[0].outputs->scale;
        each_tile(panels, n_rows, rows.n_steps(), [&](int row, int n) {
            tile_of<TILE_ROWS<1>>(
                n, panels, rows.from(row), [] {},
                [result = rowwise_result(p, first_row + row, output), steps = rows.from(row).scales(), scale](
                    size_t i, __m512i low, __m512i high) {
                    result.write(
                        i, { low, high }, { _mm512_load_ps(scale), _mm512_load_ps(scale + 16) }, steps.of((int) i));
                });
        });
    }
}

void multiply(const packed_product & p) {
    each_rows(p.n_rows, [&](int first, int n) { multiply_rows(p, first, n); });
}

// Sums of a tile of gates and ups. They are gated while the next one's are computed: that takes as many multiplications as some
// outputs, which would wait for them.
struct gate_sums {
    alignas(64) int32_t gates[TILE_ROWS<2>][ROWWISE_OUTPUTS];
    alignas(64) int32_t ups[TILE_ROWS<2>][ROWWISE_OUTPUTS];

    void store(size_t row, __m512i low_gates, __m512i high_gates, __m512i low_ups, __m512i high_ups) {
        _mm512_store_si512(gates[row], low_gates);
        _mm512_store_si512(gates[row] + 16, high_gates);
        _mm512_store_si512(ups[row], low_ups);
        _mm512_store_si512(ups[row] + 16, high_ups);
    }
};

void gated_rows(const gated_product & p, int first_row, int n_rows) {
    const input_rows rows = { p.x + first_row * rowwise_row_size(p.n_in), rowwise_row_size(p.n_in), p.n_in };
    gate_sums both[2];
    int side = 0;
    waiting_rows<scaled_gates<sums_from::start>> waiting;
    for (int output = p.first; output < p.last; output += ROWWISE_OUTPUTS) {
        const auto panel_of = [&](const void * packed) { return panel(packed, p.n_in, output, tiles_of<2>(n_rows)); };
        panel panels[] = { panel_of(p.gate), panel_of(p.up) };
        each_tile(panels, n_rows, rows.n_steps(), [&](int row, int n) {
            gate_sums & sums = both[side];
            side ^= 1;
            tile_of<TILE_ROWS<2>>(
                n, panels, rows.from(row), [&] { waiting.template some<1>(); },
                [&](size_t i, auto... of_row) { sums.store(i, of_row...); });
            waiting.rest();
            waiting.wait({ sums.gates, sums.ups, panels[0].outputs, panels[1].outputs, rows.from(row).scales(),
                             p.out + (first_row + row) * p.out_stride + (output - p.first), p.out_stride },
                n);
        });
    }
    waiting.rest();
}

void gated(const gated_product & p) {
    each_rows(p.n_rows, [&](int first, int n) { gated_rows(p, first, n); });
}

} // namespace

const matmul_kernels * rowwise_avx512_path() {
    static const matmul_kernels path = { "AVX-512 VNNI, a scale for each row", activation_kind::row_bytes, 56,
        rowwise_panels_size, rowwise_pack, multiply, rowwise_quantize, rowwise_rms_norm_quantize, rowwise_swiglu,
        rowwise_quantize_bf16, gated, nullptr };
    return &path;
}

#else

const matmul_kernels * rowwise_avx512_path() {
    return nullptr;
}

#endif
