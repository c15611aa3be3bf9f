#pragma once

#include <napi.h>

// The functions of NativeAddon (lib/binding/native-addon.ts), by file.

// cpu.cpp
Napi::Value describe_cpu(const Napi::CallbackInfo & info);

// devices.cpp
Napi::Value list_devices(const Napi::CallbackInfo & info);
Napi::Value list_backends(const Napi::CallbackInfo & info);
Napi::Value use_backends(const Napi::CallbackInfo & info);

// inspect.cpp
Napi::Value inspect_model(const Napi::CallbackInfo & info);

// load.cpp
Napi::Value load_model(const Napi::CallbackInfo & info);

// quantize.cpp
Napi::Value quantize_types_to_js(const Napi::CallbackInfo & info);
Napi::Value encode_rows(const Napi::CallbackInfo & info);
Napi::Value add_low_rank(const Napi::CallbackInfo & info);
Napi::Value quantize(const Napi::CallbackInfo & info);
Napi::Value compare_weights(const Napi::CallbackInfo & info);

// end.cpp
Napi::Value end_jobs(const Napi::CallbackInfo & info);

// logger.cpp
Napi::Value set_logger(const Napi::CallbackInfo & info);
