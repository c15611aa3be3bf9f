#pragma once

// GCC would leave loops as they are and then run out of registers.
#if defined(__GNUC__) && !defined(__clang__)
    #define UNROLL _Pragma("GCC unroll 16")
#else
    #define UNROLL
#endif
