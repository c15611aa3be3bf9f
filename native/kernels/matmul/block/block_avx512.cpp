#include "kernels/matmul/matmul_kernels.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)

    #include "kernels/matmul/block/block_avx512.h"
    #include "kernels/matmul/block/block_vnni.h"

    #include <immintrin.h>

namespace {

struct vector_512 {
    static const int lanes = 16;
    static const int tile_rows = 6; // 12 sums and 12 totals of 32 registers

    using ints = __m512i;
    using floats = __m512;

    static inline ints load(const int32_t * p) { return _mm512_load_si512(p); }
    static inline floats load(const float * p) { return _mm512_load_ps(p); }
    static inline floats load_any(const float * p) { return _mm512_loadu_ps(p); }
    static inline void store_any(float * p, floats v) { _mm512_storeu_ps(p, v); }
    static inline ints broadcast(int32_t v) { return _mm512_set1_epi32(v); }
    static inline floats broadcast(float v) { return _mm512_set1_ps(v); }
    static inline ints dot(ints sum, ints x, ints w) { return _mm512_dpbusd_epi32(sum, x, w); }
    static inline floats to_floats(ints v) { return _mm512_cvtepi32_ps(v); }
    static inline floats multiply(floats a, floats b) { return _mm512_mul_ps(a, b); }
    static inline floats multiply_add(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
};

} // namespace

using product = vnni_product<vector_512>;

const matmul_kernels * int8_avx512_path() {
    static const matmul_kernels path = { "AVX-512 VNNI", activation_kind::bytes, 48, vnni_panels_size<product::OUTPUTS>,
        vnni_pack_panels<product::OUTPUTS>, product::multiply, int8_avx512_quantize, int8_avx512_rms_norm_quantize,
        int8_avx512_swiglu_quantize, nullptr, nullptr, nullptr };
    return &path;
}

#else

const matmul_kernels * int8_avx512_path() {
    return nullptr;
}

#endif
