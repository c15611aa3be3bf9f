// smmla: products of 2 rows and 2 outputs, 8 inputs at a time.
#include "kernels/matmul/block/block_neon.h"

#if !defined(__ARM_FEATURE_MATMUL_INT8)
    #error "needs i8mm: see cmake/kernels.cmake"
#endif

namespace {

// Sums and totals are vectors of two rows and two outputs.
struct i8mm {
    using block = i8mm_block;

    struct strip_block {
        int8_t values[4][TILE_ROWS][8]; // [input/8][row][input%8]
        float scale[TILE_ROWS][2];      // for two outputs
        int32_t offset_factor[TILE_ROWS][2];
    };

    static void pack(int row, const uint8_t * values, const block_scale & scale, strip_block & to) {
        for (int i = 0; i < 4; i += 2) {
            const int8x16_t flipped = vreinterpretq_s8_u8(neon_flip(vld1q_u8(values + i * 8)));
            vst1_s8(to.values[i][row], vget_low_s8(flipped));
            vst1_s8(to.values[i + 1][row], vget_high_s8(flipped));
        }
        for (int i = 0; i < 2; ++i) {
            to.scale[row][i] = scale.scale;
            to.offset_factor[row][i] = offset_factor(scale);
        }
    }

    static void add(
        const strip_block * x, const block * panel, int n, panel_prefetch prefetch, float (*out)[TILE_OUTPUTS]) {
        float32x4_t total[2][4];
        UNROLL
        for (int pair = 0; pair < 2; ++pair) {
            UNROLL
            for (int j = 0; j < 4; ++j) {
                total[pair][j] = vcombine_f32(vld1_f32(out[2 * pair] + 2 * j), vld1_f32(out[2 * pair + 1] + 2 * j));
            }
        }
        for (int b = 0; b < n; ++b, ++x, ++panel) {
            prefetch.fetch();
            int32x4_t sums[2][4];
            UNROLL
            for (int pair = 0; pair < 2; ++pair) {
                const int32x4_t factors = vld1q_s32(x->offset_factor[2 * pair]);
                UNROLL
                for (int j = 0; j < 4; ++j) {
                    sums[pair][j] = vmulq_s32(vld1q_s32(panel->offset[j][0]), factors);
                }
            }
            UNROLL
            for (int k = 0; k < 4; ++k) {
                const int8x16_t values[2] = { vld1q_s8(x->values[k][0]), vld1q_s8(x->values[k][2]) };
                UNROLL
                for (int j = 0; j < 4; ++j) {
                    const int8x16_t weight = vld1q_s8(panel->weight[k][2 * j]);
                    sums[0][j] = vmmlaq_s32(sums[0][j], values[0], weight);
                    sums[1][j] = vmmlaq_s32(sums[1][j], values[1], weight);
                }
            }
            UNROLL
            for (int pair = 0; pair < 2; ++pair) {
                const float32x4_t x_scale = vld1q_f32(x->scale[2 * pair]);
                UNROLL
                for (int j = 0; j < 4; ++j) {
                    const float32x4_t scale = vmulq_f32(vld1q_f32(panel->scale[j][0]), x_scale);
                    total[pair][j] = vfmaq_f32(total[pair][j], vcvtq_f32_s32(sums[pair][j]), scale);
                }
            }
        }
        UNROLL
        for (int pair = 0; pair < 2; ++pair) {
            UNROLL
            for (int j = 0; j < 4; ++j) {
                vst1_f32(out[2 * pair] + 2 * j, vget_low_f32(total[pair][j]));
                vst1_f32(out[2 * pair + 1] + 2 * j, vget_high_f32(total[pair][j]));
            }
        }
    }
};

} // namespace

void block_multiply_neon_i8mm(const multiply_params & p) {
    multiply<i8mm>(p);
}
