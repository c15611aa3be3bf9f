// Replaces native/kernels/simd/amx.h: AMX's tiles and instructions in terms of AVX-512, which avx512.h emulates, after
// Intel's manual (volume 2). Denormal F32 numbers are kept, where AMX flushes them to zero.
#pragma once

#include <cstdint>
#include <cstring>
#include <immintrin.h>

class amx_emulator {
public:
    static void shape(int t, int n_rows) { tiles[t].n_rows = n_rows; }

    static void zero(int t) { memset(tiles[t].rows, 0, sizeof(tiles[t].rows)); }

    static void load(int t, const void * from, size_t stride) {
        zero(t);
        for (int row = 0; row < tiles[t].n_rows; ++row) {
            memcpy(tiles[t].rows[row], (const uint8_t *) from + row * stride, 64);
        }
    }

    static void store(int t, void * to, size_t stride) {
        for (int row = 0; row < tiles[t].n_rows; ++row) {
            memcpy((uint8_t *) to + row * stride, tiles[t].rows[row], 64);
        }
    }

    // Even and odd products have separate sums.
    static void add_bf16_products(int sum, int left, int right) {
        const __m512i upper = _mm512_set1_epi32((int) 0xffff0000);
        for (int row = 0; row < tiles[sum].n_rows; ++row) {
            __m512 even = _mm512_setzero_ps();
            __m512 odd = _mm512_setzero_ps();
            for (int k = 0; k < tiles[right].n_rows; ++k) {
                const __m512i x = _mm512_set1_epi32(tiles[left].rows[row][k]);
                const __m512i w = _mm512_load_si512(tiles[right].rows[k]);
                even = _mm512_fmadd_ps(
                    _mm512_castsi512_ps(_mm512_slli_epi32(x, 16)), _mm512_castsi512_ps(_mm512_slli_epi32(w, 16)), even);
                odd = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_and_si512(x, upper)),
                    _mm512_castsi512_ps(_mm512_and_si512(w, upper)), odd);
            }
            int32_t * to = tiles[sum].rows[row];
            _mm512_store_ps(to, _mm512_add_ps(_mm512_load_ps(to), _mm512_add_ps(even, odd)));
        }
    }

    static void add_byte_products(int sum, int left, int right) {
        for (int row = 0; row < tiles[sum].n_rows; ++row) {
            int32_t * to = tiles[sum].rows[row];
            for (int k = 0; k < tiles[right].n_rows; ++k) {
                const uint8_t * x = (const uint8_t *) &tiles[left].rows[row][k];
                const int8_t * w = (const int8_t *) tiles[right].rows[k];
                for (int i = 0; i < 64; ++i) {
                    to[i / 4] += x[i % 4] * w[i];
                }
            }
        }
    }

private:
    struct alignas(64) tile {
        int32_t rows[16][16];
        int n_rows;
    };

    static inline thread_local tile tiles[8];
};

#undef _tile_zero
#undef _tile_loadd
#undef _tile_stream_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#undef _tile_dpbusd
#define _tile_zero(t) amx_emulator::zero(t)
#define _tile_loadd(t, from, stride) amx_emulator::load(t, from, stride)
#define _tile_stream_loadd(t, from, stride) amx_emulator::load(t, from, stride)
#define _tile_stored(t, to, stride) amx_emulator::store(t, to, stride)
#define _tile_dpbf16ps(sum, left, right) amx_emulator::add_bf16_products(sum, left, right)
#define _tile_dpbusd(sum, left, right) amx_emulator::add_byte_products(sum, left, right)

class amx_tiles {
public:
    void shape(int n_first, int n_second) {
        const int n_rows[8] = { n_first, n_first, n_second, n_second, n_first, n_second, 16, 16 };
        for (int t = 0; t < 8; ++t) {
            amx_emulator::shape(t, n_rows[t]);
        }
    }
};
