// Products in the tiles of AMX: up to 32 rows x 32 outputs in four tiles of sums. Weights are panels of 32 outputs, in each of
// them 2 KiB (two tiles) for every step of 64 bytes of inputs: BF16, or bytes (u8 activations, s8 weights).
#pragma once

#include "amx_tiles.h"
#include "packed/lines_ahead.h"
#include "packed/packed_path.h"

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

// Adds to the sums; where two is false there is no second tile of rows. between() does a share of other work for each step: the
// vector units have nothing to do meanwhile.
template <bool bf16, bool two, typename other> static inline void amx_multiply(const amx_steps & s, other between) {
    const char * panel = s.panel;
    const uint8_t * x = s.x;
    lines_ahead ahead = s.ahead;
    for (int step = 0; step < s.n; ++step, panel += 2048, x += 64) {
        _tile_loadd(6, panel, 64);
        ahead.fetch();
        _tile_loadd(4, x, s.x_stride);
        _tile_loadd(7, panel + 1024, 64);
        AMX_DOT(0, 4, 6);
        if (two) {
            _tile_loadd(5, x + AMX_TILE_ROWS * s.x_stride, s.x_stride);
        }
        AMX_DOT(1, 4, 7);
        between();
        if (two) {
            AMX_DOT(2, 5, 6);
            AMX_DOT(3, 5, 7);
        }
        between();
    }
}

// Rows that are multiplied with all panels in turn, while these and they are in the cache.
struct amx_rows {
    int first;
    int n;
};

// All rows, some at a time.
template <typename worker> static inline void amx_each_rows(int n_rows, worker work) {
    for (int row = 0; row < n_rows; row += AMX_ROWS) {
        work(amx_rows{ row, n_rows - row < AMX_ROWS ? n_rows - row : AMX_ROWS });
    }
}

// Shapes the tiles for 32 rows at a time and for what is left over, in turn.
class amx_blocks {
public:
    // work(row, n_rows) for each block
    template <typename worker> void each(const amx_rows & rows, worker work) {
        const int left_over = rows.n % AMX_BLOCK_ROWS;
        const int whole = rows.n - left_over;
        if (whole > 0) {
            shape(AMX_BLOCK_ROWS);
            for (int row = 0; row < whole; row += AMX_BLOCK_ROWS) {
                work(rows.first + row, AMX_BLOCK_ROWS);
            }
        }
        if (left_over > 0) {
            shape(left_over);
            work(rows.first + whole, left_over);
        }
    }

private:
    void shape(int n_rows) {
        if (n_rows != shaped) {
            const int n_first = n_rows < AMX_TILE_ROWS ? n_rows : AMX_TILE_ROWS;
            tiles.shape(n_first, n_rows - n_first);
            shaped = n_rows;
        }
    }

    amx_tiles tiles;
    int shaped = 0;
};

static inline lines_ahead amx_lines_ahead(const char * panel, int n_rows) {
    return lines_ahead(panel, 2048, (n_rows + AMX_BLOCK_ROWS - 1) / AMX_BLOCK_ROWS);
}

// A product of all rows. `kind` says what the sums start from and what becomes of them:
//   n_steps(n_in), panel_size(n_in)    of a panel, in steps and bytes
//   block(p, first row, output, steps) computes one block
template <typename kind> static void amx_product(const packed_product & p, size_t stride, kind & k) {
    amx_blocks blocks;
    const int n_steps = kind::n_steps(p.n_in);
    amx_each_rows(p.n_rows, [&](const amx_rows & rows) {
        for (int output = p.first; output < p.last; output += AMX_OUTPUTS) {
            const char * panel = (const char *) p.packed + output / AMX_OUTPUTS * kind::panel_size(p.n_in);
            lines_ahead ahead = amx_lines_ahead(panel + kind::panel_size(p.n_in), rows.n);
            blocks.each(rows, [&](int row, int n_rows) {
                k.block(p, row, output, { panel, n_steps, p.x + row * stride, stride, n_rows, ahead });
                ahead.skip(n_steps);
            });
        }
    });
}
