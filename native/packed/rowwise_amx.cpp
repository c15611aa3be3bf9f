#include "packed/packed_path.h"

#if defined(__AMX_TILE__) && defined(__AMX_INT8__) && defined(__AVX512F__)

    #include "packed/amx_product.h"
    #include "packed/rowwise_activations.h"
    #include "packed/rowwise_panels.h"
    #include "packed/rowwise_result.h"
    #include "packed/rowwise_waiting.h"

namespace {

using block_sums = int32_t[AMX_BLOCK_ROWS][AMX_OUTPUTS];

const rowwise_outputs & outputs_of(const amx_steps & steps) {
    return *(const rowwise_outputs *) (steps.panel + steps.n * sizeof(rowwise_step));
}

row_scales scales_of(const amx_steps & steps, int n_in) {
    return { steps.x, steps.x_stride, n_in };
}

template <bool two, int at_a_time, typename scaled>
void multiply_tiles(const amx_steps & steps, block_sums & sums, waiting_rows<scaled> & waiting) {
    const int32_t * start = outputs_of(steps).start;
    _tile_loadd(0, start, 0); // the same for every row
    _tile_loadd(1, start + 16, 0);
    if (two) {
        _tile_loadd(2, start, 0);
        _tile_loadd(3, start + 16, 0);
    }
    amx_multiply<false, two>(steps, [&] { waiting.template some<at_a_time>(); });
    const size_t bytes = sizeof(sums[0]);
    _tile_stored(0, sums[0], bytes);
    _tile_stored(1, sums[0] + 16, bytes);
    if (two) {
        _tile_stored(2, sums[AMX_TILE_ROWS], bytes);
        _tile_stored(3, sums[AMX_TILE_ROWS] + 16, bytes);
    }
}

template <int at_a_time, typename scaled>
void multiply_block(const amx_steps & steps, block_sums & sums, waiting_rows<scaled> & waiting) {
    if (steps.n_rows > AMX_TILE_ROWS) {
        multiply_tiles<true, at_a_time>(steps, sums, waiting);
    } else {
        multiply_tiles<false, at_a_time>(steps, sums, waiting);
    }
}

struct scaled_product {
    const int32_t (*sums)[ROWWISE_OUTPUTS];
    const float * scale; // of the outputs
    row_scales steps;
    rowwise_result result;

    void row(int i) const {
        const __m512i both[2] = { _mm512_load_si512(sums[i]), _mm512_load_si512(sums[i] + 16) };
        result.write(i, both, { _mm512_load_ps(scale), _mm512_load_ps(scale + 16) }, steps.of(i));
    }
};

struct int8_kind {
    static int n_steps(int n_in) { return rowwise_steps(n_in); }
    static size_t panel_size(int n_in) { return rowwise_panel_size(n_in); }

    alignas(64) block_sums sums[2];
    int side = 0;
    waiting_rows<scaled_product> waiting;

    void block(const packed_product & p, int row, int output, const amx_steps & steps) {
        block_sums & sums = this->sums[side];
        side ^= 1;
        if (steps.n < 16) {
            multiply_block<2>(steps, sums, waiting);
        } else {
            multiply_block<1>(steps, sums, waiting);
        }
        waiting.rest();
        waiting.wait(
            { sums, outputs_of(steps).scale, scales_of(steps, p.n_in), rowwise_result(p, row, output) }, steps.n_rows);
    }
};

void multiply(const packed_product & p) {
    int8_kind kind;
    amx_product(p, rowwise_row_size(p.n_in), kind);
    kind.waiting.rest();
}

// A block of gates, then one of ups: their rows are gated during the next two.
void gated(const gated_product & p) {
    alignas(64) block_sums gates[2];
    alignas(64) block_sums ups[2];
    int side = 0;
    waiting_rows<scaled_gates> waiting;
    amx_blocks blocks;
    const int n_steps = rowwise_steps(p.n_in);
    const size_t panel_size = rowwise_panel_size(p.n_in);
    const size_t stride = rowwise_row_size(p.n_in);
    amx_each_rows(p.n_rows, [&](const amx_rows & rows) {
        for (int output = p.first; output < p.last; output += AMX_OUTPUTS) {
            const char * gate_panel = (const char *) p.gate + output / AMX_OUTPUTS * panel_size;
            const char * up_panel = (const char *) p.up + output / AMX_OUTPUTS * panel_size;
            lines_ahead gate_ahead = amx_lines_ahead(gate_panel + panel_size, rows.n);
            lines_ahead up_ahead = amx_lines_ahead(up_panel + panel_size, rows.n);
            blocks.each(rows, [&](int row, int n_rows) {
                const uint8_t * x = p.x + row * stride;
                const amx_steps gate = { gate_panel, n_steps, x, stride, n_rows, gate_ahead };
                const amx_steps up = { up_panel, n_steps, x, stride, n_rows, up_ahead };
                gate_ahead.skip(n_steps);
                up_ahead.skip(n_steps);
                multiply_block<1>(gate, gates[side], waiting);
                multiply_block<1>(up, ups[side], waiting);
                waiting.rest();
                waiting.wait(
                    { gates[side], ups[side], outputs_of(gate).scale, outputs_of(up).scale, scales_of(gate, p.n_in),
                        p.out + row * p.out_stride + (output - p.first), p.out_stride },
                    n_rows);
                side ^= 1;
            });
        }
    });
    waiting.rest();
}

} // namespace

const packed_path * rowwise_amx_path() {
    static const packed_path path = { "AMX int8, a scale for each row", activation_kind::row_bytes, 256,
        rowwise_panels_size, rowwise_pack, multiply, rowwise_quantize, rowwise_rms_norm_quantize, rowwise_swiglu,
        rowwise_finish, gated };
    return &path;
}

#else

const packed_path * rowwise_amx_path() {
    return nullptr;
}

#endif
