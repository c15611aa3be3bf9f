#pragma once

#include "error.h"

#include <napi.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>

// A JavaScript error with a code of the table in lib/errors.ts, made of any C++ exception.
Napi::Error to_js_error(Napi::Env env, std::exception_ptr error);

// { promise, cancel() }
Napi::Object make_job(Napi::Env env, Napi::Promise promise, std::function<void()> cancel);

// Runs work on libuv's pool and settles a promise with what convert makes of its result.
//   work     off the JavaScript thread; asks the flag whether it has been cancelled
//   convert  on the JavaScript thread
template <typename result>
Napi::Object run_job(Napi::Env env, std::function<result(const std::atomic<bool> & cancelled)> work,
    std::function<Napi::Value(Napi::Env, result &)> convert);

//
// implementation
//

template <typename result> class pool_job : public Napi::AsyncWorker {
public:
    using work_function = std::function<result(const std::atomic<bool> &)>;
    using convert_function = std::function<Napi::Value(Napi::Env, result &)>;

    pool_job(Napi::Env env, work_function work, convert_function convert)
        : Napi::AsyncWorker(env, "vaner-native"), deferred(env), work(std::move(work)), convert(std::move(convert)) {}

    Napi::Promise::Deferred deferred;
    std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);

protected:
    void Execute() override {
        try {
            value = std::make_unique<result>(work(*cancelled));
        } catch (...) {
            error = std::current_exception();
        }
    }

    void OnOK() override {
        try {
            settle();
        } catch (const Napi::Error &) {
            // a worker thread that is being terminated runs no JavaScript any more: nobody is left to tell
        }
    }

private:
    void settle() {
        if (error) {
            deferred.Reject(to_js_error(Env(), error).Value());
            return;
        }
        try {
            deferred.Resolve(convert(Env(), *value));
        } catch (const Napi::Error & thrown) {
            deferred.Reject(thrown.Value());
        } catch (...) {
            deferred.Reject(to_js_error(Env(), std::current_exception()).Value());
        }
    }

    work_function work;
    convert_function convert;
    std::unique_ptr<result> value;
    std::exception_ptr error;
};

template <typename result>
Napi::Object run_job(Napi::Env env, std::function<result(const std::atomic<bool> &)> work,
    std::function<Napi::Value(Napi::Env, result &)> convert) {
    auto * job = new pool_job<result>(env, std::move(work), std::move(convert)); // deletes itself
    const std::shared_ptr<std::atomic<bool>> cancelled = job->cancelled;
    const Napi::Promise promise = job->deferred.Promise();
    job->Queue();
    return make_job(env, promise, [cancelled] { *cancelled = true; });
}
