#pragma once

#include "model/adapter_format.h"
#include "model/model_weights.h"

#include "ggml-cpp.h"

#include <memory>
#include <vector>

// The weights of an adapter, in memory of their own on the devices of the matrices that they belong to.
class adapter {
public:
    // Reads the weights and attaches them to a model's: to its matrices, and in the place of its heads and its task where
    // the adapter brings such. They must not outlive the adapter.
    //   model  a copy of a base's
    // throws VANER_MODEL_ARCHITECTURE for an adapter of another base, VANER_MODEL_FORMAT, VANER_MODEL_HEAD,
    //   VANER_MODEL_CORRUPT, VANER_MODEL_WEIGHTS, VANER_OUT_OF_MEMORY
    static std::unique_ptr<adapter> attach(const gguf_file & file, adapter_format format, model_weights & model);

    const adapter_format format;

private:
    struct device_memory {
        ggml_backend_buffer_type_t type;
        ggml_context_ptr tensors;
        ggml_backend_buffer_ptr buffer;
    };

    explicit adapter(adapter_format format) : format(std::move(format)) {}
    ggml_context * tensors_of(ggml_backend_buffer_type_t type, size_t n_tensors);

    std::vector<device_memory> memory;
};
