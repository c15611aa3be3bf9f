#include "addon/environment.h"

#include "backends/log.h"

mailbox::mailbox(Napi::Env env) : env(env) {
    const napi_status status = napi_create_threadsafe_function(
        env, nullptr, nullptr, Napi::String::New(env, "vaner-native"), 0, 1, nullptr, nullptr, this, run, &function);
    NAPI_THROW_IF_FAILED_VOID(env, status);
    napi_unref_threadsafe_function(env, function);
}

std::shared_ptr<mailbox> mailbox::create(Napi::Env env) {
    std::shared_ptr<mailbox> mail(new mailbox(env));
    // The hook owns a reference: threads that still work for the environment may outlive it.
    napi_add_env_cleanup_hook(env, close, new std::shared_ptr<mailbox>(mail));
    return mail;
}

void mailbox::post(task work) {
    put(std::move(work));
    deliver();
}

void mailbox::put(task work) {
    std::lock_guard<std::mutex> lock(mutex);
    if (open) {
        waiting.push_back(std::move(work));
    }
}

void mailbox::deliver() {
    std::lock_guard<std::mutex> lock(mutex);
    if (open && !called && !waiting.empty()) {
        called = napi_call_threadsafe_function(function, nullptr, napi_tsfn_nonblocking) == napi_ok;
    }
}

void mailbox::run(napi_env env, napi_value, void * self, void *) {
    if (env) { // else it is gone, and the mailbox may be
        ((mailbox *) self)->run_all(env);
    }
}

void mailbox::run_all(Napi::Env env) {
    std::vector<task> tasks;
    {
        std::lock_guard<std::mutex> lock(mutex);
        tasks.swap(waiting);
        called = false;
    }
    for (const task & work : tasks) {
        try {
            work(env);
        } catch (const Napi::Error &) {
            // a worker thread that is being terminated runs no JavaScript any more: nobody is left to tell
        }
    }
}

void mailbox::hold() {
    if (n_held++ == 0) {
        napi_ref_threadsafe_function(env, function);
    }
}

void mailbox::release() {
    if (--n_held == 0) {
        napi_unref_threadsafe_function(env, function);
    }
}

void mailbox::close(void * self) {
    auto holder = std::unique_ptr<std::shared_ptr<mailbox>>((std::shared_ptr<mailbox> *) self);
    mailbox & mail = **holder;
    std::lock_guard<std::mutex> lock(mail.mutex);
    mail.open = false;
    mail.waiting.clear();
    napi_release_threadsafe_function(mail.function, napi_tsfn_abort);
}

environment & environment::of(Napi::Env env) {
    return *env.GetInstanceData<environment>();
}

environment::~environment() {
    log_set_sink(this, nullptr);
}

void environment_init(Napi::Env env) {
    auto data = std::make_unique<environment>();
    data->mail = mailbox::create(env);
    data->deliver_mail = std::make_shared<const std::function<void()>>([mail = data->mail] { mail->deliver(); });
    env.SetInstanceData<environment>(data.release());
}
