#include "kernels/matmul/row/row_epilogue_avx512.h"
#include "kernels/matmul/row/row_epilogue_bf16_avx512.h"
#include "kernels/matmul/row/row_kernels.h"
#include "kernels/matmul/row/row_panels.h"
#include "kernels/matmul/tile_product_amx.h"
#include "kernels/simd/scalar.h"

#if !defined(__AMX_INT8__) && !defined(__AMXINT8__)
    #error "needs AMX INT8: see cmake/kernels.cmake"
#endif

namespace {

using block_sums = int32_t[AMX_BLOCK_ROWS][AMX_OUTPUTS];
const size_t PAGE = 4096; // aligned to one, sums span the fewest

const row_panel_outputs & outputs_of(const char * panel, int n_steps) {
    return *(const row_panel_outputs *) (panel + n_steps * sizeof(row_panel_step));
}

// The scales of activation rows, gathered: at the end of each row they would take another cache line for every panel.
struct gathered_scales {
    float scale[AMX_ROWS];

    gathered_scales(const uint8_t * x, size_t stride, int n_in, const row_range & rows) {
        const activation_scales scattered(x + rows.first * stride, stride, n_in);
        for (int i = 0; i < rows.n; ++i) {
            scale[i] = scattered.at(i);
        }
    }

    activation_scales from(int row) const { return activation_scales(scale + row); }
};

// A block of rows of which the first are already done: a last block of the same shape that overlaps the one before
// costs less than reshaped tiles.
struct overlapping_block {
    int first;
    int n;
    int n_done;

    // The block from row i of `rows` on.
    overlapping_block(const row_range & rows, int i) {
        const int n_left = rows.n - i;
        const int most = n_left > AMX_TILE_ROWS ? AMX_BLOCK_ROWS : AMX_TILE_ROWS;
        n = min(most, rows.n);
        n_done = n_left < n ? n - n_left : 0;
        first = rows.first + i - n_done;
    }

