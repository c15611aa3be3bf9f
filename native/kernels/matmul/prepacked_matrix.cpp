#include "kernels/matmul/prepacked_matrix.h"

#include "kernels/cpu_features.h"
#include "kernels/matmul/activations.h"
#include "kernels/matmul/matmul_kernels.h"

#include <algorithm>
#include <initializer_list>

// Sums of so many products of 127 x 127 fit into 32 bits.
static const int MOST_ROWWISE_INPUTS = 1 << 17;

static const matmul_kernels * first_of(std::initializer_list<const matmul_kernels *> paths) {
    const auto first = std::find_if(paths.begin(), paths.end(), [](const matmul_kernels * p) { return p != nullptr; });
    return first == paths.end() ? nullptr : *first;
}

static const matmul_kernels * choose_path(int8_scales scales) {
    const cpu_features & cpu = cpu_features_get();
    const bool rows = scales == int8_scales::rows;
    return first_of(
        { rows && cpu.amx_int8 ? rowwise_amx_path() : nullptr, rows && cpu.avx512vnni ? rowwise_avx512_path() : nullptr,
            rows && cpu.avxvnni ? rowwise_avxvnni_path() : nullptr,
            rows && cpu.avxvnni_evex ? rowwise_avx512vl_path() : nullptr, cpu.amx_bf16 ? bf16_amx_path() : nullptr,
            cpu.avx512vnni ? int8_avx512_path() : nullptr, cpu.avxvnni ? int8_avxvnni_path() : nullptr,
            cpu.avxvnni_evex ? int8_avx512vl_path() : nullptr, cpu.avx2 ? int8_avx2_path() : nullptr });
}

// The fastest path of this CPU; null where it has none.
static const matmul_kernels * path_of(int8_scales scales) {
    static const matmul_kernels * const blocks = choose_path(int8_scales::blocks);
    static const matmul_kernels * const rows = choose_path(int8_scales::rows);
    return scales == int8_scales::rows ? rows : blocks;
}

static const matmul_kernels * path_of(int8_scales scales, int n_in) {
    return path_of(n_in > MOST_ROWWISE_INPUTS ? int8_scales::blocks : scales);
}

bool prepacked_matrix::supported() {
    return path_of(int8_scales::blocks) != nullptr;
}

const char * prepacked_matrix::kernels_name(int8_scales scales) {
    return path_of(scales)->name;
}

size_t prepacked_matrix::prepacked_size(int8_scales scales, weight_format format, int n_in, int n_out) {
    return path_of(scales, n_in)->prepacked_size(format, n_in, n_out);
}

