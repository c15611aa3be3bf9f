#include "addon/exports/model.h"

#include "addon/arguments.h"
#include "addon/environment.h"
#include "addon/job.h"
#include "addon/values.h"
#include "tokenizer/text_tokenizer.h"
#include "tokenizer/word_tokenizer.h"

#include <algorithm>

// NativeModelInfo
static Napi::Object model_info_to_js(Napi::Env env, const token_classifier & model) {
    const model_format & format = model.format;
    std::vector<std::string> devices;
    for (ggml_backend_dev_t device : model.devices) {
        devices.push_back(ggml_backend_dev_name(device));
    }

    Napi::Object info = Napi::Object::New(env);
    info.Set("name", format.name);
    info.Set("adapter", model.lora ? (Napi::Value) Napi::String::New(env, model.lora->format.name) : env.Null());
    info.Set("heads", strings_to_js(env, format.heads));
    info.Set("labels", strings_to_js(env, format.labels));
    info.Set("tagging", format.tagging);
    info.Set("scoreSlopes", to_typed_array<Napi::Float32Array>(env, format.score_slopes));
    info.Set("scoreOffsets", to_typed_array<Napi::Float32Array>(env, format.score_offsets));
    info.Set("template", format.template_dataset);
    info.Set("adaptiveTemplate", format.template_adaptive);
    info.Set("trained", strings_to_js(env, format.trained));
    info.Set("maxTokens", number_to_js(env, format.max_tokens));
    info.Set("passageTokens", number_to_js(env, format.passage_tokens));
    info.Set("words", format.words);
    info.Set("causal", format.causal);
    info.Set("bosToken", number_to_js(env, model.bos_token()));
    info.Set("lastToken", number_to_js(env, model.last_token()));
    info.Set("spacePrefix", format.space_prefix);
    Napi::Object normalizer = Napi::Object::New(env);
    normalizer.Set("lowercase", format.lowercase);
    normalizer.Set("stripAccents", format.strip_accents);
    normalizer.Set("splitCjk", format.split_cjk);
    normalizer.Set("unicode", format.unicode_form);
    normalizer.Set("spaces", strings_to_js(env, format.spaces));
    normalizer.Set("charsmap", to_typed_array<Napi::Uint8Array>(env, format.charsmap));
    info.Set("normalizer", normalizer);
    // Only who changes the text needs them.
    info.Set("addedTokens",
        strings_to_js(env, format.unicode_form.empty() ? std::vector<std::string>() : added_tokens(model.vocab())));
    info.Set("contextLength", number_to_js(env, format.n_ctx));
    info.Set("embeddingLength", number_to_js(env, format.n_embd));
    info.Set("layerCount", number_to_js(env, format.n_layer));
    info.Set("vocabularySize", number_to_js(env, format.n_vocab));
    info.Set("parameterCount", number_to_js(env, (double) model.n_params));
    info.Set("devices", strings_to_js(env, devices));
    return info;
}

// Marks the objects of this copy of the addon: a process may load several.
static const napi_type_tag & type_tag() {
    static const napi_type_tag tag = { 0x76616e65726d6f64, (uint64_t) (uintptr_t) &tag };
    return tag;
}

// Calls a method on `this`, whatever that is.
template <Napi::Value (model_object::*method)(const Napi::CallbackInfo &)>
Napi::Value model_object::call(const Napi::CallbackInfo & info) {
    const Napi::Value self = info.This();
    if (!self.IsObject() || !self.As<Napi::Object>().CheckTypeTag(&type_tag())) {
        throw invalid_argument(info.Env(), "this", "a model of this addon");
    }
    return with_code(info.Env(), [&] { return (Unwrap(self.As<Napi::Object>())->*method)(info); });
}

