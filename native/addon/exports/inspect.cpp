#include "addon/arguments.h"
#include "addon/exports/exports.h"
#include "addon/job.h"
#include "addon/values.h"
#include "affixes.h"
#include "model/gguf/adapter_format.h"
#include "model/gguf/model_check.h"
#include "model/token_classifier.h"

#include <cctype>

// Element i of an array, or a scalar (i = 0). Not for strings.
static Napi::Value scalar(Napi::Env env, gguf_type type, const void * data, size_t i) {
    switch (type) {
    case GGUF_TYPE_UINT8: return number_to_js(env, ((const uint8_t *) data)[i]);
    case GGUF_TYPE_INT8: return number_to_js(env, ((const int8_t *) data)[i]);
    case GGUF_TYPE_UINT16: return number_to_js(env, ((const uint16_t *) data)[i]);
    case GGUF_TYPE_INT16: return number_to_js(env, ((const int16_t *) data)[i]);
    case GGUF_TYPE_UINT32: return number_to_js(env, ((const uint32_t *) data)[i]);
    case GGUF_TYPE_INT32: return number_to_js(env, ((const int32_t *) data)[i]);
    case GGUF_TYPE_FLOAT32: return number_to_js(env, ((const float *) data)[i]);
    case GGUF_TYPE_FLOAT64: return number_to_js(env, ((const double *) data)[i]);
    case GGUF_TYPE_BOOL: return Napi::Boolean::New(env, ((const int8_t *) data)[i] != 0);
    case GGUF_TYPE_UINT64: return Napi::BigInt::New(env, ((const uint64_t *) data)[i]);
    case GGUF_TYPE_INT64: return Napi::BigInt::New(env, ((const int64_t *) data)[i]);
    default: return env.Undefined();
    }
}

static Napi::Value array_to_js(Napi::Env env, const gguf_context * ctx, int64_t id) {
    const gguf_type type = gguf_get_arr_type(ctx, id);
    const size_t n = gguf_get_arr_n(ctx, id);
    // Longer arrays are only summarized, except labels: a head over several types may have hundreds.
    const size_t max_listed = ends_with(gguf_get_key(ctx, id), "classifier.output_labels") ? 4096 : 64;
    if (n > max_listed) {
        Napi::Object summary = Napi::Object::New(env);
        summary.Set("arrayOf", gguf_type_name(type));
        summary.Set("length", number_to_js(env, (double) n));
        return summary;
    }
    Napi::Array array = Napi::Array::New(env, n);
    for (size_t i = 0; i < n; ++i) {
        array.Set((uint32_t) i,
            type == GGUF_TYPE_STRING ? (Napi::Value) Napi::String::New(env, gguf_get_arr_str(ctx, id, i))
                                     : scalar(env, type, gguf_get_arr_data(ctx, id), i));
    }
    return array;
}

static Napi::Value value_to_js(Napi::Env env, const gguf_context * ctx, int64_t id) {
    const gguf_type type = gguf_get_kv_type(ctx, id);
    switch (type) {
    case GGUF_TYPE_ARRAY: return array_to_js(env, ctx, id);
    case GGUF_TYPE_STRING: return Napi::String::New(env, gguf_get_val_str(ctx, id));
    default: return scalar(env, type, gguf_get_val_data(ctx, id), 0);
    }
}

// By tensor, in file order; empty if the file stores none.
static std::vector<std::string> stored_hashes(const gguf_file & file) {
    const std::vector<std::string> none;
    try {
        const std::vector<std::string> hashes = file.get_strs(TENSOR_HASHES);
        return hashes.size() == (size_t) gguf_get_n_tensors(file.gguf.get()) ? hashes : none;
    } catch (const vaner_error &) { // another type
        return none;
    }
}

static Napi::Object tensor_to_js(Napi::Env env, const ggml_tensor * t) {
    Napi::Array shape = Napi::Array::New(env);
    for (int i = 0; i < ggml_n_dims(t); ++i) {
        shape.Set((uint32_t) i, number_to_js(env, (double) t->ne[i]));
    }
    Napi::Object tensor = Napi::Object::New(env);
    tensor.Set("name", t->name);
    std::string type = ggml_type_name(t->type);
    for (char & c : type) {
        c = (char) toupper((unsigned char) c);
    }
    tensor.Set("type", type);
    tensor.Set("shape", shape);
    tensor.Set("size", number_to_js(env, (double) ggml_nbytes(t)));
    return tensor;
}

// NativeModelFile without its `problem`
static Napi::Object gguf_file_to_js(Napi::Env env, const gguf_file & file) {
    const gguf_context * ctx = file.gguf.get();
    Napi::Object metadata = Napi::Object::New(env);
    for (int64_t i = 0; i < gguf_get_n_kv(ctx); ++i) {
        metadata.Set(gguf_get_key(ctx, i), value_to_js(env, ctx, i));
    }
    Napi::Array tensors = Napi::Array::New(env);
    const std::vector<std::string> hashes = stored_hashes(file);
    ggml_tensor * t = ggml_get_first_tensor(file.tensors.get());
    for (int64_t i = 0; t; ++i, t = ggml_get_next_tensor(file.tensors.get(), t)) {
        Napi::Object tensor = tensor_to_js(env, t);
        tensor.Set("offset", number_to_js(env, (double) (gguf_get_data_offset(ctx) + gguf_get_tensor_offset(ctx, i))));
        tensor.Set("sha256", (size_t) i < hashes.size() ? Napi::String::New(env, hashes[i]) : env.Null());
        tensors.Set((uint32_t) i, tensor);
    }

    Napi::Object result = Napi::Object::New(env);
    result.Set("path", file.path);
    result.Set("size", number_to_js(env, (double) file.size));
    result.Set("ggufVersion", number_to_js(env, gguf_get_version(ctx)));
    result.Set("metadata", metadata);
    result.Set("tensors", tensors);
    return result;
}

struct inspection {
    gguf_file file;
    const char * code = nullptr; // why loading would refuse the file
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
    const std::string path = read_path(info[0], "path");
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
