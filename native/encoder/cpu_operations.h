#pragma once

#include "encoder/encoder_batch.h"
#include "encoder/packed_attention.h"
#include "encoder/rotary.h"

// Our own operations for graphs that run on the CPU alone.
struct cpu_operations {
    packed_attention attention;
    rotary positions;

    // Before each run of a batch's graph. throws std::bad_alloc
    void prepare(const encoder_batch & batch) {
        attention.prepare(batch.offsets);
        positions.prepare(batch.positions);
    }
};
