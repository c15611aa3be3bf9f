#pragma once

#include "int8/int8_matrix.h"
#include "model/model_weights.h"

#include <memory>
#include <vector>

using packed_weights = std::vector<std::unique_ptr<const int8_matrix>>;

// Repacks the matrices of a model's layers for products in integers, where this CPU has them and the matrices' type
// packs without loss, and lets go of the file's pages that nobody reads any more. Larger models stay as they are mapped:
// a copy of theirs would take more memory and time than their users bargain for.
// throws std::bad_alloc
packed_weights pack_weights(model_weights & model);