Napi::Function model_object::define(Napi::Env env) {
    const Napi::Function model = DefineClass(env, "NativeModel", {});
    Napi::Object methods = model.Get("prototype").As<Napi::Object>();
    const auto set = [&](const char * name, auto function) {
        methods.Set(name, Napi::Function::New(env, function, name));
    };
    set("tokenizeKnown", call<&model_object::tokenize_known>);
    set("tokenize", call<&model_object::tokenize>);
    set("tokenizeText", call<&model_object::tokenize_text>);
    set("encode", call<&model_object::encode>);
    set("batches", call<&model_object::batches>);
    set("dispose", call<&model_object::dispose>);
    return model;
}

Napi::Object model_object::create(Napi::Env env, std::shared_ptr<engine_client> eng) {
    environment & data = environment::of(env);
    data.loaded = std::move(eng);
    return data.model_class.New({});
}

model_object::model_object(const Napi::CallbackInfo & info) : Napi::ObjectWrap<model_object>(info) {
    eng = std::move(environment::of(info.Env()).loaded);
    if (!eng) {
        throw Napi::TypeError::New(info.Env(), "models are made by load()");
    }
    info.This().As<Napi::Object>().TypeTag(&type_tag());
    const auto model = eng->model();
    info.This().As<Napi::Object>().Set("info", model_info_to_js(info.Env(), *model));
    memory = reported_memory(info.Env(), *model);
}

void model_object::Finalize(Napi::Env env) {
    memory.take_back(env);
}

std::shared_ptr<const token_classifier> model_object::usable_model() const {
    auto model = eng->model();
    if (!model) {
        throw vaner_error(VANER_DISPOSED, "the model has been disposed");
    }
    return model;
}

static std::u16string read_text(const Napi::Value & value) {
    if (!value.IsString()) {
        throw invalid_argument(value.Env(), "text", "a string");
    }
    return value.As<Napi::String>().Utf16Value();
}

struct text_with_bounds {
    std::shared_ptr<const token_classifier> model;
    std::u16string text;
    std::vector<uint32_t> bounds;

    text_with_bounds(std::shared_ptr<const token_classifier> model, const Napi::CallbackInfo & info)
        : model(std::move(model)), text(read_text(info[0])),
          bounds(to_vector<uint32_t>(read_array<Napi::Uint32Array>(info[1], "bounds"))) {}
};

static Napi::Value to_js(Napi::Env env, const word_tokens & words) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("tokens", to_typed_array<Napi::Int32Array>(env, words.tokens));
    result.Set("offsets", to_typed_array<Napi::Uint32Array>(env, words.offsets));
    return result;
}

// False if the array is too short.
template <typename typed_array, typename T> static bool fill(typed_array array, const std::vector<T> & values) {
    static_assert(sizeof(T) == sizeof(*array.Data()), "elements of another size");
    if (array.ElementLength() < values.size()) {
        return false;
    }
    std::copy(values.begin(), values.end(), array.Data());
    return true;
}

Napi::Value model_object::tokenize_known(const Napi::CallbackInfo & info) {
    const Napi::Env env = info.Env();
    const auto model = usable_model();
    const auto tokens = read_array<Napi::Int32Array>(info[2], "tokens");
    const auto offsets = read_array<Napi::Uint32Array>(info[3], "offsets");
    word_tokens known;
    const text_with_bounds r(model, info);
    const bool all = tokenize_cached_words(model->vocab(), model->words(), r.text.data(), r.text.size(),
                         r.bounds.data(), r.bounds.size() / 2, known) &&
        fill(tokens, known.tokens) && fill(offsets, known.offsets);
    return Napi::Boolean::New(env, all);
}

Napi::Value model_object::tokenize(const Napi::CallbackInfo & info) {
    const auto r = std::make_shared<text_with_bounds>(usable_model(), info);
    return run_job<word_tokens>(
        info.Env(),
        [r](const std::atomic<bool> & cancelled) {
            return tokenize_words(r->model->vocab(), r->model->words(), r->text.data(), r->text.size(),
                r->bounds.data(), r->bounds.size() / 2, &cancelled);
        },
        [](Napi::Env env, word_tokens & words) { return to_js(env, words); });
}

