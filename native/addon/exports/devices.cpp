#include "backends/devices.h"

#include "addon/arguments.h"
#include "addon/exports/exports.h"
#include "addon/values.h"

static const char * device_kind(ggml_backend_dev_t device) {
    switch (ggml_backend_dev_type(device)) {
    case GGML_BACKEND_DEVICE_TYPE_CPU: return "cpu";
    case GGML_BACKEND_DEVICE_TYPE_GPU: return "gpu";
    case GGML_BACKEND_DEVICE_TYPE_IGPU: return "integrated-gpu";
    default: return "accelerator";
    }
}

// NativeDevice
static Napi::Object device_to_js(Napi::Env env, ggml_backend_dev_t device) {
    size_t free = 0;
    size_t total = 0;
    ggml_backend_dev_memory(device, &free, &total);
    Napi::Object result = Napi::Object::New(env);
    result.Set("name", ggml_backend_dev_name(device));
    result.Set("description", ggml_backend_dev_description(device));
    result.Set("kind", device_kind(device));
    result.Set("memoryTotal", Napi::Number::New(env, (double) total));
    result.Set("memoryFree", Napi::Number::New(env, (double) free));
    return result;
}

Napi::Value list_devices(const Napi::CallbackInfo & info) {
    Napi::Array result = Napi::Array::New(info.Env());
    for (ggml_backend_dev_t device : devices_list()) {
        result.Set(result.Length(), device_to_js(info.Env(), device));
    }
    return result;
}

// NativeBackend
static Napi::Object backend_to_js(Napi::Env env, const backend_info & backend) {
    const auto or_null = [env](const std::string & text) {
        return text.empty() ? env.Null() : (Napi::Value) Napi::String::New(env, text);
    };
    Napi::Object result = Napi::Object::New(env);
    result.Set("name", or_null(backend.name));
    result.Set("library", or_null(backend.library));
    result.Set("deviceCount", number_to_js(env, (double) backend.n_devices));
    result.Set("problem", or_null(backend.problem));
    return result;
}

Napi::Value list_backends(const Napi::CallbackInfo & info) {
    Napi::Array result = Napi::Array::New(info.Env());
    for (const backend_info & backend : devices_backends()) {
        result.Set(result.Length(), backend_to_js(info.Env(), backend));
    }
    return result;
}

Napi::Value use_backends(const Napi::CallbackInfo & info) {
    if (!info[0].IsArray()) {
        throw invalid_argument(info.Env(), "libraries", "an array");
    }
    const Napi::Array paths = info[0].As<Napi::Array>();
    std::vector<std::string> libraries;
    for (uint32_t i = 0; i < paths.Length(); ++i) {
        libraries.push_back(read_path(paths.Get(i), "libraries"));
    }
    devices_use(libraries);
    return info.Env().Undefined();
}
