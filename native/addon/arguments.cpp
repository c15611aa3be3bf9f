#include "addon/arguments.h"

#include "addon/errors.h"

#include <cmath>

Napi::Error invalid_argument(Napi::Env env, const char * name, const char * expected) {
    return to_js_error(env,
        std::make_exception_ptr(vaner_error(
            VANER_INVALID_ARGUMENT, vaner_format("the native argument '%s' has to be %s", name, expected))));
}

std::string read_string(const Napi::Value & value, const char * name) {
    if (!value.IsString()) {
        throw invalid_argument(value.Env(), name, "a string");
    }
    return value.As<Napi::String>().Utf8Value();
}

std::string read_path(const Napi::Value & value, const char * name) {
    std::string path = read_string(value, name);
    if (path.find('\0') != std::string::npos) {
        throw invalid_argument(value.Env(), name, "a path without NUL characters");
    }
    return path;
}

bool read_boolean(const Napi::Value & value, const char * name) {
    if (!value.IsBoolean()) {
        throw invalid_argument(value.Env(), name, "a boolean");
    }
    return value.As<Napi::Boolean>();
}

double read_number(const Napi::Value & value, const char * name) {
    if (!value.IsNumber()) {
        throw invalid_argument(value.Env(), name, "a number");
    }
    return value.As<Napi::Number>().DoubleValue();
}

int64_t read_integer(const Napi::Value & value, const char * name, int64_t min, int64_t max) {
    const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
    if (!(number >= (double) min && number <= (double) max) || number != std::floor(number)) {
        const std::string range = vaner_format("a whole number from %lld to %lld", (long long) min, (long long) max);
        throw invalid_argument(value.Env(), name, range.c_str());
    }
    return (int64_t) number;
}

Napi::Object read_object(const Napi::Value & value, const char * name) {
    if (!value.IsObject()) {
        throw invalid_argument(value.Env(), name, "an object");
    }
    return value.As<Napi::Object>();
}

Napi::Function read_callback(const Napi::Value & value, const char * name) {
    if (value.IsNull() || value.IsUndefined()) {
        return Napi::Function();
    }
    if (!value.IsFunction()) {
        throw invalid_argument(value.Env(), name, "a function or null");
    }
    return value.As<Napi::Function>();
}
