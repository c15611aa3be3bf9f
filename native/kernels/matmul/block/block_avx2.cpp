// vpmaddubsw for weights of up to 5 bits, vpmaddwd with 16-bit activations for Q8_0.
#include "kernels/matmul/block/block_kernels.h"
#include "kernels/matmul/block/block_panels.h"
#include "kernels/matmul/prefetch.h"
#include "kernels/simd/avx2.h"
#include "kernels/simd/scalar.h"
#include "kernels/simd/unroll.h"

#include <cstring>

namespace {

const int TILE_ROWS = 4;     // x 16 outputs in 16 registers
const int CHUNK_BLOCKS = 24; // the part of a panel for so many inputs stays in the L1 cache
const int ROWS = 64;         // stay in the L2 cache while all panels pass

// Keeps GCC from regrouping sums, for which it would run out of registers.
inline void keep_order(__m256i & sum) {
#if defined(__GNUC__)
    __asm__ volatile("" : "+x"(sum));
#else
    (void) sum;
#endif
}

// Keeps GCC from holding copies of totals in registers that it does not have, which it would store twice.
inline void keep_in_memory() {
#if defined(__GNUC__)
    __asm__ volatile("" : : : "memory");
#endif
}

inline __m256i load(const void * p) {
    return _mm256_load_si256((const __m256i *) p);
}

inline __m256i broadcast(const void * p) {
    int32_t value;
    memcpy(&value, p, sizeof(value));
    return _mm256_set1_epi32(value);
}

// A chunk of some activation rows.
struct row_span {
    const uint8_t * values; // of u8 or s16
    const uint8_t * blocks; // block_scale
    size_t stride;
    int n_blocks;
};

// sums[row][output/8] over 32 inputs. The sum of 16 products of at most 127 * 16 fits into 16 bits and may wrap around
// on the way; a pair of vpmaddubsw, at most 2 * 255 * 16, does not saturate.
template <int n_rows>
inline void block_sums(const narrow_block & block, const row_span & x, int b, __m256i (&sums)[n_rows][2]) {
    const uint8_t * values = x.values + b * 32;
    const __m256i offset[2] = { load(block.offset[0]), load(block.offset[8]) };
    UNROLL
    for (int k = 0; k < 8; ++k) {
        const __m256i weight[2] = { load(block.weight[k][0]), load(block.weight[k][8]) };
        UNROLL
        for (int row = 0; row < n_rows; ++row) {
            const __m256i value = broadcast(values + row * x.stride + k * 4);
            UNROLL
            for (int j = 0; j < 2; ++j) {
                const __m256i products = _mm256_maddubs_epi16(value, weight[j]);
                sums[row][j] = _mm256_add_epi16(k == 0 ? offset[j] : sums[row][j], products);
                keep_order(sums[row][j]);
            }
        }
    }
    UNROLL
    for (int row = 0; row < n_rows; ++row) {
        UNROLL
        for (int j = 0; j < 2; ++j) {
            sums[row][j] = _mm256_madd_epi16(sums[row][j], _mm256_set1_epi16(1));
        }
    }
}

template <int n_rows>
inline void block_sums(const wide_block & block, const row_span & x, int b, __m256i (&sums)[n_rows][2]) {
    const uint8_t * values = x.values + b * 64;
    UNROLL
    for (int k = 0; k < 16; ++k) {
        const __m256i weight[2] = { load(block.weight[k][0]), load(block.weight[k][8]) };
        UNROLL
        for (int row = 0; row < n_rows; ++row) {
            const __m256i value = broadcast(values + row * x.stride + k * 4);
            UNROLL
            for (int j = 0; j < 2; ++j) {
                const __m256i products = _mm256_madd_epi16(value, weight[j]);
                sums[row][j] = k == 0 ? products : _mm256_add_epi32(sums[row][j], products);
                keep_order(sums[row][j]);
            }
        }
    }
}

// total[row][output] += x * panel
template <int n_rows, typename block>
void add_tile(const block * panel, row_span x, panel_prefetch prefetch, float (*total)[16]) {
    for (int b = 0; b < x.n_blocks; ++b) {
        prefetch.fetch();
        __m256i sums[n_rows][2];
        block_sums<n_rows>(panel[b], x, b, sums);
        const __m256 weight_scale[2] = { _mm256_load_ps(panel[b].scale), _mm256_load_ps(panel[b].scale + 8) };
        UNROLL
        for (int row = 0; row < n_rows; ++row) {
            const __m256 scale =
                _mm256_broadcast_ss((const float *) (x.blocks + row * x.stride + b * sizeof(block_scale)));
            UNROLL
            for (int j = 0; j < 2; ++j) {
                float * t = total[row] + j * 8;
                const __m256 both = _mm256_mul_ps(weight_scale[j], scale);
                _mm256_store_ps(t, _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[row][j]), both, _mm256_load_ps(t)));
            }
        }
        keep_in_memory();
    }
}

