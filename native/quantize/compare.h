#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

// How far the weights of a tensor are from those of a reference.
struct tensor_difference {
    std::string name;
    double squared_error = 0; // sum over all elements
    double squared_norm = 0;  // of the reference
};

// Compares all tensors of two models by their values, in the order of the reference.
// throws VANER_MODEL_* where a file can't be read, VANER_INVALID_ARGUMENT where the models have not the same tensors,
//        VANER_ABORTED
std::vector<tensor_difference> compare_models(const std::string & reference, const std::string & other,
    const std::function<void(float share)> & progress, const std::atomic<bool> & cancelled);
