#pragma once

// What our own kernels may use: what this CPU has and the system keeps the registers of. All false where it is no x86-64.
//
// The environment variable VANER_CPU takes away what is above a level, for measurements and tests: "avx512", "avxvnni", "avx2"
// or "none" ("amx" takes nothing). ggml's own kernels do not ask it.
struct cpu_features {
    bool avx2 = false;         // with FMA
    bool avxvnni = false;      // in AVX's encoding
    bool avxvnni_evex = false; // the same instructions in AVX-512's
    bool avx512 = false;       // F, DQ, BW and VL
    bool avx512vnni = false;
    bool avx512bf16 = false;
    bool amx_bf16 = false; // tiles, their products of BF16, and AVX-512's BF16; on Linux only
    bool amx_int8 = false; // tiles, their products of bytes, and AVX-512's VNNI and BF16; on Linux only
};

const cpu_features & cpu_features_get();
