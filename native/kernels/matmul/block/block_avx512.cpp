#include "kernels/matmul/block/block_vnni.h"
#include "kernels/simd/vnni.h"

void block_multiply_avx512(const multiply_params & p) {
    vnni_product<vnni_512>::multiply(p);
}
