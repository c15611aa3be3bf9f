#pragma once

#include "model/gguf_file.h"
#include "model/token_classifier.h"

#include <napi.h>

#include <cstring>
#include <string>
#include <vector>

// Copies: memory is never shared with JavaScript, which may detach or move it.
template <typename T, typename typed_array> std::vector<T> to_vector(const typed_array & array) {
    static_assert(sizeof(T) == sizeof(*array.Data()), "elements of another size");
    std::vector<T> values(array.ElementLength());
    if (!values.empty()) {
        memcpy(values.data(), array.Data(), values.size() * sizeof(T));
    }
    return values;
}

template <typename typed_array, typename T> typed_array to_typed_array(Napi::Env env, const std::vector<T> & values) {
    typed_array array = typed_array::New(env, values.size());
    static_assert(sizeof(T) == sizeof(*array.Data()), "elements of another size");
    if (!values.empty()) {
        memcpy(array.Data(), values.data(), values.size() * sizeof(T));
    }
    return array;
}

Napi::Array strings_to_js(Napi::Env env, const std::vector<std::string> & values);

// NativeModelInfo
Napi::Object model_info_to_js(Napi::Env env, const token_classifier & model);

// NativeModelFile without its `problem`
Napi::Object gguf_file_to_js(Napi::Env env, const gguf_file & file);

// NativeDevice
Napi::Object device_to_js(Napi::Env env, ggml_backend_dev_t device);
