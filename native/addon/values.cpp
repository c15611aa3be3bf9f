#include "addon/values.h"

Napi::Array strings_to_js(Napi::Env env, const std::vector<std::string> & values) {
    Napi::Array array = Napi::Array::New(env, values.size());
    for (size_t i = 0; i < values.size(); ++i) {
        array.Set((uint32_t) i, Napi::String::New(env, values[i]));
    }
    return array;
}

static Napi::Number number(Napi::Env env, double value) {
    return Napi::Number::New(env, value);
}

Napi::Object model_info_to_js(Napi::Env env, const token_classifier & model) {
    const model_format & format = model.format;
    std::vector<std::string> devices;
    for (ggml_backend_dev_t device : model.devices) {
        devices.push_back(ggml_backend_dev_name(device));
    }

    Napi::Object info = Napi::Object::New(env);
    info.Set("name", format.name);
    info.Set("adapter", model.lora ? (Napi::Value) Napi::String::New(env, model.lora->format.name) : env.Null());
    info.Set("heads", strings_to_js(env, format.heads));
    info.Set("labels", strings_to_js(env, format.labels));
    info.Set("tagging", format.tagging == TAGGING_BIO ? "BIO" : "BIOE");
    info.Set("template", format.template_dataset);
    info.Set("adaptiveTemplate", format.template_adaptive);
    info.Set("trained", strings_to_js(env, format.trained));
    info.Set("maxTokens", number(env, format.max_tokens));
    info.Set("words", format.words);
    info.Set("causal", format.causal);
    info.Set("bosToken", number(env, model.bos_token()));
    info.Set("contextLength", number(env, format.n_ctx));
    info.Set("embeddingLength", number(env, format.n_embd));
    info.Set("layerCount", number(env, format.n_layer));
    info.Set("vocabularySize", number(env, format.n_vocab));
    info.Set("parameterCount", number(env, (double) model.n_params));
    info.Set("devices", strings_to_js(env, devices));
    return info;
}

// One element of a scalar or array; NULL-terminated strings come from gguf_get_arr_str or gguf_get_val_str.
static Napi::Value scalar(Napi::Env env, gguf_type type, const void * data, size_t i) {
    switch (type) {
    case GGUF_TYPE_UINT8: return number(env, ((const uint8_t *) data)[i]);
    case GGUF_TYPE_INT8: return number(env, ((const int8_t *) data)[i]);
    case GGUF_TYPE_UINT16: return number(env, ((const uint16_t *) data)[i]);
    case GGUF_TYPE_INT16: return number(env, ((const int16_t *) data)[i]);
    case GGUF_TYPE_UINT32: return number(env, ((const uint32_t *) data)[i]);
    case GGUF_TYPE_INT32: return number(env, ((const int32_t *) data)[i]);
    case GGUF_TYPE_FLOAT32: return number(env, ((const float *) data)[i]);
    case GGUF_TYPE_FLOAT64: return number(env, ((const double *) data)[i]);
    case GGUF_TYPE_BOOL: return Napi::Boolean::New(env, ((const int8_t *) data)[i] != 0);
    case GGUF_TYPE_UINT64: return Napi::BigInt::New(env, ((const uint64_t *) data)[i]);
    case GGUF_TYPE_INT64: return Napi::BigInt::New(env, ((const int64_t *) data)[i]);
    default: return env.Undefined();
    }
}

static Napi::Value array_to_js(Napi::Env env, const gguf_context * ctx, int64_t id) {
    const gguf_type type = gguf_get_arr_type(ctx, id);
    const size_t n = gguf_get_arr_n(ctx, id);
    const size_t max_listed = 64; // a vocabulary would be more than anyone wants to read
    if (n > max_listed) {
        Napi::Object summary = Napi::Object::New(env);
        summary.Set("arrayOf", gguf_type_name(type));
        summary.Set("length", number(env, (double) n));
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

static Napi::Object tensor_to_js(Napi::Env env, const ggml_tensor * t) {
    Napi::Array shape = Napi::Array::New(env);
    for (int i = 0; i < ggml_n_dims(t); ++i) {
        shape.Set((uint32_t) i, number(env, (double) t->ne[i]));
    }
    Napi::Object tensor = Napi::Object::New(env);
    tensor.Set("name", t->name);
    std::string type = ggml_type_name(t->type);
    for (char & c : type) {
        c = (char) toupper((unsigned char) c);
    }
    tensor.Set("type", type);
    tensor.Set("shape", shape);
    tensor.Set("size", number(env, (double) ggml_nbytes(t)));
    return tensor;
}

Napi::Object gguf_file_to_js(Napi::Env env, const gguf_file & file) {
    const gguf_context * ctx = file.gguf.get();
    Napi::Object metadata = Napi::Object::New(env);
    for (int64_t i = 0; i < gguf_get_n_kv(ctx); ++i) {
        metadata.Set(gguf_get_key(ctx, i), value_to_js(env, ctx, i));
    }
    Napi::Array tensors = Napi::Array::New(env);
    for (ggml_tensor * t = ggml_get_first_tensor(file.tensors.get()); t;
         t = ggml_get_next_tensor(file.tensors.get(), t)) {
        tensors.Set(tensors.Length(), tensor_to_js(env, t));
    }

    Napi::Object result = Napi::Object::New(env);
    result.Set("path", file.path);
    result.Set("size", number(env, (double) file.size));
    result.Set("ggufVersion", number(env, gguf_get_version(ctx)));
    result.Set("metadata", metadata);
    result.Set("tensors", tensors);
    return result;
}

static const char * device_kind(ggml_backend_dev_t device) {
    switch (ggml_backend_dev_type(device)) {
    case GGML_BACKEND_DEVICE_TYPE_CPU: return "cpu";
    case GGML_BACKEND_DEVICE_TYPE_GPU: return "gpu";
    case GGML_BACKEND_DEVICE_TYPE_IGPU: return "integrated-gpu";
    default: return "accelerator";
    }
}

Napi::Object device_to_js(Napi::Env env, ggml_backend_dev_t device) {
    size_t free = 0;
    size_t total = 0;
    ggml_backend_dev_memory(device, &free, &total);
    Napi::Object result = Napi::Object::New(env);
    result.Set("name", ggml_backend_dev_name(device));
    result.Set("description", ggml_backend_dev_description(device));
    result.Set("kind", device_kind(device));
    result.Set("memoryTotal", number(env, (double) total));
    result.Set("memoryFree", number(env, (double) free));
    return result;
}
