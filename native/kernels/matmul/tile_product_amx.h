// Products in the tiles of AMX: up to 32 rows x 32 outputs in four tiles of sums. Weights are panels of 32 outputs, in each of
// them 2 KiB (two tiles) for every step of 64 bytes of inputs: BF16, or bytes (u8 activations, s8 weights).
#pragma once

#include "kernels/matmul/matmul_kernels.h"
#include "kernels/matmul/prefetch.h"
#include "kernels/simd/amx_tiles.h"

#include <cstring>
#include <immintrin.h>

static const int AMX_TILE_ROWS = 16;
static const int AMX_BLOCK_ROWS = 2 * AMX_TILE_ROWS;
static const int AMX_OUTPUTS = 32;
static const int AMX_ROWS = 256; // so many stay in the L2 cache while all panels pass

// A panel and the rows that it is multiplied with.
struct amx_steps {
    const char * panel;
    int n;
    const uint8_t * x;
    size_t x_stride;
    int n_rows;
    lines_ahead ahead;
};

// The numbers of tiles have to be literals.
#define AMX_DOT(sum, x, w)                                                                                             \
    do {                                                                                                               \
        if (bf16) {                                                                                                    \
            _tile_dpbf16ps(sum, x, w);                                                                                 \
        } else {                                                                                                       \
            _tile_dpbusd(sum, x, w);                                                                                   \
        }                                                                                                              \
    } while (0)
#define AMX_LOAD(t, from, stride, passes)                                                                              \
    do {                                                                                                               \
        if (passes) {                                                                                                  \
            _tile_stream_loadd(t, from, stride);                                                                       \
        } else {                                                                                                       \
            _tile_loadd(t, from, stride);                                                                              \
        }                                                                                                              \
    } while (0)

// What is not kept in the L1 cache, which is for what is needed again next.
enum class amx_passing { none, rows, panel };

// Adds to the sums; where two is false there is no second tile of rows. between() does a share of other work for each step: the
// vector units have nothing to do meanwhile.
template <bool bf16, bool two, amx_passing passing, typename other>
static inline void amx_multiply(const amx_steps & s, other between) {
    const char * panel = s.panel;
    const uint8_t * x = s.x;
    const size_t stride = s.x_stride;
    lines_ahead ahead = s.ahead;
    for (int step = 0; step < s.n; ++step, panel += 2048, x += 64) {
        AMX_LOAD(6, panel, 64, passing == amx_passing::panel);
        AMX_LOAD(4, x, stride, passing == amx_passing::rows);
        AMX_LOAD(7, panel + 1024, 64, passing == amx_passing::panel);
        ahead.fetch<2>(); // panel and rows fill the L1 cache
        AMX_DOT(0, 4, 6);
        if (two) {
            AMX_LOAD(5, x + AMX_TILE_ROWS * stride, stride, passing == amx_passing::rows);
        }
        AMX_DOT(1, 4, 7);
        between();
        if (two) {
            AMX_DOT(2, 5, 6);
            AMX_DOT(3, 5, 7);
        }
    }
}

// Rows that are multiplied with all panels in turn, while these and they are in the cache.
struct amx_rows {
    int first;
    int n;

    // Those from row i of these on that the tiles take together.
    amx_rows block(int i) const { return { first + i, n - i < AMX_BLOCK_ROWS ? n - i : AMX_BLOCK_ROWS }; }
};

// All rows, some at a time.
template <typename worker> static inline void amx_each_rows(int n_rows, worker work) {
    for (int row = 0; row < n_rows; row += AMX_ROWS) {
        work(amx_rows{ row, n_rows - row < AMX_ROWS ? n_rows - row : AMX_ROWS });
    }
}

// The tiles, shaped for a block's number of rows.
class amx_block_tiles {
public:
    void shape(int n_rows) {
        if (n_rows != shaped) {
            const int n_first = n_rows < AMX_TILE_ROWS ? n_rows : AMX_TILE_ROWS;
            tiles.shape(n_first, n_rows - n_first);
            shaped = n_rows;
        }
    }

private:
    amx_tiles tiles;
    int shaped = 0;
};

static inline lines_ahead amx_lines_ahead(const char * panel, int n_rows) {
    return lines_ahead(panel, 2048, (n_rows + AMX_BLOCK_ROWS - 1) / AMX_BLOCK_ROWS);
}
