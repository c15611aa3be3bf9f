// The tile registers of AMX. For files that are compiled for it.
#pragma once

#include <cstdint>
#include <immintrin.h>

// Two by two tiles of sums. Until it is destroyed this thread's tiles are in use.
class amx_tiles {
public:
    // Tiles 0 to 3: sums, 4 and 5: of the left side, n_first and n_second rows of 64 bytes, 6 and 7: of the right side, 16 rows.
    void shape(int n_first, int n_second) {
        const int n_rows[8] = { n_first, n_first, n_second, n_second, n_first, n_second, 16, 16 };
        ldtilecfg_operand shapes;
        for (int t = 0; t < 8; ++t) {
            shapes.rows[t] = (uint8_t) n_rows[t];
            shapes.bytes[t] = n_rows[t] ? 64 : 0;
        }
        // GCC 12's _tile_loadconfig says that it reads eight bytes only, and the rest may never be written.
        asm volatile("ldtilecfg %0" ::"m"(shapes));
    }

    ~amx_tiles() {
        _tile_release(); // or the system would save the tiles whenever this thread is interrupted
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
