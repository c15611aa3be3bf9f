#include "kernels/matmul/row/row_vnni_256.h"

void row_multiply_avxvnni(const multiply_params & p) {
    multiply(p);
}
