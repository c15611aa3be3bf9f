#include "addon/arguments.h"
#include "addon/exports/exports.h"
#include "addon/exports/model.h"
#include "addon/job.h"
#include "addon/progress.h"
#include "backends/devices.h"

static const int MAX_THREADS = 1024; // as in lib/recognizer/load.ts

struct load_request {
    std::string path;
    std::string device;
    token_classifier_params model;
    engine_params engine;
    std::function<void(float)> on_progress; // empty where nobody wants to know
};

static load_request read_request(const Napi::CallbackInfo & info) {
    load_request r;
    r.path = read_path(info[0], "path");
    const Napi::Object options = read_object(info[1], "options");
    r.device = read_string(options.Get("device"), "device");
    r.model.n_gpu_layers = (int32_t) read_integer(options.Get("gpuLayers"), "gpuLayers", -1, INT32_MAX);
    const Napi::Value adapter = options.Get("adapter");
    r.model.adapter = adapter.IsNull() ? "" : read_path(adapter, "adapter");
    r.model.use_mmap = read_boolean(options.Get("mmap"), "mmap");
    const Napi::Value int8 = options.Get("int8");
    if (!int8.IsNull()) {
        r.model.int8 = read_boolean(int8, "int8") ? int8_use::all : int8_use::none;
    }
    const Napi::Value scales = options.Get("int8Scales");
    if (!scales.IsNull()) {
        const std::string name = read_string(scales, "int8Scales");
        if (name != "rows" && name != "blocks") {
            throw invalid_argument(info.Env(), "int8Scales", "'rows' or 'blocks'");
        }
        r.model.scales = name == "rows" ? int8_scales::rows : int8_scales::blocks;
    }
    r.engine.n_threads = (int) read_integer(options.Get("threads"), "threads", 1, MAX_THREADS);
    r.model.n_threads = r.engine.n_threads;
    r.engine.batch_tokens = (int32_t) read_integer(options.Get("batchTokens"), "batchTokens", 1, INT32_MAX);
    r.on_progress = progress_to_js(info[2]);
    return r;
}

Napi::Value load_model(const Napi::CallbackInfo & info) {
    const auto request = std::make_shared<load_request>(read_request(info));

    return run_job<std::shared_ptr<engine_client>>(
        info.Env(),
        [request](const std::atomic<bool> & cancelled) {
            token_classifier_params params = request->model;
            params.progress = [&](float share) {
                if (request->on_progress) {
                    request->on_progress(share);
                }
                return !cancelled;
            };
            std::shared_ptr<engine_client> loaded;
            if (request->device == "auto") {
                loaded = engine_client::load_on_best_device(request->path, params, request->engine);
            } else {
                params.device = devices_find(request->device);
                loaded = engine_client::load(request->path, params, request->engine);
            }
            if (cancelled) {
                throw vaner_error(VANER_ABORTED, "loading the model was cancelled");
            }
            return loaded;
        },
        [](Napi::Env env, std::shared_ptr<engine_client> & loaded) -> Napi::Value {
            return model_object::create(env, loaded);
        });
}
