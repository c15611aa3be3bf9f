#include "kernels/matmul/matmul_kernels.h"

#if defined(__AMX_TILE__) && defined(__AMX_INT8__) && defined(__AVX512BF16__)

    #include "kernels/matmul/row/row_deferred.h"
    #include "kernels/matmul/row/row_epilogue.h"
    #include "kernels/matmul/row/row_epilogue_bf16.h"
    #include "kernels/matmul/row/row_panels.h"
    #include "kernels/matmul/row/row_quantize.h"
    #include "kernels/matmul/tile_product_amx.h"

namespace {

using block_sums = int32_t[AMX_BLOCK_ROWS][AMX_OUTPUTS];
const size_t PAGE = 4096; // sums that begin with one take as few as can be

inline int smaller(int a, int b) {
    return a < b ? a : b;
}

inline int larger(int a, int b) {
    return a > b ? a : b;
}

const rowwise_outputs & outputs_of(const char * panel, int n_steps) {
    return *(const rowwise_outputs *) (panel + n_steps * sizeof(rowwise_step));
}

// The scales of rows side by side, as at the end of each row they would be a line more to fetch for every panel.
struct scales_together {
    float of_row[AMX_ROWS];

    scales_together(const uint8_t * x, size_t stride, int n_in, const amx_rows & rows) {
        const row_scales apart(x + rows.first * stride, stride, n_in);
        for (int i = 0; i < rows.n; ++i) {
            of_row[i] = apart.at(i);
        }
    }

    row_scales from(int row) const { return row_scales(of_row + row); }
};

// Rows that are multiplied together, of which the first were so before: a block of the same shape that overlaps the one before
// costs less than tiles of another shape.
struct overlapping_block {
    int first;
    int n;
    int n_done;

    // From row i of `rows` on.
    overlapping_block(const amx_rows & rows, int i) {
        const int n_left = rows.n - i;
        const int most = n_left > AMX_TILE_ROWS ? AMX_BLOCK_ROWS : AMX_TILE_ROWS;
        n = smaller(most, rows.n);
        n_done = n_left < n ? n - n_left : 0;
        first = rows.first + i - n_done;
    }

