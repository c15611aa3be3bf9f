#pragma once

#include "addon/reported_memory.h"
#include "engine/engine_client.h"

#include <napi.h>

#include <memory>

// NativeModel
class model_object : public Napi::ObjectWrap<model_object> {
public:
    static Napi::Function define(Napi::Env env);
    static Napi::Object create(Napi::Env env, std::shared_ptr<engine_client> eng);

    explicit model_object(const Napi::CallbackInfo & info);
    void Finalize(Napi::Env env) override;

private:
    Napi::Value tokenize_known(const Napi::CallbackInfo & info);
    Napi::Value tokenize(const Napi::CallbackInfo & info);
    Napi::Value tokenize_text(const Napi::CallbackInfo & info);
    Napi::Value encode(const Napi::CallbackInfo & info);
    Napi::Value batches(const Napi::CallbackInfo & info);
    Napi::Value dispose(const Napi::CallbackInfo & info);

    template <Napi::Value (model_object::*method)(const Napi::CallbackInfo &)>
    static Napi::Value call(const Napi::CallbackInfo & info);

    std::shared_ptr<const token_classifier> usable_model() const;

    std::shared_ptr<engine_client> eng;
    reported_memory memory;
};