prepacked_matrix::prepacked_matrix(
    int8_scales scales, weight_format format, const void * rows, int n_in, int n_out, void * memory)
    : scales(scales), n_in(n_in), n_out(n_out), kernels(path_of(scales, n_in)), format(format), panels(memory) {
    kernels->pack(format, rows, n_in, n_out, memory);
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

size_t activation_row_size(int8_scales scales, int n_in) {
    switch (path_of(scales, n_in)->rows) {
    case activation_kind::bytes: return int8_words_offset(n_in);
    case activation_kind::bytes_and_words: return int8_words_offset(n_in) + whole_lines(n_in * sizeof(int16_t));
    case activation_kind::bf16: return bf16_row_size(n_in);
    case activation_kind::row_bytes: break;
    }
    return rowwise_row_size(n_in);
}

// Values [first, first + n) of a row.
static activation_row stretch(activation_kind kind, void * row, int n_in, int first, int n) {
    activation_row result = {};
    result.n = n;
    if (kind == activation_kind::bf16) {
        result.bf16 = (uint16_t *) row + first;
        return result;
    }
    result.values = (uint8_t *) row + first;
    if (kind == activation_kind::row_bytes) {
        result.scale = (float *) ((uint8_t *) row + rowwise_scale_offset(n_in));
        return result;
    }
    result.blocks = (uint8_t *) row + n_in + first / 32 * sizeof(int8_block);
    if (kind == activation_kind::bytes_and_words) {
        result.words = (int16_t *) ((uint8_t *) row + int8_words_offset(n_in)) + first;
    }
    return result;
}

void quantize_from_f32(int8_scales scales, const float * x, int n_in, void * row) {
    const matmul_kernels & path = *path_of(scales, n_in);
    path.quantize(x, stretch(path.rows, row, n_in, 0, n_in));
}

void quantize_from_rms_norm(
    int8_scales scales, const float * x, const float * weight, float eps, int n_in, void * row) {
    const matmul_kernels & path = *path_of(scales, n_in);
    path.rms_norm_quantize(x, weight, eps, stretch(path.rows, row, n_in, 0, n_in));
}

bool swiglu_row_is_quantized(int8_scales scales, int n_in) {
    return path_of(scales, n_in)->quantize_from_bf16 == nullptr;
}

size_t swiglu_row_size(int8_scales scales, int n_in) {
    return swiglu_row_is_quantized(scales, n_in) ? activation_row_size(scales, n_in) : bf16_row_size(n_in);
}

static void gate_some(
    const matmul_kernels & path, const float * gate, const float * up, int n_in, int first, int n, void * gated_row) {
    const activation_kind kind = path.quantize_from_bf16 ? activation_kind::bf16 : path.rows;
    path.swiglu_quantize(gate, up, stretch(kind, gated_row, n_in, first, n));
}

void swiglu_row(int8_scales scales, const float * gate, const float * up, int n_in, void * gated_row) {
    gate_some(*path_of(scales, n_in), gate, up, n_in, 0, n_in, gated_row);
}

void quantize_from_bf16(int8_scales scales, const uint16_t * x, int n_in, void * row) {
    const matmul_kernels & path = *path_of(scales, n_in);
    path.quantize_from_bf16(x, stretch(path.rows, row, n_in, 0, n_in));
}

static const int GATED_ROWS = 256;   // of any path
static const int GATED_OUTPUTS = 32; // one block of the result

void multiply_swiglu(const prepacked_matrix & gate, const prepacked_matrix & up, const void * x, int n_rows, int first,
    int last, void * swiglu_rows) {
    const matmul_kernels & path = *path_of(gate.scales, gate.n_out); // of what it is multiplied with
    if (path.gated && gate.kernels == &path) {
        const size_t stride = bf16_row_size(gate.n_out) / sizeof(uint16_t);
        path.gated({ gate.panels, up.panels, gate.n_in, (const uint8_t *) x, n_rows, first, last,
            (uint16_t *) swiglu_rows + first, stride });
        return;
    }
    const int most_rows = std::min(GATED_ROWS, path.gated_rows);
    const size_t in_size = activation_row_size(gate.scales, gate.n_in);
    const size_t out_size = swiglu_row_size(gate.scales, gate.n_out);
    alignas(64) float gates[GATED_ROWS][GATED_OUTPUTS];
    alignas(64) float ups[GATED_ROWS][GATED_OUTPUTS];
    for (int output = first; output < last; output += GATED_OUTPUTS) {
        for (int row = 0; row < n_rows; row += most_rows) {
            const int n = std::min(most_rows, n_rows - row);
            const uint8_t * in = (const uint8_t *) x + row * in_size;
            gate.multiply(in, n, output, output + GATED_OUTPUTS, gates[0], GATED_OUTPUTS);
            up.multiply(in, n, output, output + GATED_OUTPUTS, ups[0], GATED_OUTPUTS);
            for (int i = 0; i < n; ++i) {
                uint8_t * out = (uint8_t *) swiglu_rows + (row + i) * out_size;
                gate_some(path, gates[i], ups[i], gate.n_out, output, GATED_OUTPUTS, out);
            }
        }
    }
}
