// smmla: products of 2 rows and 2 outputs, 8 inputs at a time.
#include "kernels/matmul/row/row_neon.h"
#include "kernels/simd/unroll.h"

#if !defined(__ARM_FEATURE_MATMUL_INT8)
    #error "needs i8mm: see cmake/kernels.cmake"
#endif

namespace {

struct i8mm {
    // Tiles: [input/8][row][8].
    template <int rows> static void pack(const uint8_t * x, size_t stride, int n, int n_in, int8_t * to) {
        for (int row = 0; row < rows; ++row) {
            const uint8_t * from = x + min(row, n - 1) * stride;
            for (int i = 0; i < n_in; i += 16) {
                const int8x16_t values = vreinterpretq_s8_u8(neon_flip(vld1q_u8(from + i)));
                vst1_s8(to + i * rows + row * 8, vget_low_s8(values));
                vst1_s8(to + (i + 8) * rows + row * 8, vget_high_s8(values));
            }
        }
    }

    template <int rows>
    static void multiply(const int8_t * x, const int8_t * panel, int n_in, panel_prefetch prefetch,
        int32_t (*sums)[NEON_PANEL_OUTPUTS]) {
        int32x4_t total[rows / 2][4]; // two rows of two outputs
        UNROLL
        for (int pair = 0; pair < rows / 2; ++pair) {
            total[pair][0] = total[pair][1] = total[pair][2] = total[pair][3] = vdupq_n_s32(0);
        }
        for (int i = 0; i < n_in; i += 32) {
            prefetch.fetch();
            ROLLED
            for (int k = 0; k < 4; ++k, x += rows * 8, panel += 8 * NEON_PANEL_OUTPUTS) {
                int8x16_t values[rows / 2];
                UNROLL
                for (int pair = 0; pair < rows / 2; ++pair) {
                    values[pair] = vld1q_s8(x + pair * 16);
                }
                UNROLL
                for (int j = 0; j < 4; ++j) {
                    const int8x16_t w = vld1q_s8(panel + j * 16);
                    UNROLL
                    for (int pair = 0; pair < rows / 2; ++pair) {
                        total[pair][j] = vmmlaq_s32(total[pair][j], values[pair], w);
                    }
                }
            }
        }
        UNROLL
        for (int pair = 0; pair < rows / 2; ++pair) {
            for (int j = 0; j < 4; ++j) {
                vst1_s32(sums[2 * pair] + 2 * j, vget_low_s32(total[pair][j]));
                vst1_s32(sums[2 * pair + 1] + 2 * j, vget_high_s32(total[pair][j]));
            }
        }
    }
};

} // namespace

void row_multiply_neon_i8mm(const multiply_params & p) {
    multiply<i8mm>(p);
}

void row_multiply_swiglu_neon_i8mm(const multiply_swiglu_params & p) {
    multiply_swiglu<i8mm>(p);
}
