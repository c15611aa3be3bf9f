#include "addon/environment.h"
#include "addon/exports/exports.h"
#include "addon/exports/model.h"
#include "addon/job.h"
#include "addon/progress.h"
#include "backends/devices.h"

#include <algorithm>

struct load_request {
    std::string path;
    std::string device;
    token_classifier_params model;
    engine_params engine;
    std::function<void(float)> on_progress; // empty where nobody wants to know
};

static load_request read_request(const Napi::CallbackInfo & info) {
    const Napi::Object options = info[1].As<Napi::Object>();
    load_request r;
    r.path = info[0].As<Napi::String>().Utf8Value();
    r.device = options.Get("device").As<Napi::String>().Utf8Value();
    r.model.n_gpu_layers = options.Get("gpuLayers").As<Napi::Number>().Int32Value();
    const Napi::Value adapter = options.Get("adapter");
    r.model.adapter = adapter.IsNull() ? "" : adapter.As<Napi::String>().Utf8Value();
    r.model.use_mmap = options.Get("mmap").As<Napi::Boolean>().Value();
    const Napi::Value int8 = options.Get("int8");
    if (!int8.IsNull()) {
        r.model.int8 = int8.As<Napi::Boolean>().Value() ? int8_use::all : int8_use::none;
    }
    const Napi::Value scales = options.Get("int8Scales");
    if (!scales.IsNull()) {
        const bool rows = scales.As<Napi::String>().Utf8Value() == "rows";
        r.model.scales = rows ? int8_scales::rows : int8_scales::blocks;
    }
    r.engine.n_threads = std::max(1, options.Get("threads").As<Napi::Number>().Int32Value());
    r.engine.batch_tokens = std::max(1, options.Get("batchTokens").As<Napi::Number>().Int32Value());
    r.on_progress = progress_to_js(info[2]);
    return r;
}

Napi::Value load_model(const Napi::CallbackInfo & info) {
    const std::shared_ptr<mailbox> mail = environment::of(info.Env()).mail;
    const auto request = std::make_shared<load_request>(read_request(info));

    return run_job<std::shared_ptr<engine_client>>(
        info.Env(),
        [request, mail](const std::atomic<bool> & cancelled) {
            token_classifier_params params = request->model;
            params.device = devices_find(request->device);
            params.progress = [&](float share) {
                if (request->on_progress) {
                    request->on_progress(share);
                }
                return mail->is_open() && !cancelled;
            };
            auto loaded = engine_client::load(request->path, params, request->engine);
            if (cancelled) {
                throw vaner_error(VANER_ABORTED, "loading the model was cancelled");
            }
            return loaded;
        },
        [](Napi::Env env, std::shared_ptr<engine_client> & loaded) -> Napi::Value {
            return model_object::create(env, loaded);
        });
}
