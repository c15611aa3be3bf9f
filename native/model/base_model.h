#pragma once

#include "model/model_weights.h"
#include "model/prepacked_weights.h"
#include "tokenizer/vocabulary.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

class word_cache;

struct base_model_params {
    ggml_backend_dev_t device = nullptr; // NULL: the CPU
    int32_t n_gpu_layers = -1;           // -1: all; ignored on the CPU
    bool use_mmap = true;                // else the weights are read: a file that is cut later can't end the process
    int n_threads = 1;                   // for prepacking
    int8_use int8 = int8_use::automatic;
    std::optional<int8_scales> scales; // default: what the file says
    // called with the loaded share, in [0, 1]; returns false to cancel
    std::function<bool(float)> progress;
};

// An encoder loaded by llama.cpp, with the heads of its file, if any. Immutable except for its word cache; shared by
// threads and by the classifiers built on it.
class base_model : public model_weights {
public:
    // throws VANER_MODEL_*, VANER_OUT_OF_MEMORY, VANER_ABORTED
    static std::unique_ptr<base_model> load(const std::string & path, const base_model_params & params);
    ~base_model();

    vocabulary vocab() const;
    word_cache & words() const; // tokens of this vocabulary
    int32_t bos_token() const;  // -1: sequences start without one

private:
    base_model();

    struct loaded; // hides llama.cpp's internal headers
    std::unique_ptr<loaded> impl;
    prepacked_weights prepacked;
};
