#pragma once

#include "graph/attention_op.h"
#include "graph/encoder_batch.h"
#include "graph/matmul_ops.h"
#include "graph/rotary_op.h"

// Our own operations for graphs that run on the CPU alone.
struct cpu_operations {
    packed_attention attention;
    rotary positions;
    std::vector<packed_projections> projections; // [n_layer], or empty: attention takes F32

    // Before each run of a batch's graph. throws std::bad_alloc
    //   before  [n_sequences] what each sequence sees in front of it; NULL: nothing
    //   kept    [n_sequences] where each sequence's own keys and values go, or empty
    void prepare(const encoder_batch & batch, std::vector<const instruction_keys *> before,
        std::vector<instruction_keys *> kept) {
        attention.prepare(batch.offsets, std::move(before), std::move(kept));
        positions.prepare(batch.positions);
    }
};
