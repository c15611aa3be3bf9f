#pragma once

#include <napi.h>

#include <functional>

// A function that calls the JavaScript callback with a share in [0, 1], from any thread; empty for null.
// throws ERR_VANER_INVALID_ARGUMENT
std::function<void(float share)> progress_to_js(const Napi::Value & callback);
