#include "addon/job.h"

static void cancel_job(const Napi::CallbackInfo & info) {
    const Napi::Value id = info.This().IsObject() ? info.This().As<Napi::Object>().Get("id") : info.This();
    if (!id.IsNumber()) {
        throw Napi::TypeError::New(info.Env(), "cancel() has to be called on a job");
    }
    environment::of(info.Env()).jobs.cancel(id.As<Napi::Number>().Uint32Value());
}

Napi::Object job_to_js(Napi::Env env, Napi::Promise promise, uint32_t id) {
    Napi::FunctionReference & cancel = environment::of(env).cancel_job;
    if (cancel.IsEmpty()) {
        cancel = Napi::Persistent(Napi::Function::New<cancel_job>(env, "cancel"));
    }
    Napi::Object job = Napi::Object::New(env);
    job.Set("promise", promise);
    job.Set("cancel", cancel.Value());
    job.Set("id", id);
    return job;
}