    int first_new() const { return first + n_done; }
    int n_new() const { return n - n_done; }
};

template <bool two, amx_passing passing, int at_a_time, typename scaled>
inline void multiply_tiles(const amx_steps & steps, block_sums & sums, waiting_rows<scaled> & waiting) {
    _tile_zero(0);
    _tile_zero(1);
    if (two) {
        _tile_zero(2);
        _tile_zero(3);
    }
    waiting_rows<scaled> local = waiting; // which no store can change: what it holds stays in registers
    amx_multiply<false, two, passing>(steps, [&] { local.template some<at_a_time>(); });
    waiting = local;
    const size_t bytes = sizeof(sums[0]);
    _tile_stored(0, sums[0], bytes);
    _tile_stored(1, sums[0] + 16, bytes);
    if (two) {
        _tile_stored(2, sums[AMX_TILE_ROWS], bytes);
        _tile_stored(3, sums[AMX_TILE_ROWS] + 16, bytes);
    }
}

template <amx_passing passing, int at_a_time, typename scaled>
inline void multiply_block(const amx_steps & steps, block_sums & sums, waiting_rows<scaled> & waiting) {
    if (steps.n_rows > AMX_TILE_ROWS) {
        multiply_tiles<true, passing, at_a_time>(steps, sums, waiting);
    } else {
        multiply_tiles<false, passing, at_a_time>(steps, sums, waiting);
    }
}

// result: where they go
template <typename result> struct scaled_product {
    const int32_t (*sums)[ROWWISE_OUTPUTS];
    const rowwise_outputs * outputs;
    row_scales steps;
    result to;

    void next() {
        const __m512i both[2] = { finished_sums<sums_from::zero>(sums[0], *outputs, 0),
            finished_sums<sums_from::zero>(sums[0], *outputs, 16) };
        to.write(both, { _mm512_load_ps(outputs->scale), _mm512_load_ps(outputs->scale + 16) }, steps.next());
        to.advance();
        ++sums;
    }
};

template <typename result, typename product> void multiply_rows(const product & p, const amx_rows & rows) {
    alignas(PAGE) block_sums sums[2];
    int side = 0;
    waiting_rows<scaled_product<result>> waiting;
    const int n_steps = rowwise_steps(p.n_in);
    const size_t panel_size = rowwise_panel_size(p.n_in);
    const size_t stride = rowwise_row_size(p.n_in);
    const scales_together scales(p.x, stride, p.n_in, rows);
    for (int output = p.first; output < p.last; output += AMX_OUTPUTS) {
        const char * panel = (const char *) p.packed + output / AMX_OUTPUTS * panel_size;
        lines_ahead ahead = amx_lines_ahead(panel + panel_size, rows.n);
        for (int i = 0; i < rows.n; i += AMX_BLOCK_ROWS, side ^= 1) {
            const overlapping_block block(rows, i);
            const amx_steps steps = { panel, n_steps, p.x + block.first * stride, stride, block.n, ahead };
            ahead.skip(n_steps);
            if (n_steps < 16) {
                multiply_block<amx_passing::rows, 4>(steps, sums[side], waiting);
            } else {
                multiply_block<amx_passing::panel, 2>(steps, sums[side], waiting);
            }
            waiting.rest();
            waiting.wait({ sums[side] + block.n_done, &outputs_of(panel, n_steps), scales.from(i),
                             result(p, block.first_new(), output) },
                block.n_new());
        }
    }
    waiting.rest();
}

template <typename result, typename product> void multiply_all(const product & p) {
    amx_block_tiles tiles;
    amx_each_rows(p.n_rows, [&](const amx_rows & rows) {
        tiles.shape(smaller(rows.n, AMX_BLOCK_ROWS));
        multiply_rows<result>(p, rows);
    });
}

void multiply(const packed_product & p) {
    multiply_all<rowwise_result>(p);
}

void multiply_to_bf16(const bf16_product & p) {
    multiply_all<rowwise_bf16_result>(p);
}

// Gates and ups that pass the same rows before the next rows come: both stay in the L2 cache meanwhile, and a row of the result is
// written in longer stretches.
const size_t PASSING_BYTES = 160 << 10;

// A block of gates, then one of ups: their rows are gated during the next two.
void gated_rows(const gated_product & p, const amx_rows & rows) {
    alignas(PAGE) block_sums gates[2];
    alignas(PAGE) block_sums ups[2];
    int side = 0;
    waiting_rows<scaled_gates<sums_from::zero>> waiting;
    const int n_steps = rowwise_steps(p.n_in);
    const size_t panel_size = rowwise_panel_size(p.n_in);
    const size_t stride = rowwise_row_size(p.n_in);
    const int n_passing = larger(1, (int) (PASSING_BYTES / (2 * panel_size))) * AMX_OUTPUTS;
    const scales_together scales(p.x, stride, p.n_in, rows);
    for (int first = p.first; first < p.last; first += n_passing) {
        const int last = smaller(first + n_passing, p.last);
        lines_ahead gate_ahead = amx_lines_ahead((const char *) p.gate + last / AMX_OUTPUTS * panel_size, rows.n);
        lines_ahead up_ahead = amx_lines_ahead((const char *) p.up + last / AMX_OUTPUTS * panel_size, rows.n);
        for (int i = 0; i < rows.n; i += AMX_BLOCK_ROWS) {
            const overlapping_block block(rows, i);
            const uint8_t * x = p.x + block.first * stride;
            for (int output = first; output < last; output += AMX_OUTPUTS, side ^= 1) {
                const char * gate_panel = (const char *) p.gate + output / AMX_OUTPUTS * panel_size;
                const char * up_panel = (const char *) p.up + output / AMX_OUTPUTS * panel_size;
                multiply_block<amx_passing::panel, 2>(
                    { gate_panel, n_steps, x, stride, block.n, gate_ahead }, gates[side], waiting);
                multiply_block<amx_passing::panel, 2>(
                    { up_panel, n_steps, x, stride, block.n, up_ahead }, ups[side], waiting);
                gate_ahead.skip(n_steps);
                up_ahead.skip(n_steps);
                waiting.rest();
                waiting.wait({ gates[side] + block.n_done, ups[side] + block.n_done, &outputs_of(gate_panel, n_steps),
                                 &outputs_of(up_panel, n_steps), scales.from(i),
                                 p.out + block.first_new() * p.out_stride + (output - p.first), p.out_stride },
                    block.n_new());
            }
        }
    }
    waiting.rest();
}

void gated(const gated_product & p) {
    amx_block_tiles tiles;
    amx_each_rows(p.n_rows, [&](const amx_rows & rows) {
        tiles.shape(smaller(rows.n, AMX_BLOCK_ROWS));
        gated_rows(p, rows);
    });
}

} // namespace

const matmul_kernels * rowwise_amx_path() {
    static const matmul_kernels path = { "AMX int8, a scale for each row", activation_kind::row_bytes, 256,
        rowwise_panels_size, rowwise_pack, multiply, rowwise_quantize, rowwise_rms_norm_quantize, rowwise_swiglu,
        rowwise_quantize_bf16, gated, multiply_to_bf16 };
    return &path;
}

#else

const matmul_kernels * rowwise_amx_path() {
    return nullptr;
}

#endif
