// Peak multiply-add throughput of this machine: the tile of a matrix product, held in registers.
//
// Usage: peaks THREADS SECONDS
// Prints one line of JSON: billions of operations per second over all threads, where a multiply-add is two operations.
// Measures F32 and int8 with the best vector instruction that the compiler flags allow, and BF16 and int8 with AMX
// tiles if the CPU has them.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#if defined(__AVX2__)
    #include <immintrin.h>
#elif defined(__ARM_NEON)
    #include <arm_neon.h>
#endif

#if defined(__linux__)
    #include <sys/syscall.h>
    #include <unistd.h>
#endif

#if defined(__AVX512F__) || defined(__ARM_NEON)
constexpr int ROWS = 4, COLUMNS = 4; // 32 vector registers
#else
constexpr int ROWS = 4, COLUMNS = 2; // 16
#endif

#if defined(__ARM_NEON)
    #define KEEP(value) asm volatile("" : "+w"(value))
#else
    #define KEEP(value) asm volatile("" : "+x"(value))
#endif

struct f32_tile {
#if defined(__AVX512F__)
    using input = __m512;
    using sum = __m512;
    static constexpr const char * instruction = "AVX-512 FMA";
    static constexpr int products = 16;
    static sum add(sum s, input a, input b) {
        return _mm512_fmadd_ps(a, b, s);
    }
#elif defined(__AVX2__) && defined(__FMA__)
    using input = __m256;
    using sum = __m256;
    static constexpr const char * instruction = "AVX2 FMA";
    static constexpr int products = 8;
    static sum add(sum s, input a, input b) {
        return _mm256_fmadd_ps(a, b, s);
    }
#elif defined(__ARM_NEON)
    using input = float32x4_t;
    using sum = float32x4_t;
    static constexpr const char * instruction = "NEON FMA";
    static constexpr int products = 4;
    static sum add(sum s, input a, input b) {
        return vfmaq_f32(s, a, b);
    }
#else
    using input = float;
    using sum = float;
    static constexpr const char * instruction = "scalar";
    static constexpr int products = 1;
    static sum add(sum s, input a, input b) {
        return s + a * b;
    }
#endif
};

