#include "backends/devices.h"

#include "addon/exports/exports.h"

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
