#include "addon/environment.h"

#include "backends/log.h"

environment & environment::of(Napi::Env env) {
    return *env.GetInstanceData<environment>();
}

environment::~environment() {
    log_set_sink(this, nullptr);
}

void environment_init(Napi::Env env) {
    auto owner = std::make_unique<environment>();
    owner->mail = mailbox::create(env);
    environment * data = owner.release();
    env.SetInstanceData<environment>(data);
    // Before the instance data is freed, and before Node.js waits for its thread pool.
    napi_add_env_cleanup_hook(
        env, [](void * self) { ((environment *) self)->jobs.end_all(); }, data);
}
