#pragma once

#include <cstdlib>

// Instruction sets that this CPU has and whose registers the system saves. All false on other CPUs than x86-64 and
// arm64.
//
// The environment variable VANER_CPU disables what is above a level, for measurements and tests: "avx512", "avxvnni",
// "avx2" or "none" ("amx" disables nothing); on arm64 "dotprod", "neon" or "none" ("i8mm" disables nothing). ggml's own
// kernels ignore it.
struct cpu_features {
    bool avx2 = false;         // with FMA
    bool avxvnni = false;      // in the encoding of AVX
    bool avxvnni_evex = false; // the same instructions in the encoding of AVX-512
    bool avx512 = false;       // F, DQ, BW and VL
    bool avx512vnni = false;
    bool avx512bf16 = false;
    bool amx_bf16 = false;     // tiles, their products of BF16, and AVX-512's BF16; on Linux only
    bool amx_int8 = false;     // tiles, their products of bytes, and AVX-512's VNNI and BF16; on Linux only
    bool neon = false;         // of arm64
    bool neon_dotprod = false; // products of 4 bytes
    bool neon_i8mm = false;    // products of 2 x 8 bytes, and dotprod
};

const cpu_features & cpu_features_get();

// The level that VANER_CPU names; NULL without the variable, or where it is empty. Static, so that each instruction set
// has its own copy.
static inline const char * cpu_level_wanted() {
    const char * level = std::getenv("VANER_CPU");
    return level && *level ? level : nullptr;
}
