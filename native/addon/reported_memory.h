#pragma once

#include "addon/environment.h"
#include "model/token_classifier.h"

#include <napi.h>

#include <memory>

// Reports the weights of a model to V8 as external memory, so that its garbage collector frees forgotten models. A base
// counts once per environment, for all models that use it. On the environment's thread.
class reported_memory {
public:
    reported_memory() = default;
    reported_memory(Napi::Env env, const token_classifier & model);

    void take_back(Napi::Env env); // idempotent

private:
    std::shared_ptr<base_uses> uses;
    const base_model * base = nullptr; // a key only, never dereferenced: the model may be gone
    int64_t n_base = 0;                // bytes
    int64_t n_own = 0;
};
