#include "int8/int8_matrix.h"

#include "int8/int8_path.h"

#include <new>

#if defined(_MSC_VER) && defined(_M_X64)
    #include <immintrin.h>
    #include <intrin.h>
#endif

static const std::align_val_t ALIGNMENT{ 64 };

static bool cpu_has_avx2() {
#if defined(_MSC_VER) && defined(_M_X64)
    int leaf_1[4];
    int leaf_7[4];
    __cpuidex(leaf_1, 1, 0);
    __cpuidex(leaf_7, 7, 0);
    const bool fma = (leaf_1[2] & (1 << 12)) != 0;
    const bool avx2 = (leaf_7[1] & (1 << 5)) != 0;
    const bool xgetbv = (leaf_1[2] & (1 << 27)) != 0;
    return fma && avx2 && xgetbv && (_xgetbv(0) & 6) == 6; // the system keeps the upper halves of the registers
#elif defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

// The fastest path of this CPU, or null.
static const int8_path * path() {
    static const int8_path * const best = cpu_has_avx2() ? int8_avx2_path() : nullptr;
    return best;
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
    const size_t size = (size_t) n_in + (size_t) n_in / 32 * sizeof(float);
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