template <typename block>
void add_rows(
    const block * panel, const row_span & x, const panel_prefetch & prefetch, int n_rows, float (*total)[16]) {
    switch (n_rows) {
    case 1: add_tile<1>(panel, x, prefetch, total); break;
    case 2: add_tile<2>(panel, x, prefetch, total); break;
    case 3: add_tile<3>(panel, x, prefetch, total); break;
    default: add_tile<TILE_ROWS>(panel, x, prefetch, total); break;
    }
}

inline void copy_outputs(const float * from, float * to, int n) {
    if (n == 16) {
        _mm256_storeu_ps(to, _mm256_loadu_ps(from));
        _mm256_storeu_ps(to + 8, _mm256_loadu_ps(from + 8));
    } else {
        memcpy(to, from, n * sizeof(float));
    }
}

// Rows [row, row + n_rows), blocks from `block` on. The first chunk starts from `add`, the others from `out`.
template <typename block_type>
void multiply_chunk(const multiply_params & p, const row_span & x, int row, int n_rows, int block) {
    const float * start = block == 0 ? p.add : p.out;
    const size_t start_stride = block == 0 ? p.add_stride : p.out_stride;
    const int n_tiles = ceil_div(n_rows, TILE_ROWS); // that use a panel
    for (int output = p.first; output < p.last; output += 16) {
        const block_type * panel = (const block_type *) p.panels + (size_t) (output / 16) * (p.n_in / 32) + block;
        panel_prefetch prefetch(panel + p.n_in / 32, sizeof(block_type), n_tiles);
        const int n_outputs = min(16, p.last - output);
        for (int r = 0; r < n_rows; r += TILE_ROWS) {
            const int n = min(TILE_ROWS, n_rows - r);
            alignas(32) float total[TILE_ROWS][16];
            for (int i = 0; i < n; ++i) {
                _mm256_store_ps(total[i], _mm256_setzero_ps());
                _mm256_store_ps(total[i] + 8, _mm256_setzero_ps());
                if (start) {
                    copy_outputs(start + (row + r + i) * start_stride + output - p.first, total[i], n_outputs);
                }
            }
            add_rows(
                panel, { x.values + r * x.stride, x.blocks + r * x.stride, x.stride, x.n_blocks }, prefetch, n, total);
            prefetch.skip(x.n_blocks);
            for (int i = 0; i < n; ++i) {
                copy_outputs(total[i], p.out + (row + r + i) * p.out_stride + output - p.first, n_outputs);
            }
        }
    }
}

} // namespace

void block_multiply_avx2(const multiply_params & p) {
    const bool wide = p.format == weight_format::q8_0;
    const size_t stride = block_bytes_and_words_size(p.n_in);
    const int n_blocks = p.n_in / 32;
    for (int row = 0; row < p.n_rows; row += ROWS) {
        const int n_rows = min(ROWS, p.n_rows - row);
        const uint8_t * values = p.x + row * stride;
        const uint8_t * blocks = values + p.n_in;
        const uint8_t * words = values + block_bytes_size(p.n_in);
        for (int block = 0; block < n_blocks; block += CHUNK_BLOCKS) {
            const row_span x = { wide ? words + block * 64 : values + block * 32, blocks + block * sizeof(block_scale),
                stride, min(CHUNK_BLOCKS, n_blocks - block) };
            if (wide) {
                multiply_chunk<wide_block>(p, x, row, n_rows, block);
            } else {
                multiply_chunk<narrow_block>(p, x, row, n_rows, block);
            }
        }
    }
}
