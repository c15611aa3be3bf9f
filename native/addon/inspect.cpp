#include "addon/inspect.h"

#include "addon/job.h"
#include "addon/values.h"
#include "model/adapter_format.h"
#include "model/model_check.h"
#include "model/token_classifier.h"

struct inspection {
    gguf_file file;
    const char * code = nullptr; // why the engine would refuse the file
    std::string message;
};

static inspection inspect(const std::string & path) {
    inspection result{ gguf_file_open(path), nullptr, "" };
    try {
        if (is_adapter(result.file)) {
            result.file.kind = "adapter";
            adapter_format_read(result.file);
        } else {
            const model_format format = model_format_read(result.file);
            model_check_tensors(result.file, format);
            need_heads(path, format);
        }
    } catch (const vaner_error & error) {
        result.code = vaner_status_code(error.status);
        result.message = error.what();
    }
    return result;
}

Napi::Value inspect_model(const Napi::CallbackInfo & info) {
    const std::string path = info[0].As<Napi::String>().Utf8Value();
    return run_job<inspection>(
        info.Env(), [path](const std::atomic<bool> &) { return inspect(path); },
        [](Napi::Env env, inspection & found) -> Napi::Value {
            Napi::Object result = gguf_file_to_js(env, found.file);
            if (!found.code) {
                result.Set("problem", env.Null());
                return result;
            }
            Napi::Object problem = Napi::Object::New(env);
            problem.Set("code", found.code);
            problem.Set("message", found.message);
            result.Set("problem", problem);
            return result;
        });
}
