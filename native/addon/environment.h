#pragma once

#include <napi.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

// The way back into one JavaScript environment (the main thread's or a worker's) from any thread.
class mailbox {
public:
    using task = std::function<void(Napi::Env)>;

    static std::shared_ptr<mailbox> create(Napi::Env env);

    // Runs the task on the environment's thread; dropped when the environment is gone. From any thread.
    void post(task work);

    bool is_open() const { return open; }

    // While something is awaited the environment stays alive. On the environment's thread.
    void hold();
    void release();

private:
    explicit mailbox(Napi::Env env);
    static void run(napi_env env, napi_value, void *, void * data);
    static void close(void * self);

    napi_env env;
    napi_threadsafe_function function = nullptr;
    std::mutex mutex;
    std::atomic<bool> open{ true };
    int n_held = 0;
};

// What the addon keeps per JavaScript environment.
struct environment {
    std::shared_ptr<mailbox> mail;
    Napi::FunctionReference model_class;
    Napi::FunctionReference logger;

    static environment & of(Napi::Env env);
    ~environment();
};

// Called once per environment, when it loads the addon.
void environment_init(Napi::Env env);
