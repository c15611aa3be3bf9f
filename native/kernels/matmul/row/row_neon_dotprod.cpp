// sdot: four products of s8 in each lane.
#include "kernels/matmul/row/row_neon.h"
#include "kernels/simd/unroll.h"

#if !defined(__ARM_FEATURE_DOTPROD)
    #error "needs dotprod: see cmake/kernels.cmake"
#endif

namespace {

struct dotprod {
    // Tiles: [input/4][row][4].
    template <int rows> static void pack(const uint8_t * x, size_t stride, int n, int n_in, int8_t * to) {
        for (int row = 0; row < rows; ++row) {
            const uint8_t * from = x + min(row, n - 1) * stride;
            for (int i = 0; i < n_in; i += 16) {
                int8_t values[16];
                vst1q_s8(values, vreinterpretq_s8_u8(neon_flip(vld1q_u8(from + i))));
                for (int j = 0; j < 16; j += 4) {
                    memcpy(to + (i + j) * rows + row * 4, values + j, 4);
                }
            }
        }
    }

    template <int rows>
    static void multiply(const int8_t * x, const int8_t * panel, int n_in, panel_prefetch prefetch,
        int32_t (*sums)[NEON_PANEL_OUTPUTS]) {
        int32x4_t total[rows][2];
        UNROLL
        for (int row = 0; row < rows; ++row) {
            total[row][0] = total[row][1] = vdupq_n_s32(0);
        }
        for (int i = 0; i < n_in; i += 32) {
            prefetch.fetch();
            ROLLED
            for (int k = 0; k < 8; ++k, x += rows * 4, panel += 4 * NEON_PANEL_OUTPUTS) {
                const int8x16_t weight[2] = { vld1q_s8(panel), vld1q_s8(panel + 16) };
                UNROLL
                for (int row = 0; row < rows; row += 4) {
                    const int8x16_t values = vld1q_s8(x + row * 4);
                    UNROLL
                    for (int j = 0; j < 2; ++j) {
                        total[row][j] = vdotq_laneq_s32(total[row][j], weight[j], values, 0);
                        total[row + 1][j] = vdotq_laneq_s32(total[row + 1][j], weight[j], values, 1);
                        total[row + 2][j] = vdotq_laneq_s32(total[row + 2][j], weight[j], values, 2);
                        total[row + 3][j] = vdotq_laneq_s32(total[row + 3][j], weight[j], values, 3);
                    }
                }
            }
        }
        UNROLL
        for (int row = 0; row < rows; ++row) {
            vst1q_s32(sums[row], total[row][0]);
            vst1q_s32(sums[row] + 4, total[row][1]);
        }
    }
};

} // namespace

void row_multiply_neon_dotprod(const multiply_params & p) {
    multiply<dotprod>(p);
}

void row_multiply_swiglu_neon_dotprod(const multiply_swiglu_params & p) {
    multiply_swiglu<dotprod>(p);
}
