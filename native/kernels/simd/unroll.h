#pragma once

// Unrolls the next loop, whose trip count is a constant. Compilers would keep some loops over arrays of vectors rolled,
// and the arrays in memory.
//
// ROLLED keeps it rolled: GCC would load ahead of its iterations and run out of registers.
#if defined(__clang__)
    #define UNROLL _Pragma("clang loop unroll(full)")
    #define ROLLED
#elif defined(__GNUC__)
    #define UNROLL _Pragma("GCC unroll 16")
    #define ROLLED _Pragma("GCC unroll 1")
#else
    #define UNROLL
    #define ROLLED
#endif
