#pragma once

// Unrolls the next loop. GCC would keep loops over arrays of vectors rolled, and the arrays in memory.
#if defined(__GNUC__) && !defined(__clang__)
    #define UNROLL _Pragma("GCC unroll 16")
#else
    #define UNROLL
#endif
