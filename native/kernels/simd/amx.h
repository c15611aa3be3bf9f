// The tile registers of AMX.
#pragma once

#if !defined(__AMX_TILE__) && !defined(__AMXTILE__) // the name in old versions of Clang
    #error "needs AMX: see cmake/kernels.cmake"
#endif

#include <cstdint>
#include <immintrin.h>

namespace {

// The tile configuration of this thread, until it is destroyed: two by two tiles of sums and their operands.
class amx_tiles {
public:
    // Tiles 0 to 3: sums. 4 and 5: left operands of n_first and n_second rows of 64 bytes. 6 and 7: right operands of
    // 16 rows.
    void shape(int n_first, int n_second) {
        const int n_rows[8] = { n_first, n_first, n_second, n_second, n_first, n_second, 16, 16 };
        ldtilecfg_operand shapes;
        for (int t = 0; t < 8; ++t) {
            shapes.rows[t] = (uint8_t) n_rows[t];
            shapes.bytes[t] = n_rows[t] ? 64 : 0;
        }
        // The _tile_loadconfig of GCC 12 declares a read of 8 bytes: stores to the other 56 may be dropped.
        asm volatile("ldtilecfg %0" ::"m"(shapes));
    }

    ~amx_tiles() {
        _tile_release(); // else the system saves the tiles at every interrupt of this thread
    }

private:
    struct alignas(64) ldtilecfg_operand {
        uint8_t palette = 1;
        uint8_t start_row = 0;
        uint8_t reserved[14] = {};
        uint16_t bytes[16] = {}; // of a row
        uint8_t rows[16] = {};
    };
};

} // namespace
