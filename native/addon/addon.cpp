// Table of contents: what lib/binding/native-addon.ts calls NativeAddon.

#include "addon/environment.h"
#include "addon/errors.h"
#include "addon/exports/exports.h"
#include "addon/exports/model.h"
#include "addon/stay_loaded.h"

#include "llama.h"

static Napi::Object versions_to_js(Napi::Env env) {
    Napi::Object versions = Napi::Object::New(env);
    versions.Set("llama", llama_version());
    versions.Set("ggml", ggml_version());
    return versions;
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
    stay_loaded();
    environment_init(env);
    environment::of(env).model_class = Napi::Persistent(model_object::define(env));

    exports.Set("versions", versions_to_js(env));
    exports.Set("errorCodes", error_codes_to_js(env));
    exports.Set("cpu", Napi::Function::New<describe_cpu>(env, "cpu"));
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
