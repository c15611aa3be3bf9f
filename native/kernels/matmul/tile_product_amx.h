// Products in the tiles of AMX: up to 32 rows x 32 outputs in four tiles of sums. Weights are panels of 32 outputs with
// 2 KiB (two tiles) for each step of 64 bytes of inputs: BF16, or bytes (u8 activations, s8 weights).
#pragma once

#include "kernels/matmul/prefetch.h"
#include "kernels/simd/amx.h"
#include "kernels/simd/scalar.h"

#include <cstddef>

namespace {

const int AMX_TILE_ROWS = 16;
const int AMX_BLOCK_ROWS = 2 * AMX_TILE_ROWS;
const int AMX_OUTPUTS = 32;
const int AMX_ROWS = 256; // stay in the L2 cache while all panels pass

// A panel and the activation rows that it is multiplied with.
struct amx_operands {
    const char * panel;
    int n_steps;
    const uint8_t * x;
    size_t x_stride;
    int n_rows;
    panel_prefetch prefetch;
};

// Macros, since numbers of tiles must be literals.
#define AMX_DOT(sum, x, w)                                                                                             \
    do {                                                                                                               \
        if (bf16) {                                                                                                    \
            _tile_dpbf16ps(sum, x, w);                                                                                 \
        } else {                                                                                                       \
            _tile_dpbusd(sum, x, w);                                                                                   \
        }                                                                                                              \
    } while (0)
#define AMX_LOAD(t, from, stride, streams)                                                                             \
    do {                                                                                                               \
        if (streams) {                                                                                                 \
            _tile_stream_loadd(t, from, stride);                                                                       \
        } else {                                                                                                       \
            _tile_loadd(t, from, stride);                                                                              \
        }                                                                                                              \
    } while (0)

// Which operand bypasses the L1 cache, because the other one is needed again next.
enum class amx_streamed { none, rows, panel };

// Accumulates in the tiles of sums; two: there is a second tile of rows. between() does a share of other work for each
// step, since the vector units are idle.
template <bool bf16, bool two, amx_streamed streamed, typename other>
inline void amx_multiply(const amx_operands & s, other between) {
    const char * panel = s.panel;
    const uint8_t * x = s.x;
    const size_t stride = s.x_stride;
    panel_prefetch prefetch = s.prefetch;
    for (int step = 0; step < s.n_steps; ++step, panel += 2048, x += 64) {
        AMX_LOAD(6, panel, 64, streamed == amx_streamed::panel);
        AMX_LOAD(4, x, stride, streamed == amx_streamed::rows);
        AMX_LOAD(7, panel + 1024, 64, streamed == amx_streamed::panel);
        prefetch.fetch<2>(); // panel and rows fill the L1 cache
        AMX_DOT(0, 4, 6);
        if (two) {
            AMX_LOAD(5, x + AMX_TILE_ROWS * stride, stride, streamed == amx_streamed::rows);
        }
        AMX_DOT(1, 4, 7);
        between();
        if (two) {
            AMX_DOT(2, 5, 6);
            AMX_DOT(3, 5, 7);
        }
    }
}

// Rows that are multiplied with all panels in turn while they stay in the cache.
struct row_range {
    int first;
    int n;

    // The block of rows from row i of these on.
    row_range block(int i) const { return { first + i, min(AMX_BLOCK_ROWS, n - i) }; }
};

// work(range) for all rows.
template <typename worker> inline void each_row_range(int n_rows, worker work) {
    for (int row = 0; row < n_rows; row += AMX_ROWS) {
        work(row_range{ row, min(AMX_ROWS, n_rows - row) });
    }
}

// The tile configuration for the rows of a block.
class block_tiles {
public:
    void shape(int n_rows) {
        if (n_rows != shaped) {
            const int n_first = min(AMX_TILE_ROWS, n_rows);
            tiles.shape(n_first, n_rows - n_first);
            shaped = n_rows;
        }
    }

private:
    amx_tiles tiles;
    int shaped = 0;
};

inline panel_prefetch amx_panel_prefetch(const char * panel, int n_rows) {
    return panel_prefetch(panel, 2048, ceil_div(n_rows, AMX_BLOCK_ROWS));
}

} // namespace
