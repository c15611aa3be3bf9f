#pragma once

#include "ggml.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

// Rows of weights in and out of the types that files store them in.

// ggml's name in capitals, as the tools print it: "F32", "Q4_K"
std::string weight_type_name(ggml_type type);

// Types that weights can be given without an importance matrix, and that the engine runs.
std::vector<ggml_type> weight_types();

// The type of weight_types() of this name; throws VANER_INVALID_ARGUMENT for others.
ggml_type weight_type_find(const std::string & name);

// Largest magnitude that a weight of a type may have. The scales of blocks are stored as F16, and some of ggml's
// quantizers abort the process when their sums overflow.
float weight_limit(ggml_type type);

// throws VANER_MODEL_WEIGHTS for a weight that is not finite, or beyond the limit of the type
void weight_check(const float * weights, size_t n, ggml_type type);

// Bytes of type `from`, one of F64, F32, F16 and BF16, as rows of another type.
//   columns  elements of a row; a multiple of the block size of `to`
// throws VANER_INVALID_ARGUMENT for sizes that don't fit, VANER_MODEL_WEIGHTS, VANER_ABORTED
std::vector<uint8_t> weight_rows_encode(const std::vector<uint8_t> & rows, const std::string & from,
    const std::string & to, int64_t columns, const std::atomic<bool> & cancelled);