struct int8_tile {
#if defined(__AVX512VNNI__)
    using input = __m512i;
    using sum = __m512i;
    static constexpr const char * instruction = "AVX-512 vpdpbusd";
    static constexpr int products = 64;
    static sum add(sum s, input a, input b) {
        return _mm512_dpbusd_epi32(s, a, b);
    }
#elif defined(__AVXVNNI__)
    using input = __m256i;
    using sum = __m256i;
    static constexpr const char * instruction = "AVX-VNNI vpdpbusd";
    static constexpr int products = 32;
    static sum add(sum s, input a, input b) {
        return _mm256_dpbusd_avx_epi32(s, a, b);
    }
#elif defined(__AVX2__)
    using input = __m256i;
    using sum = __m256i;
    static constexpr const char * instruction = "AVX2 vpmaddubsw + vpmaddwd";
    static constexpr int products = 32;
    static sum add(sum s, input a, input b) {
        const __m256i pairs = _mm256_maddubs_epi16(a, b);
        return _mm256_add_epi32(s, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
#elif defined(__ARM_FEATURE_MATMUL_INT8)
    using input = int8x16_t;
    using sum = int32x4_t;
    static constexpr const char * instruction = "NEON smmla";
    static constexpr int products = 32;
    static sum add(sum s, input a, input b) {
        return vmmlaq_s32(s, a, b);
    }
#elif defined(__ARM_FEATURE_DOTPROD)
    using input = int8x16_t;
    using sum = int32x4_t;
    static constexpr const char * instruction = "NEON sdot";
    static constexpr int products = 16;
    static sum add(sum s, input a, input b) {
        return vdotq_s32(s, a, b);
    }
#else
    using input = int;
    using sum = int;
    static constexpr const char * instruction = "scalar";
    static constexpr int products = 1;
    static sum add(sum s, input a, input b) {
        return s + a * b;
    }
#endif
};

template <typename tile> static void multiply_tiles(int count) {
    typename tile::input a[ROWS] = {}, b[COLUMNS] = {};
    typename tile::sum sums[ROWS][COLUMNS] = {};
    for (int i = 0; i < count; ++i) {
        // The compiler must take these for new values, or it would hoist the products out of the loop.
#pragma GCC unroll 8
        for (int row = 0; row < ROWS; ++row) {
            KEEP(a[row]);
        }
#pragma GCC unroll 8
        for (int column = 0; column < COLUMNS; ++column) {
            KEEP(b[column]);
        }
#pragma GCC unroll 8
        for (int row = 0; row < ROWS; ++row) {
#pragma GCC unroll 8
            for (int column = 0; column < COLUMNS; ++column) {
                sums[row][column] = tile::add(sums[row][column], a[row], b[column]);
                KEEP(sums[row][column]); // keeps the order of the sums: reordering would spill them to memory
            }
        }
    }
}

#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AMX_INT8__) && defined(__linux__)
    #define TILES

// On Linux a process has to request the use of tiles.
static bool ask_for_tiles() {
    return syscall(SYS_arch_prctl, 0x1023 /* ARCH_REQ_XCOMP_PERM */, 18 /* XFEATURE_XTILEDATA */) == 0;
}

// All eight tiles have 16 rows of 64 bytes: four sums, two left and two right operands.
static void shape_tiles() {
    struct alignas(64) {
        uint8_t palette = 1, start_row = 0, reserved[14] = {};
        uint16_t bytes[16] = {};
        uint8_t rows[16] = {};
    } shapes;
    for (int t = 0; t < 8; ++t) {
        shapes.bytes[t] = 64;
        shapes.rows[t] = 16;
    }
    asm volatile("ldtilecfg %0" ::"m"(shapes)); // not _tile_loadconfig: GCC 12 may drop the stores that it reads
}

struct bf16_tiles {
    static constexpr const char * instruction = "AMX tdpbf16ps";
    static constexpr double products = 4.0 * 16 * 16 * 32;
    static void multiply(int count) {
        shape_tiles();
        for (int i = 0; i < count; ++i) {
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
        _tile_release();
    }
};

struct int8_tiles {
    static constexpr const char * instruction = "AMX tdpbusd";
    static constexpr double products = 4.0 * 16 * 16 * 64;
    static void multiply(int count) {
        shape_tiles();
        for (int i = 0; i < count; ++i) {
            _tile_dpbusd(0, 4, 6);
            _tile_dpbusd(1, 4, 7);
            _tile_dpbusd(2, 5, 6);
            _tile_dpbusd(3, 5, 7);
        }
        _tile_release();
    }
};
#endif

// The vector instructions behind the interface of the tiles.
template <typename tile> struct vectors {
    static constexpr double products = (double) ROWS * COLUMNS * tile::products;
    static void multiply(int count) { multiply_tiles<tile>(count); }
};

// Billions of operations per second.
template <typename kernel> static double measure_peak(int n_threads, double seconds) {
    using clock = std::chrono::steady_clock;
    constexpr int tiles = 100000;
    std::atomic<int> waiting{ n_threads };
    std::vector<double> rates(n_threads);
    std::vector<std::thread> threads;
    for (int t = 0; t < n_threads; ++t) {
        threads.emplace_back([&, t] {
            kernel::multiply(tiles); // warm-up
            --waiting;
            while (waiting > 0) {
                std::this_thread::yield();
            }
            const auto start = clock::now();
            double passed = 0, done = 0;
            while (passed < seconds) {
                kernel::multiply(tiles);
                done += tiles;
                passed = std::chrono::duration<double>(clock::now() - start).count();
            }
            rates[t] = done / passed;
        });
    }
    double total = 0;
    for (int t = 0; t < n_threads; ++t) {
        threads[t].join();
        total += rates[t];
    }
    return total * 2 * kernel::products / 1e9;
}

static void print_peak(const char * kind, const char * instruction, double gops, bool first = false) {
    std::printf("%s{\"kind\":\"%s\",\"instruction\":\"%s\",\"gops\":%.1f}", first ? "" : ",", kind, instruction, gops);
}

int main(int argc, char ** argv) {
    const int n_threads = argc > 1 ? std::atoi(argv[1]) : 1;
    const double seconds = argc > 2 ? std::atof(argv[2]) : 0.5;
    if (n_threads < 1 || n_threads > 1024 || !(seconds > 0)) {
        std::fprintf(stderr, "usage: peaks THREADS SECONDS\n");
        return 2;
    }
    std::printf("[");
    print_peak("f32", f32_tile::instruction, measure_peak<vectors<f32_tile>>(n_threads, seconds), true);
    print_peak("int8", int8_tile::instruction, measure_peak<vectors<int8_tile>>(n_threads, seconds));
#if defined(TILES)
    if (ask_for_tiles()) {
        print_peak("bf16 in tiles", bf16_tiles::instruction, measure_peak<bf16_tiles>(n_threads, seconds));
        print_peak("int8 in tiles", int8_tiles::instruction, measure_peak<int8_tiles>(n_threads, seconds));
    }
#endif
    std::printf("]\n");
    return 0;
}
