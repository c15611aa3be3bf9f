#pragma once

#include "addon/environment.h"
#include "addon/errors.h"

#include <napi.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>

// NativeJob: { promise, cancel(), id }. All jobs share one cancel(), which reads the id of its object: a function per
// job would have to be finalized.
Napi::Object job_to_js(Napi::Env env, Napi::Promise promise, uint32_t id);

// Settles a promise with what make() returns, or with the error, its own or the given one.
template <typename function>
void settle(Napi::Env env, const Napi::Promise::Deferred & deferred, const std::exception_ptr & error, function make);

// Runs work on libuv's thread pool and resolves a promise with its converted result.
//   work     off the JavaScript thread; polls the flag
//   convert  result -> JavaScript, on the JavaScript thread
template <typename result>
Napi::Object run_job(Napi::Env env, std::function<result(const std::atomic<bool> & cancelled)> work,
    std::function<Napi::Value(Napi::Env, result &)> convert);

//
// implementation
//

template <typename function>
void settle(Napi::Env env, const Napi::Promise::Deferred & deferred, const std::exception_ptr & error, function make) {
    if (error) {
        deferred.Reject(to_js_error(env, error).Value());
        return;
    }
    try {
        deferred.Resolve(make());
    } catch (const Napi::Error & thrown) {
        deferred.Reject(thrown.Value());
    } catch (...) {
        deferred.Reject(to_js_error(env, std::current_exception()).Value());
    }
}

template <typename result> class pool_job : public Napi::AsyncWorker {
public:
    using work_function = std::function<result(const std::atomic<bool> &)>;
    using convert_function = std::function<Napi::Value(Napi::Env, result &)>;

    pool_job(Napi::Env env, work_function work, convert_function convert)
        : Napi::AsyncWorker(env, "vaner-native"), work(std::move(work)), mail(environment::of(env).mail),
          end(new outcome(env, std::move(convert))) {
        at_end = std::make_unique<mailbox::task>([mail = mail, end = end](Napi::Env env) {
            mail->release();
            end->settle(env);
        });
        running_jobs & jobs = environment::of(env).jobs;
        *cancelled = jobs.is_over();
        end->id = jobs.add([flag = cancelled] { *flag = true; });
    }

    Napi::Object to_js() const { return job_to_js(Env(), end->deferred.Promise(), end->id); }

protected:
    void Execute() override {
        if (!prepare_to_throw()) {
            end->error = out_of_memory();
            return;
        }
        try {
            if (*cancelled) { // before a thread was free
                throw vaner_error(VANER_ABORTED, "the work was cancelled");
            }
            end->value = std::make_unique<result>(work(*cancelled));
        } catch (...) {
            end->error = std::current_exception();
            if (!end->error) { // of a foreign C++ library
                end->error =
                    std::make_exception_ptr(vaner_error(VANER_INTERNAL, "a library failed and gives no reason"));
            }
        }
    }

    // Settles through the mailbox, behind the progress that the work has posted: none is reported after the end.
    void OnOK() override {
        mail->hold();
        mail->post(std::move(at_end));
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
            ::settle(env, deferred, error, [&] { return convert(env, *value); });
        }
    };

    work_function work;
    std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<mailbox> mail;
    std::shared_ptr<outcome> end;
    std::unique_ptr<mailbox::task> at_end;
};

template <typename result>
Napi::Object run_job(Napi::Env env, std::function<result(const std::atomic<bool> &)> work,
    std::function<Napi::Value(Napi::Env, result &)> convert) {
    auto * job = new pool_job<result>(env, std::move(work), std::move(convert)); // deletes itself
    const Napi::Object result_object = job->to_js();
    job->Queue();
    return result_object;
}
