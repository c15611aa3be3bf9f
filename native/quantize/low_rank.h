#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

// rows += scale * (b a): a LoRA merged into some rows of a matrix.
//   rows [n_rows][columns]
//   b    [n_rows][rank]
//   a    [rank][columns]
// throws VANER_INVALID_ARGUMENT for sizes that don't fit, VANER_ABORTED
void low_rank_add(std::vector<float> & rows, const std::vector<float> & b, const std::vector<float> & a, float scale,
    int64_t columns, const std::atomic<bool> & cancelled);
