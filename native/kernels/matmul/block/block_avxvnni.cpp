#include "kernels/matmul/matmul_kernels.h"

#if defined(__AVXVNNI__) && defined(__FMA__)

    #include "kernels/matmul/kernels_vnni_256.h"

const matmul_kernels * int8_avxvnni_path() {
    return vnni_256_blocks();
}

const matmul_kernels * rowwise_avxvnni_path() {
    return vnni_256_rows();
}

#else

const matmul_kernels * int8_avxvnni_path() {
    return nullptr;
}

const matmul_kernels * rowwise_avxvnni_path() {
    return nullptr;
}

#endif
