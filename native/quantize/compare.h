#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

// Difference of a tensor from the reference.
struct tensor_difference {
    std::string name;
    double squared_error = 0; // sum over all elements
    double squared_norm = 0;  // of the reference
};

// Compares the values of all tensors of two models, in the order of the reference.
// throws VANER_MODEL_* for files that can't be read, VANER_INVALID_ARGUMENT if the models have different tensors,
//        VANER_ABORTED
std::vector<tensor_difference> compare_models(const std::string & reference, const std::string & other,
    const std::function<void(float share)> & progress, const std::atomic<bool> & cancelled);
