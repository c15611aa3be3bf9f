#include "packed/packed_matrix.h"

#include "cpu_features.h"
#include "packed/packed_path.h"

#include <algorithm>
#include <iterator>

static const packed_path * choose_path() {
    const cpu_features & cpu = cpu_features_get();
    const packed_path * const paths[] = { cpu.amx_bf16 ? bf16_amx_path() : nullptr,
        cpu.avx512vnni ? int8_avx512_path() : nullptr, cpu.avxvnni ? int8_avxvnni_path() : nullptr,
        cpu.avxvnni_evex ? int8_avx512vl_path() : nullptr, cpu.avx2 ? int8_avx2_path() : nullptr };
    const auto first =
        std::find_if(std::begin(paths), std::end(paths), [](const packed_path * p) { return p != nullptr; });
    return first == std::end(paths) ? nullptr : *first;
}

// The fastest path of this CPU; null where it has none.
static const packed_path * path() {
    static const packed_path * const chosen = choose_path();
    return chosen;
}

bool packed_matrix::supported() {
    return path() != nullptr;
}

const char * packed_matrix::path_name() {
    return path()->name;
}

size_t packed_matrix::packed_size(packed_format format, int n_in, int n_out) {
    return path()->packed_size(format, n_in, n_out);
}

packed_matrix::packed_matrix(packed_format format, const void * rows, int n_in, int n_out, void * memory)
    : n_in(n_in), n_out(n_out), format(format), packed(memory) {
    path()->pack(format, rows, n_in, n_out, memory);
}

void packed_matrix::multiply(const void * x, int n_rows, int first, int last, float * out, size_t out_stride,
    const float * add, size_t add_stride) const {
    path()->multiply(
        { format, packed, n_in, n_out, (const uint8_t *) x, n_rows, first, last, out, out_stride, add, add_stride });
}

size_t activation_row_size(int n_in) {
    switch (path()->rows) {
    case activation_kind::bytes: return int8_words_offset(n_in);
    case activation_kind::bytes_and_words:
        return int8_words_offset(n_in) + ((size_t) n_in * sizeof(int16_t) + 63) / 64 * 64;
    case activation_kind::bf16: break;
    }
    // An odd number of lines: the rows of a tile are spread over the cache's sets.
    return (size_t) (n_in / 32 | 1) * 64;
}

// Values [first, first + n) of a row.
static activation_row stretch(void * row, int n_in, int first, int n) {
    if (path()->rows == activation_kind::bf16) {
        return { nullptr, nullptr, nullptr, (uint16_t *) row + first, n };
    }
    uint8_t * values = (uint8_t *) row;
    int16_t * words =
        path()->rows == activation_kind::bytes ? nullptr : (int16_t *) (values + int8_words_offset(n_in)) + first;
    return { values + first, values + n_in + first / 32 * sizeof(int8_block), words, nullptr, n };
}

void quantize_activations(const float * x, int n_in, void * row) {
    path()->quantize(x, stretch(row, n_in, 0, n_in));
}

void quantize_rms_norm(const float * x, const float * weight, float eps, int n_in, void * row) {
    path()->rms_norm_quantize(x, weight, eps, stretch(row, n_in, 0, n_in));
}

void quantize_swiglu(const float * gate, const float * up, int n_in, void * row) {
    path()->swiglu_quantize(gate, up, stretch(row, n_in, 0, n_in));
}

static const int GATED_ROWS = 256;   // of any path
static const int GATED_OUTPUTS = 32; // one block of the result

void packed_gated_product(const packed_matrix & gate, const packed_matrix & up, const void * x, int n_rows, int first,
    int last, void * rows) {
    const packed_path & p = *path();
    const int most_rows = std::min(GATED_ROWS, p.gated_rows);
    const size_t in_size = activation_row_size(gate.n_in);
    const size_t out_size = activation_row_size(gate.n_out);
    alignas(64) float gates[GATED_ROWS][GATED_OUTPUTS];
    alignas(64) float ups[GATED_ROWS][GATED_OUTPUTS];
    for (int output = first; output < last; output += GATED_OUTPUTS) {
        for (int row = 0; row < n_rows; row += most_rows) {
            const int n = std::min(most_rows, n_rows - row);
            const uint8_t * in = (const uint8_t *) x + row * in_size;
            gate.multiply(in, n, output, output + GATED_OUTPUTS, gates[0], GATED_OUTPUTS);
            up.multiply(in, n, output, output + GATED_OUTPUTS, ups[0], GATED_OUTPUTS);
            for (int i = 0; i < n; ++i) {
                uint8_t * out = (uint8_t *) rows + (row + i) * out_size;
                p.swiglu_quantize(gates[i], ups[i], stretch(out, gate.n_out, output, GATED_OUTPUTS));
            }
        }
    }
}
