#pragma once

#include "ggml.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

// Conversion of rows of weights between the types that files store.

// ggml's name in capitals: "F32", "Q4_K"
std::string weight_type_name(ggml_type type);

// Types that need no importance matrix and that the engine runs.
std::vector<ggml_type> weight_types();

// By name, one of weight_types(). throws VANER_INVALID_ARGUMENT
ggml_type weight_type_find(const std::string & name);

// Largest magnitude of a weight of a type. Blocks store F16 scales, and some of ggml's quantizers abort the process if
// a sum overflows.
float weight_limit(ggml_type type);

// throws VANER_MODEL_WEIGHTS for a weight that is not finite or exceeds the limit of the type
void weight_check(const float * weights, size_t n, ggml_type type);

// Converts rows of type `from` (F64, F32, F16 or BF16) to type `to`.
//   columns  elements of a row; a multiple of the block size of `to`
// throws VANER_INVALID_ARGUMENT for sizes that do not match, VANER_MODEL_WEIGHTS, VANER_ABORTED
std::vector<uint8_t> weight_rows_encode(const std::vector<uint8_t> & rows, const std::string & from,
    const std::string & to, int64_t columns, const std::atomic<bool> & cancelled);
