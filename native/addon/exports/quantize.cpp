#include "quantize/quantize.h"
#include "addon/environment.h"
#include "addon/exports/exports.h"
#include "addon/job.h"
#include "addon/progress.h"
#include "addon/values.h"
#include "quantize/compare.h"
#include "quantize/low_rank.h"
#include "quantize/weight_rows.h"

#include <algorithm>

// Reports progress. Throws once the JavaScript environment is gone, so that its exit does not wait minutes for a result
// that nobody reads.
static std::function<void(float)> progress_of(const Napi::CallbackInfo & info, size_t i) {
    const std::shared_ptr<mailbox> mail = environment::of(info.Env()).mail;
    return [mail, on_progress = progress_to_js(info[i])](float share) {
        if (!mail->is_open()) {
            throw vaner_error(VANER_ABORTED, "the JavaScript environment has ended");
        }
        if (on_progress) {
            on_progress(share);
        }
    };
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
    const auto rows = std::make_shared<std::vector<uint8_t>>(to_vector<uint8_t>(info[0].As<Napi::Uint8Array>()));
    const std::string from = info[1].As<Napi::String>().Utf8Value();
    const std::string to = info[2].As<Napi::String>().Utf8Value();
    const int64_t columns = info[3].As<Napi::Number>().Int64Value();
    return run_job<std::vector<uint8_t>>(
        info.Env(),
        [=](const std::atomic<bool> & cancelled) { return weight_rows_encode(*rows, from, to, columns, cancelled); },
        [](Napi::Env env, std::vector<uint8_t> & encoded) -> Napi::Value {
            return to_typed_array<Napi::Uint8Array>(env, encoded);
        });
}

Napi::Value add_low_rank(const Napi::CallbackInfo & info) {
    const auto rows = std::make_shared<std::vector<float>>(to_vector<float>(info[0].As<Napi::Float32Array>()));
    const auto b = std::make_shared<std::vector<float>>(to_vector<float>(info[1].As<Napi::Float32Array>()));
    const auto a = std::make_shared<std::vector<float>>(to_vector<float>(info[2].As<Napi::Float32Array>()));
    const float scale = info[3].As<Napi::Number>().FloatValue();
    const int64_t columns = info[4].As<Napi::Number>().Int64Value();
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
    const std::string input = info[0].As<Napi::String>().Utf8Value();
    const std::string output = info[1].As<Napi::String>().Utf8Value();
    const Napi::Object options = info[2].As<Napi::Object>();
    quantize_params params;
    params.type = options.Get("type").As<Napi::String>().Utf8Value();
    params.n_threads = std::max(1, options.Get("threads").As<Napi::Number>().Int32Value());
    if (options.Get("importance").IsString()) {
        params.importance = options.Get("importance").As<Napi::String>().Utf8Value();
    }
    params.progress = progress_of(info, 3);
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
    const std::string reference = info[0].As<Napi::String>().Utf8Value();
    const std::string other = info[1].As<Napi::String>().Utf8Value();
    const std::function<void(float)> progress = progress_of(info, 2);
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
