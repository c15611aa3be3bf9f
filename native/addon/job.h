#pragma once

#include "addon/environment.h"
#include "error.h"

#include <napi.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>

// A JavaScript error with a code of the table in lib/errors.ts, made of any C++ exception.
Napi::Error to_js_error(Napi::Env env, std::exception_ptr error);

// { promise, cancel(), id }. All jobs have the same function, which looks at its object's id: one for each would have to be
// finalized.
Napi::Object job_to_js(Napi::Env env, Napi::Promise promise, uint32_t id);

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
        : Napi::AsyncWorker(env, "vaner-native"), work(std::move(work)), end(new outcome(env, std::move(convert))) {
        end->id = environment::of(env).jobs.add([flag = cancelled] { *flag = true; });
    }

    Napi::Object to_js() const { return job_to_js(Env(), end->deferred.Promise(), end->id); }

protected:
    void Execute() override {
        try {
            end->value = std::make_unique<result>(work(*cancelled));
        } catch (...) {
            end->error = std::current_exception();
        }
    }

    // The promise settles behind what the work has posted: progress is never reported after the end.
    void OnOK() override {
        const std::shared_ptr<mailbox> mail = environment::of(Env()).mail;
        mail->hold();
        mail->post([mail, end = end](Napi::Env env) {
            mail->release();
            end->settle(env);
        });
    }

private:
    struct outcome {
        Napi::Promise::Deferred deferred;
        convert_function convert;
        std::unique_ptr<result> value;
        std::exception_ptr error;
        uint32_t id = 0;

        outcome(Napi::Env env, convert_function convert) : deferred(env), convert(std::move(convert)) {}

        void settle(Napi::Env env) {
            environment::of(env).jobs.end(id);
            if (error) {
                deferred.Reject(to_js_error(env, error).Value());
                return;
            }
            try {
                deferred.Resolve(convert(env, *value));
            } catch (const Napi::Error & thrown) {
                deferred.Reject(thrown.Value());
            } catch (...) {
                deferred.Reject(to_js_error(env, std::current_exception()).Value());
            }
        }
    };

    work_function work;
    std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<outcome> end;
};

template <typename result>
Napi::Object run_job(Napi::Env env, std::function<result(const std::atomic<bool> &)> work,
    std::function<Napi::Value(Napi::Env, result &)> convert) {
    auto * job = new pool_job<result>(env, std::move(work), std::move(convert)); // deletes itself
    const Napi::Object result_object = job->to_js();
    job->Queue();
    return result_object;
}
