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

Napi::Object make_job(Napi::Env env, Napi::Promise promise, std::function<void()> cancel) {
    Napi::Object job = Napi::Object::New(env);
    job.Set("promise", promise);
    job.Set("cancel",
        Napi::Function::New(
            env, [cancel](const Napi::CallbackInfo &) { cancel(); }, "cancel"));
    return job;
}
