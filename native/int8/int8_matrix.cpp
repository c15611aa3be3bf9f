#include "int8/int8_matrix.h"

#include "cpu_features.h"
#include "int8/int8_path.h"

#include <cstdlib>
#include <cstring>
#include <new>

static const std::align_val_t ALIGNMENT{ 64 };

static const int8_path * choose_path() {
    const cpu_features & cpu = cpu_features_get();
    const int8_path * const paths[] = { cpu.avx512vnni ? int8_avx512_path() : nullptr,
        cpu.avxvnni ? int8_avxvnni_path() : nullptr, cpu.avx2 ? int8_avx2_path() : nullptr };
    const char * wanted = std::getenv("VANER_INT8_PATH");
    for (const int8_path * path : paths) {
        if (path && (!wanted || strcmp(wanted, path->name) == 0)) {
            return path;
        }
    }
    return nullptr;
}

// The fastest path of this CPU, or the one that is asked for; null where it can't be had.
static const int8_path * path() {
    static const int8_path * const chosen = choose_path();
    return chosen;
}

bool int8_matrix::supported() {
    return path() != nullptr;
}

void int8_matrix::free_aligned::operator()(void * p) const {
    ::operator delete(p, ALIGNMENT);
}

int8_matrix::int8_matrix(int8_weights format, int n_in, int n_out)
    : n_in(n_in), n_out(n_out), format(format), packed_size(path()->packed_size(format, n_in, n_out)),
      packed(::operator new(packed_size, ALIGNMENT)) {}

std::unique_ptr<int8_matrix> int8_matrix::pack(int8_weights format, const void * rows, int n_in, int n_out) {
    std::unique_ptr<int8_matrix> matrix(new int8_matrix(format, n_in, n_out));
    path()->pack(format, rows, n_in, n_out, matrix->packed.get());
    return matrix;
}

void int8_matrix::multiply(const void * x, int n_rows, int first, int last, float * out, size_t out_stride,
    const float * add, size_t add_stride) const {
    path()->multiply({ format, packed.get(), n_in, n_out, (const uint8_t *) x, n_rows, first, last, out, out_stride,
        add, add_stride });
}

size_t int8_row_size(int n_in) {
    const size_t size = (size_t) n_in + (size_t) n_in / 32 * sizeof(int8_block);
    return (size + 63) / 64 * 64;
}

void int8_quantize(const float * x, int n_in, void * row) {
    path()->quantize(x, n_in, (uint8_t *) row);
}

void int8_rms_norm_quantize(const float * x, const float * weight, float eps, int n_in, void * row) {
    path()->rms_norm_quantize(x, weight, eps, n_in, (uint8_t *) row);
}

void int8_swiglu_quantize(const float * gate, const float * up, int n_in, void * row) {
    path()->swiglu_quantize(gate, up, n_in, (uint8_t *) row);
}
