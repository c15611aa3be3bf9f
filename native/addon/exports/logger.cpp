#include "addon/arguments.h"
#include "addon/environment.h"
#include "addon/exports/exports.h"
#include "backends/log.h"

static const char * level_name(ggml_log_level level) {
    switch (level) {
    case GGML_LOG_LEVEL_ERROR: return "error";
    case GGML_LOG_LEVEL_WARN: return "warn";
    case GGML_LOG_LEVEL_INFO: return "info";
    default: return "debug";
    }
}

static void call_logger(Napi::Env env, ggml_log_level level, const std::string & line) {
    const environment & data = environment::of(env);
    if (data.logger.IsEmpty()) {
        return;
    }
    try {
        data.logger.Call({ Napi::String::New(env, level_name(level)), Napi::String::New(env, line) });
    } catch (const Napi::Error &) {
        // a logger that throws must not fail the work that logs
    }
}

Napi::Value set_logger(const Napi::CallbackInfo & info) {
    environment & data = environment::of(info.Env());
    const Napi::Function logger = read_callback(info[0], "logger");
    log_set_sink(&data, nullptr);
    data.logger.Reset();
    if (!logger.IsEmpty()) {
        data.logger = Napi::Persistent(logger);
        log_set_sink(&data, [mail = data.mail](ggml_log_level level, const std::string & line) {
            mail->post([level, line](Napi::Env env) { call_logger(env, level, line); });
        });
    }
    return info.Env().Undefined();
}