    int first_new() const { return first + n_done; }
    int n_new() const { return n - n_done; }
};

template <bool two, amx_streamed streamed, int at_a_time, typename rows>
inline void multiply_tiles(const amx_operands & operands, block_sums & sums, deferred_epilogue<rows> & deferred) {
    _tile_zero(0);
    _tile_zero(1);
    if (two) {
        _tile_zero(2);
        _tile_zero(3);
    }
    deferred_epilogue<rows> local = deferred; // no store can alias it: its members stay in registers
    amx_multiply<false, two, streamed>(operands, [&] { local.template run<at_a_time>(); });
    deferred = local;
    const size_t bytes = sizeof(sums[0]);
    _tile_stored(0, sums[0], bytes);
    _tile_stored(1, sums[0] + 16, bytes);
    if (two) {
        _tile_stored(2, sums[AMX_TILE_ROWS], bytes);
        _tile_stored(3, sums[AMX_TILE_ROWS] + 16, bytes);
    }
}

template <amx_streamed streamed, int at_a_time, typename rows>
inline void multiply_block(const amx_operands & operands, block_sums & sums, deferred_epilogue<rows> & deferred) {
    if (operands.n_rows > AMX_TILE_ROWS) {
        multiply_tiles<true, streamed, at_a_time>(operands, sums, deferred);
    } else {
        multiply_tiles<false, streamed, at_a_time>(operands, sums, deferred);
    }
}

template <typename epilogue> struct deferred_product {
    const int32_t (*sums)[PANEL_OUTPUTS];
    const row_panel_outputs * outputs;
    activation_scales scales;
    epilogue to;

    void next() {
        const __m512i both[2] = { complete_sums<sums_from::zero>(sums[0], *outputs, 0),
            complete_sums<sums_from::zero>(sums[0], *outputs, 16) };
        to.write(both, { _mm512_load_ps(outputs->scale), _mm512_load_ps(outputs->scale + 16) }, scales.next());
        to.advance();
        ++sums;
    }
};

template <typename epilogue, typename params> void multiply_rows(const params & p, const row_range & rows) {
    alignas(PAGE) block_sums sums[2];
    int side = 0;
    deferred_epilogue<deferred_product<epilogue>> deferred;
    const int n_steps = row_panel_steps(p.n_in);
    const size_t panel_size = row_panel_size(p.n_in);
    const size_t stride = row_bytes_size(p.n_in);
    const gathered_scales scales(p.x, stride, p.n_in, rows);
    for (int output = p.first; output < p.last; output += AMX_OUTPUTS) {
        const char * panel = (const char *) p.panels + output / AMX_OUTPUTS * panel_size;
        panel_prefetch prefetch = amx_panel_prefetch(panel + panel_size, rows.n);
        for (int i = 0; i < rows.n; i += AMX_BLOCK_ROWS, side ^= 1) {
            const overlapping_block block(rows, i);
            const amx_operands operands = { panel, n_steps, p.x + block.first * stride, stride, block.n, prefetch };
            prefetch.skip(n_steps);
            if (n_steps < 16) {
                multiply_block<amx_streamed::rows, 4>(operands, sums[side], deferred);
            } else {
                multiply_block<amx_streamed::panel, 2>(operands, sums[side], deferred);
            }
            deferred.finish();
            deferred.defer({ sums[side] + block.n_done, &outputs_of(panel, n_steps), scales.from(i),
                               epilogue(p, block.first_new(), output) },
                block.n_new());
        }
    }
    deferred.finish();
}

template <typename epilogue, typename params> void multiply_all(const params & p) {
    block_tiles tiles;
    each_row_range(p.n_rows, [&](const row_range & rows) {
        tiles.shape(min(rows.n, AMX_BLOCK_ROWS));
        multiply_rows<epilogue>(p, rows);
    });
}

// Panels of gates and ups that are multiplied with the same rows before the next rows: they stay in the L2 cache
// meanwhile, and rows of the result are written in longer runs.
const size_t CHUNK_BYTES = 160 << 10;

// A block of gates, then one of ups, whose epilogue runs during the next two.
void multiply_swiglu_rows(const multiply_swiglu_params & p, const row_range & rows) {
    alignas(PAGE) block_sums gates[2];
    alignas(PAGE) block_sums ups[2];
    int side = 0;
    deferred_epilogue<deferred_swiglu<sums_from::zero>> deferred;
    const int n_steps = row_panel_steps(p.n_in);
    const size_t panel_size = row_panel_size(p.n_in);
    const size_t stride = row_bytes_size(p.n_in);
    const int n_chunk = max(1, (int) (CHUNK_BYTES / (2 * panel_size))) * AMX_OUTPUTS;
    const gathered_scales scales(p.x, stride, p.n_in, rows);
    for (int first = p.first; first < p.last; first += n_chunk) {
        const int last = min(first + n_chunk, p.last);
        panel_prefetch gate_prefetch =
            amx_panel_prefetch((const char *) p.gate + last / AMX_OUTPUTS * panel_size, rows.n);
        panel_prefetch up_prefetch = amx_panel_prefetch((const char *) p.up + last / AMX_OUTPUTS * panel_size, rows.n);
        for (int i = 0; i < rows.n; i += AMX_BLOCK_ROWS) {
            const overlapping_block block(rows, i);
            const uint8_t * x = p.x + block.first * stride;
            for (int output = first; output < last; output += AMX_OUTPUTS, side ^= 1) {
                const char * gate_panel = (const char *) p.gate + output / AMX_OUTPUTS * panel_size;
                const char * up_panel = (const char *) p.up + output / AMX_OUTPUTS * panel_size;
                multiply_block<amx_streamed::panel, 2>(
                    { gate_panel, n_steps, x, stride, block.n, gate_prefetch }, gates[side], deferred);
                multiply_block<amx_streamed::panel, 2>(
                    { up_panel, n_steps, x, stride, block.n, up_prefetch }, ups[side], deferred);
                gate_prefetch.skip(n_steps);
                up_prefetch.skip(n_steps);
                deferred.finish();
                deferred.defer({ gates[side] + block.n_done, ups[side] + block.n_done, &outputs_of(gate_panel, n_steps),
                                   &outputs_of(up_panel, n_steps), scales.from(i),
                                   p.out + block.first_new() * p.out_stride + (output - p.first), p.out_stride },
                    block.n_new());
            }
        }
    }
    deferred.finish();
}

} // namespace

void row_multiply_amx(const multiply_params & p) {
    multiply_all<f32_epilogue>(p);
}

void row_multiply_to_bf16_amx(const multiply_to_bf16_params & p) {
    multiply_all<bf16_epilogue>(p);
}

void row_multiply_swiglu_amx(const multiply_swiglu_params & p) {
    block_tiles tiles;
    each_row_range(p.n_rows, [&](const row_range & rows) {
        tiles.shape(min(rows.n, AMX_BLOCK_ROWS));
        multiply_swiglu_rows(p, rows);
    });
}
