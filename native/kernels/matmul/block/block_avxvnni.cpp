#include "kernels/matmul/block/block_vnni.h"
#include "kernels/simd/vnni.h"

void block_multiply_avxvnni(const multiply_params & p) {
    vnni_product<vnni_256>::multiply(p);
}
