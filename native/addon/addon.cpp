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

template <Napi::Value (*function)(const Napi::CallbackInfo &)>
static void set(Napi::Env env, Napi::Object exports, const char * name) {
    exports.Set(name,
        Napi::Function::New(
            env, [](const Napi::CallbackInfo & info) { return with_code(info.Env(), [&] { return function(info); }); },
            name));
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
    stay_loaded();
    out_of_memory(); // made while there is memory
    environment_init(env);
    environment::of(env).model_class = Napi::Persistent(model_object::define(env));

    exports.Set("versions", versions_to_js(env));
    exports.Set("errorCodes", error_codes_to_js(env));
    set<describe_cpu>(env, exports, "cpu");
    set<list_devices>(env, exports, "devices");
    set<list_backends>(env, exports, "backends");
    set<use_backends>(env, exports, "useBackends");
    set<inspect_model>(env, exports, "inspect");
    set<load_model>(env, exports, "load");
    set<quantize_types_to_js>(env, exports, "quantizeTypes");
    set<encode_rows>(env, exports, "encodeRows");
    set<add_low_rank>(env, exports, "addLowRank");
    set<quantize>(env, exports, "quantize");
    set<compare_weights>(env, exports, "compareWeights");
    set<end_jobs>(env, exports, "endJobs");
    set<set_logger>(env, exports, "setLogger");
    return exports;
}

NODE_API_MODULE(vaner_native, init)
