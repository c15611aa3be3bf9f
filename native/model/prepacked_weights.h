#pragma once

#include "kernels/matmul/prepacked_matrix.h"
#include "model/model_weights.h"

#include <functional>
#include <memory>
#include <vector>

// Which matrices are multiplied in 8-bit integers, if there are kernels for this CPU.
enum class int8_use {
    automatic, // matrices whose type prepacks without loss, unless model_weights::is_large()
    all,       // all matrices of the layers; other types are quantized to Q8_0
    none,
};

// The prepacked matrices of a model, and their memory.
struct prepacked_weights {
    struct free_memory {
        void operator()(void * p) const;
    };

    std::unique_ptr<void, free_memory> memory;
    std::vector<std::unique_ptr<const prepacked_matrix>> matrices;
};

// Prepacks the matrices of the layers, and releases the mapped pages of the file that are not needed any more.
//   meanwhile  work for one thread at the same time; runs even if nothing is prepacked
// throws std::bad_alloc, VANER_MODEL_WEIGHTS for weights to be quantized that are not finite, what meanwhile throws
prepacked_weights prepack_weights(
    model_weights & model, int8_use use, int n_threads, const std::function<void()> & meanwhile);
