#include "addon/mailbox.h"

mailbox::mailbox(Napi::Env env) : env(env) {
    const napi_status status = napi_create_threadsafe_function(
        env, nullptr, nullptr, Napi::String::New(env, "vaner-native"), 0, 1, nullptr, nullptr, nullptr, run, &function);
    NAPI_THROW_IF_FAILED_VOID(env, status);
    napi_unref_threadsafe_function(env, function);
}

std::shared_ptr<mailbox> mailbox::create(Napi::Env env) {
    std::shared_ptr<mailbox> mail(new mailbox(env));
    // The hook owns a reference: threads that work for the environment may outlive it.
    napi_add_env_cleanup_hook(env, close, new std::shared_ptr<mailbox>(mail));
    return mail;
}

void mailbox::post(std::unique_ptr<task> work) {
    std::lock_guard<std::mutex> lock(mutex);
    if (!open) {
        return;
    }
    if (napi_call_threadsafe_function(function, work.get(), napi_tsfn_nonblocking) == napi_ok) {
        (void) work.release(); // run() owns it now
    }
}

void mailbox::run(napi_env env, napi_value, void *, void * data) {
    std::unique_ptr<task> work((task *) data);
    if (!env) {
        return;
    }
    try {
        (*work)(Napi::Env(env));
    } catch (...) {
        // Tasks settle their promises whatever happens. What is left: a worker thread that is being terminated runs no
        // JavaScript, so there is nobody to tell.
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
    napi_release_threadsafe_function(mail.function, napi_tsfn_abort);
}
