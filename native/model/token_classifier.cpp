#include "model/token_classifier.h"

#include "error.h"
#include "model/base_registry.h"

#include <new>
#include <optional>

void need_heads(const std::string & path, const task_format & task) {
    if (task.heads.empty()) {
        throw vaner_error(VANER_MODEL_HEAD,
            "'" + path +
                "' is a base without heads ('vaner.heads' is empty): load it together with an adapter that has "
                "heads (`adapter`)");
    }
}

static std::unique_ptr<adapter> attach(const gguf_file & file, adapter_format format, model_weights & model) {
    try {
        return adapter::attach(file, std::move(format), model);
    } catch (const std::bad_alloc &) {
        throw vaner_error(VANER_OUT_OF_MEMORY, "there is not enough memory to load the adapter '" + file.path + "'");
    }
}

std::unique_ptr<token_classifier> token_classifier::load(
    const std::string & path, const token_classifier_params & params) {
    // The adapter's header comes first: its mistakes show before the base is loaded.
    gguf_file file;
    std::optional<adapter_format> format;
    if (!params.adapter.empty()) {
        file = gguf_file_open(params.adapter, "adapter");
        format = adapter_format_read(file);
    }
    std::unique_ptr<token_classifier> result(new token_classifier());
    result->base = base_model_shared(path, params);
    static_cast<model_weights &>(*result) = *result->base;
    if (format) {
        result->lora = attach(file, std::move(*format), *result);
    }
    need_heads(path, result->format);
    return result;
}
