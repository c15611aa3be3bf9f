#include "addon/environment.h"
#include "addon/exports/exports.h"

Napi::Value end_jobs(const Napi::CallbackInfo & info) {
    environment::of(info.Env()).jobs.end_all();
    return info.Env().Undefined();
}
