// sdot: four products of s8 in each lane.
#include "kernels/matmul/block/block_neon.h"

#if !defined(__ARM_FEATURE_DOTPROD)
    #error "needs dotprod: see cmake/kernels.cmake"
#endif

namespace {

struct dotprod {
    using block = dotprod_block;

    struct strip_block {
        int8_t values[8][TILE_ROWS][4]; // [input/4][row][input%4]
        float scale[TILE_ROWS];
        int32_t offset_factor[TILE_ROWS];
    };

    static void pack(int row, const uint8_t * values, const block_scale & scale, strip_block & to) {
        uint8_t flipped[32];
        vst1q_u8(flipped, neon_flip(vld1q_u8(values)));
        vst1q_u8(flipped + 16, neon_flip(vld1q_u8(values + 16)));
        for (int i = 0; i < 8; ++i) {
            memcpy(to.values[i][row], flipped + i * 4, 4);
        }
        to.scale[row] = scale.scale;
        to.offset_factor[row] = offset_factor(scale);
    }

    // Lane `row` of all operands of x.
    template <int row>
    static void scale_row(const int32x4_t (&sums)[TILE_ROWS][2], const float32x4_t (&scale)[2], float32x4_t x_scale,
        float32x4_t (&total)[TILE_ROWS][2]) {
        for (int j = 0; j < 2; ++j) {
            total[row][j] =
                vfmaq_f32(total[row][j], vcvtq_f32_s32(sums[row][j]), vmulq_laneq_f32(scale[j], x_scale, row));
        }
    }

    static void add(
        const strip_block * x, const block * panel, int n, panel_prefetch prefetch, float (*out)[TILE_OUTPUTS]) {
        float32x4_t total[TILE_ROWS][2];
        UNROLL
        for (int row = 0; row < TILE_ROWS; ++row) {
            total[row][0] = vld1q_f32(out[row]);
            total[row][1] = vld1q_f32(out[row] + 4);
        }
        for (int b = 0; b < n; ++b, ++x, ++panel) {
            prefetch.fetch();
            const int32x4_t factors = vld1q_s32(x->offset_factor);
            int32x4_t sums[TILE_ROWS][2];
            UNROLL
            for (int j = 0; j < 2; ++j) {
                const int32x4_t offset = vld1q_s32(panel->offset + j * 4);
                sums[0][j] = vmulq_laneq_s32(offset, factors, 0);
                sums[1][j] = vmulq_laneq_s32(offset, factors, 1);
                sums[2][j] = vmulq_laneq_s32(offset, factors, 2);
                sums[3][j] = vmulq_laneq_s32(offset, factors, 3);
            }
            UNROLL
            for (int k = 0; k < 8; ++k) {
                const int8x16_t values = vld1q_s8(x->values[k][0]);
                UNROLL
                for (int j = 0; j < 2; ++j) {
                    const int8x16_t weight = vld1q_s8(panel->weight[k][j * 4]);
                    sums[0][j] = vdotq_laneq_s32(sums[0][j], weight, values, 0);
                    sums[1][j] = vdotq_laneq_s32(sums[1][j], weight, values, 1);
                    sums[2][j] = vdotq_laneq_s32(sums[2][j], weight, values, 2);
                    sums[3][j] = vdotq_laneq_s32(sums[3][j], weight, values, 3);
                }
            }
            const float32x4_t x_scale = vld1q_f32(x->scale);
            const float32x4_t scale[2] = { vld1q_f32(panel->scale), vld1q_f32(panel->scale + 4) };
            scale_row<0>(sums, scale, x_scale, total);
            scale_row<1>(sums, scale, x_scale, total);
            scale_row<2>(sums, scale, x_scale, total);
            scale_row<3>(sums, scale, x_scale, total);
        }
        UNROLL
        for (int row = 0; row < TILE_ROWS; ++row) {
            vst1q_f32(out[row], total[row][0]);
            vst1q_f32(out[row] + 4, total[row][1]);
        }
    }
};

} // namespace

void block_multiply_neon_dotprod(const multiply_params & p) {
    multiply<dotprod>(p);
}
