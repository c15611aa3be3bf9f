#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

// rows += scale * (b a): merges a LoRA into rows of a matrix.
//   rows [n_rows][columns]
//   b    [n_rows][rank]
//   a    [rank][columns]
// throws VANER_INVALID_ARGUMENT for sizes that do not match, VANER_ABORTED
void low_rank_add(std::vector<float> & rows, const std::vector<float> & b, const std::vector<float> & a, float scale,
    int64_t columns, const std::atomic<bool> & cancelled);
