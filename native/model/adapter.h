#pragma once

#include "model/gguf/adapter_format.h"
#include "model/model_weights.h"

#include "ggml-cpp.h"

#include <memory>
#include <vector>

// The weights of an adapter: each tensor lies on the device of the matrix that it modifies.
class adapter {
public:
    // Reads the weights and attaches them to the model's matrices. Heads of the adapter replace the model's heads and
    // task. The adapter has to outlive the model.
    //   model  a copy of the base's
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
