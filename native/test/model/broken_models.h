#pragma once

#include "test/fixtures.h"
#include "test/model_editor.h"
#include "test/test.h"

#include <functional>
#include <limits>
#include <vector>

// Changes of models that make them invalid.

inline const float NOT_A_NUMBER = std::numeric_limits<float>::quiet_NaN();
inline const float INFINITE = std::numeric_limits<float>::infinity();

struct broken_model {
    vaner_status status;
    const char * named; // has to occur in the message
    std::function<void(model_editor &)> edit;
};

using edit = model_editor &;

inline std::function<void(edit)> with_u32(const char * key, uint32_t value) {
    return [=](edit m) { gguf_set_val_u32(m.gguf.get(), key, value); };
}

inline std::function<void(edit)> with_f32(const char * key, float value) {
    return [=](edit m) { gguf_set_val_f32(m.gguf.get(), key, value); };
}

inline std::function<void(edit)> with_str(const char * key, const char * value) {
    return [=](edit m) { gguf_set_val_str(m.gguf.get(), key, value); };
}

inline std::function<void(edit)> with_strs(const char * key, std::vector<std::string> values) {
    return [=](edit m) { m.set_strs(key, values); };
}

inline std::function<void(edit)> with_unicode(uint32_t format, const char * form) {
    return [=](edit m) {
        gguf_set_val_u32(m.gguf.get(), "vaner.format", format);
        gguf_set_val_str(m.gguf.get(), "vaner.normalizer.unicode", form);
    };
}

inline std::function<void(edit)> without_key(const char * key) {
    return [=](edit m) { m.remove_key(key); };
}

inline std::function<void(edit)> with_tensor(const char * name, ggml_type type, std::vector<int64_t> ne) {
    return [=](edit m) { m.put_tensor(name, type, ne); };
}

inline std::function<void(edit)> without_tensor(const char * name) {
    return [=](edit m) { m.remove_tensor(name); };
}

inline const char * const TOKENS = "tokenizer.ggml.tokens";

// Each is refused with a message that names the cause.
inline void check_broken(
    const std::vector<broken_model> & models, const temporary_folder & folder, const char * fixture) {
    for (const broken_model & broken : models) {
        printf("%s %s\n", vaner_status_code(broken.status), broken.named);
        model_editor m(fixture);
        broken.edit(m);
        const std::string path = folder.file("broken.gguf");
        m.write(path);
        const std::string message =
            CHECK_THROWS(broken.status, token_classifier::load(path, token_classifier_params()));
        if (message.find(broken.named) == std::string::npos) {
            report_failure(__FILE__, __LINE__, "'" + message + "' does not name " + broken.named);
        }
    }
}
