// F32 vectors of one width as a type, for templates over the width.
#pragma once

#include <immintrin.h>

namespace {

#if defined(__AVX512F__)
struct floats_512 {
    using vector = __m512;

    static vector set(float x) { return _mm512_set1_ps(x); }
    static vector add(vector a, vector b) { return _mm512_add_ps(a, b); }
    static vector subtract(vector a, vector b) { return _mm512_sub_ps(a, b); }
    static vector multiply(vector a, vector b) { return _mm512_mul_ps(a, b); }
    static vector multiply_add(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
    static vector multiply_subtract(vector a, vector b, vector c) { return _mm512_fmsub_ps(a, b, c); }
};
#endif

struct floats_256 {
    using vector = __m256;

    static vector set(float x) { return _mm256_set1_ps(x); }
    static vector add(vector a, vector b) { return _mm256_add_ps(a, b); }
    static vector subtract(vector a, vector b) { return _mm256_sub_ps(a, b); }
    static vector multiply(vector a, vector b) { return _mm256_mul_ps(a, b); }
    static vector multiply_add(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
    static vector multiply_subtract(vector a, vector b, vector c) { return _mm256_fmsub_ps(a, b, c); }
};

} // namespace
