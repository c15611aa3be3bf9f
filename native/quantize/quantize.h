#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

struct quantize_params {
    std::string type; // a name of quantize_types()
    int n_threads = 1;
    std::string importance;                                   // path of an importance matrix; empty for none
    std::function<void(float share)> progress = [](float) {}; // in [0, 1]; an exception ends the work
};

// Names of llama.cpp's file types that a model can be quantized to; most are mixtures of tensor types.
std::vector<std::string> quantize_types();

// Writes a quantized copy of a model. Heads, norms and biases stay F32. A failure leaves no output.
// throws VANER_INVALID_ARGUMENT for an unknown type or an importance matrix that is missing or of another model,
//        VANER_OUTPUT if the output exists or can't be written, VANER_MODEL_* for the input,
//        VANER_OUT_OF_MEMORY, VANER_ABORTED
void quantize_model(const std::string & input, const std::string & output, const quantize_params & params,
    const std::atomic<bool> & cancelled);
