#include "addon/progress.h"

#include "addon/arguments.h"
#include "addon/environment.h"

std::function<void(float share)> progress_to_js(const Napi::Value & callback) {
    const Napi::Function given = read_callback(callback, "onProgress");
    if (given.IsEmpty()) {
        return nullptr;
    }
    const std::shared_ptr<mailbox> mail = environment::of(callback.Env()).mail;
    const auto function = std::make_shared<Napi::FunctionReference>(Napi::Persistent(given));
    return [mail, function](float share) {
        mail->post([function, share](Napi::Env env) {
            try {
                function->Call({ Napi::Number::New(env, share) });
            } catch (const Napi::Error &) {
                // a callback that throws must not fail the work
            }
        });
    };
}
