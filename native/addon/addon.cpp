// Table of contents: what lib/binding/native-addon.ts calls NativeAddon.

#include "addon/environment.h"
#include "addon/inspect.h"
#include "addon/job.h"
#include "addon/load.h"
#include "addon/model.h"
#include "addon/values.h"
#include "addon/weights.h"
#include "backends/devices.h"
#include "backends/log.h"

#include "llama.h"

static Napi::Value list_devices(const Napi::CallbackInfo & info) {
    try {
        Napi::Array result = Napi::Array::New(info.Env());
        for (ggml_backend_dev_t device : devices_list()) {
            result.Set(result.Length(), device_to_js(info.Env(), device));
        }
        return result;
    } catch (const vaner_error &) {
        throw to_js_error(info.Env(), std::current_exception());
    }
}

static const char * level_name(ggml_log_level level) {
    switch (level) {
    case GGML_LOG_LEVEL_ERROR: return "error";
    case GGML_LOG_LEVEL_WARN: return "warn";
    case GGML_LOG_LEVEL_INFO: return "info";
    default: return "debug";
    }
}

static Napi::Value set_logger(const Napi::CallbackInfo & info) {
    environment & data = environment::of(info.Env());
    log_set_sink(&data, nullptr);
    data.logger.Reset();
    if (info[0].IsFunction()) {
        data.logger = Napi::Persistent(info[0].As<Napi::Function>());
        log_set_sink(&data, [mail = data.mail](ggml_log_level level, const std::string & line) {
            mail->post([level, line](Napi::Env env) {
                const environment & current = environment::of(env);
                if (!current.logger.IsEmpty()) {
                    try {
                        current.logger.Call(
                            { Napi::String::New(env, level_name(level)), Napi::String::New(env, line) });
                    } catch (const Napi::Error &) {
                        // a logger that throws must not break what it logs
                    }
                }
            });
        });
    }
    return info.Env().Undefined();
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
    environment_init(env);
    environment::of(env).model_class = Napi::Persistent(model_object::define(env));

    Napi::Object versions = Napi::Object::New(env);
    versions.Set("llama", llama_version());
    versions.Set("ggml", ggml_version());
    exports.Set("versions", versions);
    exports.Set("devices", Napi::Function::New<list_devices>(env, "devices"));
    exports.Set("inspect", Napi::Function::New<inspect_model>(env, "inspect"));
    exports.Set("load", Napi::Function::New<load_model>(env, "load"));
    exports.Set("quantizeTypes", Napi::Function::New<quantize_types_to_js>(env, "quantizeTypes"));
    exports.Set("encodeRows", Napi::Function::New<encode_rows>(env, "encodeRows"));
    exports.Set("addLowRank", Napi::Function::New<add_low_rank>(env, "addLowRank"));
    exports.Set("quantize", Napi::Function::New<quantize>(env, "quantize"));
    exports.Set("compareWeights", Napi::Function::New<compare_weights>(env, "compareWeights"));
    exports.Set("setLogger", Napi::Function::New<set_logger>(env, "setLogger"));
    return exports;
}

NODE_API_MODULE(vaner_native, init)