Napi::Value model_object::tokenize_text(const Napi::CallbackInfo & info) {
    const auto r = std::make_shared<text_with_bounds>(usable_model(), info);
    const bool parse_controls = read_boolean(info[2], "controls");
    return run_job<text_tokens>(
        info.Env(),
        [r, parse_controls](const std::atomic<bool> & cancelled) {
            return tokenize_texts(r->model->vocab(), r->text.data(), r->text.size(), r->bounds.data(),
                r->bounds.size() / 2, parse_controls, &cancelled);
        },
        [](Napi::Env env, text_tokens & texts) -> Napi::Value {
            Napi::Object result = Napi::Object::New(env);
            result.Set("tokens", to_typed_array<Napi::Int32Array>(env, texts.tokens));
            result.Set("offsets", to_typed_array<Napi::Uint32Array>(env, texts.offsets));
            result.Set("starts", to_typed_array<Napi::Uint32Array>(env, texts.starts));
            result.Set("ends", to_typed_array<Napi::Uint32Array>(env, texts.ends));
            return result;
        });
}

// What became of a job.
struct encode_end {
    uint32_t id = 0; // among the running jobs
    std::vector<float> probs;
    std::exception_ptr error;
};

Napi::Value model_object::encode(const Napi::CallbackInfo & info) {
    const Napi::Env env = info.Env();
    const std::shared_ptr<mailbox> mail = environment::of(env).mail;
    const auto deferred = std::make_shared<Napi::Promise::Deferred>(env);

    auto job = std::make_shared<encode_job>();
    job->tokens = to_vector<int32_t>(read_array<Napi::Int32Array>(info[0], "tokens"));
    job->offsets = to_vector<int32_t>(read_array<Napi::Uint32Array>(info[1], "offsets"));
    job->n_instruction = to_vector<int32_t>(read_array<Napi::Uint32Array>(info[2], "instructions"));
    job->tagged_rows = to_vector<int32_t>(read_array<Napi::Uint32Array>(info[3], "rows"));
    const std::weak_ptr<engine_client> weak = eng;
    running_jobs & jobs = environment::of(env).jobs;
    if (jobs.is_over()) {
        throw vaner_error(VANER_ABORTED, "the process is about to end");
    }
    const auto end = std::make_shared<encode_end>();
    const auto at_end = std::make_shared<std::unique_ptr<mailbox::task>>(
        std::make_unique<mailbox::task>([mail, deferred, end](Napi::Env js) {
            mail->release();
            environment::of(js).jobs.end(end->id);
            settle(js, *deferred, end->error,
                [&]() -> Napi::Value { return to_typed_array<Napi::Float32Array>(js, end->probs); });
        }));
    job->done = [mail, end, at_end](encode_job & finished, const std::exception_ptr & error) {
        end->probs = std::move(finished.probs);
        end->error = error;
        mail->post(std::move(*at_end));
    };

    const uint32_t id = jobs.add([weak, job] {
        if (const auto alive = weak.lock()) {
            alive->cancel(job);
        }
    });
    end->id = id;
    mail->hold();
    try {
        eng->submit(job);
    } catch (...) {
        mail->release();
        jobs.end(id);
        throw;
    }
    return job_to_js(env, deferred->Promise(), id);
}

Napi::Value model_object::batches(const Napi::CallbackInfo & info) {
    const batch_counts counts = eng->batches();
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("count", number_to_js(info.Env(), (double) counts.n_batches));
    result.Set("tokens", number_to_js(info.Env(), (double) counts.n_tokens));
    return result;
}

Napi::Value model_object::dispose(const Napi::CallbackInfo & info) {
    const Napi::Env env = info.Env();
    const std::shared_ptr<mailbox> mail = environment::of(env).mail;
    const auto deferred = std::make_shared<Napi::Promise::Deferred>(env);
    const auto at_end = std::make_shared<std::unique_ptr<mailbox::task>>(
        std::make_unique<mailbox::task>([mail, deferred](Napi::Env js) {
            mail->release();
            deferred->Resolve(js.Undefined());
        }));
    mail->hold();
    eng->close([mail, at_end] { mail->post(std::move(*at_end)); });
    memory.take_back(env);
    return deferred->Promise();
}
