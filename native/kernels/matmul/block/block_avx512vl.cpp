#include "kernels/matmul/matmul_kernels.h"

#if defined(__AVX512VNNI__) && defined(__AVX512VL__) && defined(__FMA__)

    #include "kernels/matmul/kernels_vnni_256.h"

const packed_path * int8_avx512vl_path() {
    return vnni_256_blocks();
}

const packed_path * rowwise_avx512vl_path() {
    return vnni_256_rows();
}

#else

const packed_path * int8_avx512vl_path() {
    return nullptr;
}

const packed_path * rowwise_avx512vl_path() {
    return nullptr;
}

#endif
