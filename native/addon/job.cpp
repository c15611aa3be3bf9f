#include "addon/job.h"

#include <new>

static Napi::Error make_error(Napi::Env env, const char * code, const std::string & message) {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", Napi::String::New(env, code));
    return error;
}

Napi::Error to_js_error(Napi::Env env, std::exception_ptr error) {
    try {
        std::rethrow_exception(error);
    } catch (const vaner_error & e) {
        return make_error(env, vaner_status_code(e.status), e.what());
    } catch (const std::bad_alloc &) {
        return make_error(env, vaner_status_code(VANER_OUT_OF_MEMORY), "there is not enough memory");
    } catch (const std::exception & e) {
        return make_error(env, vaner_status_code(VANER_INTERNAL), e.what());
    }
}

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
