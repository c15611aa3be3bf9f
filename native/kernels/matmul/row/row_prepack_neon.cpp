#include "kernels/matmul/row/rotated_row.h"
#include "kernels/matmul/row/row_groups_neon.h"
#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_panels_neon.h"

#include <cstring>

namespace {

// group: consecutive inputs of an output that lie side by side
template <int group> void prepack_output(const weight_row & row, int n_in, int index, int8_t * panel, float & scale) {
    const row_scale fit = fit_weights<neon_groups>(row, n_in);
    for (int first = 0, n; first < n_in; first += n) {
        n = group_size(n_in - first);
        alignas(16) float values[ROTATED_VALUES];
        rotate_weights<neon_groups>(row, first, n, values);
        for (int i = 0; i < n; i += neon_groups::STEPS) {
            int8_t steps[neon_groups::STEPS];
            vst1q_s8(steps, neon_groups::to_steps(values + i, fit.steps_per_unit));
            for (int j = 0; j < neon_groups::STEPS; j += group) {
                memcpy(panel + (first + i + j) * NEON_PANEL_OUTPUTS + index * group, steps + j, group);
            }
        }
    }
    scale = fit.scale;
}

template <int group> void prepack(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    const size_t row_size = n_in / 32 * ggml_block_size(format);
    for (int output = 0; output < round_up(n_out, NEON_PANEL_OUTPUTS); ++output) {
        const int index = output % NEON_PANEL_OUTPUTS;
        int8_t * panel = (int8_t *) row_panel_neon(panels, n_in, output);
        row_panel_scales * scales = (row_panel_scales *) (panel + row_panel_weights_size(n_in));
        const uint8_t * blocks = output < n_out ? (const uint8_t *) rows + output * row_size : nullptr;
        prepack_output<group>({ format, blocks }, n_in, index, panel, scales->scale[index]);
    }
}

} // namespace

void row_prepack_neon_dotprod(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    prepack<4>(format, rows, n_in, n_out, panels);
}

void row_prepack_neon_i8mm(weight_format format, const void * rows, int n_in, int n_out, void * panels) {
    prepack<8>(format, rows, n_in, n_out, panels);
}
