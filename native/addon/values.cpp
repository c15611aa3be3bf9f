#include "addon/values.h"

Napi::Array strings_to_js(Napi::Env env, const std::vector<std::string> & values) {
    Napi::Array array = Napi::Array::New(env, values.size());
    for (size_t i = 0; i < values.size(); ++i) {
        array.Set((uint32_t) i, Napi::String::New(env, values[i]));
    }
    return array;
}
