#pragma once

#include "addon/environment.h"
#include "model/token_classifier.h"

#include <napi.h>

#include <memory>

// What V8 is told of a model's weights. They live outside its heap: without this its collector would see no reason to
// free a forgotten model. A base counts once per environment, however many of its models use it. Used on the
// environment's thread.
class reported_memory {
public:
    reported_memory() = default;
    reported_memory(Napi::Env env, const token_classifier & model);

    void take_back(Napi::Env env); // idempotent

private:
    std::shared_ptr<base_uses> uses;
    const base_model * base = nullptr; // an address, not to be followed: the model may be gone
    int64_t n_base = 0;                // bytes
    int64_t n_own = 0;
};
