#include "packed/packed_path.h"

#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AVX512BF16__)

    #include "avx512_transpose.h"
    #include "packed/avx512_rows.h"

    #include <cstring>

namespace {

const int TILE_ROWS = 16;
const int BLOCK_ROWS = 2 * TILE_ROWS; // 2 x 2 tiles of sums, two of activations, two of weights: all eight
const int OUTPUTS = 32;
const int ROWS = 256; // so many stay in the L2 cache while all panels pass

// 32 weights of 32 outputs, rounded to nearest, in two tiles of 16 outputs. Weights are panels of 32 outputs, in each of them
// one of these for every 32 inputs; missing outputs of the last panel are zeros.
struct alignas(64) bf16_block {
    uint16_t weight[2][16][16][2]; // [output/16][input/2][output%16][input%2]
};

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

size_t panels_size(packed_format, int n_in, int n_out) {
    return (size_t) ((n_out + OUTPUTS - 1) / OUTPUTS) * (n_in / 32) * sizeof(bf16_block);
}

size_t source_block_size(packed_format format) {
    return 2 + (format == packed_format::q8_0 ? 32 : format == packed_format::q5_0 ? 4 + 16 : 16);
}

// One of ggml's blocks: 32 weights in BF16.
inline __m512 decode(packed_format format, const uint8_t * block) {
    uint16_t half;
    memcpy(&half, block, sizeof(half));
    const __m512 scale =
        _mm512_broadcastss_ps(_mm512_castps512_ps128(_mm512_cvtph_ps(_mm256_castsi128_si256(_mm_cvtsi32_si128(half)))));
    block += sizeof(half);
    __m256i weights;
    if (format == packed_format::q8_0) {
        weights = _mm256_loadu_si256((const __m256i *) block);
    } else {
        uint32_t fifth_bits = 0;
        if (format == packed_format::q5_0) {
            memcpy(&fifth_bits, block, sizeof(fifth_bits));
            block += sizeof(fifth_bits);
        }
        const __m128i pairs = _mm_loadu_si128((const __m128i *) block);
        weights = _mm256_inserti128_si256(_mm256_castsi128_si256(pairs), _mm_srli_epi16(pairs, 4), 1);
        weights = _mm256_and_si256(weights, _mm256_set1_epi8(15));
        weights = _mm256_mask_add_epi8(weights, fifth_bits, weights, _mm256_set1_epi8(16));
        weights = _mm256_sub_epi8(weights, _mm256_set1_epi8(format == packed_format::q5_0 ? 16 : 8));
    }
    const __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_castsi256_si128(weights)));
    const __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_extracti128_si256(weights, 1)));
    return (__m512) _mm512_cvtne2ps_pbh(_mm512_mul_ps(high, scale), _mm512_mul_ps(low, scale));
}

void pack(packed_format format, const void * rows, int n_in, int n_out, void * packed) {
    const int n_blocks = n_in / 32;
    const size_t block_size = source_block_size(format);
    for (int output = 0; output < (n_out + OUTPUTS - 1) / OUTPUTS * OUTPUTS; output += 16) {
        bf16_block * panel = (bf16_block *) packed + (size_t) (output / OUTPUTS) * n_blocks;
        const uint8_t * source = (const uint8_t *) rows + (size_t) output * n_blocks * block_size;
        for (int b = 0; b < n_blocks; ++b, source += block_size) {
            __m512 pairs[16]; // of an output each
            for (int i = 0; i < 16; ++i) {
                pairs[i] =
                    output + i < n_out ? decode(format, source + i * n_blocks * block_size) : _mm512_setzero_ps();
            }
            avx512_transpose(pairs, (float *) panel[b].weight[output % OUTPUTS / 16], 16);
        }
    }
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
    static const packed_path path = { "AMX BF16", activation_kind::bf16, 256, panels_size, pack, multiply, quantize,
        rms_norm_quantize, swiglu_quantize };
    return &path;
}

#else

const packed_path * bf16_amx_path() {
    return nullptr;
}

#endif
