#include "addon/environment.h"

#include "backends/log.h"

environment & environment::of(Napi::Env env) {
    return *env.GetInstanceData<environment>();
}

environment::~environment() {
    log_set_sink(this, nullptr);
}

void environment_init(Napi::Env env) {
    auto data = std::make_unique<environment>();
    data->mail = mailbox::create(env);
    env.SetInstanceData<environment>(data.release());
}
