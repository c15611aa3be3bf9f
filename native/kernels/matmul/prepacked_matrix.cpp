#include "kernels/matmul/prepacked_matrix.h"

#include "kernels/matmul/activations.h"
#include "kernels/matmul/matmul_kernels.h"

#include <algorithm>

bool prepacked_matrix::supported() {
    return matmul_kernels_get(int8_scales::blocks, 32) != nullptr;
}

const char * prepacked_matrix::kernels_name(int8_scales scales) {
    return matmul_kernels_get(scales, 32)->name;
}

size_t prepacked_matrix::prepacked_size(int8_scales scales, weight_format format, int n_in, int n_out) {
    return matmul_kernels_get(scales, n_in)->prepacked_size(format, n_in, n_out);
}

prepacked_matrix::prepacked_matrix(
    int8_scales scales, weight_format format, const void * rows, int n_in, int n_out, void * memory)
    : scales(scales), n_in(n_in), n_out(n_out), kernels(matmul_kernels_get(scales, n_in)), format(format),
      panels(memory) {
    kernels->prepack(format, rows, n_in, n_out, memory);
}

void prepacked_matrix::multiply(const void * x, int n_rows, int first, int last, float * out, size_t out_stride,
    const float * add, size_t add_stride) const {
    kernels->multiply({ { format, panels, n_in, n_out, (const uint8_t *) x, n_rows, first, last }, out, out_stride, add,
        add_stride });
}

bool prepacked_matrix::can_multiply_to_bf16() const {
    return kernels->multiply_to_bf16 != nullptr;
}

void prepacked_matrix::multiply_to_bf16(const void * x, int n_rows, int first, int last, uint16_t * out,
    size_t out_stride, const rotary_angles * angles) const {
    kernels->multiply_to_bf16(
        { { format, panels, n_in, n_out, (const uint8_t *) x, n_rows, first, last }, out, out_stride, angles });
}

static const int MOST_SWIGLU_ROWS = 256; // matmul_kernels::swiglu_rows of any kernel set
static const int SWIGLU_OUTPUTS = 32;    // one block of the result

void multiply_swiglu(const prepacked_matrix & gate, const prepacked_matrix & up, const void * x, int n_rows, int first,
    int last, void * swiglu_rows) {
    const matmul_kernels & next = *matmul_kernels_get(gate.scales, gate.n_out); // of the product with the result
    if (next.multiply_swiglu && gate.kernels == &next) {
        const size_t stride = bf16_row_size(gate.n_out) / sizeof(uint16_t);
        next.multiply_swiglu({ gate.panels, up.panels, gate.n_in, (const uint8_t *) x, n_rows, first, last,
            (uint16_t *) swiglu_rows + first, stride });
        return;
    }
    const int most_rows = std::min(MOST_SWIGLU_ROWS, next.swiglu_rows);
    const size_t in_size = activation_row_size(gate.scales, gate.n_in);
    const size_t out_size = swiglu_row_size(gate.scales, gate.n_out);
    alignas(64) float gates[MOST_SWIGLU_ROWS][SWIGLU_OUTPUTS];
    alignas(64) float ups[MOST_SWIGLU_ROWS][SWIGLU_OUTPUTS];
    for (int output = first; output < last; output += SWIGLU_OUTPUTS) {
        for (int row = 0; row < n_rows; row += most_rows) {
            const int n = std::min(most_rows, n_rows - row);
            const uint8_t * in = (const uint8_t *) x + row * in_size;
            gate.multiply(in, n, output, output + SWIGLU_OUTPUTS, gates[0], SWIGLU_OUTPUTS);
            up.multiply(in, n, output, output + SWIGLU_OUTPUTS, ups[0], SWIGLU_OUTPUTS);
            for (int i = 0; i < n; ++i) {
                uint8_t * out = (uint8_t *) swiglu_rows + (row + i) * out_size;
                swiglu_row_part(next, gates[i], ups[i], gate.n_out, output, SWIGLU_OUTPUTS, out);
            }
        }
    }
}
