#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>

// The way back into one JavaScript environment (the main thread's or a worker's) from any thread.
class mailbox {
public:
    using task = std::function<void(Napi::Env)>;

    static std::shared_ptr<mailbox> create(Napi::Env env);

    // Runs the task on the environment's thread; drops it if the environment is gone. From any thread. What settles a
    // promise is made beforehand: at its end there may be no memory.
    void post(std::unique_ptr<task> work);
    void post(task work) { post(std::make_unique<task>(std::move(work))); }

    // Keeps the environment alive while something is awaited. On the environment's thread.
    void hold();
    void release();

private:
    explicit mailbox(Napi::Env env);
    static void run(napi_env env, napi_value, void *, void * data);
    static void close(void * self);

    napi_env env;
    napi_threadsafe_function function = nullptr;
    std::mutex mutex;
    bool open = true; // guarded by the mutex
    int n_held = 0;
};
