#include "kernels/matmul/prefetch.h"
#include "kernels/matmul/row/row_epilogue_avx512.h"
#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_panels.h"
#include "kernels/simd/scalar.h"
#include "kernels/simd/unroll.h"

#include <cstring>
#include <utility>

#if !defined(__AVX512VNNI__)
    #error "needs AVX-512 VNNI: see cmake/kernels.cmake"
#endif

namespace {

const int ROWS = 266; // stay in the L2 cache while all panels pass

// Rows of a tile with one or two panels: 28 or 24 sums in 32 registers.
template <int n_panels> constexpr int TILE_ROWS = n_panels == 1 ? 14 : 6;

template <int n_panels> int tiles_of(int n_rows) {
    return ceil_div(n_rows, TILE_ROWS<n_panels>);
}

struct panel {
    const row_panel_step * steps;
    const row_panel_outputs * outputs;
    panel_prefetch prefetch;

    panel(const void * panels, int n_in, int output, int n_tiles)
        : steps(row_panel(panels, n_in, output)), outputs((const row_panel_outputs *) (steps + row_panel_steps(n_in))),
          prefetch(outputs + 1, sizeof(row_panel_step), n_tiles) {}
};

struct activation_rows {
    const uint8_t * first;
    size_t stride;
    int n_in;

    int n_steps() const { return row_panel_steps(n_in); }
    activation_rows from(int row) const { return { first + row * stride, stride, n_in }; }
    activation_scales scales() const { return { first, stride, n_in }; }
};

inline __m512i broadcast_four(const uint8_t * x) {
    int32_t four;
    memcpy(&four, x, sizeof(four));
    return _mm512_set1_epi32(four);
}

// The address of every third row: an operand can add once or twice the stride, and registers do not suffice for all
// rows.
template <size_t n_rows> struct row_addresses {
    const uint8_t * third[(n_rows + 2) / 3];
    size_t stride;

    explicit row_addresses(const activation_rows & rows) : stride(rows.stride) {
        UNROLL
        for (size_t i = 0; i < (n_rows + 2) / 3; ++i) {
            third[i] = rows.first + 3 * i * stride;
        }
    }

    const uint8_t * of(size_t row) const { return third[row / 3] + row % 3 * stride; }

    // Keeps GCC from computing the addresses of all rows in advance, most of which it would hold in memory.
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
            x += STEP_INPUTS;
        }
    }
};

