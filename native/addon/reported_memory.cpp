#include "addon/reported_memory.h"

reported_memory::reported_memory(Napi::Env env, const token_classifier & model)
    : uses(environment::of(env).uses), base(model.base.get()), n_base((int64_t) model.base->n_bytes),
      n_own((int64_t) model.n_bytes - n_base) {
    const bool first = ++(*uses)[base] == 1;
    Napi::MemoryManagement::AdjustExternalMemory(env, n_own + (first ? n_base : 0));
}

void reported_memory::take_back(Napi::Env env) {
    if (!uses) {
        return;
    }
    const bool last = --(*uses)[base] == 0;
    if (last) {
        uses->erase(base);
    }
    uses.reset();
    Napi::MemoryManagement::AdjustExternalMemory(env, -(n_own + (last ? n_base : 0)));
}
