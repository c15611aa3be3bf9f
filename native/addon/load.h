#pragma once

#include <napi.h>

// load(path, options, onProgress) of lib/binding/native-addon.ts
Napi::Value load_model(const Napi::CallbackInfo & info);
