#pragma once

#include <napi.h>

#include <cstdint>
#include <string>

// Values from JavaScript, checked: TypeScript validates them for people, this keeps a mistake there from becoming memory
// corruption here. All throw an error with ERR_VANER_INVALID_ARGUMENT that names the argument.

std::string read_string(const Napi::Value & value, const char * name);

// A file's path: no NUL, behind which the system would not read on.
std::string read_path(const Napi::Value & value, const char * name);

bool read_boolean(const Napi::Value & value, const char * name);

double read_number(const Napi::Value & value, const char * name);

// A whole number from min to max, at most 2^53.
int64_t read_integer(const Napi::Value & value, const char * name, int64_t min, int64_t max);

Napi::Object read_object(const Napi::Value & value, const char * name);

// A function, null or undefined; empty for the last two.
Napi::Function read_callback(const Napi::Value & value, const char * name);

// A typed array of exactly this type.
template <typename typed_array> typed_array read_array(const Napi::Value & value, const char * name);

//
// implementation
//

Napi::Error invalid_argument(Napi::Env env, const char * name, const char * expected);

template <typename typed_array> struct array_traits;
template <> struct array_traits<Napi::Uint8Array> {
    static constexpr napi_typedarray_type type = napi_uint8_array;
    static constexpr const char * name = "a Uint8Array";
};
template <> struct array_traits<Napi::Int32Array> {
    static constexpr napi_typedarray_type type = napi_int32_array;
    static constexpr const char * name = "an Int32Array";
};
template <> struct array_traits<Napi::Uint32Array> {
    static constexpr napi_typedarray_type type = napi_uint32_array;
    static constexpr const char * name = "a Uint32Array";
};
template <> struct array_traits<Napi::Float32Array> {
    static constexpr napi_typedarray_type type = napi_float32_array;
    static constexpr const char * name = "a Float32Array";
};

template <typename typed_array> typed_array read_array(const Napi::Value & value, const char * name) {
    using traits = array_traits<typed_array>;
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != traits::type) {
        throw invalid_argument(value.Env(), name, traits::name);
    }
    return value.As<typed_array>();
}
