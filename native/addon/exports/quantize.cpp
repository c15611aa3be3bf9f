#include "quantize/quantize.h"
#include "addon/arguments.h"
#include "addon/exports/exports.h"
#include "addon/job.h"
#include "addon/progress.h"
#include "addon/values.h"
#include "quantize/compare.h"
#include "quantize/low_rank.h"
#include "quantize/weight_rows.h"

static std::function<void(float)> progress_of(const Napi::Value & callback) {
    const std::function<void(float)> on_progress = progress_to_js(callback);
    return on_progress ? on_progress : [](float) {};
}

Napi::Value quantize_types_to_js(const Napi::CallbackInfo & info) {
    std::vector<std::string> tensors;
    for (const ggml_type type : weight_types()) {
        tensors.push_back(weight_type_name(type));
    }
    Napi::Object types = Napi::Object::New(info.Env());
    types.Set("files", strings_to_js(info.Env(), quantize_types()));
    types.Set("tensors", strings_to_js(info.Env(), tensors));
    return types;
}

Napi::Value encode_rows(const Napi::CallbackInfo & info) {
    const auto rows =
        std::make_shared<std::vector<uint8_t>>(to_vector<uint8_t>(read_array<Napi::Uint8Array>(info[0], "rows")));
    const std::string from = read_string(info[1], "from");
    const std::string to = read_string(info[2], "to");
    const int64_t columns = read_integer(info[3], "columns", 1, INT32_MAX);
    return run_job<std::vector<uint8_t>>(
        info.Env(),
        [=](const std::atomic<bool> & cancelled) { return weight_rows_encode(*rows, from, to, columns, cancelled); },
        [](Napi::Env env, std::vector<uint8_t> & encoded) -> Napi::Value {
            return to_typed_array<Napi::Uint8Array>(env, encoded);
        });
}

Napi::Value add_low_rank(const Napi::CallbackInfo & info) {
    const auto read = [&](size_t i, const char * name) {
        return std::make_shared<std::vector<float>>(to_vector<float>(read_array<Napi::Float32Array>(info[i], name)));
    };
    const auto rows = read(0, "rows");
    const auto b = read(1, "b");
    const auto a = read(2, "a");
    const float scale = (float) read_number(info[3], "scale");
    const int64_t columns = read_integer(info[4], "columns", 1, INT32_MAX);
    return run_job<std::vector<float>>(
        info.Env(),
        [=](const std::atomic<bool> & cancelled) {
            low_rank_add(*rows, *b, *a, scale, columns, cancelled);
            return std::move(*rows);
        },
        [](Napi::Env env, std::vector<float> & sum) -> Napi::Value {
            return to_typed_array<Napi::Float32Array>(env, sum);
        });
}

Napi::Value quantize(const Napi::CallbackInfo & info) {
    const std::string input = read_path(info[0], "input");
    const std::string output = read_path(info[1], "output");
    const Napi::Object options = read_object(info[2], "options");
    quantize_params params;
    params.type = read_string(options.Get("type"), "type");
    params.n_threads = (int) read_integer(options.Get("threads"), "threads", 1, INT32_MAX);
    const Napi::Value importance = options.Get("importance");
    if (!importance.IsNull()) {
        params.importance = read_path(importance, "importance");
    }
    params.progress = progress_of(info[3]);
    struct nothing {};
    return run_job<nothing>(
        info.Env(),
        [=](const std::atomic<bool> & cancelled) {
            quantize_model(input, output, params, cancelled);
            return nothing();
        },
        [](Napi::Env env, nothing &) -> Napi::Value { return env.Undefined(); });
}

Napi::Value compare_weights(const Napi::CallbackInfo & info) {
    const std::string reference = read_path(info[0], "reference");
    const std::string other = read_path(info[1], "other");
    const std::function<void(float)> progress = progress_of(info[2]);
    return run_job<std::vector<tensor_difference>>(
        info.Env(),
        [=](const std::atomic<bool> & cancelled) { return compare_models(reference, other, progress, cancelled); },
        [](Napi::Env env, std::vector<tensor_difference> & differences) -> Napi::Value {
            Napi::Array result = Napi::Array::New(env, differences.size());
            for (size_t i = 0; i < differences.size(); ++i) {
                Napi::Object difference = Napi::Object::New(env);
                difference.Set("name", differences[i].name);
                difference.Set("squaredError", Napi::Number::New(env, differences[i].squared_error));
                difference.Set("squaredNorm", Napi::Number::New(env, differences[i].squared_norm));
                result.Set((uint32_t) i, difference);
            }
            return result;
        });
}
