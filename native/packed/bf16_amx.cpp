#include "packed/packed_path.h"

#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AVX512BF16__)

    #include "packed/avx512_rows.h"
    #include "packed/packed_panels.h"

    #include <cstring>

namespace {

const int TILE_ROWS = 16;
const int BLOCK_ROWS = 2 * TILE_ROWS; // 2 x 2 tiles of sums, two of activations, two of weights: all eight
const int OUTPUTS = 32;
const int ROWS = 256; // so many stay in the L2 cache while all panels pass

// What ldtilecfg reads.
struct alignas(64) tile_shapes {
    uint8_t palette = 1;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t bytes[16] = {}; // of a row
    uint8_t rows[16] = {};
};

// Tiles 0 to 3: sums, 4 and 5: activations of the first and second 16 rows, 6 and 7: weights.
inline void shape_tiles(int n_first, int n_second) {
    const int n_rows[8] = { n_first, n_first, n_second, n_second, n_first, n_second, 16, 16 };
    tile_shapes shapes;
    for (int t = 0; t < 8; ++t) {
        shapes.rows[t] = (uint8_t) n_rows[t];
        shapes.bytes[t] = n_rows[t] ? 64 : 0;
    }
    // GCC 12's _tile_loadconfig says that it reads eight bytes only, and the rest may never be written.
    asm volatile("ldtilecfg %0" ::"m"(shapes));
}

// Where n_rows rows x 32 outputs come from and go to. Where fewer outputs exist, see multiply_some.
struct block_task {
    const bf16_block * panel;
    int n_blocks;
    const uint8_t * x;
    size_t x_stride;
    int n_rows;
    const float * start; // NULL: zeros
    size_t start_stride;
    float * out;
    size_t out_stride;
    const char * ahead; // of the next panel, which comes from far away: so many lines for each block of this one
    int n_ahead;
};

// Where two is false there is no second tile of rows.
template <bool two> void multiply_block(const block_task & t) {
    const size_t start_bytes = t.start_stride * sizeof(float);
    const size_t out_bytes = t.out_stride * sizeof(float);
    if (t.start) {
        _tile_loadd(0, t.start, start_bytes);
        _tile_loadd(1, t.start + 16, start_bytes);
        if (two) {
            _tile_loadd(2, t.start + TILE_ROWS * t.start_stride, start_bytes);
            _tile_loadd(3, t.start + TILE_ROWS * t.start_stride + 16, start_bytes);
        }
    } else {
        _tile_zero(0);
        _tile_zero(1);
        if (two) {
            _tile_zero(2);
            _tile_zero(3);
        }
    }
    const bf16_block * panel = t.panel;
    const uint8_t * x = t.x;
    const char * ahead = t.ahead;
    for (int b = 0; b < t.n_blocks; ++b, ++panel, x += 64) {
        _tile_loadd(6, panel->weight[0], 64);
        for (int i = 0; i < t.n_ahead; ++i, ahead += 64) {
            _mm_prefetch(ahead, _MM_HINT_T1);
        }
        _tile_loadd(4, x, t.x_stride);
        _tile_loadd(7, panel->weight[1], 64);
        _tile_dpbf16ps(0, 4, 6);
        if (two) {
            _tile_loadd(5, x + TILE_ROWS * t.x_stride, t.x_stride);
        }
        _tile_dpbf16ps(1, 4, 7);
        if (two) {
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
    _tile_stored(0, t.out, out_bytes);
    _tile_stored(1, t.out + 16, out_bytes);
    if (two) {
        float * second = t.out + TILE_ROWS * t.out_stride;
        _tile_stored(2, second, out_bytes);
        _tile_stored(3, second + 16, out_bytes);
    }
}

// The tiles are shaped for the number of rows.
void multiply_whole(const block_task & t) {
    if (t.n_rows > TILE_ROWS) {
        multiply_block<true>(t);
    } else {
        multiply_block<false>(t);
    }
}

// The same where only n_outputs exist.
void multiply_some(block_task t, int n_outputs) {
    alignas(64) float outputs[BLOCK_ROWS][OUTPUTS] = {};
    for (int row = 0; row < t.n_rows && t.start; ++row) {
        memcpy(outputs[row], t.start + row * t.start_stride, n_outputs * sizeof(float));
    }
    float * const out = t.out;
    const size_t out_stride = t.out_stride;
    t.start = t.out = outputs[0];
    t.start_stride = t.out_stride = OUTPUTS;
    multiply_whole(t);
    for (int row = 0; row < t.n_rows; ++row) {
        memcpy(out + row * out_stride, outputs[row], n_outputs * sizeof(float));
    }
}

// All outputs of some rows, block_rows at a time, for which the tiles are shaped.
void multiply_panels(const packed_product & p, size_t stride, int first_row, int n_rows, int block_rows) {
    const int n_blocks = p.n_in / 32;
    const int n_passes = (n_rows + block_rows - 1) / block_rows; // over a panel
    const int n_ahead = ((int) sizeof(bf16_block) / 64 + n_passes - 1) / n_passes;
    for (int output = p.first; output < p.last; output += OUTPUTS) {
        const bf16_block * panel = (const bf16_block *) p.packed + (size_t) (output / OUTPUTS) * n_blocks;
        const char * ahead = (const char *) (panel + n_blocks);
        const int n_outputs = p.last - output;
        const size_t column = output - p.first;
        for (int row = first_row; row < first_row + n_rows; row += block_rows) {
            const block_task t = { panel, n_blocks, p.x + row * stride, stride, block_rows,
                p.add ? p.add + row * p.add_stride + column : nullptr, p.add_stride,
                p.out + row * p.out_stride + column, p.out_stride, ahead, n_ahead };
            if (n_outputs >= OUTPUTS) {
                multiply_whole(t);
            } else {
                multiply_some(t, n_outputs);
            }
            ahead += (size_t) n_ahead * n_blocks * 64;
        }
    }
}

void multiply(const packed_product & p) {
    const size_t stride = activation_row_size(p.n_in);
    const int left_over = p.n_rows % BLOCK_ROWS;
    const int whole = p.n_rows - left_over;
    if (whole > 0) {
        shape_tiles(TILE_ROWS, TILE_ROWS);
        for (int row = 0; row < whole; row += ROWS) {
            multiply_panels(p, stride, row, whole - row < ROWS ? whole - row : ROWS, BLOCK_ROWS);
        }
    }
    if (left_over > 0) {
        const int n_first = left_over < TILE_ROWS ? left_over : TILE_ROWS;
        shape_tiles(n_first, left_over - n_first);
        multiply_panels(p, stride, whole, left_over, left_over);
    }
    _tile_release(); // or the system would save the tiles whenever this thread is interrupted
}

inline void put(const activation_row & row, int b, const __m512 (&v)[2]) {
    _mm512_storeu_si512((void *) (row.bf16 + b * 32), (__m512i) _mm512_cvtne2ps_pbh(v[1], v[0]));
}

void quantize(const float * x, const activation_row & row) {
    avx512_each(x, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

void rms_norm_quantize(const float * x, const float * weight, float eps, const activation_row & row) {
    avx512_rms_norm(x, weight, eps, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

void swiglu_quantize(const float * gate, const float * up, const activation_row & row) {
    avx512_swiglu(gate, up, row.n, [&](int b, const __m512(&v)[2]) { put(row, b, v); });
}

} // namespace

const packed_path * bf16_amx_path() {
    static const packed_path path = { "AMX BF16", activation_kind::bf16, 128, bf16_panels_size, bf16_pack_panels,
        multiply, quantize, rms_norm_quantize, swiglu_quantize };
    return &path;
}

#else

const packed_path * bf16_amx_path() {
    return nullptr;
}

#endif
