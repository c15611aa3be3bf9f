#pragma once

#include <napi.h>

#include <cstring>
#include <string>
#include <vector>

// Typed arrays are copied: JavaScript may detach or move its memory.
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

inline Napi::Number number_to_js(Napi::Env env, double value) {
    return Napi::Number::New(env, value);
}

Napi::Array strings_to_js(Napi::Env env, const std::vector<std::string> & values);
