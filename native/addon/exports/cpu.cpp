#include "addon/exports/exports.h"
#include "addon/values.h"
#include "backends/devices.h"
#include "kernels/attention/attention.h"
#include "kernels/cpu_features.h"
#include "kernels/matmul/prepacked_matrix.h"

#include <cstring>

static std::vector<std::string> feature_names() {
    static const struct {
        const char * name;
        bool cpu_features::*has;
    } features[] = {
        { "AVX2", &cpu_features::avx2 },
        { "AVX-VNNI", &cpu_features::avxvnni },
        { "AVX-512", &cpu_features::avx512 },
        { "AVX-512 VNNI", &cpu_features::avx512vnni },
        { "AVX-512 BF16", &cpu_features::avx512bf16 },
        { "AMX BF16", &cpu_features::amx_bf16 },
        { "AMX int8", &cpu_features::amx_int8 },
        { "NEON", &cpu_features::neon },
        { "NEON dotprod", &cpu_features::neon_dotprod },
        { "NEON i8mm", &cpu_features::neon_i8mm },
    };
    std::vector<std::string> names;
    for (const auto & feature : features) {
        if (cpu_features_get().*feature.has) {
            names.push_back(feature.name);
        }
    }
    return names;
}

// What ggml's CPU backend was built for, or chose among its variants.
static std::vector<std::string> ggml_feature_names() {
    const auto get = device_function<ggml_backend_get_features_t>(devices_cpu(), "ggml_backend_get_features");
    const ggml_backend_feature * f = get ? get(ggml_backend_dev_backend_reg(devices_cpu())) : nullptr;
    std::vector<std::string> names;
    for (; f && f->name; ++f) {
        names.push_back(strcmp(f->value, "1") == 0 ? f->name : std::string(f->name) + "=" + f->value);
    }
    return names;
}

static Napi::Value matmul_name(Napi::Env env, int8_scales scales) {
    if (!prepacked_matrix::supported()) {
        return env.Null();
    }
    return Napi::String::New(env, prepacked_matrix::kernels_name(scales));
}

// NativeCpu
static Napi::Object cpu_to_js(Napi::Env env) {
    const int usual_head = 64;
    Napi::Object result = Napi::Object::New(env);
    result.Set("features", strings_to_js(env, feature_names()));
    result.Set("ggmlFeatures", strings_to_js(env, ggml_feature_names()));
    result.Set("blockProducts", matmul_name(env, int8_scales::blocks));
    result.Set("rowProducts", matmul_name(env, int8_scales::rows));
    result.Set("attention", attention_kernel_name(usual_head, true));
    return result;
}

Napi::Value describe_cpu(const Napi::CallbackInfo & info) {
    return cpu_to_js(info.Env());
}
