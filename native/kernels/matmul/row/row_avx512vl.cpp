#include "kernels/matmul/row/row_vnni_256.h"

void row_multiply_avx512vl(const multiply_params & p) {
    multiply(p);
}
