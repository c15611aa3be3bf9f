// Products in the tiles of AMX: up to 32 rows x 32 outputs in four tiles of sums. Weights are panels of 32 outputs, in each of
// them 2 KiB (two tiles) for every step of 64 bytes of inputs. What is multiplied, and what becomes of the sums, is `kind`:
//   bf16                              what the tiles hold, else u8 x s8
//   n_steps(n_in), panel_size(n_in)   of a panel, in steps and bytes
//   block(p, first row, output, steps) computes one block: start of the sums, amx_multiply, end of the sums
#pragma once

#include "packed/packed_path.h"

#include <cstring>
#include <immintrin.h>

static const int AMX_TILE_ROWS = 16;
static const int AMX_OUTPUTS = 32;
static const int AMX_ROWS = 256; // so many stay in the L2 cache while all panels pass

// What ldtilecfg reads.
struct alignas(64) amx_tile_shapes {
    uint8_t palette = 1;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t bytes[16] = {}; // of a row
    uint8_t rows[16] = {};
};

// Tiles 0 to 3: sums, 4 and 5: activations of the first and second 16 rows, 6 and 7: weights.
static inline void amx_shape_tiles(int n_first, int n_second) {
    const int n_rows[8] = { n_first, n_first, n_second, n_second, n_first, n_second, 16, 16 };
    amx_tile_shapes shapes;
    for (int t = 0; t < 8; ++t) {
        shapes.rows[t] = (uint8_t) n_rows[t];
        shapes.bytes[t] = n_rows[t] ? 64 : 0;
    }
    // GCC 12's _tile_loadconfig says that it reads eight bytes only, and the rest may never be written.
    asm volatile("ldtilecfg %0" ::"m"(shapes));
}

// A panel and the rows that it is multiplied with.
struct amx_steps {
    const char * panel;
    int n;
    const uint8_t * x;
    size_t x_stride;
    int n_rows;
    const char * ahead; // of the next panel, which comes from far away: so many lines for each step of this one
    int n_ahead;
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

// Adds to the sums; where two is false there is no second tile of rows.
template <bool bf16, bool two> static inline void amx_multiply(const amx_steps & s) {
    const char * panel = s.panel;
    const uint8_t * x = s.x;
    const char * ahead = s.ahead;
    for (int step = 0; step < s.n; ++step, panel += 2048, x += 64) {
        _tile_loadd(6, panel, 64);
        for (int i = 0; i < s.n_ahead; ++i, ahead += 64) {
            _mm_prefetch(ahead, _MM_HINT_T1);
        }
        _tile_loadd(4, x, s.x_stride);
        _tile_loadd(7, panel + 1024, 64);
        AMX_DOT(0, 4, 6);
        if (two) {
            _tile_loadd(5, x + AMX_TILE_ROWS * s.x_stride, s.x_stride);
        }
        AMX_DOT(1, 4, 7);
        if (two) {
            AMX_DOT(2, 5, 6);
            AMX_DOT(3, 5, 7);
        }
    }
}

// All outputs of some rows, block_rows at a time, for which the tiles are shaped.
template <typename kind>
static void amx_multiply_panels(const packed_product & p, size_t stride, int first_row, int n_rows, int block_rows) {
    const int n_steps = kind::n_steps(p.n_in);
    const int n_passes = (n_rows + block_rows - 1) / block_rows; // over a panel
    const int n_ahead = (2048 / 64 + n_passes - 1) / n_passes;
    for (int output = p.first; output < p.last; output += AMX_OUTPUTS) {
        const char * panel = (const char *) p.packed + output / AMX_OUTPUTS * kind::panel_size(p.n_in);
        const char * ahead = panel + kind::panel_size(p.n_in);
        for (int row = first_row; row < first_row + n_rows; row += block_rows) {
            kind::block(p, row, output, { panel, n_steps, p.x + row * stride, stride, block_rows, ahead, n_ahead });
            ahead += (size_t) n_ahead * n_steps * 64;
        }
    }
}

template <typename kind> static void amx_product(const packed_product & p, size_t stride) {
    const int block_rows = 2 * AMX_TILE_ROWS;
    const int left_over = p.n_rows % block_rows;
    const int whole = p.n_rows - left_over;
    if (whole > 0) {
        amx_shape_tiles(AMX_TILE_ROWS, AMX_TILE_ROWS);
        for (int row = 0; row < whole; row += AMX_ROWS) {
            amx_multiply_panels<kind>(p, stride, row, whole - row < AMX_ROWS ? whole - row : AMX_ROWS, block_rows);
        }
    }
    if (left_over > 0) {
        const int n_first = left_over < AMX_TILE_ROWS ? left_over : AMX_TILE_ROWS;
        amx_shape_tiles(n_first, left_over - n_first);
        amx_multiply_panels<kind>(p, stride, whole, left_over, left_over);
    }
    _tile_release(); // or the system would save the tiles whenever this thread is interrupted
}
