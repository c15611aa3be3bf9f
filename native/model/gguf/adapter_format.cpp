#include "model/gguf/adapter_format.h"

#include "affixes.h"
#include "error.h"
#include "model/gguf/model_check.h"

#include <cmath>

static void check_kind(const gguf_file & file) {
    if (!is_adapter(file)) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            vaner_format("'%s' is not an adapter: its 'general.type' is '%s'. Pass a whole model as `model`",
                file.path.c_str(), file.get_str("general.type", "").c_str()));
    }
    const std::string type = file.get_str("adapter.type", "");
    if (type != "lora" || file.has("adapter.alora.invocation_tokens")) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            vaner_format("'%s' is an adapter of type '%s', only plain LoRA ('lora') is supported", file.path.c_str(),
                type == "lora" ? "activated LoRA" : type.c_str()));
    }
    const std::string arch = file.get_str("general.architecture", "");
    if (arch != MODEL_ARCHITECTURE) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            vaner_format("'%s' is an adapter for models of architecture '%s', but '%s' is needed. Convert the "
                         "checkpoint's adapter folder again",
                file.path.c_str(), arch.c_str(), MODEL_ARCHITECTURE));
    }
}

static void check_pair(const gguf_file & file, const std::string & matrix) {
    const ggml_tensor * a = file.tensor(matrix + ".lora_a");
    const ggml_tensor * b = file.tensor(matrix + ".lora_b");
    if (!a || !b) {
        throw vaner_error(VANER_MODEL_CORRUPT,
            vaner_format("the adapter has '%s' without '%s'", (matrix + (a ? ".lora_a" : ".lora_b")).c_str(),
                (matrix + (a ? ".lora_b" : ".lora_a")).c_str()));
    }
    for (const ggml_tensor * t : { a, b }) {
        check_multiplies(t, VANER_MODEL_CORRUPT);
        if (t->ne[2] != 1 || t->ne[3] != 1) { // may be 0, which ggml divides by
            throw vaner_error(VANER_MODEL_CORRUPT, vaner_format("the adapter's tensor '%s' is not a matrix", t->name));
        }
    }
    if (a->ne[1] != b->ne[0] || a->ne[1] < 1) {
        throw vaner_error(VANER_MODEL_CORRUPT,
            vaner_format("the adapter's tensor '%s' has rank %lld, but '%s' has rank %lld", a->name,
                (long long) a->ne[1], b->name, (long long) b->ne[0]));
    }
}

// The matrices that the pairs modify. The base may not have them: adapter::attach() checks that.
static std::vector<std::string> read_matrices(const gguf_file & file) {
    std::vector<std::string> matrices;
    for (ggml_tensor * t = ggml_get_first_tensor(file.tensors.get()); t;
         t = ggml_get_next_tensor(file.tensors.get(), t)) {
        const std::string name = t->name;
        const bool is_a = ends_with(name, ".lora_a");
        if (is_a || ends_with(name, ".lora_b")) {
            const std::string matrix = name.substr(0, name.rfind('.'));
            check_pair(file, matrix);
            if (is_a) {
                matrices.push_back(matrix);
            }
        } else if (!starts_with(name, "cls.")) {
            throw vaner_error(VANER_MODEL_ARCHITECTURE,
                "the adapter has a tensor '" + name +
                    "', which is neither half of a LoRA pair nor part of a head: train the adapter without it");
        }
    }
    return matrices;
}

static bool brings_heads(const gguf_file & file) {
    const gguf_context * ctx = file.gguf.get();
    for (int64_t i = 0; i < gguf_get_n_tensors(ctx); ++i) {
        if (starts_with(gguf_get_tensor_name(ctx, i), "cls.")) {
            return true;
        }
    }
    for (int64_t i = 0; i < gguf_get_n_kv(ctx); ++i) {
        if (starts_with(gguf_get_key(ctx, i), "vaner.")) {
            return true;
        }
    }
    return false;
}

adapter_format adapter_format_read(const gguf_file & file) {
    check_kind(file);

    adapter_format format;
    format.name = file.get_str("general.name", "");
    format.alpha = file.get_f32("adapter.lora.alpha", 0.0f);
    if (!std::isfinite(format.alpha)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("the adapter's metadata key 'adapter.lora.alpha' is %g, but has to be finite", format.alpha));
    }
    format.matrices = read_matrices(file);
    format.has_heads = brings_heads(file);
    if (format.has_heads) {
        format.task = task_format_read(file);
        if (format.task.heads.empty()) {
            throw vaner_error(VANER_MODEL_FORMAT,
                "the adapter's 'vaner.heads' is empty: an adapter without heads must not have 'vaner.' keys");
        }
    } else if (format.matrices.empty()) {
        throw vaner_error(VANER_MODEL_FORMAT, "the adapter '" + file.path + "' has neither LoRA pairs nor heads");
    }
    return format;
}