// take(row, sums) gets the sums of each row, 16 outputs in a vector; between() does a share of other work at each step.
// Pack expansion over rows instead of loops, whose arrays GCC would keep in memory.
template <int n_panels, typename other, typename taker, size_t... row>
void tile(const panel (&panels)[n_panels], const activation_rows & rows, const other & between, const taker & take,
    std::index_sequence<row...>) {
    const int n_vectors = 2 * n_panels;
    const row_panel_step * steps[n_panels];
    panel_prefetch prefetch[n_panels];
    __m512i sums[sizeof...(row)][n_vectors];
    UNROLL
    for (int p = 0; p < n_panels; ++p) {
        steps[p] = panels[p].steps;
        prefetch[p] = panels[p].prefetch;
        for (int half = 0; half < 2; ++half) {
            const __m512i start = _mm512_load_si512(panels[p].outputs->offset + half * 16);
            ((sums[row][2 * p + half] = start), ...);
        }
    }
    row_addresses<sizeof...(row)> x(rows);
    for (int step = 0; step < rows.n_steps(); ++step) {
        UNROLL
        for (int p = 0; p < n_panels; ++p) {
            prefetch[p].fetch();
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
    const taker local = take; // no store can alias its members: they stay in registers
    if constexpr (n_panels == 1) {
        (local(row, sums[row][0], sums[row][1]), ...);
    } else {
        (local(row, sums[row][0], sums[row][1], sums[row][2], sums[row][3]), ...);
    }
}

template <int n_rows, int n_panels, typename other, typename taker>
void tile_of(
    int n, const panel (&panels)[n_panels], const activation_rows & rows, const other & between, const taker & take) {
    if constexpr (n_rows > 1) {
        if (n < n_rows) {
            tile_of<n_rows - 1>(n, panels, rows, between, take);
            return;
        }
    }
    tile(panels, rows, between, take, std::make_index_sequence<n_rows>());
}

// compute(first row, number of rows) for each tile of the rows that the panels are multiplied with.
template <int n_panels, typename worker>
void each_tile(panel (&panels)[n_panels], int n_rows, int n_steps, worker compute) {
    for (int row = 0; row < n_rows; row += TILE_ROWS<n_panels>) {
        compute(row, min(TILE_ROWS<n_panels>, n_rows - row));
        for (panel & p : panels) {
            p.prefetch.skip(n_steps);
        }
    }
}

template <typename worker> void each_rows(int n_rows, worker work) {
    for (int row = 0; row < n_rows; row += ROWS) {
        work(row, min(ROWS, n_rows - row));
    }
}

void multiply_rows(const multiply_params & p, int first_row, int n_rows) {
    const activation_rows rows = { p.x + first_row * row_bytes_size(p.n_in), row_bytes_size(p.n_in), p.n_in };
    for (int output = p.first; output < p.last; output += PANEL_OUTPUTS) {
        panel panels[] = { panel(p.panels, p.n_in, output, tiles_of<1>(n_rows)) };
        const float * scale = panels[0].outputs->scale;
        each_tile(panels, n_rows, rows.n_steps(), [&](int row, int n) {
            tile_of<TILE_ROWS<1>>(
                n, panels, rows.from(row), [] {},
                [epilogue = f32_epilogue(p, first_row + row, output), scales = rows.from(row).scales(), scale](
                    size_t i, __m512i low, __m512i high) {
                    epilogue.write(
                        i, { low, high }, { _mm512_load_ps(scale), _mm512_load_ps(scale + 16) }, scales.of((int) i));
                });
        });
    }
}

// Sums of a tile of gates and ups, whose epilogue runs during the next tile: it takes as many multiplications as some
// outputs do.
struct gate_sums {
    alignas(64) int32_t gates[TILE_ROWS<2>][PANEL_OUTPUTS];
    alignas(64) int32_t ups[TILE_ROWS<2>][PANEL_OUTPUTS];

    void store(size_t row, __m512i low_gates, __m512i high_gates, __m512i low_ups, __m512i high_ups) {
        _mm512_store_si512(gates[row], low_gates);
        _mm512_store_si512(gates[row] + 16, high_gates);
        _mm512_store_si512(ups[row], low_ups);
        _mm512_store_si512(ups[row] + 16, high_ups);
    }
};

void multiply_swiglu_rows(const multiply_swiglu_params & p, int first_row, int n_rows) {
    const activation_rows rows = { p.x + first_row * row_bytes_size(p.n_in), row_bytes_size(p.n_in), p.n_in };
    gate_sums both[2];
    int side = 0;
    deferred_epilogue<deferred_swiglu<sums_from::offset>> deferred;
    for (int output = p.first; output < p.last; output += PANEL_OUTPUTS) {
        const auto panel_of = [&](const void * panels) { return panel(panels, p.n_in, output, tiles_of<2>(n_rows)); };
        panel panels[] = { panel_of(p.gate), panel_of(p.up) };
        each_tile(panels, n_rows, rows.n_steps(), [&](int row, int n) {
            gate_sums & sums = both[side];
            side ^= 1;
            tile_of<TILE_ROWS<2>>(
                n, panels, rows.from(row), [&] { deferred.template run<1>(); },
                [&](size_t i, auto... of_row) { sums.store(i, of_row...); });
            deferred.finish();
            deferred.defer({ sums.gates, sums.ups, panels[0].outputs, panels[1].outputs, rows.from(row).scales(),
                               p.out + (first_row + row) * p.out_stride + (output - p.first), p.out_stride },
                n);
        });
    }
    deferred.finish();
}

} // namespace

void row_multiply_avx512(const multiply_params & p) {
    each_rows(p.n_rows, [&](int first, int n) { multiply_rows(p, first, n); });
}

void row_multiply_swiglu_avx512(const multiply_swiglu_params & p) {
    each_rows(p.n_rows, [&](int first, int n) { multiply_swiglu_rows(p, first, n); });
}
