#pragma once

#include "kernels/matmul/prepacked_matrix.h"
#include "model/model_weights.h"

#include <functional>
#include <memory>
#include <vector>

// Which matrices are multiplied in 8-bit integers, where this CPU has such products.
enum class int8_use {
    automatic, // those whose type packs without loss, in models below a billion parameters: a copy of a larger one would take
               // more memory and time than its users bargain for
    all,       // all of the layers; those of other types are quantized to Q8_0
    none,
};

// Matrices that are packed for products in integers, and their memory.
struct prepacked_weights {
    struct free_memory {
        void operator()(void * p) const;
    };

    std::unique_ptr<void, free_memory> memory;
    std::vector<std::unique_ptr<const prepacked_matrix>> matrices;
};

// Repacks the matrices of a model's layers, and lets go of the file's pages that nobody reads any more.
//   meanwhile  work of one thread that is done at the same time, also where nothing is repacked
// throws std::bad_alloc, VANER_MODEL_WEIGHTS for values that are not numbers and would be quantized, what meanwhile throws
prepacked_weights prepack_weights(model_weights & model, int8_use use, const std::function<void()> & meanwhile);
