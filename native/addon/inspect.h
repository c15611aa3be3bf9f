#pragma once

#include <napi.h>

// inspect(path) of lib/binding/native-addon.ts
Napi::Value inspect_model(const Napi::CallbackInfo & info);
